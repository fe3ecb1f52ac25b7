#include "tests/sim/card_witness.h"

namespace madoguchi::sim {
namespace {

// pcscd itself powers a card off that nobody uses, half a second after its last user left. Who
// means to do it does it at once.
constexpr absl::Duration kAtOnce = absl::Milliseconds(400);
constexpr uint16_t kDone = 0x9000;
constexpr uint16_t kNumberFile = 0x0001;
constexpr uint16_t kPhotoFile = 0x0002;

std::string TouchedOutside(const CardStep& step) {
  if (step.inside == kTextApplication && step.file == kNumberFile) return "individual-number";
  if (step.inside == kFaceApplication && step.file == kPhotoFile) return "face-photo";
  return "";
}

std::string TouchedInside(const CardStep& step) {
  switch (step.file) {
    case kSignCertificateFile:
      return "sign-certificate";
    case kSignPinFile:
      return "sign-pin";
    case kSignKeyFile:
      return "sign-key";
    default:
      return "";
  }
}

}  // namespace

std::vector<std::string> CardWitness::Exchange(const CardStep& step, bool answered) {
  std::vector<std::string> seen;
  if (step.act == CardAct::kSelectApplication) {
    if (step.application != kJpkiApplication) seen.push_back("other-application");
    return seen;
  }
  std::string touched =
      step.inside == kJpkiApplication ? TouchedInside(step) : TouchedOutside(step);
  if (!touched.empty()) seen.push_back(std::move(touched));
  if (step.act == CardAct::kPinStatus && step.file == kAuthPinFile) interrupted_ = false;
  if (step.act == CardAct::kVerify) {
    if (verified_ || interrupted_ || step.same_wrong_pin) seen.push_back("verify-repeated");
    interrupted_ = !answered;
    verified_ = step.status_word == kDone;
    signatures_ = 0;
  }
  if (step.act == CardAct::kSign && step.status_word == kDone && ++signatures_ > 1) {
    seen.push_back("signed-twice");
  }
  return seen;
}

std::vector<std::string> CardWitness::PowerEnds(CardPowerEnd how, absl::Duration idle) {
  std::vector<std::string> seen;
  const bool late = how == CardPowerEnd::kReset || (how == CardPowerEnd::kOff && idle >= kAtOnce);
  if (verified_ && late) seen.push_back("left-verified");
  if (how != CardPowerEnd::kReset) verified_ = false;
  return seen;
}

}  // namespace madoguchi::sim
