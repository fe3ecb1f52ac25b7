#ifndef MADOGUCHI_TESTS_SIM_CARD_APDU_H_
#define MADOGUCHI_TESTS_SIM_CARD_APDU_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace madoguchi::sim {

// A command APDU (ISO/IEC 7816-4 5.1, all seven cases).
struct CommandApdu {
  uint8_t cla = 0;
  uint8_t ins = 0;
  uint8_t p1 = 0;
  uint8_t p2 = 0;
  std::string data = {};
  // How many bytes are expected at most: 0 for none, up to 65,536.
  size_t le = 0;
  bool extended = false;
};

// nullopt when the lengths in `bytes` do not fit.
std::optional<CommandApdu> ParseApdu(absl::string_view bytes);

// `data` and the status word behind it.
std::string ApduAnswer(uint16_t status_word, absl::string_view data = "");
// The status word at the end of an answer; 0 when there is none.
uint16_t StatusWordOf(absl::string_view answer);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_CARD_APDU_H_
