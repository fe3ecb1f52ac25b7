#ifndef MADOGUCHI_TESTS_SIM_CARD_WITNESS_H_
#define MADOGUCHI_TESTS_SIM_CARD_WITNESS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/sim/card.h"

namespace madoguchi::sim {

// How power ended.
enum class CardPowerEnd { kOff, kReset, kRemoved };

// Tells what a program must not do with a patient's card. Names of what was seen:
//   other-application   an application other than JPKI was asked for, there or not
//   individual-number   the file of the 個人番号
//   face-photo          the file of the photo
//   sign-certificate    the signature certificate (it holds name, address, birth date and sex)
//   sign-pin, sign-key  password and key for signatures
//   verify-repeated     a PIN sent while one is verified, the wrong PIN of last time once more, or
//                       a PIN after an interrupted VERIFY without asking how many attempts are left
//   signed-twice        a second signature for one PIN
//   left-verified       no power off soon after the last exchange with a verified PIN, or a reset
class CardWitness {
 public:
  // `answered`: false when the card was taken away before its answer.
  std::vector<std::string> Exchange(const CardStep& step, bool answered);
  // `idle`: since the last exchange.
  std::vector<std::string> PowerEnds(CardPowerEnd how, absl::Duration idle);
  // Another person's card: what was seen of the last does not count.
  void Forget() { *this = CardWitness(); }

 private:
  bool verified_ = false;
  bool interrupted_ = false;
  int signatures_ = 0;
};

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_CARD_WITNESS_H_
