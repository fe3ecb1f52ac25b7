#ifndef MADOGUCHI_AGENT_OQS_ARCHIVE_H_
#define MADOGUCHI_AGENT_OQS_ARCHIVE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "madoguchi/v1/oqs_message.pb.h"

// Batch answers that come as a ZIP file holding one message (interface reference, section 8).
namespace madoguchi::oqs {

inline constexpr size_t kMaxArchiveBytes = size_t{16} << 20;
inline constexpr size_t kMaxUnpackedBytes = size_t{16} << 20;
// Unpacked over packed bytes. Answers of thousands of people pack to about a hundredth; deflate can
// make a thousandth of zeros. Below kRatioCountsFrom unpacked bytes any ratio is harmless.
inline constexpr size_t kMaxRatio = 200;
inline constexpr size_t kRatioCountsFrom = size_t{1} << 20;

struct ArchiveEntry {
  // Without any folder, ASCII.
  std::string name;
  std::string bytes;
};

// True when `bytes` begin as ZIP files do.
bool LooksLikeArchive(absl::string_view bytes);

// The one entry of an archive, unpacked in memory; nothing is ever written to a file, and no more
// than kMaxUnpackedBytes are ever held. Only stored and deflated entries.
// Errors: MDG-1301 too large, packed or unpacked, or a ratio beyond kMaxRatio; 1309 damaged, other
// than one entry, a name with a path, encrypted, another method; 1308 cut off.
absl::StatusOr<ArchiveEntry> Unpack(absl::string_view bytes);

// Reads the message in an archive. When the archive and its entry are both named as messages, they
// must be of one family and role (MDG-1306). Errors: also those of ReadMessage.
absl::StatusOr<v1::OqsMessage> ReadArchive(absl::string_view file_name, absl::string_view bytes);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_ARCHIVE_H_
