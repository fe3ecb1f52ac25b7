#include "hl7/fhir/organization.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "hl7/fhir/extensions.h"
#include "hl7/fhir/values.h"

namespace madoguchi::hl7::fhir {
namespace {

constexpr size_t kInstitutionDigits = 10;

// 10 digits: prefecture 2, kind 1, rest 7.
bool IsInstitutionCode(absl::string_view code) {
  return code.size() == kInstitutionDigits && std::all_of(code.begin(), code.end(), [](char c) {
           return absl::ascii_isdigit(static_cast<unsigned char>(c));
         });
}

}  // namespace

bool Organizations::Write(OrganizationKind kind, absl::string_view code, absl::string_view name,
                          Id& id) {
  if (IsBlank(code) && IsBlank(name)) return false;
  const Id found =
      Fingerprint("Organization").Add(static_cast<uint64_t>(kind)).Add(code).Add(name).Finish();
  id = found;
  if (!written_.try_emplace(found, true).second) return true;
  StartEntry(json_, found, "Organization", "JP_Organization");
  const bool institution = kind == OrganizationKind::kInstitution;
  if (institution && IsInstitutionCode(code)) {
    Extensions extensions(json_);
    extensions.Start(kExtensionBase, "JP_Organization_PrefectureNo");
    WriteCoding(json_, "valueCoding", {dialect_.prefecture}, code.substr(0, 2));
    extensions.End();
    extensions.Start(kExtensionBase, "JP_Organization_InsuranceOrganizationCategory");
    WriteCoding(json_, "valueCoding", {dialect_.fee_score_type}, code.substr(2, 1));
    extensions.End();
    extensions.Start(kExtensionBase, "JP_Organization_InsuranceOrganizationNo");
    json_.Object("valueIdentifier");
    json_.Plain("system", dialect_.organization_number);
    json_.Plain("value", code.substr(3));
    json_.EndObject();
    extensions.End();
  }
  if (!IsBlank(code)) WriteIdentifier(kind, code);
  json_.Members(institution
                    ? R"("type":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/)"
                      R"(organization-type","code":"prov","display":"Healthcare Provider"}]}])"
                    : R"("type":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/)"
                      R"(organization-type","code":"pay","display":"Payer"}]}])");
  json_.Text("name", name);
  EndEntry(json_);
  return true;
}

void Organizations::WriteIdentifier(OrganizationKind kind, absl::string_view code) {
  json_.Array("identifier");
  json_.Object();
  switch (kind) {
    case OrganizationKind::kInstitution:
      // What is no institution code has no system.
      if (IsInstitutionCode(code)) {
        json_.Plain("system",
                    "http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no");
      }
      break;
    case OrganizationKind::kInsurer:
      json_.Plain("system", dialect_.insurer_number);
      break;
    case OrganizationKind::kPublicPayer:
      json_.Plain("system", dialect_.public_payer_number);
      break;
  }
  json_.Text("value", code);
  json_.EndObject();
  json_.EndArray();
}

}  // namespace madoguchi::hl7::fhir
