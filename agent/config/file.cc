#include "agent/config/file.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/bounded_file.h"
#include "agent/base/error.h"

namespace madoguchi::config {
namespace {

constexpr size_t kLargestFile = size_t{1} << 20;

absl::Status Unreadable(const std::string& path, const std::string& allowed) {
  return base::MakeError(
      base::ErrorCode::kBadConfiguration,
      {.what = absl::StrCat(path, ": cannot be read; allowed is ", allowed), .field = path});
}

}  // namespace

absl::StatusOr<std::string> ReadText(const std::string& path) {
  base::FileContents file = base::ReadBoundedFile(path, kLargestFile);
  switch (file.fault) {
    case base::FileFault::kNone:
      return std::move(file.bytes);
    case base::FileFault::kCannotOpen:
    case base::FileFault::kNotRegular:
      return Unreadable(path, "a readable file");
    case base::FileFault::kCannotRead:
    case base::FileFault::kTooLarge:
      break;
  }
  return Unreadable(path, "a text of at most 1 MiB");
}

}  // namespace madoguchi::config
