#include "tests/sim/record_answer.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "tests/sim/history.h"
#include "tests/sim/patient_block.h"
#include "tests/sim/pdf.h"

namespace madoguchi::sim {
namespace {

constexpr absl::string_view kGiven = "1";
constexpr absl::string_view kNotGiven = "2";
constexpr absl::string_view kWithPrescriptions = "1";

enum class Form { kPdf, kXml };

// FileCategory (section 9.1 of the interface).
struct Category {
  absl::string_view code;
  Form form;
  bool treatments;
};
constexpr Category kMedicineCategories[] = {{"1", Form::kPdf, false},
                                            {"2", Form::kXml, false},
                                            {"3", Form::kPdf, true},
                                            {"4", Form::kXml, true}};
constexpr Category kCheckupCategories[] = {{"1", Form::kPdf, false}, {"2", Form::kXml, false}};

struct RecordAsked {
  const Site& site;
  const Registry& registry;
  v1::MessageFamily family;
  // Empty when the file cannot be read.
  const v1::InformationQuery& query;
  const AnswerFacts& facts;
};

bool AboutCheckups(const RecordAsked& asked) {
  return asked.family == v1::MESSAGE_FAMILY_TKKSIQUC01;
}

const Category* CategoryOf(const RecordAsked& asked) {
  const auto find = [&](const auto& list) -> const Category* {
    const auto* const found = std::find_if(
        std::begin(list), std::end(list),
        [&](const Category& one) { return one.code == asked.query.file_category_code(); });
    return found == std::end(list) ? nullptr : found;
  };
  return AboutCheckups(asked) ? find(kCheckupCategories) : find(kMedicineCategories);
}

void FillHeader(const RecordAsked& asked, v1::MessageHeader& header) {
  const Tampering& tampering = asked.facts.tampering;
  header.set_medical_institution_code(
      std::string(tampering.other_institution ? kOtherInstitution : kInstitution));
  const std::string& identifier = asked.query.arbitrary_file_identifier();
  header.set_arbitrary_file_identifier(
      tampering.other_question && !identifier.empty() ? absl::StrCat("X", identifier) : identifier);
}

// Head, patient and result of either family's answer.
template <typename Body>
void Fill(const RecordAsked& asked, const v1::PatientBlock& patient, Body& body) {
  FillHeader(asked, *body.mutable_header());
  if (asked.facts.tampering.record != RecordTwist::kNoPatient) *body.mutable_patient() = patient;
  body.mutable_result()->set_code(std::string(kGiven));
}

v1::OqsMessage Refusal(const RecordAsked& asked, absl::string_view why) {
  v1::OqsMessage message;
  const auto fill = [&](auto& body) {
    FillHeader(asked, *body.mutable_header());
    body.mutable_result()->set_code(std::string(kNotGiven));
    body.mutable_result()->set_message(std::string(why));
  };
  if (AboutCheckups(asked)) {
    fill(*message.mutable_checkup_history());
  } else {
    fill(*message.mutable_medical_record());
  }
  return message;
}

// What is left of `blocks` between two months (yyyyMM; empty: no end), and without treatments that
// were not asked for.
void Cut(const v1::InformationQuery& query, bool treatments,
         google::protobuf::RepeatedPtrField<v1::MonthBlock>& blocks) {
  const std::string& first = query.from_month().text();
  const std::string& last = query.to_month().text();
  google::protobuf::RepeatedPtrField<v1::MonthBlock> kept;
  for (v1::MonthBlock& block : blocks) {
    const std::string& month = block.month().text();
    if (month < first || (!last.empty() && month > last)) continue;
    if (!treatments) {
      for (v1::DayBlock& day : *block.mutable_days()) day.clear_treatments();
    }
    *kept.Add() = std::move(block);
  }
  blocks.Swap(&kept);
}

// Whom the answer is about; 0: nobody of these identifiers.
int PersonAsked(const RecordAsked& asked) {
  const std::vector<int> people = asked.registry.Find(asked.query.insured());
  return people.empty() ? 0 : people.front();
}

absl::StatusOr<Person> PersonAnswered(const RecordAsked& asked, int number) {
  const Tampering& tampering = asked.facts.tampering;
  if (!tampering.other_question && tampering.record != RecordTwist::kOtherPerson) {
    return asked.site.LoadPerson(number);
  }
  // The next one of whom there is something to tell.
  for (int step = 1;; ++step) {
    absl::StatusOr<Person> other =
        asked.site.LoadPerson((number + step - 1) % asked.site.people() + 1);
    if (!other.ok() || !other->answer.qualifications().empty()) return other;
  }
}

v1::OqsMessage Content(const RecordAsked& asked, const Category& category, const Person& person,
                       const v1::PatientBlock& patient) {
  const absl::CivilDay today = base::JapanDay(asked.facts.now);
  v1::OqsMessage message;
  if (AboutCheckups(asked)) {
    v1::CheckupHistory& checkups = *message.mutable_checkup_history();
    checkups = MakeCheckups(person, today);
    Fill(asked, patient, checkups);
    return message;
  }
  v1::MedicalRecord& record = *message.mutable_medical_record();
  record = MakeMedicalHistory(person, today);
  if (asked.query.prescription_dispensing_code() != kWithPrescriptions) {
    record.clear_dispensing_months();
    record.clear_prescription_months();
  }
  for (auto* const blocks : {record.mutable_receipt_months(), record.mutable_dispensing_months(),
                             record.mutable_prescription_months()}) {
    Cut(asked.query, category.treatments, *blocks);
  }
  Fill(asked, patient, record);
  return message;
}

absl::StatusOr<std::string> WriteRecord(v1::OqsMessage message, v1::MessageFamily family,
                                        const std::string& file_name, const AnswerFacts& facts) {
  message.set_family(family);
  message.set_role(v1::MESSAGE_ROLE_RESPONSE);
  message.set_file_name(file_name);
  absl::StatusOr<std::string> written = WriteForm(message, facts);
  // The identifier comes from somebody else and may hold what CP932 lacks.
  return written.ok() ? written : oqs::WriteMessage(message, oqs::Encoding::kUtf8);
}

// Why nothing is given; empty: something is.
absl::string_view WhyNot(const RecordAsked& asked, bool readable, int person) {
  if (!readable) return "合成エラー：要求を読むことができませんでした。";
  if (asked.facts.tampering.error) return "合成エラー：処理を行うことができませんでした。";
  if (asked.facts.tampering.record_refused) {
    return "合成エラー：閲覧同意の有効期限が切れています。";
  }
  if (asked.query.medical_institution_code() != kInstitution) {
    return "合成エラー：医療機関コードが正しくありません。";
  }
  if (CategoryOf(asked) == nullptr) return "合成エラー：ファイル区分が正しくありません。";
  return person == 0 ? "合成エラー：該当する資格がありません。" : "";
}

}  // namespace

bool AsksForRecord(absl::string_view name) {
  const std::optional<oqs::FileName> parsed = oqs::ParseFileName(name);
  return parsed.has_value() && (parsed->family == v1::MESSAGE_FAMILY_YZKSIQUC01 ||
                                parsed->family == v1::MESSAGE_FAMILY_TKKSIQUC01);
}

absl::StatusOr<Answer> AnswerRecordRequest(const Site& site, const Registry& registry,
                                           const std::string& name, const v1::OqsMessage* request,
                                           const AnswerFacts& facts) {
  const RecordAsked asked{.site = site,
                          .registry = registry,
                          .family = oqs::ParseFileName(name)->family,
                          .query = request == nullptr ? v1::InformationQuery::default_instance()
                                                      : request->information_query(),
                          .facts = facts};
  Answer answer{.file_name = AnswerName(name), .bytes = {}, .person = PersonAsked(asked)};
  const absl::string_view why_not = WhyNot(asked, request != nullptr, answer.person);
  v1::OqsMessage message;
  if (!why_not.empty()) {
    message = Refusal(asked, why_not);
  } else {
    const Category& category = *CategoryOf(asked);
    const absl::StatusOr<Person> person = PersonAnswered(asked, answer.person);
    if (!person.ok()) return person.status();
    const v1::PatientBlock patient =
        PatientOf(person->answer.qualifications(0), facts.tampering.record);
    message = Content(asked, category, *person, patient);
    if (category.form == Form::kPdf) {
      answer.file_name = absl::StrCat(absl::StripSuffix(answer.file_name, ".xml"), ".pdf");
      answer.bytes = MakePdf(LinesOf(message, patient));
      return answer;
    }
  }
  absl::StatusOr<std::string> bytes =
      WriteRecord(std::move(message), asked.family, answer.file_name, facts);
  if (!bytes.ok()) return bytes.status();
  answer.bytes = *std::move(bytes);
  return answer;
}

}  // namespace madoguchi::sim
