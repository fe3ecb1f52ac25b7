#include "tests/sim/expected.h"

#include <set>

#include "absl/strings/strip.h"
#include "agent/base/japan_time.h"
#include "tests/sim/people.h"

namespace madoguchi::sim {
namespace {

std::string ValidityName(absl::string_view code) {
  if (code == "1") return "VALID";
  if (code == "2") return "INVALID";
  if (code == "3") return "INVALID_NEWER_EXISTS";
  if (code == "4") return "NOT_FOUND";
  if (code == "5") return "SEVERAL_MATCH";
  if (code == "6") return "VALID_UNREGISTERED";
  return "UNSPECIFIED";
}

bool IsOpen(const v1::Consent& consent, absl::Time now) {
  if (consent.flag_code() != "1") return false;
  const v1::OqsTime until = base::ParseOqsTime(consent.available_until().text());
  return until.no_end() || (until.has_time() && base::FromProto(until.time()) > now);
}

std::vector<std::string> OpenConsents(const v1::Confirmation& answer, absl::Time now) {
  std::vector<std::string> names;
  for (const v1::ConsentCategory category : kMedicalConsents) {
    bool open = false;
    for (const v1::Qualification& qualification : answer.qualifications()) {
      for (const v1::Consent& consent : qualification.consents()) {
        open = open || (consent.category() == category && IsOpen(consent, now));
      }
    }
    if (open) names.push_back(CategoryName(category));
  }
  return names;
}

}  // namespace

std::string CategoryName(v1::ConsentCategory category) {
  return std::string(absl::StripPrefix(v1::ConsentCategory_Name(category), "CONSENT_CATEGORY_"));
}

JsonObject Expected::Json() const {
  JsonObject json;
  json.Text("state", state)
      .Text("validity", validity)
      .Text("assignment", assignment)
      .Text("patient_id", patient_id)
      .Number("qualifications", qualifications)
      .Texts("usable_consents", usable_consents)
      .Text("error", error);
  return json;
}

Expected ExpectNone(absl::string_view error) {
  Expected expected;
  expected.error = std::string(error);
  return expected;
}

Expected Expect(const v1::Confirmation& answer, absl::string_view institution, absl::Time now) {
  Expected expected;
  expected.state = "REFUSED";
  // Nothing of what belongs to others is kept.
  if (answer.header().medical_institution_code() != institution) {
    expected.error = "MDG-1209";
    return expected;
  }
  expected.validity = ValidityName(answer.validity_code());
  expected.qualifications = answer.qualifications_size();
  if (answer.header().segment_of_result_code() == "9" ||
      answer.processing_result_status_code() == "2") {
    expected.error = "MDG-1406";
    return expected;
  }
  expected.state = "ANSWERED";
  expected.usable_consents = OpenConsents(answer, now);
  std::set<std::string> charts;
  for (const v1::Qualification& qualification : answer.qualifications()) {
    if (!qualification.reference_number().empty()) charts.insert(qualification.reference_number());
  }
  if (charts.size() == 1) {
    expected.assignment = "BY_REFERENCE_NUMBER";
    expected.patient_id = *charts.begin();
  } else if (charts.size() > 1) {
    expected.assignment = "CONFLICT";
  }
  return expected;
}

}  // namespace madoguchi::sim
