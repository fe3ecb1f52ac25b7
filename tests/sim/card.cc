#include "tests/sim/card.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace madoguchi::sim {
namespace {

constexpr uint16_t kFine = 0x9000;
constexpr uint16_t kEndReached = 0x6282;
constexpr uint16_t kWrongPin = 0x63C0;
constexpr uint16_t kWrongLength = 0x6700;
constexpr uint16_t kNoChannel = 0x6881;
constexpr uint16_t kNoSecureMessaging = 0x6882;
constexpr uint16_t kWrongFileKind = 0x6981;
constexpr uint16_t kNotVerified = 0x6982;
constexpr uint16_t kBlocked = 0x6983;
constexpr uint16_t kBlockedJicsap = 0x6984;
constexpr uint16_t kNotNow = 0x6985;
constexpr uint16_t kNoFile = 0x6986;
constexpr uint16_t kNotFound = 0x6A82;
constexpr uint16_t kWrongP1P2 = 0x6A86;
constexpr uint16_t kPastTheEnd = 0x6B00;
constexpr uint16_t kUnknownIns = 0x6D00;
constexpr uint16_t kUnknownCla = 0x6E00;
constexpr uint16_t kInternal = 0x6F00;

constexpr size_t kCertificateFileSize = 2048;
constexpr char kFiller = '\xFF';
constexpr size_t kMostToSign = 245;
constexpr size_t kMostAid = 16;
constexpr size_t kLeastAid = 5;
constexpr uint8_t kShortIds = 0x80;
constexpr uint8_t kShortIdMask = 0x1F;

// Besides JPKI: the four others of a plastic card and its issuer domain. None of them can be read
// here: what must never be read does not exist.
constexpr absl::string_view kOtherApplications[] = {kTextApplication, kFaceApplication,
                                                    "D3921000310001010401", "D3921000310001010100",
                                                    "A0000001510000"};

std::string Padded(absl::string_view text, size_t width) {
  std::string out(text.substr(0, width));
  out.resize(width, ' ');
  return out;
}

// A CK_TOKEN_INFO with 32-bit words: 160 bytes. Serial number and time stay blank.
std::string TokenInformation(absl::string_view label) {
  std::string out = absl::StrCat(Padded(label, 32), Padded("MADOGUCHI-SIM", 32), Padded("JPKI", 16),
                                 Padded("", 16));
  constexpr size_t kFlagsAndCounts = 4 + 10 * 4;
  constexpr size_t kVersions = 4;
  out.append(kFlagsAndCounts + kVersions, '\0');
  out.append(Padded("", 16));
  return out;
}

std::string CertificateFile(const std::string& certificate) {
  std::string out = certificate;
  out.resize(std::max(kCertificateFileSize, out.size()), kFiller);
  return out;
}

bool IsSelectedBy(absl::string_view application, absl::string_view asked) {
  return asked.size() >= 2 * kLeastAid && absl::StartsWith(application, asked);
}

bool IsInternal(uint16_t file) {
  return file == kAuthKeyFile || file == kAuthPinFile || file == kSignKeyFile ||
         file == kSignPinFile;
}

}  // namespace

absl::string_view CardActName(CardAct act) {
  switch (act) {
    case CardAct::kOther:
      return "other";
    case CardAct::kSelectApplication:
      return "select-application";
    case CardAct::kSelectFile:
      return "select-file";
    case CardAct::kRead:
      return "read";
    case CardAct::kPinStatus:
      return "pin-status";
    case CardAct::kVerify:
      return "verify";
    case CardAct::kSign:
      return "sign";
  }
  return "other";
}

Card::Card(CardContents contents, CardPins pins, const CardBehaviour& behaviour)
    : contents_(std::move(contents)), pins_(std::move(pins)), behaviour_(behaviour) {}

void Card::Become(CardContents contents, CardPins pins, const CardBehaviour& behaviour) {
  contents_ = std::move(contents);
  pins_ = std::move(pins);
  behaviour_ = behaviour;
}

