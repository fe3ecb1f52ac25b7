#include "agent/audit/site_key.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/base/error.h"
#include "agent/crypto/digest.h"
#include "agent/crypto/seal.h"

namespace madoguchi::audit {
namespace {

constexpr size_t kKeySize = 32;

absl::Status KeyError(absl::string_view what, const std::string& path) {
  return base::MakeError(base::ErrorCode::kAuditKeyProblem,
                         {.what = std::string(what), .field = path});
}

// Appends `line` to a file for this account only, and syncs it.
absl::Status AppendLine(const std::string& path, absl::string_view line) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return KeyError(absl::StrCat("it cannot be opened: ", std::strerror(errno)), path);
  const bool written = ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                       ::fsync(fd) == 0;
  ::close(fd);
  return written ? absl::OkStatus() : KeyError("it cannot be written", path);
}

absl::StatusOr<std::string> ReadPublicKey(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  absl::StripAsciiWhitespace(&line);
  if (line.size() != 2 * kKeySize ||
      !std::all_of(line.begin(), line.end(), [](char c) { return absl::ascii_isxdigit(c); })) {
    return KeyError("it is not a public key of 64 hexadecimal digits", path);
  }
  return absl::HexStringToBytes(line);
}

bool Exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::string StartContext(absl::string_view store_id, int64_t number) {
  return absl::StrCat("audit start ", store_id, " ", number);
}

}  // namespace

absl::StatusOr<SiteKey> SiteKey::LoadOrCreate(const std::string& folder) {
  const std::string private_path = folder + "/audit-site.key";
  const std::string public_path = folder + "/audit-site.pub";
  SiteKey site;
  const bool first = !Exists(public_path);
  if (first || Exists(private_path)) {
    absl::StatusOr<std::string> key = crypto::LoadOrCreateKey(private_path);
    if (!key.ok()) return KeyError("it cannot be read or made", private_path);
    site.private_key_ = *key;
    crypto::Wipe(*key);
    const absl::StatusOr<std::string> derived = crypto::PublicKeyOf(site.private_key_);
    if (!derived.ok()) return derived.status();
    if (first) {
      MDG_RETURN_IF_ERROR(
          AppendLine(public_path, absl::StrCat(absl::BytesToHexString(*derived), "\n")));
    }
  }
  absl::StatusOr<std::string> key = ReadPublicKey(public_path);
  if (!key.ok()) return key.status();
  site.public_key_ = *std::move(key);
  return site;
}

SiteKey::~SiteKey() { crypto::Wipe(private_key_); }

absl::StatusOr<std::string> SiteKey::Seal(absl::string_view context,
                                          absl::string_view plain) const {
  return crypto::Seal(public_key_, context, plain);
}

absl::StatusOr<std::string> SiteKey::Open(absl::string_view context,
                                          absl::string_view sealed) const {
  if (!CanOpen()) return KeyError("the private key is not on this machine", "audit-site.key");
  return crypto::OpenSeal(private_key_, context, sealed);
}

absl::Status AppendStart(const std::string& folder, const SiteKey& site, absl::string_view store_id,
                         int64_t number, absl::string_view key) {
  const absl::StatusOr<std::string> sealed = site.Seal(StartContext(store_id, number), key);
  if (!sealed.ok()) return sealed.status();
  return AppendLine(folder + "/audit.start",
                    absl::StrCat(number, " ", absl::BytesToHexString(*sealed), "\n"));
}

std::vector<Start> ReadStarts(const std::string& folder, const SiteKey& site,
                              absl::string_view store_id) {
  std::vector<Start> starts;
  std::ifstream file(folder + "/audit.start");
  for (std::string line; std::getline(file, line);) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits(' ', 1));
    Start start;
    if (!absl::SimpleAtoi(parts.first, &start.number) || parts.second.size() % 2 != 0 ||
        !std::all_of(parts.second.begin(), parts.second.end(),
                     [](char c) { return absl::ascii_isxdigit(c); })) {
      continue;
    }
    absl::StatusOr<std::string> key =
        site.Open(StartContext(store_id, start.number), absl::HexStringToBytes(parts.second));
    if (key.ok()) start.key = *std::move(key);
    starts.push_back(std::move(start));
  }
  std::stable_sort(starts.begin(), starts.end(),
                   [](const Start& a, const Start& b) { return a.number < b.number; });
  return starts;
}

}  // namespace madoguchi::audit
