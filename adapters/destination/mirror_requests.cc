#include "adapters/destination/mirror_requests.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "adapters/destination/folder_destination.h"
#include "agent/base/log.h"

namespace madoguchi::adapters {
namespace {

constexpr char kOff[] = "off";
constexpr char kWork[] = ".madoguchi";
constexpr absl::string_view kRequestWord = "req_";
constexpr absl::string_view kReplyWord = "res_";
constexpr absl::string_view kRequestEndings[] = {".xml", ".zip"};
constexpr absl::string_view kReplyEndings[] = {".xml", ".pdf", ".zip"};
constexpr size_t kMostNameBytes = 128;
constexpr off_t kMostFileBytes = off_t{64} << 20;
constexpr size_t kMostUnderWay = 1000;
constexpr absl::Duration kWaitForName = absl::Minutes(10);
constexpr absl::Duration kWaitForReply = absl::Hours(24);

std::string TemporaryOf(absl::string_view request) {
  return TemporaryName("mirror", absl::StripSuffix(absl::StripSuffix(request, ".xml"), ".zip"));
}

// Its replies have this and an ending.
std::string ReplyStemOf(absl::string_view request) {
  const size_t word = request.find(kRequestWord);
  return absl::StrCat(
      request.substr(0, word), kReplyWord,
      request.substr(word + kRequestWord.size(), request.rfind('.') - word - kRequestWord.size()));
}

std::vector<std::string> NamesIn(SafeFolder& folder) {
  std::vector<std::string> names;
  folder.List([&](absl::string_view name) {
    if (name != "." && name != "..") names.emplace_back(name);
    return names.size() < kMostUnderWay;
  });
  return names;
}

// An errno. A regular file of at most kMostFileBytes.
int ReadAll(int folder, const std::string& name, std::string& bytes) {
  const Descriptor file(
      openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  struct stat info = {};
  if (!file.valid() || fstat(file.get(), &info) != 0) return errno;
  if (!S_ISREG(info.st_mode) || info.st_size > kMostFileBytes) return EFBIG;
  bytes.resize(static_cast<size_t>(info.st_size));
  size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t got =
        pread(file.get(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got < 0 ? errno : EIO;
    at += static_cast<size_t>(got);
  }
  return 0;
}

// An XML file that is still being written does not end with the end of an element.
bool LooksComplete(absl::string_view name, absl::string_view bytes) {
  return !absl::EndsWith(name, ".xml") ||
         absl::EndsWith(absl::StripTrailingAsciiWhitespace(bytes), ">");
}

bool Exists(int folder, const std::string& name, int& error) {
  struct stat info = {};
  if (fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) return true;
  if (errno != ENOENT) error = errno;
  return false;
}

// An errno; never over a name that is there.
int RenameToFree(int from, const std::string& name, int to, const std::string& new_name) {
  if (renameat2(from, name.c_str(), to, new_name.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) return errno;
  // A file system without that call. Without links either, nothing is passed.
  if (linkat(from, name.c_str(), to, new_name.c_str(), 0) != 0) return errno;
  unlinkat(from, name.c_str(), 0);
  return 0;
}

int Move(const SafeFolder& from, const SafeFolder& to, const std::string& name) {
  if (renameat(from.descriptor(), name.c_str(), to.descriptor(), name.c_str()) != 0) return errno;
  fsync(to.descriptor());
  fsync(from.descriptor());
  return 0;
}

bool SameFolder(const SafeFolder& a, const SafeFolder& b) {
  struct stat first = {};
  struct stat second = {};
  return fstat(a.descriptor(), &first) == 0 && fstat(b.descriptor(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace

bool IsRequestOf(absl::string_view name, const std::vector<std::string>& families) {
  if (name.size() > kMostNameBytes) return false;
  const size_t word = name.find(kRequestWord);
  const size_t dot = name.rfind('.');
  if (word == absl::string_view::npos || word < kFewestFamilyLetters ||
      dot == absl::string_view::npos || dot <= word + kRequestWord.size()) {
    return false;
  }
  if (std::find(std::begin(kRequestEndings), std::end(kRequestEndings), name.substr(dot)) ==
      std::end(kRequestEndings)) {
    return false;
  }
  const auto plain = [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_' || c == '-'; };
  if (!std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(dot), plain)) {
    return false;
  }
  const absl::string_view family = name.substr(0, word);
  return std::any_of(families.begin(), families.end(), [&](absl::string_view pattern) {
    return absl::ConsumeSuffix(&pattern, "*") ? absl::StartsWith(family, pattern)
                                              : family == pattern;
  });
}

int MirrorRequests::OpenAll() {
  const std::string work = absl::StrCat(config_.mirror, "/", kWork);
  SafeFolder top;
  // The mirror itself is never made: it may be a share that is not mounted.
  for (const auto& [folder, path, shared] : {std::tuple{&top, work, false},
                                             {&taken_, absl::StrCat(work, "/taken"), false},
                                             {&written_, absl::StrCat(work, "/written"), false},
                                             {&asked_, absl::StrCat(work, "/asked"), false},
                                             {&req_, absl::StrCat(config_.mirror, "/req"), true},
                                             {&res_, absl::StrCat(config_.mirror, "/res"), true}}) {
    if (const int error = folder->OpenOrMake(path, shared); error != 0) return error;
  }
  if (const int error = oqs_req_.Open(config_.oqs_req); error != 0) return error;
  if (const int error = oqs_res_.Open(config_.oqs_res); error != 0) return error;
  // Requests would go round in a circle.
  return SameFolder(req_, oqs_req_) || SameFolder(res_, oqs_res_) ? ELOOP : 0;
}

int MirrorRequests::Turn() {
  if (const int error = OpenAll(); error != 0) return error;
  // What is under way first: a request that is taken now has its turn in the next round.
  int error = PassWritten();
  if (error == 0) error = PassTaken();
  if (error == 0) error = FetchReplies();
  Take();
  return error;
}

bool MirrorRequests::IsSettled(int folder, const std::string& name, const Seen& before, Seen& now,
                               Stamp& stamp) {
  struct stat info = {};
  if (fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode) ||
      info.st_size == 0 || info.st_size > kMostFileBytes) {
    return false;
  }
  stamp = {.size = info.st_size, .modified = absl::TimeFromTimespec(info.st_mtim)};
  now[name] = stamp;
  const auto seen = before.find(name);
  return seen != before.end() && seen->second == stamp;
}

absl::Duration MirrorRequests::AgeOf(const SafeFolder& folder, const std::string& name) const {
  struct stat info = {};
  if (fstatat(folder.descriptor(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return absl::ZeroDuration();
  }
  // Of its last move: the inode's own time.
  return clock_->Now() - absl::TimeFromTimespec(info.st_ctim);
}

void MirrorRequests::Take() {
  struct stat info = {};
  if (stat(absl::StrCat(config_.mirror, "/", kOff).c_str(), &info) == 0) return;
  size_t under_way = NamesIn(taken_).size() + NamesIn(written_).size() + NamesIn(asked_).size();
  Seen now;
  for (const std::string& name : NamesIn(req_)) {
    Stamp stamp;
    if (!IsRequestOf(name, config_.families) ||
        !IsSettled(req_.descriptor(), name, requests_, now, stamp) || under_way >= kMostUnderWay) {
      continue;
    }
    std::string bytes;
    if (ReadAll(req_.descriptor(), name, bytes) != 0 || !LooksComplete(name, bytes)) continue;
    int error = 0;
    if (Exists(written_.descriptor(), name, error) || Exists(asked_.descriptor(), name, error)) {
      // The program asks anew under a name it still waits for: after the reply.
      continue;
    }
    if (RenameToFree(req_.descriptor(), name, taken_.descriptor(), name) == 0) ++under_way;
  }
  requests_ = std::move(now);
}

bool MirrorRequests::NamesAreFree(const std::string& request, int& error) {
  if (Exists(oqs_req_.descriptor(), request, error)) return false;
  const std::string stem = ReplyStemOf(request);
  return std::none_of(std::begin(kReplyEndings), std::end(kReplyEndings),
                      [&](absl::string_view ending) {
                        return Exists(oqs_res_.descriptor(), absl::StrCat(stem, ending), error);
                      });
}

int MirrorRequests::PassTaken() {
  for (const std::string& name : NamesIn(taken_)) {
    int error = 0;
    const bool is_free = NamesAreFree(name, error);
    if (error != 0) return error;
    if (!is_free) {
      // Somebody else's request or reply: a reply could not be told from theirs.
      if (AgeOf(taken_, name) > kWaitForName) {
        unlinkat(taken_.descriptor(), name.c_str(), 0);
        // The rest of a name may be a patient's number.
        base::LogWarning("request_given_up",
                         {{"family", name.substr(0, name.find(std::string(kRequestWord)))}});
      }
      continue;
    }
    std::string bytes;
    if (ReadAll(taken_.descriptor(), name, bytes) != 0) continue;
    if (error = oqs_req_.Write(TemporaryOf(name), bytes); error != 0) return error;
    if (error = Move(taken_, written_, name); error != 0) return error;
    if (error = PublishWritten(name); error != 0) return error;
  }
  return 0;
}

int MirrorRequests::PassWritten() {
  for (const std::string& name : NamesIn(written_)) {
    if (const int error = PublishWritten(name); error != 0) return error;
  }
  return 0;
}

int MirrorRequests::PublishWritten(const std::string& name) {
  const std::string temporary = TemporaryOf(name);
  int error = 0;
  if (Exists(oqs_req_.descriptor(), temporary, error)) {
    const int renamed = RenameToFree(oqs_req_.descriptor(), temporary, oqs_req_.descriptor(), name);
    if (renamed == EEXIST) {
      // Taken in between by somebody else: back to waiting for it.
      unlinkat(oqs_req_.descriptor(), temporary.c_str(), 0);
      return Move(written_, taken_, name);
    }
    if (renamed != 0) return renamed;
    fsync(oqs_req_.descriptor());
  }
  if (error != 0) return error;
  if (error = Move(written_, asked_, name); error != 0) return error;
  // It names a patient, and is not needed any more.
  const Descriptor file(
      openat(asked_.descriptor(), name.c_str(), O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC));
  return 0;
}

int MirrorRequests::FetchReplies() {
  next_replies_.clear();
  for (const std::string& request : NamesIn(asked_)) {
    const std::string stem = ReplyStemOf(request);
    for (const absl::string_view ending : kReplyEndings) {
      const std::string reply = absl::StrCat(stem, ending);
      if (const int error = FetchReply(request, reply); error != 0) return error;
    }
    if (AgeOf(asked_, request) > kWaitForReply) unlinkat(asked_.descriptor(), request.c_str(), 0);
  }
  replies_ = next_replies_;
  return 0;
}

int MirrorRequests::FetchReply(const std::string& request, const std::string& reply) {
  Stamp stamp;
  if (!IsSettled(oqs_res_.descriptor(), reply, replies_, next_replies_, stamp)) return 0;
  std::string bytes;
  if (ReadAll(oqs_res_.descriptor(), reply, bytes) != 0 || !LooksComplete(reply, bytes)) return 0;
  // Over an older one, which the program has asked anew for.
  const PublishOutcome outcome =
      res_.Publish(reply, TemporaryName("mirror", reply), bytes, /*replace=*/true);
  if (outcome.published != Published::kDone) return outcome.error;
  if (unlinkat(asked_.descriptor(), request.c_str(), 0) != 0 && errno != ENOENT) return errno;
  Seen now;
  const Seen before = {{reply, stamp}};
  if (IsSettled(oqs_res_.descriptor(), reply, before, now, stamp)) {
    unlinkat(oqs_res_.descriptor(), reply.c_str(), 0);
  }
  return 0;
}

}  // namespace madoguchi::adapters
