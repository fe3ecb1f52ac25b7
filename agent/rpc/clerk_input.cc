#include "agent/rpc/clerk_input.h"

#include <utility>

#include "agent/oqs/code_tables.h"
#include "agent/text/counter_date.h"
#include "agent/text/insured.h"

namespace madoguchi::rpc {

absl::StatusOr<std::vector<v1::ErrorDetail>> ReadClerkInput(v1::ExpectPatientRequest& request,
                                                            absl::CivilDay today) {
  std::vector<v1::ErrorDetail> warnings;
  absl::StatusOr<v1::InsuredId> insured = text::ReadInsured(request.insured(), "insured", warnings);
  if (!insured.ok()) return insured.status();
  absl::StatusOr<v1::Date> birth = text::ReadBirthDate(request.birth_date(), "birth_date", today);
  if (!birth.ok()) return birth.status();
  *request.mutable_insured() = *std::move(insured);
  *request.mutable_birth_date() = *std::move(birth);
  return warnings;
}

absl::StatusOr<std::vector<v1::ErrorDetail>> ReadClerkInput(v1::ConfirmEligibilityRequest& request,
                                                            absl::CivilDay today) {
  const bool with_reception = request.open_reception() || !request.reception_id().empty();
  absl::StatusOr<text::CounterQuery> read =
      text::ReadCounterQuery(request.query(), "query", today,
                             with_reception ? text::Missing::kAllowed : text::Missing::kRefused);
  if (!read.ok()) return read.status();
  v1::EligibilityQuery& query = *request.mutable_query();
  query = std::move(read->query);
  // Clients may name the value or the code; OQS is told the code.
  if (query.limit_consent_code().empty()) {
    query.set_limit_consent_code(
        std::string(oqs::kLimitConsentCodes.CodeOf(query.limit_consent())));
  }
  if (query.treatment_flag_code().empty()) {
    query.set_treatment_flag_code(
        std::string(oqs::kMedicalTreatmentFlagCodes.CodeOf(query.treatment_flag())));
  }
  return std::move(read->warnings);
}

absl::StatusOr<std::vector<v1::ErrorDetail>> ReadClerkInput(v1::CompletePendingRequest& request,
                                                            absl::CivilDay today) {
  v1::EligibilityQuery typed;
  *typed.mutable_insured() = request.note().insured();
  *typed.mutable_birth_date() = request.note().birth_date();
  absl::StatusOr<text::CounterQuery> read =
      text::ReadCounterQuery(typed, "note", today, text::Missing::kAllowed);
  if (!read.ok()) return read.status();
  *request.mutable_note()->mutable_insured() = read->query.insured();
  *request.mutable_note()->mutable_birth_date() = read->query.birth_date();
  return std::move(read->warnings);
}

}  // namespace madoguchi::rpc
