#include "tests/sim/answer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/oqs/json_form.h"
#include "agent/text/kana.h"
#include "tests/sim/people.h"
#include "tests/sim/push.h"
#include "tests/sim/record_answer.h"

namespace madoguchi::sim {
namespace {

constexpr absl::string_view kByIdentifiers = "2";
constexpr absl::string_view kDone = "1";
constexpr absl::string_view kFailed = "9";
constexpr absl::string_view kValidityNotFound = "4";
constexpr absl::string_view kValiditySeveral = "5";

std::string InsurerDigits(absl::string_view number) {
  std::string digits = text::FoldWidth(number);
  // A number of 6 digits comes padded with spaces (gone by now) or zeros.
  if (digits.size() == 8 && absl::StartsWith(digits, "00")) digits.erase(0, 2);
  return digits;
}

std::string BirthText(const v1::Date& birth) {
  return base::IsRealDay(birth) ? base::FormatOqsDay(base::ToCivilDay(birth)) : birth.text();
}

std::string KeyOf(const v1::InsuredId& insured) {
  return absl::StrCat(InsurerDigits(insured.insurer_number()), "|",
                      text::FoldWidth(insured.symbol()), "|", text::FoldWidth(insured.number()));
}

std::string KeyOf(const v1::InsuredId& insured, const v1::Date& birth) {
  return absl::StrCat(KeyOf(insured), "|", BirthText(birth));
}

// What a handler is given.
struct Asked {
  const Site& site;
  const Registry& registry;
  const v1::OqsMessage& request;
  const AnswerFacts& facts;
};

struct Answered {
  v1::OqsMessage message = {};
  int person = 0;
};

void SetError(v1::MessageHeader& header, absl::string_view code, absl::string_view message) {
  header.set_segment_of_result_code(std::string(kFailed));
  header.mutable_error()->set_code(std::string(code));
  header.mutable_error()->set_message(std::string(message));
}

// The head every family's answer has: what the request said, and the clock.
void EchoHeader(const Asked& asked, v1::MessageHeader& header) {
  const v1::MessageHeader& request = asked.request.request_header();
  *header.mutable_process_execution_time() =
      base::ParseOqsTime(base::FormatOqsTime(asked.facts.now));
  if (request.has_confirmation_date()) {
    *header.mutable_confirmation_date() = request.confirmation_date();
  }
  header.set_arbitrary_file_identifier(request.arbitrary_file_identifier());
  header.set_reference_classification_code(std::string(kByIdentifiers));
  header.set_segment_of_result_code(std::string(kDone));
  if (header.medical_institution_code().empty()) {
    header.set_medical_institution_code(std::string(kInstitution));
  }
  if (asked.facts.tampering.other_institution) {
    header.set_medical_institution_code(std::string(kOtherInstitution));
  }
  if (asked.facts.tampering.other_question && !header.arbitrary_file_identifier().empty()) {
    header.set_arbitrary_file_identifier(absl::StrCat("X", header.arbitrary_file_identifier()));
  }
  header.set_character_code_code(asked.facts.encoding == oqs::Encoding::kUtf8 ? "0" : "1");
}

// Asking by identifiers says nothing about viewing records, and the limit certificate comes only
// when the patient agreed to that (LimitApplicationCertificateRelatedConsFlg).
void ApplyLimitConsent(v1::Qualification& qualification, bool agreed) {
  if (!qualification.has_limit_certificate()) return;
  SetConsent(qualification, v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE, agreed ? "1" : "0");
  if (agreed) return;
  qualification.clear_limit_certificate();
  for (v1::Consent& consent : *qualification.mutable_consents()) {
    if (consent.category() == v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE) consent.clear_given_at();
  }
}

v1::Confirmation AboutPerson(const Asked& asked, const v1::Confirmation& person) {
  v1::Confirmation answer = person;
  const bool limit_agreed = asked.request.query().limit_consent_code() == "1";
  for (v1::Qualification& qualification : *answer.mutable_qualifications()) {
    ApplyLimitConsent(qualification, limit_agreed);
  }
  // A notice is about the card, and so is the choice of the prescription's form.
  answer.clear_processing_result();
  answer.clear_prescription_issue_select_code();
  PushFacts facts{.now = asked.facts.now,
                  .token = "0000000000",
                  .encoding = asked.facts.encoding,
                  .consents = std::vector<v1::ConsentCategory>{}};
  return FillPush(answer, facts);
}

absl::StatusOr<Answered> AnswerSingleQuery(const Asked& asked) {
  const v1::EligibilityQuery& query = asked.request.query();
  std::vector<int> people = asked.registry.Find(query);
  if (asked.facts.tampering.other_question || asked.facts.tampering.other_person) {
    // The next one of the population.
    people = {people.empty() ? 1 : people.front() % asked.site.people() + 1};
  }
  Answered answered;
  v1::Confirmation& answer = *answered.message.mutable_confirmation();
  if (people.size() == 1) {
    const absl::StatusOr<Person> person = asked.site.LoadPerson(people.front());
    if (!person.ok()) return person.status();
    answer = AboutPerson(asked, person->answer);
    answered.person = person->number;
  } else {
    answer.set_validity_code(std::string(people.empty() ? kValidityNotFound : kValiditySeveral));
    answer.set_processing_result_status_code(std::string(kDone));
  }
  if (!asked.facts.tampering.other_question) *answer.mutable_query() = query;
  EchoHeader(asked, *answer.mutable_header());
  return answered;
}

struct FamilyHandler {
  v1::MessageFamily family;
  absl::StatusOr<Answered> (*answer)(const Asked& asked);
};
constexpr FamilyHandler kHandlers[] = {
    {v1::MESSAGE_FAMILY_OQSSIQUC01, AnswerSingleQuery},
};

Answered ErrorAnswer(const Asked& asked, absl::string_view code, absl::string_view message) {
  Answered answered;
  v1::MessageHeader& header = *answered.message.mutable_confirmation()->mutable_header();
  EchoHeader(asked, header);
  SetError(header, code, message);
  return answered;
}

absl::StatusOr<Answered> Handle(const Asked& asked, bool readable) {
  if (!readable) {
    return ErrorAnswer(asked, "SYN-E0002", "合成エラー：要求を読むことができませんでした。");
  }
  if (asked.facts.tampering.error) {
    return ErrorAnswer(asked, "SYN-E0001",
                       "合成エラー：資格確認の処理を行うことができませんでした。");
  }
  if (asked.request.request_header().medical_institution_code() != kInstitution) {
    return ErrorAnswer(asked, "SYN-E0003", "合成エラー：医療機関コードが正しくありません。");
  }
  const auto* const handler = std::find_if(
      std::begin(kHandlers), std::end(kHandlers),
      [&](const FamilyHandler& entry) { return entry.family == asked.request.family(); });
  if (handler == std::end(kHandlers)) {
    return ErrorAnswer(asked, "SYN-E0004", "合成エラー：この要求には対応していません。");
  }
  return handler->answer(asked);
}

}  // namespace

absl::StatusOr<Registry> Registry::Load(const Site& site) {
  Registry registry;
  for (int number = 1; number <= site.people(); ++number) {
    const absl::StatusOr<Person> person = site.LoadPerson(number);
    if (!person.ok()) return person.status();
    for (const v1::Qualification& qualification : person->answer.qualifications()) {
      const Entry entry{.branch = qualification.insured().branch(), .person = number};
      registry.entries_.emplace(KeyOf(qualification.insured(), qualification.birth_date()), entry);
      registry.insured_.emplace(KeyOf(qualification.insured()), entry);
    }
  }
  return registry;
}

std::vector<int> Registry::PeopleOf(const Entries& entries, const std::string& key,
                                    const v1::InsuredId& insured) {
  std::vector<int> people;
  const std::string branch = text::FoldWidth(insured.branch());
  const auto [first, last] = entries.equal_range(key);
  for (auto entry = first; entry != last; ++entry) {
    if (branch.empty() || entry->second.branch.empty() || entry->second.branch == branch) {
      people.push_back(entry->second.person);
    }
  }
  std::sort(people.begin(), people.end());
  people.erase(std::unique(people.begin(), people.end()), people.end());
  return people;
}

std::vector<int> Registry::Find(const v1::EligibilityQuery& query) const {
  return PeopleOf(entries_, KeyOf(query.insured(), query.birth_date()), query.insured());
}

std::vector<int> Registry::Find(const v1::InsuredId& insured) const {
  return PeopleOf(insured_, KeyOf(insured), insured);
}

std::string AnswerName(absl::string_view request_name) {
  // Three letters, si or mu, three letters, two digits.
  constexpr size_t kFamilyLetters = 10;
  constexpr size_t kWord = 3;
  return absl::StrCat(request_name.substr(0, kFamilyLetters), "res",
                      request_name.substr(kFamilyLetters + kWord));
}

absl::StatusOr<v1::OqsMessage> ReadEitherForm(const std::string& name, absl::string_view bytes) {
  return oqs::LooksLikeJson(bytes) ? oqs::ReadJson(name, bytes) : oqs::ReadMessage(name, bytes);
}

absl::StatusOr<std::string> WriteForm(const v1::OqsMessage& message, const AnswerFacts& facts) {
  return facts.json ? oqs::WriteJson(message) : oqs::WriteMessage(message, facts.encoding);
}

absl::StatusOr<Answer> AnswerRequest(const Site& site, const Registry& registry,
                                     const std::string& name, absl::string_view bytes,
                                     const AnswerFacts& facts) {
  const absl::StatusOr<v1::OqsMessage> read = ReadEitherForm(name, bytes);
  const v1::OqsMessage request = read.ok() ? *read : v1::OqsMessage();
  if (AsksForRecord(name)) {
    return AnswerRecordRequest(site, registry, name, read.ok() ? &request : nullptr, facts);
  }
  const Asked asked{.site = site, .registry = registry, .request = request, .facts = facts};
  absl::StatusOr<Answered> answered = Handle(asked, read.ok());
  if (!answered.ok()) return answered.status();
  Answer answer{.file_name = AnswerName(name), .bytes = {}, .person = answered->person};
  answered->message.set_family(v1::MESSAGE_FAMILY_OQSSIQUC01);
  answered->message.set_role(v1::MESSAGE_ROLE_RESPONSE);
  answered->message.set_file_name(answer.file_name);
  absl::StatusOr<std::string> written = WriteForm(answered->message, facts);
  if (!written.ok() && facts.encoding != oqs::Encoding::kUtf8) {
    // The echo of a question may hold characters CP932 lacks.
    answered->message.mutable_confirmation()->mutable_header()->set_character_code_code("0");
    written = oqs::WriteMessage(answered->message, oqs::Encoding::kUtf8);
  }
  if (!written.ok()) return written.status();
  answer.bytes = *std::move(written);
  return answer;
}

}  // namespace madoguchi::sim
