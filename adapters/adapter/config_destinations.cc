#include "adapters/adapter/config_destinations.h"

#include <utility>

#include "absl/status/statusor.h"
#include "adapters/destination/folder_destination.h"
#include "agent/base/error.h"
#include "agent/config/checks.h"

namespace madoguchi::adapters {
namespace {

using config::AnyPath;
using config::Check;
using config::Section;
using Absolute = std::function<std::string(const std::string&)>;

const Check& AnyText() {
  static const Check check{
      [](const std::string& text) { return !text.empty() && text.size() <= 2000; }, "a text"};
  return check;
}

// What a destination says of its configuration is said of the key.
template <typename Made>
std::unique_ptr<Destination> Told(Section& to, absl::StatusOr<std::unique_ptr<Made>> made) {
  if (made.ok()) return *std::move(made);
  const auto detail = base::DetailOf(made.status());
  to.RefuseKey(detail->field(), detail->text_en());
  return nullptr;
}

std::unique_ptr<Destination> ReadFolder(Section& to, Format /*format*/, const Absolute& absolute) {
  FolderConfig folder;
  folder.path = absolute(to.Text("path", AnyPath(), "", true));
  folder.name = to.Text("name", AnyText(), folder.name);
  folder.replace = to.Flag("replace", folder.replace);
  to.RefuseUnknown();
  if (!to.status().ok()) return nullptr;
  return Told(to, FolderDestination::Make(std::move(folder)));
}

struct Kind {
  const char* name;
  std::unique_ptr<Destination> (*read)(Section&, Format, const Absolute&);
};
constexpr Kind kKinds[] = {{"folder", ReadFolder}};

}  // namespace

std::unique_ptr<Destination> ReadDestination(Section& to, Format format, const Absolute& absolute) {
  std::string allowed;
  for (const Kind& kind : kKinds) {
    allowed += (allowed.empty() ? "\"" : ", \"") + std::string(kind.name) + "\"";
  }
  const Check known{[](const std::string& text) {
                      for (const Kind& kind : kKinds) {
                        if (text == kind.name) return true;
                      }
                      return false;
                    },
                    allowed};
  const std::string name = to.Text("kind", known, "", true);
  for (const Kind& kind : kKinds) {
    if (name == kind.name) return kind.read(to, format, absolute);
  }
  return nullptr;
}

}  // namespace madoguchi::adapters
