#include "agent/oqs/unknown.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace madoguchi::oqs {

std::string PathOf(const Place& place) {
  std::string path = place.parent == nullptr ? "" : absl::StrCat(PathOf(*place.parent), "/");
  absl::StrAppend(&path, place.name);
  if (place.index > 1) absl::StrAppend(&path, "[", place.index, "]");
  return path;
}

void UnknownCollector::AddText(const Place& place, absl::string_view text) {
  if (within_bounds_) Add(PathOf(place), text);
}

void UnknownCollector::AddAttribute(const Place& place, absl::string_view name,
                                    absl::string_view value) {
  if (within_bounds_) Add(absl::StrCat(PathOf(place), "/@", name), value);
}

void UnknownCollector::Add(std::string path, absl::string_view text) {
  if (path.size() > path_bytes_left_) {
    within_bounds_ = false;
    return;
  }
  path_bytes_left_ -= path.size();
  v1::UnknownElement& element = *elements_.Add();
  element.set_path(std::move(path));
  element.set_text(std::string(text));
}

UnknownElements UnknownCollector::Take() && {
  std::sort(elements_.pointer_begin(), elements_.pointer_end(),
            [](const v1::UnknownElement* a, const v1::UnknownElement* b) {
              return a->path() < b->path();
            });
  return std::move(elements_);
}

}  // namespace madoguchi::oqs
