// Whatever a reader sends, a virtual card answers with a status word. The input is a stream as vpcd
// sends it: each message is a 16-bit length and that many bytes; messages of one byte are for
// power.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "tests/sim/card.h"
#include "tests/sim/card_link.h"

namespace madoguchi::sim {
namespace {

constexpr const char* kBehaviours[] = {"", "chain-61,le-6c,first-6f00", "no-short-ids,end-6282",
                                       "no-extended,label=android,no-pin"};

Card MakeCard(const char* behaviour) {
  CardContents contents;
  contents.auth_certificate = std::string(1500, 'a');
  contents.sign_certificate = std::string(1600, 's');
  contents.auth_key = [](absl::string_view bytes) {
    return std::string(bytes.size() > 200 ? 0 : 256, 'x');
  };
  return Card(std::move(contents), CardPins(), *ParseCardBehaviour(behaviour));
}

void Say(Card& card, const std::string& message) {
  if (message.size() == 1 && message[0] == kVpcdPowerOn) return card.PowerOn();
  if (message.size() == 1 && message[0] == kVpcdPowerOff) return card.PowerOff();
  if (message.size() == 1 && message[0] == kVpcdReset) return card.Reset();
  const std::string answer = card.Exchange(message);
  if (answer.size() < 2 || StatusWordOf(answer) < 0x6000 || card.pins().auth_left < 0) std::abort();
}

}  // namespace
}  // namespace madoguchi::sim

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  madoguchi::sim::Card card = madoguchi::sim::MakeCard(
      madoguchi::sim::kBehaviours[data[0] % std::size(madoguchi::sim::kBehaviours)]);
  madoguchi::sim::VpcdMessages messages;
  messages.Add(absl::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  while (const std::optional<std::string> message = messages.Next()) {
    madoguchi::sim::Say(card, *message);
  }
  return 0;
}
