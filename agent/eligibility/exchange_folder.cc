#include "agent/eligibility/exchange_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/oqs/message.h"

namespace madoguchi::eligibility {
namespace {

constexpr absl::string_view kOurs = "madoguchi_";
constexpr absl::string_view kTemporary = ".tmp";
// Of SuffixOf.
constexpr size_t kSuffixDigits = 12;
constexpr size_t kNumberDigits = 4;
// Files removed by one sweep, at most.
constexpr size_t kMostSwept = 1000;
// More than a question has.
constexpr size_t kTriedBytes = 4096;

// The terminal's program runs under another account and has to read and delete the request.
constexpr mode_t kRequestMode = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP;

int WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    // A share that takes nothing and says nothing.
    if (written == 0) return EIO;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(fd) == 0 ? 0 : errno;
}

// The file system has no rename that spares what is there: it did nothing.
bool CannotSpare(int error) { return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP; }

absl::string_view StemOf(v1::MessageFamily family) {
  switch (family) {
    case v1::MESSAGE_FAMILY_OQSSIQUC01:
      return "OQSsiquc01";
    case v1::MESSAGE_FAMILY_YZKSIQUC01:
      return "YZKsiquc01";
    case v1::MESSAGE_FAMILY_TKKSIQUC01:
      return "TKKsiquc01";
    default:
      return "";
  }
}

// Whether `name` is one that NamesOf and SuffixOf give to a temporary file with a number in
// `range`.
bool IsOwnTemporary(absl::string_view name, const SuffixRange& range) {
  absl::string_view middle = name;
  if (!absl::ConsumePrefix(&middle, kOurs) || !absl::ConsumeSuffix(&middle, kTemporary)) {
    return false;
  }
  const std::optional<oqs::FileName> request = oqs::ParseFileName(absl::StrCat(middle, ".xml"));
  if (!request.has_value() || request->suffix.size() != kSuffixDigits ||
      request->suffix.find_first_not_of("0123456789") != std::string::npos) {
    return false;
  }
  int number = -1;
  return absl::SimpleAtoi(request->suffix.substr(kSuffixDigits - kNumberDigits), &number) &&
         number >= range.first && number <= range.last &&
         NamesOf(request->family, request->suffix).temporary == name;
}

}  // namespace

ExchangeNames NamesOf(v1::MessageFamily family, absl::string_view suffix) {
  const absl::string_view stem = StemOf(family);
  if (stem.empty()) return {};
  // Not `.xml` at the end, nor an ending that Windows' short names would take for it.
  return {.request = absl::StrCat(stem, "req_", suffix, ".xml"),
          .temporary = absl::StrCat(kOurs, stem, "req_", suffix, kTemporary),
          .reply = absl::StrCat(stem, "res_", suffix, ".xml"),
          .document = family == v1::MESSAGE_FAMILY_OQSSIQUC01
                          ? ""
                          : absl::StrCat(stem, "res_", suffix, ".pdf")};
}

int ExchangeFolder::Open() {
  if (const int error = req_.Open(); error != 0) return error;
  if (const int error = res_.Open(); error != 0) return error;
  return req_.unmounted() || res_.unmounted() ? ENODEV : 0;
}

int ExchangeFolder::LookForNames(const ExchangeNames& names, bool& free) {
  const FileLook request = req_.Stat(names.request);
  if (request.look == Look::kUnreadable) return request.error;
  const FileLook reply = res_.Stat(names.reply);
  if (reply.look == Look::kUnreadable) return reply.error;
  free = request.look == Look::kGone && reply.look == Look::kGone;
  if (!free || names.document.empty()) return 0;
  const FileLook document = res_.Stat(names.document);
  free = document.look == Look::kGone;
  return document.look == Look::kUnreadable ? document.error : 0;
}

int ExchangeFolder::WriteTemporary(const std::string& name, absl::string_view bytes) {
  Descriptor file(openat(req_.descriptor(), name.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kRequestMode));
  if (!file.valid()) return errno;
  const int error = WriteAll(file.get(), bytes);
  // Shares report late what did not fit.
  const int closed = close(file.Release()) == 0 ? 0 : errno;
  return error != 0 ? error : closed;
}

int ExchangeFolder::Remove(const Folder& folder, const std::string& name) {
  if (unlinkat(folder.descriptor(), name.c_str(), 0) == 0 || errno == ENOENT) return 0;
  return errno;
}

PublishResult ExchangeFolder::Publish(const ExchangeNames& names, absl::string_view bytes,
                                      JournalStep step, JournalWriter journal) {
  if (step == JournalStep::kSent) return {.publication = Publication::kSent};
  const bool written = step == JournalStep::kWritten;
  if (const int error = Open(); error != 0) {
    return {.publication = written ? Publication::kUnknown : Publication::kNotSent, .error = error};
  }
  if (written) {
    PublishResult seen = JudgeAfterStop(names);
    if (seen.publication == Publication::kSent) seen.journal = journal(JournalStep::kSent);
    if (seen.publication != Publication::kNotSent) return seen;
  } else {
    // What an earlier attempt left is of no use: it may be cut off.
    if (const int error = Remove(req_, names.temporary); error != 0) return {.error = error};
    bool free = false;
    if (const int error = LookForNames(names, free); error != 0) return {.error = error};
    if (!free) return {.publication = Publication::kNameTaken};
    if (const int error = WriteTemporary(names.temporary, bytes); error != 0) {
      return {.error = error};
    }
    if (absl::Status status = journal(JournalStep::kWritten); !status.ok()) {
      return {.journal = std::move(status)};
    }
  }
  return Rename(names, journal);
}

