#include "tests/sim/card_witness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace madoguchi::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

CardStep Step(CardAct act, uint16_t file, uint16_t status_word = 0x9000) {
  return {.act = act,
          .inside = std::string(kJpkiApplication),
          .file = file,
          .status_word = status_word};
}

CardStep Select(absl::string_view application) {
  return {.act = CardAct::kSelectApplication, .application = std::string(application)};
}

std::vector<std::string> Off(CardWitness& witness, absl::Duration idle = absl::ZeroDuration()) {
  return witness.PowerEnds(CardPowerEnd::kOff, idle);
}

TEST(CardWitness, HasNothingAgainstAnAuthentication) {
  CardWitness witness;
  EXPECT_THAT(witness.Exchange(Select(kJpkiApplication), true), IsEmpty());
  for (const CardStep& step :
       {Step(CardAct::kRead, kTokenFile), Step(CardAct::kRead, kAuthCertificateFile),
        Step(CardAct::kPinStatus, kAuthPinFile, 0x63C3),
        Step(CardAct::kVerify, kAuthPinFile, 0x63C2), Step(CardAct::kVerify, kAuthPinFile),
        Step(CardAct::kSign, kAuthKeyFile)}) {
    EXPECT_THAT(witness.Exchange(step, true), IsEmpty());
  }
  EXPECT_THAT(Off(witness), IsEmpty());
  EXPECT_THAT(Off(witness, absl::Hours(1)), IsEmpty());
}

TEST(CardWitness, SeesWhatIsNotToBeTouched) {
  CardWitness witness;
  EXPECT_THAT(witness.Exchange(Select("A000000079"), true), ElementsAre("other-application"));
  EXPECT_THAT(witness.Exchange(Select("D392F0002601"), true), ElementsAre("other-application"));
  const auto touch = [&](CardAct act, uint16_t file) {
    return witness.Exchange(Step(act, file, 0x6982), true);
  };
  EXPECT_THAT(touch(CardAct::kRead, kSignCertificateFile), ElementsAre("sign-certificate"));
  EXPECT_THAT(touch(CardAct::kPinStatus, kSignPinFile), ElementsAre("sign-pin"));
  EXPECT_THAT(touch(CardAct::kSign, kSignKeyFile), ElementsAre("sign-key"));
  CardStep step = Step(CardAct::kSelectFile, 0x0001, 0x6A82);
  step.inside = std::string(kTextApplication);
  EXPECT_THAT(witness.Exchange(step, true), ElementsAre("individual-number"));
  step.inside = std::string(kFaceApplication);
  step.file = 0x0002;
  EXPECT_THAT(witness.Exchange(step, true), ElementsAre("face-photo"));
}

TEST(CardWitness, SeesARepeatedPin) {
  const CardStep right = Step(CardAct::kVerify, kAuthPinFile);
  CardWitness twice;
  twice.Exchange(right, true);
  EXPECT_THAT(twice.Exchange(right, true), ElementsAre("verify-repeated"));

  CardWitness interrupted;
  interrupted.Exchange(right, false);
  EXPECT_THAT(interrupted.PowerEnds(CardPowerEnd::kRemoved, absl::ZeroDuration()), IsEmpty());
  CardWitness asked = interrupted;
  EXPECT_THAT(interrupted.Exchange(right, true), ElementsAre("verify-repeated"));
  asked.Exchange(Step(CardAct::kPinStatus, kAuthPinFile, 0x63C2), true);
  EXPECT_THAT(asked.Exchange(right, true), IsEmpty());

  CardWitness same;
  CardStep wrong = Step(CardAct::kVerify, kAuthPinFile, 0x63C1);
  wrong.same_wrong_pin = true;
  EXPECT_THAT(same.Exchange(wrong, true), ElementsAre("verify-repeated"));
}

TEST(CardWitness, SeesASecondSignatureAndAVerifiedPinLeftBehind) {
  CardWitness witness;
  witness.Exchange(Step(CardAct::kVerify, kAuthPinFile), true);
  EXPECT_THAT(witness.Exchange(Step(CardAct::kSign, kAuthKeyFile), true), IsEmpty());
  EXPECT_THAT(witness.Exchange(Step(CardAct::kSign, kAuthKeyFile), true),
              ElementsAre("signed-twice"));
  EXPECT_THAT(witness.PowerEnds(CardPowerEnd::kReset, absl::ZeroDuration()),
              ElementsAre("left-verified"));
  EXPECT_THAT(Off(witness, absl::Milliseconds(600)), ElementsAre("left-verified"));
  EXPECT_THAT(Off(witness, absl::Milliseconds(600)), IsEmpty());
}

}  // namespace
}  // namespace madoguchi::sim