void Card::PowerOn() {
  PowerOff();
  fresh_ = true;
}

void Card::PowerOff() {
  Reset();
  auth_verified_ = false;
  sign_verified_ = false;
}

// What was verified survives a warm reset (one survey of test cards); a session has to end with
// power off.
void Card::Reset() {
  application_.clear();
  current_ = 0;
  held_back_.clear();
}

std::string Card::Exchange(absl::string_view command) {
  step_ = CardStep{};
  step_.inside = application_;
  std::string answer = Answer(command);
  step_.status_word = StatusWordOf(answer);
  return answer;
}

std::string Card::Answer(absl::string_view command) {
  const bool is_first = std::exchange(fresh_, false);
  if (is_first && behaviour_.first_6f00) return ApduAnswer(kInternal);
  const std::optional<CommandApdu> apdu = ParseApdu(command);
  if (!apdu.has_value() || (apdu->extended && behaviour_.no_extended)) {
    return ApduAnswer(kWrongLength);
  }
  if ((apdu->cla & 0x70) != 0) return ApduAnswer(kUnknownCla);
  if ((apdu->cla & 0x03) != 0) return ApduAnswer(kNoChannel);
  if ((apdu->cla & 0x0C) != 0) return ApduAnswer(kNoSecureMessaging);
  return Dispatch(*apdu);
}

std::string Card::Dispatch(const CommandApdu& apdu) {
  constexpr uint8_t kSelectIns = 0xA4;
  constexpr uint8_t kReadIns = 0xB0;
  constexpr uint8_t kVerifyIns = 0x20;
  constexpr uint8_t kSignIns = 0x2A;
  constexpr uint8_t kGetResponseIns = 0xC0;
  if (apdu.ins == kGetResponseIns && apdu.cla == 0) return GetResponse(apdu);
  held_back_.clear();
  if (apdu.ins == kSignIns) {
    return apdu.cla == 0x80 ? Sign(apdu) : ApduAnswer(kUnknownCla);
  }
  if (apdu.cla != 0) return ApduAnswer(kUnknownCla);
  switch (apdu.ins) {
    case kSelectIns:
      return Select(apdu);
    case kReadIns:
      return ReadBinary(apdu);
    case kVerifyIns:
      return Verify(apdu);
    default:
      return ApduAnswer(kUnknownIns);
  }
}

std::string Card::Select(const CommandApdu& apdu) {
  constexpr uint8_t kByName = 0x04;
  constexpr uint8_t kByFile = 0x02;
  if (apdu.p1 == kByName) return SelectApplication(apdu);
  if (apdu.p1 == kByFile) return SelectFile(apdu);
  // The master file: does nothing, but says so only as long as nothing else was selected.
  if (apdu.p1 == 0 && !application_.empty()) return ApduAnswer(kFine);
  return ApduAnswer(kWrongP1P2);
}

std::string Card::SelectApplication(const CommandApdu& apdu) {
  constexpr uint8_t kNoInformation = 0x0C;
  step_.act = CardAct::kSelectApplication;
  const std::string asked = absl::AsciiStrToUpper(absl::BytesToHexString(apdu.data));
  step_.application = asked;
  if (apdu.data.empty() || apdu.data.size() > kMostAid) return ApduAnswer(kWrongLength);
  if (apdu.p2 != 0 && apdu.p2 != kNoInformation) return ApduAnswer(kWrongP1P2);
  absl::string_view found;
  if (!behaviour_.other_card && IsSelectedBy(kJpkiApplication, asked)) found = kJpkiApplication;
  for (const absl::string_view other : kOtherApplications) {
    if (!found.empty() || behaviour_.other_card || behaviour_.phone) break;
    if (IsSelectedBy(other, asked)) found = other;
  }
  if (found.empty()) return ApduAnswer(kNotFound);
  application_ = std::string(found);
  current_ = 0;
  return ApduAnswer(kFine);
}