PublishResult ExchangeFolder::Rename(const ExchangeNames& names, JournalWriter journal) {
  int error = 0;
  if (renameat2(req_.descriptor(), names.temporary.c_str(), req_.descriptor(),
                names.request.c_str(), RENAME_NOREPLACE) != 0) {
    error = errno;
  } else {
    // As far as the file system can: the rename must not be undone by a power failure.
    fsync(req_.descriptor());
  }
  PublishResult result{.publication = Publication::kSent, .error = error};
  if (CannotSpare(error)) {
    result.publication = Publication::kNotSent;
  } else if (error != 0) {
    result = Judge(names, error);
  }
  if (result.publication == Publication::kSent) result.journal = journal(JournalStep::kSent);
  return result;
}

PublishResult ExchangeFolder::Judge(const ExchangeNames& names, int error) {
  // Also after an error: a share may have done what it says it did not.
  switch (req_.Stat(names.temporary).look) {
    case Look::kGone:
      return {.publication = Publication::kSent, .error = error};
    case Look::kUnreadable:
      return {.publication = Publication::kUnknown, .error = error};
    default:
      return {.publication = error == EEXIST ? Publication::kNameTaken : Publication::kNotSent,
              .error = error};
  }
}

PublishResult ExchangeFolder::JudgeAfterStop(const ExchangeNames& names) {
  // A power failure can undo a rename that the terminal has seen already; its reply tells. Both
  // names were free before. Should the reply be another program's all the same, the question ends
  // as one whose outcome is unknown; published twice it is never.
  FileLook reply = res_.Stat(names.reply);
  if (reply.look == Look::kGone && !names.document.empty()) reply = res_.Stat(names.document);
  if (reply.look == Look::kUnreadable) {
    return {.publication = Publication::kUnknown, .error = reply.error};
  }
  if (reply.look == Look::kGone) return Judge(names, 0);
  Remove(req_, names.temporary);
  return {.publication = Publication::kSent};
}

PublishResult ExchangeFolder::Withdraw(const ExchangeNames& names, JournalStep step) {
  if (step == JournalStep::kSent) return {.publication = Publication::kSent};
  const bool written = step == JournalStep::kWritten;
  const Publication unsure = written ? Publication::kUnknown : Publication::kNotSent;
  if (const int error = Open(); error != 0) return {.publication = unsure, .error = error};
  if (written) {
    PublishResult seen = JudgeAfterStop(names);
    if (seen.publication != Publication::kNotSent) return seen;
  }
  if (const int error = Remove(req_, names.temporary); error != 0) {
    return {.publication = unsure, .error = error};
  }
  return {.publication = Publication::kNotSent};
}

int ExchangeFolder::TryToWrite(const SuffixRange& range) {
  if (const int error = Open(); error != 0) return error;
  const std::string first = absl::StrCat(kOurs, "try_", range.first, kTemporary);
  const std::string second = absl::StrCat(kOurs, "try_", range.first, "_renamed", kTemporary);
  // Of an earlier try that was cut short.
  for (const std::string& name : {first, second}) {
    if (const int error = Remove(req_, name); error != 0) return error;
  }
  int error = WriteTemporary(first, std::string(kTriedBytes, ' '));
  if (error == 0 && renameat2(req_.descriptor(), first.c_str(), req_.descriptor(), second.c_str(),
                              RENAME_NOREPLACE) != 0) {
    error = errno;
  }
  const int removed = std::max(Remove(req_, first), Remove(req_, second));
  return error != 0 ? error : removed;
}

int ExchangeFolder::Sweep(const SuffixRange& range,
                          absl::FunctionRef<bool(absl::string_view)> is_needed, int& removed) {
  removed = 0;
  if (const int error = Open(); error != 0) return error;
  std::vector<std::string> orphans;
  const int listed = req_.List([&](absl::string_view name) {
    if (IsOwnTemporary(name, range) && !is_needed(name)) orphans.emplace_back(name);
    return orphans.size() < kMostSwept;
  });
  if (listed != 0) return listed;
  for (const std::string& name : orphans) {
    if (const int error = Remove(req_, name); error != 0) return error;
    ++removed;
  }
  return 0;
}

FileLook ExchangeFolder::ReadReply(const ExchangeNames& names) { return ReadFrom(names.reply); }

FileLook ExchangeFolder::ReadDocument(const ExchangeNames& names) {
  return names.document.empty() ? FileLook() : ReadFrom(names.document);
}

FileLook ExchangeFolder::ReadFrom(const std::string& name) {
  if (const int error = Open(); error != 0) {
    FileLook look;
    look.look = Look::kUnreadable;
    look.error = error;
    return look;
  }
  return res_.Read(name, nullptr);
}

int ExchangeFolder::RemoveReply(const ExchangeNames& names, const FileStamp& read) {
  return RemoveUnchanged(names.reply, read);
}

int ExchangeFolder::RemoveDocument(const ExchangeNames& names, const FileStamp& read) {
  return RemoveUnchanged(names.document, read);
}

int ExchangeFolder::RemoveUnchanged(const std::string& name, const FileStamp& read) {
  if (const int error = Open(); error != 0) return error;
  const FileLook now = res_.Stat(name);
  if (now.look == Look::kUnreadable) return now.error;
  if (now.look != Look::kRead || now.stamp != read) return 0;
  return Remove(res_, name);
}

}  // namespace madoguchi::eligibility
