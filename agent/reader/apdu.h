#ifndef MADOGUCHI_AGENT_READER_APDU_H_
#define MADOGUCHI_AGENT_READER_APDU_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Command and response APDUs of ISO/IEC 7816-4 as the JPKI application takes them (my-number-card
// 2). Pure functions; bytes are in std::string.
namespace madoguchi::reader {

// What a card answered.
struct Response {
  std::string data;
  // SW1 and SW2.
  uint16_t status = 0;
  bool ok() const { return status == 0x9000; }
};
// Fewer than two bytes are no answer: the card is gone (MDG-2104).
absl::StatusOr<Response> ParseResponse(absl::string_view bytes);

// SELECT by application identifier, without FCI.
std::string SelectApplication(absl::string_view aid);
// SELECT of an elementary file below the application.
std::string SelectFile(uint16_t file);
// READ BINARY of the current file. `offset` below 2^15; `most`: 1 to 256 in the short form, 65,536
// in the extended one.
enum class Length { kShort, kExtended };
std::string ReadCurrent(size_t offset, Length length, size_t most);
// The same by short file identifier (1 to 30), which makes the file the current one; `offset` 0 to
// 255.
std::string ReadByShortId(uint8_t short_id, size_t offset, Length length, size_t most);
// VERIFY without data: how many attempts are left. `reference`: 0x80 for the current file, 0x80 +
// short id otherwise.
std::string PinStatus(uint8_t reference);
// COMPUTE DIGITAL SIGNATURE over at most 245 bytes, which the card pads (PKCS#1 v1.5 type 1).
std::string Sign(uint8_t reference, absl::string_view input);
// GET RESPONSE after 61xx.
std::string GetResponse(uint8_t most);

// Bytes of the DER object that `start` begins, header included; 0 when it is none of
// definite length.
size_t DerLength(absl::string_view start);

}  // namespace madoguchi::reader

#endif  // MADOGUCHI_AGENT_READER_APDU_H_
