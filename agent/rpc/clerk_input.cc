#include "agent/rpc/clerk_input.h"

#include <utility>

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

}  // namespace madoguchi::rpc
