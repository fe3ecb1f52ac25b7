#include <filesystem>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/base/bounded_file.h"
#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/cli/commands.h"
#include "agent/cli/convert_forms.h"
#include "agent/oqs/any_form.h"
#include "google/protobuf/arena.h"

namespace madoguchi::cli {
namespace {

std::string NameOf(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  base::FileContents file = base::ReadBoundedFile(path, oqs::kMaxFileBytes);
  switch (file.fault) {
    case base::FileFault::kNone:
      return std::move(file.bytes);
    case base::FileFault::kCannotOpen:
    case base::FileFault::kNotRegular:
      return base::MakeError(base::ErrorCode::kFileProblem,
                             {.what = "allowed is a readable regular file", .field = "file"});
    case base::FileFault::kCannotRead:
      return base::MakeError(base::ErrorCode::kFileProblem,
                             {.what = "reading failed", .field = "file"});
    case base::FileFault::kTooLarge:
      break;
  }
  return base::MakeError(base::ErrorCode::kMessageTooLarge, {.field = "file"});
}

// The room of one message, used again by the next.
class Room {
 public:
  google::protobuf::ArenaOptions options() {
    google::protobuf::ArenaOptions options;
    options.initial_block = bytes_.data();
    options.initial_block_size = bytes_.size();
    return options;
  }

 private:
  std::vector<char> bytes_ = std::vector<char>(size_t{256} << 10);
};

absl::Status ConvertOne(const std::string& path, const Form& form, const Converter& converter,
                        Room& room) {
  const auto bytes = ReadFile(path);
  MDG_RETURN_IF_ERROR(bytes.status());
  google::protobuf::Arena arena(room.options());
  auto& message = *google::protobuf::Arena::CreateMessage<v1::OqsMessage>(&arena);
  MDG_RETURN_IF_ERROR(oqs::ReadAnyForm(NameOf(path), *bytes, message, form.wanted));
  std::vector<std::string> notes;
  MDG_RETURN_IF_ERROR(converter(message, std::cout, notes));
  for (const std::string& note : notes) {
    std::cerr << base::Printable(path, 1000) << ": " << note << '\n';
  }
  return absl::OkStatus();
}

}  // namespace

int Convert(const ConvertOptions& options) {
  const Form* form = FindForm(options.to);
  if (form == nullptr) return kUsage;
  const Converter converter = form->make(options);
  Room room;
  int exit = kSuccess;
  const auto convert = [&](const std::string& path) {
    const absl::Status status = ConvertOne(path, *form, converter, room);
    if (status.ok()) return;
    // The place stands in parentheses at the end of a catalogued message.
    std::cerr << absl::StrCat(base::Printable(path, 1000), ": ", status.message(), "\n");
    exit = kAnswerIsNo;
  };
  for (const std::string& path : options.files) convert(path);
  if (options.files_from_stdin) {
    for (std::string path; std::cout.good() && std::getline(std::cin, path);) convert(path);
  }
  std::cout.flush();
  return std::cout.good() ? exit : kOutsideFailed;
}

}  // namespace madoguchi::cli
