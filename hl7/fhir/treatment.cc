#include "hl7/fhir/treatment.h"

#include "hl7/fhir/extensions.h"
#include "hl7/fhir/values.h"

namespace madoguchi::hl7::fhir {
namespace {

void WriteTreatmentExtensions(Json& json, const v1::TreatmentLine& line) {
  const v1::TreatmentItem& treatment = line.treatment();
  Extensions extensions(json);
  extensions.Date("MeTrMonth", line.month());
  extensions.Code("PrIsOrg", "oqs-own-site", line.own_site_code());
  extensions.Code("InOut", "oqs-in-out", line.in_out_code());
  extensions.Text("Qua1", treatment.amount());
  extensions.Text("Unit", treatment.unit());
  extensions.Text("Times", treatment.times());
  // No day: what was sent for it, beside the month.
  if (!DateOf(line.day())) extensions.Text("DiDate", line.day().text());
}

void WriteTreatmentCode(Json& json, const v1::TreatmentItem& treatment) {
  json.Object("code");
  if (!IsBlank(treatment.treatment_code())) {
    json.Array("coding");
    WriteCoding(json, {}, LocalSystem("receipt-treatment"), treatment.treatment_code(),
                treatment.treatment_name());
    json.EndArray();
  }
  json.Text("text", treatment.treatment_name());
  json.EndObject();
}

void WriteTreatment(Bundle& bundle, const v1::TreatmentLine& line, const Id& patient) {
  Json& json = bundle.json();
  const v1::TreatmentItem& treatment = line.treatment();
  Id provider = {};
  const bool provided = bundle.organizations().Write(
      OrganizationKind::kInstitution, line.provider().code(), line.provider().name(), provider);
  Fingerprint fingerprint("Procedure");
  fingerprint.Add(patient).Add(line.provider().code()).Add(line.day().text());
  fingerprint.Add(line.month().text()).Add(treatment.treatment_class_code());
  fingerprint.Add(treatment.treatment_code()).Add(treatment.treatment_name());
  fingerprint.Add(treatment.amount()).Add(treatment.unit()).Add(treatment.times());
  const Id id = bundle.ids().Take(fingerprint);
  bundle.AddTarget(id);

  StartEntry(json, id, "Procedure", "JP_Procedure");
  WriteTreatmentExtensions(json, line);
  json.Members(R"("status":"completed")");
  WriteConcept(json, "category", LocalSystem("receipt-treatment-class"),
               treatment.treatment_class_code());
  if (!IsBlank(treatment.treatment_code()) || !IsBlank(treatment.treatment_name())) {
    WriteTreatmentCode(json, treatment);
  }
  WriteReference(json, "subject", patient);
  for (const v1::Date* date : {&line.day(), &line.month()}) {
    if (const auto text = DateOf(*date)) {
      json.Plain("performedDateTime", text->view());
      break;
    }
  }
  if (provided) {
    json.Array("performer");
    json.Object();
    WriteReference(json, "actor", provider);
    json.EndObject();
    json.EndArray();
  }
  EndEntry(json);
}

}  // namespace

void AddTreatments(const v1::DiagnosisHistory& history, Fingerprint& content) {
  for (const auto& line : history.treatment_lines()) {
    content.Add(line.day().text()).Add(line.treatment().treatment_code());
    content.Add(line.treatment().treatment_name()).Add(line.treatment().amount());
  }
}

void WriteTreatments(Bundle& bundle, const v1::DiagnosisHistory& history, const Id& patient) {
  for (const auto& line : history.treatment_lines()) WriteTreatment(bundle, line, patient);
}

}  // namespace madoguchi::hl7::fhir
