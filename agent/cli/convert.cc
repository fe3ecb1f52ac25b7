#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/cli/commands.h"
#include "agent/cli/json.h"
#include "agent/oqs/message.h"

namespace madoguchi::cli {
namespace {

std::string NameOf(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat about = {};
  if (fd < 0 || ::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
    if (fd >= 0) ::close(fd);
    return base::MakeError(base::ErrorCode::kFileProblem,
                           {.what = "allowed is a readable regular file"});
  }
  std::string bytes(oqs::MaxMessageBytes(NameOf(path)) + 1, '\0');
  size_t size = 0;
  ssize_t got = 0;
  while (size < bytes.size() && (got = ::read(fd, &bytes[size], bytes.size() - size)) > 0) {
    size += static_cast<size_t>(got);
  }
  ::close(fd);
  if (got < 0) return base::MakeError(base::ErrorCode::kFileProblem, {.what = "reading failed"});
  // One byte more than allowed is enough for the codec to say that it is too large.
  bytes.resize(size);
  return bytes;
}

absl::Status ConvertOne(const std::string& path) {
  const auto bytes = ReadFile(path);
  MDG_RETURN_IF_ERROR(bytes.status());
  const auto message = oqs::ReadMessage(NameOf(path), *bytes);
  MDG_RETURN_IF_ERROR(message.status());
  const auto json = ToJson(*message);
  MDG_RETURN_IF_ERROR(json.status());
  std::cout << *json << '\n';
  return absl::OkStatus();
}

}  // namespace

int Convert(const ConvertOptions& options) {
  int exit = kSuccess;
  for (const std::string& path : options.files) {
    const absl::Status status = ConvertOne(path);
    if (status.ok()) continue;
    std::cerr << base::Printable(path, 1000) << ": "
              << std::string(status.message().data(), status.message().size()) << '\n';
    exit = kAnswerIsNo;
  }
  std::cout.flush();
  return std::cout.good() ? exit : kOutsideFailed;
}

}  // namespace madoguchi::cli
