#include "agent/oqs/archive.h"

#include <zip.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/oqs/family.h"
#include "agent/oqs/message.h"

namespace madoguchi::oqs {
namespace {

using base::ErrorCode;
using base::MakeError;

// End of central directory: where the list of entries is, without the comment behind it.
constexpr absl::string_view kEndMark = "PK\x05\x06";
constexpr absl::string_view kZip64Mark = "PK\x06\x07";
constexpr size_t kEndSize = 22;
constexpr size_t kZip64Size = 20;
constexpr size_t kEntriesAt = 10;
constexpr size_t kCommentSizeAt = 20;
constexpr size_t kMaxComment = 0xFFFF;
constexpr size_t kMaxEntryName = 255;

absl::Status BadArchive(std::string what, std::string field) {
  return MakeError(ErrorCode::kBadArchive, {.what = std::move(what), .field = std::move(field)});
}

size_t Number16(absl::string_view bytes, size_t at) {
  return static_cast<unsigned char>(bytes[at]) |
         static_cast<size_t>(static_cast<unsigned char>(bytes[at + 1])) << 8;
}

// Looks at the number of entries before the library does, which makes room for all of them. Every
// place the library could take for the end is looked at: those whose comment reaches to the end.
absl::Status CheckEnd(absl::string_view bytes) {
  const size_t first = bytes.size() - std::min(bytes.size(), kEndSize + kMaxComment);
  bool found = false;
  for (size_t at = bytes.find(kEndMark, first); at != absl::string_view::npos;
       at = bytes.find(kEndMark, at + 1)) {
    const absl::string_view end = bytes.substr(at);
    if (end.size() < kEndSize || end.size() != kEndSize + Number16(end, kCommentSizeAt)) continue;
    found = true;
    const size_t entries = Number16(end, kEntriesAt);
    if (entries != 1) {
      return BadArchive(absl::StrCat(entries, " entries; allowed is one"), "central directory");
    }
    if (at >= kZip64Size && absl::StartsWith(bytes.substr(at - kZip64Size), kZip64Mark)) {
      return BadArchive("ZIP64, which no message needs", "central directory");
    }
  }
  if (!found) return MakeError(ErrorCode::kIncompleteMessage, {.field = "central directory"});
  return absl::OkStatus();
}

struct Closer {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Archive = std::unique_ptr<zip_t, Closer>;
using File = std::unique_ptr<zip_file_t, Closer>;

// `bytes` must outlive the archive.
Archive Open(absl::string_view bytes) {
  zip_source_t* const source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, nullptr);
  if (source == nullptr) return nullptr;
  zip_t* const archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, nullptr);
  // The archive owns the source only once it is open.
  if (archive == nullptr) zip_source_free(source);
  return Archive(archive);
}

bool IsPlainAscii(absl::string_view name) {
  constexpr absl::string_view kNever = "/\\:*?\"<>|";
  return !name.empty() && name.size() <= kMaxEntryName &&
         name.find_first_not_of('.') != name.npos &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return c >= 0x20 && c < 0x7F && kNever.find(c) == absl::string_view::npos;
         });
}

absl::Status CheckEntry(const zip_stat_t& about) {
  constexpr uint64_t kNeeded =
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
  if ((about.valid & kNeeded) != kNeeded) return BadArchive("no size", "entry");
  if (!IsPlainAscii(about.name)) {
    return BadArchive("allowed is a file name without a path", "name of the entry");
  }
  if ((about.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && about.encryption_method != ZIP_EM_NONE) {
    return BadArchive("it is encrypted, which is not supported", "entry");
  }
  if (about.comp_method != ZIP_CM_STORE && about.comp_method != ZIP_CM_DEFLATE) {
    return BadArchive("allowed are the methods stored and deflate", "entry");
  }
  if (about.size > kMaxUnpackedBytes) {
    return MakeError(ErrorCode::kMessageTooLarge,
                     {.what = "unpacked at most 16 MiB", .field = "entry"});
  }
  if (about.size > kRatioCountsFrom && about.size / kMaxRatio > about.comp_size) {
    return MakeError(ErrorCode::kMessageTooLarge,
                     {.what = "packed more tightly than any message", .field = "entry"});
  }
  return absl::OkStatus();
}

// Reads no more than the size the entry states; the library checks the checksum at the end.
std::optional<std::string> ReadEntry(zip_t* archive, size_t size) {
  const File file(zip_fopen_index(archive, 0, 0));
  if (file == nullptr) return std::nullopt;
  // One byte more shows that it does not end where it says.
  std::string bytes(size + 1, '\0');
  size_t got = 0;
  while (got < bytes.size()) {
    const zip_int64_t more = zip_fread(file.get(), &bytes[got], bytes.size() - got);
    if (more < 0) return std::nullopt;
    if (more == 0) break;
    got += static_cast<size_t>(more);
  }
  if (got != size) return std::nullopt;
  bytes.resize(size);
  return bytes;
}

}  // namespace

bool LooksLikeArchive(absl::string_view bytes) {
  return absl::StartsWith(bytes, "PK\x03\x04") || absl::StartsWith(bytes, kEndMark);
}

absl::StatusOr<ArchiveEntry> Unpack(absl::string_view bytes) {
  if (bytes.size() > kMaxArchiveBytes) {
    return MakeError(ErrorCode::kMessageTooLarge, {.what = "at most 16 MiB", .field = "file"});
  }
  MDG_RETURN_IF_ERROR(CheckEnd(bytes));
  const Archive archive = Open(bytes);
  if (archive == nullptr || zip_get_num_entries(archive.get(), 0) != 1) {
    return BadArchive("it is damaged", "file");
  }
  zip_stat_t about;
  zip_stat_init(&about);
  if (zip_stat_index(archive.get(), 0, ZIP_FL_ENC_RAW, &about) != 0) {
    return BadArchive("it is damaged", "entry");
  }
  MDG_RETURN_IF_ERROR(CheckEntry(about));
  std::optional<std::string> unpacked = ReadEntry(archive.get(), static_cast<size_t>(about.size));
  if (!unpacked) return BadArchive("it is damaged", "entry");
  return ArchiveEntry{about.name, std::move(*unpacked)};
}

absl::StatusOr<v1::OqsMessage> ReadArchive(absl::string_view file_name, absl::string_view bytes) {
  const absl::StatusOr<ArchiveEntry> entry = Unpack(bytes);
  if (!entry.ok()) return entry.status();
  const std::optional<FileName> outer = ParseFileName(file_name);
  const std::optional<FileName> inner = ParseFileName(entry->name);
  if (outer && inner && (outer->family != inner->family || outer->role != inner->role)) {
    return MakeError(ErrorCode::kNotAnOqsMessage,
                     {.what = "the archive and its entry are named as different messages",
                      .field = "name of the entry"});
  }
  absl::StatusOr<v1::OqsMessage> message =
      ReadMessage(outer ? file_name : absl::string_view(entry->name), entry->bytes);
  if (!message.ok()) return message;
  message->set_file_name(BareName(file_name));
  message->set_archive_entry(entry->name);
  return message;
}

}  // namespace madoguchi::oqs
