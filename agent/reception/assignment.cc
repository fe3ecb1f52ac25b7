#include "agent/reception/assignment.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "agent/base/japan_time.h"
#include "agent/reception/person.h"

namespace madoguchi::reception {
namespace {

bool Matches(const v1::ExpectPatientRequest& expected, const v1::Confirmation& confirmation) {
  return std::any_of(confirmation.qualifications().begin(), confirmation.qualifications().end(),
                     [&](const v1::Qualification& qualification) {
                       return SameInsured(expected.insured(), qualification.insured()) &&
                              SameDay(expected.birth_date(), qualification.birth_date());
                     });
}

std::set<std::string> ReferenceNumbers(const v1::Confirmation& confirmation) {
  std::set<std::string> numbers;
  for (const v1::Qualification& qualification : confirmation.qualifications()) {
    const absl::string_view number = absl::StripAsciiWhitespace(qualification.reference_number());
    if (!number.empty()) numbers.emplace(number);
  }
  return numbers;
}

}  // namespace

Decision DecideAssignment(const v1::Confirmation& confirmation, absl::string_view counter,
                          const std::vector<Expectation>& expectations, absl::Time now) {
  Decision decision;
  const std::set<std::string> by_reference = ReferenceNumbers(confirmation);
  std::set<std::string> charts = by_reference;
  for (const Expectation& expectation : expectations) {
    if (expectation.request.counter() != counter || expectation.until <= now ||
        !Matches(expectation.request, confirmation)) {
      continue;
    }
    charts.insert(expectation.request.patient_id());
    decision.used.push_back(expectation.id);
  }
  v1::Assignment& assignment = decision.assignment;
  if (charts.empty()) {
    assignment.set_state(v1::ASSIGNMENT_STATE_UNASSIGNED);
    return decision;
  }
  *assignment.mutable_assigned_at() = base::ToProto(now);
  if (charts.size() > 1) {
    assignment.set_state(v1::ASSIGNMENT_STATE_CONFLICT);
    for (const std::string& chart : charts) assignment.add_conflicting_patient_ids(chart);
    return decision;
  }
  assignment.set_state(by_reference.empty() ? v1::ASSIGNMENT_STATE_EXPECTED
                                            : v1::ASSIGNMENT_STATE_BY_REFERENCE_NUMBER);
  assignment.set_patient_id(*charts.begin());
  return decision;
}

}  // namespace madoguchi::reception
