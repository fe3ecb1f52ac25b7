#include "tests/sim/deliver.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "agent/base/error.h"
#include "tests/sim/files.h"

namespace madoguchi::sim {
namespace {

constexpr size_t kHugeBytes = size_t{6} << 20;
constexpr int kPieces = 5;
constexpr absl::Duration kBetweenPieces = absl::Milliseconds(120);
constexpr absl::Duration kBeforeSecondWriting = absl::Milliseconds(300);
// Other programs look every second or faster; this is the fast end.
constexpr absl::Duration kBeforeTaken = absl::Milliseconds(250);
constexpr absl::string_view kShiftJisDeclared = "encoding=\"Shift_JIS\"";
constexpr absl::string_view kUtf8Declared = "encoding=\"UTF-8\"";
constexpr char kRootEnd[] = "</XmlMsg>";

std::string Padded(const std::string& bytes) {
  const size_t end = bytes.rfind(kRootEnd);
  if (end == std::string::npos || bytes.size() >= kHugeBytes) return bytes;
  const std::string filler(kHugeBytes - bytes.size(), ' ');
  return absl::StrCat(bytes.substr(0, end), filler, bytes.substr(end));
}

absl::Status WritePieces(const std::string& path, absl::string_view bytes, int flags, int pieces) {
  const Descriptor file(open(path.c_str(), flags | O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                             S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH));
  if (!file.open()) return FileError("cannot write", path);
  const size_t step = bytes.size() / static_cast<size_t>(pieces) + 1;
  for (int piece = 0; piece < pieces; ++piece) {
    if (piece > 0) WaitFor(kBetweenPieces);
    const size_t start = std::min(bytes.size(), static_cast<size_t>(piece) * step);
    MDG_RETURN_IF_ERROR(WriteAll(file.get(), bytes.substr(start, step), path));
  }
  return absl::OkStatus();
}

}  // namespace

// A CP932 lead byte before `<` fits neither encoding.
std::string WithInvalidByte(const std::string& bytes) {
  const size_t end = bytes.rfind(kRootEnd);
  const size_t place = end == std::string::npos ? bytes.size() : end;
  return absl::StrCat(bytes.substr(0, place), "\x81", bytes.substr(place));
}

std::string CutOff(std::string bytes) {
  bytes.resize(bytes.size() * 3 / 5);
  return bytes;
}

std::string Damage(const Delivery& delivery, std::string bytes) {
  if (delivery.Has(Fault::kWrongEncoding)) {
    bytes = absl::StrReplaceAll(bytes, {{kShiftJisDeclared, kUtf8Declared}});
  }
  if (delivery.Has(Fault::kInvalidBytes)) bytes = WithInvalidByte(bytes);
  if (delivery.Has(Fault::kHuge)) bytes = Padded(bytes);
  if (delivery.Has(Fault::kTruncated)) bytes = CutOff(std::move(bytes));
  return bytes;
}

Expected ExpectWithFaults(const Expected& healthy, const Delivery& delivery) {
  if (delivery.Has(Fault::kTruncated)) return ExpectNone("MDG-1207");
  if (delivery.Has(Fault::kHuge)) return ExpectNone("MDG-1206");
  if (delivery.Has(Fault::kInvalidBytes)) return ExpectNone("MDG-1304");
  // Also kWrongEncoding: the bytes tell what they are.
  return healthy;
}

absl::Status Deliver(const Delivery& delivery, const std::string& file_name,
                     const std::string& bytes) {
  const Site& site = delivery.site;
  const std::string disk = site.DiskFolder(delivery.terminal);
  const std::string folder = delivery.Has(Fault::kShareGone) ? site.GoneFolder(delivery.terminal)
                                                             : absl::StrCat(disk, "/face");
  const std::string path = absl::StrCat(folder, "/", file_name);
  const int pieces = delivery.Has(Fault::kPieces) ? kPieces : 1;
  MDG_RETURN_IF_ERROR(WritePieces(path, bytes, O_EXCL, pieces));
  if (delivery.Has(Fault::kWrittenTwice)) {
    WaitFor(kBeforeSecondWriting);
    MDG_RETURN_IF_ERROR(WritePieces(path, bytes, O_TRUNC, pieces));
  }
  if (delivery.Has(Fault::kMovedAway)) {
    WaitFor(kBeforeTaken);
    return Rename(path, absl::StrCat(disk, "/trash/", file_name));
  }
  if (delivery.Has(Fault::kDeleted)) {
    WaitFor(kBeforeTaken);
    if (unlink(path.c_str()) != 0) return FileError("cannot delete", path);
  }
  return absl::OkStatus();
}

}  // namespace madoguchi::sim
