#include "agent/reader/pin_pad.h"

#include <reader.h>

#include <cstring>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "agent/base/error.h"
#include "agent/reader/card_session.h"

namespace madoguchi::reader {
namespace {

// PC/SC part 10, 2.2 and 2.3: the question for features, the tag of this one, and the length of
// the control code that is its value.
constexpr DWORD kGetFeatures = CM_IOCTL_GET_FEATURE_REQUEST;
constexpr uint8_t kVerifyDirect = FEATURE_VERIFY_PIN_DIRECT;
constexpr size_t kCodeBytes = 4;

constexpr uint8_t kSeconds = 30;
constexpr uint8_t kDigits = 4;
constexpr uint16_t kJapanese = 0x0411;

// What the reader itself says instead of the card (part 10, 2.5.1): nobody typed, cancelled, typed
// too few or too many; and a request it does not take.
constexpr uint16_t kTimeout = 0x6400;
constexpr uint16_t kCancelled = 0x6401;
constexpr uint16_t kWrongSize = 0x6403;
constexpr uint16_t kBadRequest = 0x6B80;

template <typename Number>
void Append(std::string& bytes, Number number) {
  char raw[sizeof(number)];
  std::memcpy(raw, &number, sizeof(number));
  bytes.append(raw, sizeof(number));
}

// PIN_VERIFY_STRUCTURE; its numbers are in the order of this machine.
std::string VerifyRequest(uint8_t reference) {
  std::string bytes;
  Append(bytes, kSeconds);       // until the first key
  Append(bytes, kSeconds);       // and after it
  Append(bytes, uint8_t{0x82});  // bytes as units, ASCII, from the left, behind the header
  Append(bytes, kDigits);        // size of the PIN block; its length is not inserted
  Append(bytes, uint8_t{0});
  Append(bytes, static_cast<uint16_t>(kDigits << 8 | kDigits));  // least and most
  Append(bytes, uint8_t{0x02});                                  // ends with the confirmation key
  Append(bytes, uint8_t{1});                                     // one message, the reader's first
  Append(bytes, kJapanese);
  Append(bytes, uint8_t{0});
  bytes.append(3, '\0');  // prologue of T=1, which the reader makes
  // Where a reader would insert nothing this is no PIN that anybody has.
  std::string command("\x00\x20\x00\x00\x04\xFF\xFF\xFF\xFF", 9);
  command[3] = static_cast<char>(reference);
  Append(bytes, static_cast<uint32_t>(command.size()));
  return bytes + command;
}

bool NothingTyped(uint16_t status) {
  return status == kTimeout || status == kCancelled || status == kWrongSize ||
         status == kBadRequest;
}

}  // namespace

std::optional<PinPad> PinPad::Find(CardSession& session) {
  const absl::StatusOr<std::string> said = session.AskReader(kGetFeatures);
  if (!said.ok()) return std::nullopt;
  absl::string_view features = *said;
  while (features.size() >= 2) {
    const auto tag = static_cast<uint8_t>(features[0]);
    const auto length = static_cast<uint8_t>(features[1]);
    features.remove_prefix(2);
    if (length > features.size()) break;
    if (tag == kVerifyDirect && length == kCodeBytes) {
      uint32_t code = 0;
      for (size_t i = 0; i < kCodeBytes; ++i) code = code << 8 | static_cast<uint8_t>(features[i]);
      return PinPad(code);
    }
    features.remove_prefix(length);
  }
  return std::nullopt;
}

absl::StatusOr<Response> PinPad::Verify(CardSession& session, uint8_t reference) const {
  absl::StatusOr<Response> response =
      session.VerifyOnReader(verify_, VerifyRequest(reference), absl::Seconds(2 * kSeconds));
  if (response.ok() && NothingTyped(response->status)) {
    return base::MakeError(base::ErrorCode::kPinNotTyped,
                           {.what = absl::StrFormat("%04X", response->status)});
  }
  return response;
}

}  // namespace madoguchi::reader
