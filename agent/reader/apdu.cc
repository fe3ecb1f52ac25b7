#include "agent/reader/apdu.h"

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"

namespace madoguchi::reader {
namespace {

constexpr char kClass = 0x00;
constexpr auto kClassSign = static_cast<char>(0x80);
constexpr auto kSelect = static_cast<char>(0xA4);
constexpr auto kReadBinary = static_cast<char>(0xB0);
constexpr char kVerify = 0x20;
constexpr char kSecurityOperation = 0x2A;
constexpr auto kGetResponse = static_cast<char>(0xC0);
constexpr size_t kByteBits = 8;

char Byte(size_t value) { return static_cast<char>(value & 0xFF); }

std::string Header(char cla, char ins, size_t p1, size_t p2) {
  return {cla, ins, Byte(p1), Byte(p2)};
}

void AddExpected(std::string& command, Length length, size_t most) {
  // 0 stands for the most there can be: 256, or 65,536 after three zeros.
  if (length == Length::kExtended) command.append(2, '\0');
  command.push_back(length == Length::kExtended ? '\0' : Byte(most));
}

}  // namespace

absl::StatusOr<Response> ParseResponse(absl::string_view bytes) {
  if (bytes.size() < 2) {
    return base::MakeError(base::ErrorCode::kCardLost, {.what = "it answered without a status"});
  }
  const auto high = static_cast<uint8_t>(bytes[bytes.size() - 2]);
  const auto low = static_cast<uint8_t>(bytes[bytes.size() - 1]);
  return Response{.data = std::string(bytes.substr(0, bytes.size() - 2)),
                  .status = static_cast<uint16_t>(high << kByteBits | low)};
}

std::string SelectApplication(absl::string_view aid) {
  std::string command = Header(kClass, kSelect, 0x04, 0x0C);
  command.push_back(Byte(aid.size()));
  absl::StrAppend(&command, aid);
  return command;
}

std::string SelectFile(uint16_t file) {
  std::string command = Header(kClass, kSelect, 0x02, 0x0C);
  command.push_back(2);
  command.push_back(Byte(file >> kByteBits));
  command.push_back(Byte(file));
  return command;
}

std::string ReadCurrent(size_t offset, Length length, size_t most) {
  std::string command = Header(kClass, kReadBinary, offset >> kByteBits & 0x7F, offset);
  AddExpected(command, length, most);
  return command;
}

std::string ReadByShortId(uint8_t short_id, size_t offset, Length length, size_t most) {
  std::string command = Header(kClass, kReadBinary, 0x80 + short_id, offset);
  AddExpected(command, length, most);
  return command;
}

std::string PinStatus(uint8_t reference) { return Header(kClass, kVerify, 0, reference); }

std::string Sign(uint8_t reference, absl::string_view input) {
  std::string command = Header(kClassSign, kSecurityOperation, 0, reference);
  command.push_back(Byte(input.size()));
  absl::StrAppend(&command, input);
  command.push_back('\0');
  return command;
}

std::string GetResponse(uint8_t most) {
  std::string command = Header(kClass, kGetResponse, 0, 0);
  command.push_back(Byte(most));
  return command;
}

size_t DerLength(absl::string_view start) {
  constexpr uint8_t kLongForm = 0x80;
  constexpr size_t kMostLengthBytes = 3;
  if (start.size() < 2) return 0;
  const auto first = static_cast<uint8_t>(start[1]);
  if (first < kLongForm) return 2 + size_t{first};
  const size_t count = first & 0x7F;
  if (count == 0 || count > kMostLengthBytes || start.size() < 2 + count) return 0;
  size_t length = 0;
  for (size_t i = 0; i < count; ++i) {
    length = length << kByteBits | static_cast<uint8_t>(start[2 + i]);
  }
  return 2 + count + length;
}

}  // namespace madoguchi::reader
