#ifndef MADOGUCHI_HL7_V2_MLLP_H_
#define MADOGUCHI_HL7_V2_MLLP_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// MLLP (HL7 v2 transport, release 1: `0B message 1C 0D`) and the acknowledgements that come back.
// What the other side sends is hostile: bounded, never trusted. No I/O.
namespace madoguchi::hl7::v2 {

// MDG-2201 when the message holds a byte that frames (0B, 1C), which no message of ConvertX does.
absl::StatusOr<std::string> MllpFrame(absl::string_view message);

// Cuts a stream of bytes into messages, however it arrives. CR and LF between frames are passed
// over. Not thread-safe.
class MllpReader {
 public:
  // `most`: of one message, in bytes. Memory stays below that and what was taken but not yet
  // fetched.
  explicit MllpReader(size_t most) : most_(most) {}

  // MDG-2201 for bytes outside of a frame, a frame that is not ended by `1C 0D` or is larger than
  // allowed; `field` tells the place in the stream. After that the stream is of no use: every call
  // says the same.
  absl::Status Take(absl::string_view bytes);
  // The oldest message that is complete.
  std::optional<std::string> Next();
  // True between the first byte of a frame and its last.
  bool InsideFrame() const { return state_ != State::kOutside; }

 private:
  enum class State : uint8_t { kOutside, kInside, kEnding };

  absl::Status TakeByte(char byte);

  const size_t most_;
  State state_ = State::kOutside;
  size_t offset_ = 0;
  std::string open_;
  std::deque<std::string> complete_;
  absl::Status failed_;
};

// What a receiver says to a message (MSA, first ERR).
struct Ack {
  enum class Code : uint8_t { kAccepted, kError, kRejected };
  // AA and CA, AE and CE, AR and CR.
  Code code = Code::kRejected;
  // MSA-2: MSH-10 of the message it is about. The caller has to compare it.
  std::string control_id;
  // MSA-3, or else ERR-8. What the receiver wrote: may name people, so never log it.
  std::string text;
  // ERR-3: the receiver's code of the error, HL70357 as a rule.
  std::string error_code;
};

inline constexpr size_t kMaxAckBytes = size_t{64} << 10;

// Reads an acknowledgement in UTF-8 or, when it has escapes, ISO-2022-JP; texts come back as UTF-8
// without escapes of HL7, the first 1,000 bytes or so of each. MDG-2201 for what is larger than
// kMaxAckBytes or no acknowledgement; `field` names the segment and field.
absl::StatusOr<Ack> ParseAck(absl::string_view message);

}  // namespace madoguchi::hl7::v2

#endif  // MADOGUCHI_HL7_V2_MLLP_H_