std::string Card::SelectFile(const CommandApdu& apdu) {
  step_.act = CardAct::kSelectFile;
  if (apdu.data.size() != 2) return ApduAnswer(kWrongLength);
  step_.file = static_cast<uint16_t>(static_cast<uint8_t>(apdu.data[0]) << 8 |
                                     static_cast<uint8_t>(apdu.data[1]));
  if (!InJpki() || !HasFile(step_.file)) return ApduAnswer(kNotFound);
  current_ = step_.file;
  return ApduAnswer(kFine);
}

std::string Card::ReadBinary(const CommandApdu& apdu) {
  step_.act = CardAct::kRead;
  step_.file = current_;
  size_t offset = static_cast<size_t>(apdu.p1 & 0x7F) << 8 | apdu.p2;
  if ((apdu.p1 & kShortIds) != 0) {
    step_.file = apdu.p1 & kShortIdMask;
    if (behaviour_.no_short_ids) return ApduAnswer(kWrongP1P2);
    if (!InJpki() || !HasFile(step_.file)) return ApduAnswer(kNotFound);
    current_ = step_.file;
    offset = apdu.p2;
  }
  if (!InJpki() || current_ == 0) return ApduAnswer(kNoFile);
  if (IsInternal(current_)) return ApduAnswer(kWrongFileKind);
  if (current_ == kSignCertificateFile && !sign_verified_) return ApduAnswer(kNotVerified);
  if (apdu.le == 0) return ApduAnswer(kWrongLength);
  const std::string bytes = BytesOf(current_);
  if (offset >= bytes.size()) return ApduAnswer(kPastTheEnd);
  const size_t there = bytes.size() - offset;
  if (there >= apdu.le) return Give(apdu, bytes.substr(offset, apdu.le));
  if (behaviour_.le_6c && there <= 0xFF) {
    return ApduAnswer(static_cast<uint16_t>(0x6C00 | there));
  }
  if (behaviour_.end_6282) return ApduAnswer(kEndReached, bytes.substr(offset));
  return Give(apdu, bytes.substr(offset));
}

std::string Card::Verify(const CommandApdu& apdu) {
  step_.act = apdu.data.empty() ? CardAct::kPinStatus : CardAct::kVerify;
  uint16_t error = apdu.p1 == 0 ? 0 : kWrongP1P2;
  if (error == 0) step_.file = FileByP2(apdu.p2, error);
  if (error != 0) return ApduAnswer(error);
  if (step_.file == kAuthPinFile) {
    return CheckPin(apdu.data, pins_.auth, kAuthTries, pins_.auth_left, auth_verified_);
  }
  if (step_.file == kSignPinFile) {
    return CheckPin(apdu.data, pins_.sign, kSignTries, pins_.sign_left, sign_verified_);
  }
  return ApduAnswer(kWrongFileKind);
}

std::string Card::CheckPin(const std::string& given, const std::string& right, int full, int& left,
                           bool& verified) {
  const int usable = behaviour_.no_pin ? 0 : left;
  // Never 9000, also when the PIN has been verified.
  if (given.empty()) return ApduAnswer(static_cast<uint16_t>(kWrongPin | usable));
  if (usable == 0) return ApduAnswer(behaviour_.blocked_6983 ? kBlocked : kBlockedJicsap);
  if (given == right) {
    left = full;
    verified = true;
    last_wrong_.clear();
    return ApduAnswer(kFine);
  }
  // Whether a PIN of the wrong length counts is not known; here it does, the worse of the two.
  step_.same_wrong_pin = given == last_wrong_;
  last_wrong_ = given;
  verified = false;
  --left;
  return ApduAnswer(static_cast<uint16_t>(kWrongPin | left));
}

