#include "agent/records/request.h"

#include "agent/base/japan_time.h"

namespace madoguchi::records {
namespace {

constexpr absl::string_view kWithPrescriptions = "1";
// 外来.
constexpr absl::string_view kOutpatient = "1";

}  // namespace

v1::OqsMessage MakeRequest(const Question& question, absl::string_view identifier) {
  const KindFacts& facts = FactsOf(question.kind);
  v1::OqsMessage message;
  message.set_family(facts.family == "TKK" ? v1::MESSAGE_FAMILY_TKKSIQUC01
                                           : v1::MESSAGE_FAMILY_YZKSIQUC01);
  message.set_role(v1::MESSAGE_ROLE_REQUEST);
  v1::InformationQuery& query = *message.mutable_information_query();
  query.set_medical_institution_code(question.medical_institution_code);
  query.set_arbitrary_file_identifier(std::string(identifier));
  // As OQS wrote them in its own answer, padding included.
  *query.mutable_insured() = question.qualification.insured();
  if (question.months.has_value()) {
    *query.mutable_from_month() = base::ParseOqsDate(FormatMonth(question.months->first));
    *query.mutable_to_month() = base::ParseOqsDate(FormatMonth(question.months->last));
  }
  query.set_file_category_code(std::string(facts.file_category));
  query.set_prescription_dispensing_code(std::string(kWithPrescriptions));
  query.set_treatment_flag_code(std::string(kOutpatient));
  return message;
}

}  // namespace madoguchi::records
