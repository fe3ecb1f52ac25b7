#include "tests/sim/card_desk.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/crypto/certificate.h"
#include "agent/crypto/digest.h"
#include "tests/sim/files.h"
#include "tests/sim/people.h"
#include "tests/sim/push.h"

namespace madoguchi::sim {
namespace {

using oqs::CardOutcome;

constexpr absl::Duration kNonceFor = absl::Minutes(2);
// How far the time of a challenge may be from ours.
constexpr absl::Duration kClock = absl::Minutes(5);
constexpr size_t kNonceBytes = 16;
constexpr size_t kMostNonces = 10'000;
constexpr int kCommonNameDigits = 6;
constexpr absl::string_view kGood = "good";
constexpr absl::string_view kRevoked = "revoked";
constexpr absl::string_view kSuspended = "suspended";
constexpr char kByCard[] = "1";
constexpr char kPersonDone[] = "1";
constexpr char kPersonFailed[] = "2";
constexpr char kAbnormalEnd[] = "9";

std::string PkiFile(const Site& site, absl::string_view name) {
  return absl::StrCat(site.SimFolder(), "/../pki/", name);
}

std::string EnrolledFile(const Site& site, int person) {
  return absl::StrFormat("%s/enrolled-%06d", site.SimFolder(), person);
}

std::string StandingFile(const Site& site, absl::string_view standing, int person) {
  return absl::StrFormat("%s/card-%s-%06d", site.SimFolder(), standing, person);
}

absl::StatusOr<std::vector<std::string>> ReadRoots(const std::string& path) {
  if (!Exists(path)) return std::vector<std::string>();
  const absl::StatusOr<std::string> pem = ReadFile(path);
  if (!pem.ok()) return pem.status();
  return crypto::PemToDer(*pem);
}

bool IsSignedByOne(absl::string_view certificate, const std::vector<std::string>& roots) {
  return std::any_of(roots.begin(), roots.end(), [&](const std::string& root) {
    return crypto::IsSignedBy(certificate, root);
  });
}

// Of `CN=99<six digits>…`; 0: none.
int NumberIn(absl::string_view subject) {
  for (const absl::string_view part : absl::StrSplit(subject, ',')) {
    int number = 0;
    if (absl::StartsWith(part, "CN=99") &&
        absl::SimpleAtoi(part.substr(5, kCommonNameDigits), &number)) {
      return number;
    }
  }
  return 0;
}

absl::string_view TextOf(CardOutcome outcome) {
  switch (outcome) {
    case CardOutcome::kNotEnrolled:
      return "合成エラー：健康保険証利用の登録が確認できません。";
    case CardOutcome::kRevoked:
      return "合成エラー：電子証明書が失効しています。";
    case CardOutcome::kSuspended:
      return "合成エラー：カードが一時停止されています。";
    case CardOutcome::kExpired:
      return "合成エラー：電子証明書の有効期限が切れています。";
    case CardOutcome::kHolderUnknown:
      return "合成エラー：該当する資格がありません。";
    default:
      return "合成エラー：本人確認の情報が正しくありません。";
  }
}

v1::Confirmation Failure(CardOutcome outcome) {
  v1::Confirmation answer;
  answer.mutable_header()->set_segment_of_result_code(kPersonDone);
  answer.set_processing_result_status_code(kPersonFailed);
  answer.mutable_processing_result()->set_code(std::string(oqs::CardOutcomeCode(outcome)));
  answer.mutable_processing_result()->set_message(std::string(TextOf(outcome)));
  return answer;
}

bool Agreed(const oqs::WebCardQuestion& question, v1::ConsentCategory category) {
  return std::any_of(question.card.consents().begin(), question.card.consents().end(),
                     [&](const v1::ConsentAnswer& consent) {
                       return consent.category() == category && consent.granted();
                     });
}

// What needs a consent of its own besides medical records.
void ApplyCertificateConsents(const oqs::WebCardQuestion& question,
                              v1::Qualification& qualification) {
  const bool limit = Agreed(question, v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE);
  const bool disease = Agreed(question, v1::CONSENT_CATEGORY_SPECIFIC_DISEASE);
  SetConsent(qualification, v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE, limit ? "1" : "0");
  SetConsent(qualification, v1::CONSENT_CATEGORY_SPECIFIC_DISEASE, disease ? "1" : "0");
  if (!limit) qualification.clear_limit_certificate();
  if (!disease) qualification.clear_specific_disease_certificates();
}

void FillHeader(const oqs::WebCardQuestion& question, const CardDesk::Options& options,
                v1::MessageHeader& header) {
  *header.mutable_process_execution_time() = base::ParseOqsTime(base::FormatOqsTime(options.now));
  header.set_arbitrary_file_identifier(question.identifier);
  header.set_reference_classification_code(kByCard);
  header.set_character_code_code("0");
  if (header.medical_institution_code().empty()) {
    header.set_medical_institution_code(std::string(kInstitution));
  }
  if (HasFault(options.faults, Fault::kAnswerInstitution, 0)) {
    header.set_medical_institution_code(std::string(kOtherInstitution));
  }
  if (HasFault(options.faults, Fault::kAnswerError, 0)) {
    header.set_segment_of_result_code(kAbnormalEnd);
    header.mutable_error()->set_code("SYN-E0001");
    header.mutable_error()->set_message("合成エラー：資格確認の処理を行うことができませんでした。");
  }
  if (HasFault(options.faults, Fault::kAnswerForeign, 0)) {
    header.set_arbitrary_file_identifier(absl::StrCat("X", question.identifier));
  }
}

}  // namespace

absl::Status SetCardStanding(const Site& site, int person, const std::string& standing) {
  if (standing != kGood && standing != kRevoked && standing != kSuspended) {
    return absl::InvalidArgumentError("allowed are good, revoked and suspended");
  }
  for (const absl::string_view one : {kRevoked, kSuspended}) {
    const std::string file = StandingFile(site, one, person);
    if (standing == one) {
      MDG_RETURN_IF_ERROR(ReplaceFile(file, ""));
    } else if (std::error_code error; !std::filesystem::remove(file, error) && error) {
      return absl::UnavailableError(absl::StrCat(file, ": ", error.message()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<CardDesk>> CardDesk::Make(const Site& site) {
  auto desk = std::unique_ptr<CardDesk>(new CardDesk(site));
  absl::StatusOr<std::vector<std::string>> roots = ReadRoots(PkiFile(site, "jpki-user-root.pem"));
  if (!roots.ok()) return roots.status();
  desk->own_roots_ = *std::move(roots);
  roots = ReadRoots(PkiFile(site, "trust-card-ca.pem"));
  if (!roots.ok()) return roots.status();
  desk->other_roots_ = *std::move(roots);
  return desk;
}

oqs::WebChallenge CardDesk::GiveChallenge(absl::Time now) {
  oqs::WebChallenge challenge{.nonce = absl::BytesToHexString(crypto::RandomBytes(kNonceBytes)),
                              .valid_for = kNonceFor};
  absl::MutexLock lock(&mu_);
  std::erase_if(nonces_, [&](const auto& entry) { return entry.second < now; });
  if (nonces_.size() < kMostNonces) nonces_[challenge.nonce] = now + kNonceFor;
  return challenge;
}

bool CardDesk::TakeNonce(const std::string& nonce, absl::Time now) {
  absl::MutexLock lock(&mu_);
  const auto found = nonces_.find(nonce);
  if (found == nonces_.end()) return false;
  const bool counts = found->second >= now;
  nonces_.erase(found);
  return counts;
}

CardDesk::Holder CardDesk::FindHolder(absl::string_view certificate, absl::Time now) const {
  const absl::StatusOr<crypto::CertificateFacts> facts = crypto::ReadFacts(certificate);
  if (!facts.ok()) return {.outcome = CardOutcome::kProofRefused};
  Holder holder;
  if (IsSignedByOne(certificate, own_roots_)) {
    holder.person = NumberIn(facts->subject);
  } else if (IsSignedByOne(certificate, other_roots_)) {
    // Anybody's card is somebody's here, and the same one's each time.
    const std::string digest = crypto::Sha256(certificate);
    const int patients = site_.patients() > 0 ? site_.patients() : site_.people();
    const auto place =
        static_cast<unsigned char>(digest[0]) * 256 + static_cast<unsigned char>(digest[1]);
    holder.person = place % patients + 1;
  } else {
    return {.outcome = CardOutcome::kProofRefused};
  }
  if (holder.person < 1 || holder.person > site_.people()) {
    return {.outcome = CardOutcome::kHolderUnknown};
  }
  if (now < facts->not_before) return {.outcome = CardOutcome::kProofRefused};
  if (now > facts->not_after) return {.outcome = CardOutcome::kExpired};
  return holder;
}

CardOutcome CardDesk::Check(const oqs::WebCardQuestion& question, const Options& options) {
  const kept::v1::CardQuestion& card = question.card;
  const bool by_pin = card.identified_by() == v1::IDENTITY_METHOD_PIN;
  if (by_pin == card.signature().empty()) return CardOutcome::kProofRefused;
  if (!TakeNonce(card.nonce(), options.now)) return CardOutcome::kProofRefused;
  const oqs::LoginChallenge challenge = oqs::ChallengeOf(card, question.institution);
  if (challenge.institution != kInstitution ||
      absl::AbsDuration(challenge.time - options.now) > kClock ||
      (by_pin && !crypto::HasSigned(card.certificate(), challenge.Bytes(), card.signature()))) {
    return CardOutcome::kProofRefused;
  }
  return CardOutcome::kConfirmed;
}

CardOutcome CardDesk::StandingOf(int person, const std::vector<ActiveFault>& faults) const {
  if (HasFault(faults, Fault::kCardRevoked, 0) || Exists(StandingFile(site_, kRevoked, person))) {
    return CardOutcome::kRevoked;
  }
  if (HasFault(faults, Fault::kCardSuspended, 0) ||
      Exists(StandingFile(site_, kSuspended, person))) {
    return CardOutcome::kSuspended;
  }
  return CardOutcome::kConfirmed;
}

bool CardDesk::IsEnrolled(const Person& person) const {
  return person.answer.processing_result().code() !=
             oqs::CardOutcomeCode(CardOutcome::kNotEnrolled) ||
         Exists(EnrolledFile(site_, person.number));
}

absl::Status CardDesk::Enrol(int person) { return ReplaceFile(EnrolledFile(site_, person), ""); }

absl::StatusOr<v1::Confirmation> CardDesk::ConfirmationOf(const Person& person,
                                                          const oqs::WebCardQuestion& question,
                                                          const Options& options) const {
  v1::Confirmation answer = person.answer;
  if (answer.processing_result().code() == oqs::CardOutcomeCode(CardOutcome::kNotEnrolled)) {
    // Whom the template says nothing about until then.
    answer =
        MakePatients(static_cast<uint64_t>(person.number), 1, base::JapanDay(options.now)).front();
  }
  const bool lost = HasFault(options.faults, Fault::kConsentLost, 0);
  std::vector<v1::ConsentCategory> agreed;
  for (const v1::ConsentCategory category : kMedicalConsents) {
    if (!lost && Agreed(question, category)) agreed.push_back(category);
  }
  for (v1::Qualification& qualification : *answer.mutable_qualifications()) {
    ApplyCertificateConsents(lost ? oqs::WebCardQuestion() : question, qualification);
  }
  return FillPush(answer, {.now = options.now,
                           .token = "0000000000",
                           .encoding = oqs::Encoding::kUtf8,
                           .consent_for = options.consent_for,
                           .consents = agreed});
}

absl::StatusOr<Answer> CardDesk::AnswerCard(const oqs::WebCardQuestion& question,
                                            const Options& options) {
  const Holder holder = FindHolder(question.card.certificate(), options.now);
  CardOutcome outcome = holder.outcome;
  if (outcome == CardOutcome::kConfirmed) outcome = Check(question, options);
  if (outcome == CardOutcome::kConfirmed) outcome = StandingOf(holder.person, options.faults);
  v1::Confirmation answer;
  Answer result{.file_name = "", .bytes = {}, .person = holder.person};
  if (outcome == CardOutcome::kConfirmed) {
    int number = holder.person;
    if (HasFault(options.faults, Fault::kCenterOtherPerson, 0)) {
      number = number % site_.people() + 1;
    }
    const absl::StatusOr<Person> person = site_.LoadPerson(number);
    if (!person.ok()) return person.status();
    const bool enrols = question.card.purpose() == kept::v1::CardQuestion::PURPOSE_ENROL;
    if (enrols) MDG_RETURN_IF_ERROR(Enrol(number));
    if (!IsEnrolled(*person) || (!enrols && HasFault(options.faults, Fault::kCardNotEnrolled, 0))) {
      outcome = CardOutcome::kNotEnrolled;
      // The card has gone from the reader: the same proof counts once more.
      absl::MutexLock lock(&mu_);
      nonces_[question.card.nonce()] = options.now + kNonceFor;
    } else {
      absl::StatusOr<v1::Confirmation> confirmation = ConfirmationOf(*person, question, options);
      if (!confirmation.ok()) return confirmation.status();
      answer = *std::move(confirmation);
    }
  }
  if (outcome != CardOutcome::kConfirmed) answer = Failure(outcome);
  if (HasFault(options.faults, Fault::kAnswerError, 0)) answer.Clear();
  FillHeader(question, options, *answer.mutable_header());
  v1::OqsMessage message;
  message.set_family(v1::MESSAGE_FAMILY_OQSSIQUC01);
  message.set_role(v1::MESSAGE_ROLE_RESPONSE);
  *message.mutable_confirmation() = std::move(answer);
  absl::StatusOr<std::string> bytes = WriteForm(message, {.now = options.now, .json = true});
  if (!bytes.ok()) return bytes.status();
  result.bytes = *std::move(bytes);
  return result;
}

}  // namespace madoguchi::sim
