#include "hl7/fhir/consent.h"

#include "hl7/fhir/extensions.h"
#include "hl7/fhir/names.h"
#include "hl7/fhir/values.h"

namespace madoguchi::hl7::fhir {
namespace {

void WriteStatus(Json& json, const v1::Consent& consent) {
  switch (consent.flag()) {
    case v1::CONSENT_FLAG_GRANTED:
      json.Members(R"("status":"active")");
      return;
    case v1::CONSENT_FLAG_REFUSED:
      json.Members(R"("status":"rejected")");
      return;
    case v1::CONSENT_FLAG_EXPIRED:
      json.Members(R"("status":"inactive")");
      return;
    default:
      // Asked for, and not given as far as anybody can tell.
      json.Members(R"("status":"proposed")");
  }
}

void WriteProvision(Json& json, const v1::Consent& consent) {
  json.Object("provision");
  json.Plain("type", consent.flag() == v1::CONSENT_FLAG_GRANTED ? "permit" : "deny");
  WritePeriod(json, "period", consent.given_at(), consent.available_until());
  json.Array("code");
  json.Object();
  json.Array("coding");
  WriteCoding(json, {}, LocalSystem("oqs-consent-item"), ElementOf(consent.category()));
  json.EndArray();
  json.Text("text", NameOf(consent.category()));
  json.EndObject();
  json.EndArray();
  json.EndObject();
}

}  // namespace

Id WriteConsent(Bundle& bundle, const v1::Consent& consent, const Id& patient, const Id& coverage) {
  Json& json = bundle.json();
  Fingerprint fingerprint("Consent");
  fingerprint.Add(patient).Add(coverage).Add(ElementOf(consent.category()));
  fingerprint.Add(consent.flag_code()).Add(consent.given_at().text());
  fingerprint.Add(consent.available_until().text()).Add(consent.lapse_reason_code());
  const Id id = bundle.ids().Take(fingerprint);
  StartEntry(json, id, "Consent", "JP_Consent");
  {
    Extensions extensions(json);
    extensions.Code("ConsFlg", "OQSCD016", consent.flag_code());
    extensions.Code("LapseReason", "OQSCD031", consent.lapse_reason_code());
    extensions.Reference("Coverage", coverage);
  }
  WriteStatus(json, consent);
  json.Members(
      R"("scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope",)"
      R"("code":"patient-privacy","display":"Privacy Consent"}]},)"
      R"("category":[{"coding":[{"system":"http://loinc.org","code":"59284-0",)"
      R"("display":"Consent Document"}]}])");
  WriteReference(json, "patient", patient);
  WriteInstant(json, "dateTime", consent.given_at());
  if (bundle.site() != nullptr) {
    json.Array("organization");
    WriteReferenceItem(json, *bundle.site());
    json.EndArray();
  }
  json.Members(
      R"("policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode",)"
      R"("code":"OPTIN"}]})");
  WriteProvision(json, consent);
  EndEntry(json);
  return id;
}

}  // namespace madoguchi::hl7::fhir
