#include "tests/sim/card_apdu.h"

#include "absl/strings/str_cat.h"

namespace madoguchi::sim {
namespace {

constexpr size_t kHeader = 4;
constexpr size_t kMostShort = 256;
constexpr size_t kMostExtended = 65536;

size_t ByteAt(absl::string_view bytes, size_t place) {
  return static_cast<unsigned char>(bytes[place]);
}

size_t PairAt(absl::string_view bytes, size_t place) {
  return ByteAt(bytes, place) << 8 | ByteAt(bytes, place + 1);
}

// `width` bytes of Le at the end of what is left; none is fine. Zero means the most there can be.
bool TakeLe(absl::string_view left, size_t width, size_t most, CommandApdu& apdu) {
  if (left.empty()) return true;
  if (left.size() != width) return false;
  const size_t le = width == 1 ? ByteAt(left, 0) : PairAt(left, 0);
  apdu.le = le == 0 ? most : le;
  return true;
}

bool TakeBody(absl::string_view body, CommandApdu& apdu) {
  if (body.size() <= 1) return TakeLe(body, 1, kMostShort, apdu);
  apdu.extended = ByteAt(body, 0) == 0;
  if (!apdu.extended) {
    const size_t lc = ByteAt(body, 0);
    body.remove_prefix(1);
    if (body.size() < lc) return false;
    apdu.data = std::string(body.substr(0, lc));
    return TakeLe(body.substr(lc), 1, kMostShort, apdu);
  }
  body.remove_prefix(1);
  if (body.size() < 2) return false;
  if (body.size() == 2) return TakeLe(body, 2, kMostExtended, apdu);
  const size_t lc = PairAt(body, 0);
  body.remove_prefix(2);
  if (lc == 0 || body.size() < lc) return false;
  apdu.data = std::string(body.substr(0, lc));
  return TakeLe(body.substr(lc), 2, kMostExtended, apdu);
}

}  // namespace

std::optional<CommandApdu> ParseApdu(absl::string_view bytes) {
  if (bytes.size() < kHeader) return std::nullopt;
  CommandApdu apdu;
  apdu.cla = static_cast<uint8_t>(bytes[0]);
  apdu.ins = static_cast<uint8_t>(bytes[1]);
  apdu.p1 = static_cast<uint8_t>(bytes[2]);
  apdu.p2 = static_cast<uint8_t>(bytes[3]);
  if (!TakeBody(bytes.substr(kHeader), apdu)) return std::nullopt;
  return apdu;
}

std::string ApduAnswer(uint16_t status_word, absl::string_view data) {
  const char words[] = {static_cast<char>(status_word >> 8), static_cast<char>(status_word & 0xFF)};
  return absl::StrCat(data, absl::string_view(words, sizeof(words)));
}

uint16_t StatusWordOf(absl::string_view answer) {
  if (answer.size() < 2) return 0;
  return static_cast<uint16_t>(PairAt(answer, answer.size() - 2));
}

}  // namespace madoguchi::sim