std::string Card::Sign(const CommandApdu& apdu) {
  step_.act = CardAct::kSign;
  uint16_t error = apdu.p1 == 0 ? 0 : kWrongP1P2;
  if (error == 0) step_.file = FileByP2(apdu.p2, error);
  if (error != 0) return ApduAnswer(error);
  if (step_.file != kAuthKeyFile && step_.file != kSignKeyFile) return ApduAnswer(kWrongFileKind);
  const bool with_auth = step_.file == kAuthKeyFile;
  if (!(with_auth ? auth_verified_ : sign_verified_)) return ApduAnswer(kNotVerified);
  if (apdu.data.empty()) return ApduAnswer(kWrongLength);
  const CardKey& key = with_auth ? contents_.auth_key : contents_.sign_key;
  if (apdu.data.size() > kMostToSign || !key) return ApduAnswer(kNotNow);
  std::string signature = key(apdu.data);
  if (signature.empty()) return ApduAnswer(kNotNow);
  return Give(apdu, std::move(signature));
}

std::string Card::Give(const CommandApdu& apdu, std::string data) {
  constexpr size_t kMostAtOnce = 256;
  if (!behaviour_.chain_61 || apdu.extended || data.size() < 2) return ApduAnswer(kFine, data);
  held_back_ = std::move(data);
  // 6100: 256 bytes or more.
  const size_t waiting = held_back_.size() >= kMostAtOnce ? 0 : held_back_.size();
  return ApduAnswer(static_cast<uint16_t>(0x6100 | waiting));
}

std::string Card::GetResponse(const CommandApdu& apdu) {
  if (held_back_.empty()) return ApduAnswer(kNotNow);
  if (apdu.le == 0) return ApduAnswer(kWrongLength);
  const std::string data = held_back_.substr(0, apdu.le);
  held_back_.erase(0, data.size());
  if (held_back_.empty()) return ApduAnswer(kFine, data);
  const size_t waiting = held_back_.size() > 0xFF ? 0 : held_back_.size();
  return ApduAnswer(static_cast<uint16_t>(0x6100 | waiting), data);
}

bool Card::InJpki() const { return application_ == kJpkiApplication; }

uint16_t Card::FileByP2(uint8_t p2, uint16_t& error) const {
  const bool is_current = p2 == kShortIds;
  const uint16_t file = is_current ? current_ : p2 & kShortIdMask;
  const bool is_short_id = (p2 & ~kShortIdMask) == kShortIds && !behaviour_.no_short_ids;
  if (!InJpki() || (is_current && file == 0)) {
    error = kNoFile;
  } else if (!is_current && !is_short_id) {
    error = kWrongP1P2;
  } else if (!HasFile(file)) {
    error = kNotFound;
  }
  return error == 0 ? file : 0;
}

bool Card::HasFile(uint16_t file) const {
  switch (file) {
    case kTokenFile:
    case kPresenceFile:
    case kAuthKeyFile:
    case kAuthPinFile:
    case kSignKeyFile:
    case kSignPinFile:
      return true;
    case kSignCertificateFile:
    case kSignIssuerFile:
    case kAuthCertificateFile:
    case kAuthIssuerFile:
      return !BytesOf(file).empty();
    default:
      return false;
  }
}

std::string Card::BytesOf(uint16_t file) const {
  const auto certificate = [](const std::string& der) {
    return der.empty() ? std::string() : CertificateFile(der);
  };
  switch (file) {
    case kSignCertificateFile:
      return certificate(contents_.sign_certificate);
    case kSignIssuerFile:
      return certificate(contents_.sign_issuer);
    case kTokenFile:
      return TokenInformation(behaviour_.label);
    case kPresenceFile:
      return {contents_.sign_certificate.empty() ? '\0' : '\x8F',
              contents_.auth_certificate.empty() ? '\0' : '\x8F', '\0'};
    case kAuthCertificateFile:
      return certificate(contents_.auth_certificate);
    case kAuthIssuerFile:
      return certificate(contents_.auth_issuer);
    default:
      return "";
  }
}

}  // namespace madoguchi::sim
