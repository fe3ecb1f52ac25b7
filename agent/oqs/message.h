#ifndef MADOGUCHI_AGENT_OQS_MESSAGE_H_
#define MADOGUCHI_AGENT_OQS_MESSAGE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "madoguchi/v1/oqs_message.pb.h"

// The codec of OQS files: bytes <-> records, from one element table. Pure, no I/O, thread-safe.
// Everything assumed about the interface (A1 to A20 of assumptions.def) is in this room.
namespace madoguchi::oqs {

// What the name of a message file says (reference: file names, section 2.2).
struct FileName {
  v1::MessageFamily family = v1::MESSAGE_FAMILY_UNSPECIFIED;
  v1::MessageRole role = v1::MESSAGE_ROLE_UNSPECIFIED;
  // Behind `req_` / `res_` / `res_face_`, without extension.
  std::string suffix;
  // Lower case, without dot.
  std::string extension;
  // The yyyyMMddHHmmss at the end of a face file's name, read as time in Japan.
  std::optional<absl::Time> stamp;
};

// nullopt: not the name of a message of a known family. Case of letters does not count (Windows).
std::optional<FileName> ParseFileName(absl::string_view name);

// Largest file that is read about the qualification of one person, face pushes among them (one
// public client has the same cap).
inline constexpr size_t kMaxMessageBytes = size_t{4} << 20;

// Largest file of this name that is read: kMaxMessageBytes, or 16 MiB for medical data, batches
// and names that tell no family. Any name is allowed.
size_t MaxMessageBytes(absl::string_view file_name);

// True when `bytes` end with the closing root tag (white space and NUL padding behind it allowed):
// the writer is done. Cheap; says nothing about the rest.
bool LooksComplete(absl::string_view bytes);

// Reads one file. The family comes from `file_name` when that tells, else from the content.
// Errors: MDG-1301 too large, 1302 not XML, 1303 DTD, 1304 bytes do not fit the encoding, 1305 too
// deep or too many, 1306 not an OQS message, 1308 ends too early. `field` names the place, never
// a value.
absl::StatusOr<v1::OqsMessage> ReadMessage(absl::string_view file_name, absl::string_view bytes);

// What a reader of medical records has use for.
enum class Wanted : uint8_t {
  kAll,
  // Lines (drug_history, diagnosis_history), not the month blocks they come from: the blocks stay
  // but may have lost their medicines and treatments, which are moved to the lines instead of being
  // copied. Such a record is not to be written back as XML.
  kLines,
};

// The same into `message`, which is empty and may be on an arena: a drug history is thousands of
// small objects, and making and freeing them one by one is half the time reading takes. Holds
// nothing of use after an error.
absl::Status ReadMessage(absl::string_view file_name, absl::string_view bytes,
                         v1::OqsMessage& message, Wanted wanted = Wanted::kAll);

enum class Encoding { kUtf8, kShiftJis };

// The file of a record, in layout order; unknown elements go back to their paths as far as those
// exist. UTF-8 with LF and two spaces, CP932 (declared Shift_JIS) with CRLF and tabs. MDG-1307 when
// a character has no place in CP932 (`field`: the element and the character's code point).
absl::StatusOr<std::string> WriteMessage(const v1::OqsMessage& message, Encoding encoding);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_MESSAGE_H_
