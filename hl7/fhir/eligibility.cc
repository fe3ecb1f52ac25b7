#include "hl7/fhir/eligibility.h"

#include <optional>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "hl7/fhir/certificates.h"
#include "hl7/fhir/consent.h"
#include "hl7/fhir/coverage.h"
#include "hl7/fhir/extensions.h"
#include "hl7/fhir/names.h"
#include "hl7/fhir/patient.h"
#include "hl7/fhir/values.h"

namespace madoguchi::hl7::fhir {
namespace {

struct Parts {
  std::optional<Id> patient;
  std::optional<Id> payor;
  // One of each qualification.
  std::vector<Id> coverages;
};

class Writer {
 public:
  Writer(Bundle& bundle, const v1::Confirmation& confirmation)
      : bundle_(bundle), json_(bundle.json()), confirmation_(confirmation) {}

  void Write() {
    // Beside the qualifications they tell whose they are only when there are as many.
    const bool numbered =
        confirmation_.reference_numbers_size() == confirmation_.qualifications_size();
    for (int i = 0; i < confirmation_.qualifications_size(); ++i) {
      WriteQualification(confirmation_.qualifications(i),
                         numbered ? confirmation_.reference_numbers(i) : absl::string_view());
    }
    if (confirmation_.qualifications().empty()) WriteAsked();
    const Id request = WriteRequest();
    WriteResponse(request);
  }

 private:
  void WriteQualification(const v1::Qualification& qualification,
                          absl::string_view reference_number) {
    Person person = PersonOf(qualification, bundle_.header().medical_institution_code());
    if (IsBlank(person.reference_number)) person.reference_number = reference_number;
    const Id patient = IdOf(person);
    // Two qualifications of one person as a rule say the same about the person.
    if (patients_.insert(patient).second) WritePatient(json_, person, patient);
    const Payor payor = PayorOf(qualification);
    Id payor_id = {};
    const bool has_payor =
        bundle_.organizations().Write(payor.kind, payor.code, payor.name, payor_id);
    const Id coverage = WriteCoverage(bundle_, qualification, confirmation_.validity(), patient,
                                      has_payor ? &payor_id : nullptr);
    bundle_.AddTarget(coverage);
    for (const auto& consent : qualification.consents()) {
      bundle_.AddTarget(WriteConsent(bundle_, consent, patient, coverage));
    }
    if (!parts_.patient) parts_.patient = patient;
    if (!parts_.payor && has_payor) parts_.payor = payor_id;
    parts_.coverages.push_back(coverage);
  }

  // Nobody was found: what was asked is all there is.
  void WriteAsked() {
    if (!confirmation_.has_query()) return;
    const v1::EligibilityQuery& query = confirmation_.query();
    const Person person = PersonOf(query);
    const Id patient = IdOf(person);
    WritePatient(json_, person, patient);
    parts_.patient = patient;
    Id payor = {};
    if (bundle_.organizations().Write(OrganizationKind::kInsurer,
                                      query.insured().insurer_number_trimmed(), {}, payor)) {
      parts_.payor = payor;
    }
  }

  void WriteWho() {
    if (parts_.patient) {
      WriteReference(json_, "patient", *parts_.patient);
    } else {
      WriteUnknownReference(json_, "patient");
    }
    WriteDate(json_, "servicedDate", bundle_.header().confirmation_date());
    bundle_.WriteAnswerTime("created");
  }

  Fingerprint Start(absl::string_view kind) const {
    Fingerprint fingerprint(kind);
    fingerprint.Add(bundle_.header().medical_institution_code());
    fingerprint.Add(bundle_.header().arbitrary_file_identifier());
    fingerprint.Add(bundle_.header().process_execution_time().text());
    if (parts_.patient) fingerprint.Add(*parts_.patient);
    return fingerprint;
  }

  Id WriteRequest() {
    const Id id = bundle_.ids().Take(Start("CoverageEligibilityRequest"));
    const v1::MessageHeader& header = bundle_.header();
    StartEntry(json_, id, "CoverageEligibilityRequest");
    {
      Extensions extensions(json_);
      extensions.Code("ReferenceClassification", "OQSCD002",
                      header.reference_classification_code());
      WriteQuery(extensions);
    }
    if (!IsBlank(header.arbitrary_file_identifier())) {
      json_.Array("identifier");
      json_.Object();
      bundle_.WriteFileIdentifier();
      json_.EndObject();
      json_.EndArray();
    }
    json_.Members(R"("status":"active","purpose":["validation","benefits"])");
    WriteWho();
    if (bundle_.site() != nullptr) WriteReference(json_, "provider", *bundle_.site());
    WriteInsurer();
    if (!parts_.coverages.empty()) {
      json_.Array("insurance");
      for (const Id& coverage : parts_.coverages) {
        json_.Object();
        WriteReference(json_, "coverage", coverage);
        json_.EndObject();
      }
      json_.EndArray();
    }
    EndEntry(json_);
    return id;
  }

  // What the question says besides whom it is about.
  void WriteQuery(Extensions& extensions) const {
    const v1::EligibilityQuery& query = confirmation_.query();
    extensions.Code("LimitApplicationCertificateRelatedConsFlg", "OQSCD001",
                    query.limit_consent_code());
    extensions.Text("ArbitraryIdentifier", query.arbitrary_identifier());
    extensions.Date("ConsentDateFrom", query.consent_from());
    extensions.Date("ConsentDateTo", query.consent_to());
    extensions.Date("ExaminationDateFrom", query.examination_from());
    extensions.Date("ExaminationDateTo", query.examination_to());
    extensions.Date("MedicalTreatmentMonth", query.treatment_month());
    extensions.Code("MedicalTreatmentFlag", "OQSCD028", query.treatment_flag_code());
  }

  void WriteInsurer() {
    if (parts_.payor) {
      WriteReference(json_, "insurer", *parts_.payor);
    } else {
      WriteUnknownReference(json_, "insurer");
    }
  }

  // Two levels of outcome: of the file, and of the person in it.
  bool Failed() const {
    return confirmation_.processing_result_status() == v1::PROCESSING_RESULT_STATUS_ERROR ||
           bundle_.header().segment_of_result() == v1::SEGMENT_OF_RESULT_ABNORMAL;
  }

  void WriteResponse(const Id& request) {
    const Id id = bundle_.ids().Take(Start("CoverageEligibilityResponse"));
    bundle_.AddTarget(id);
    StartEntry(json_, id, "CoverageEligibilityResponse");
    WriteResponseExtensions();
    json_.Members(R"("status":"active","purpose":["validation","benefits"])");
    WriteWho();
    if (bundle_.site() != nullptr) WriteReference(json_, "requestor", *bundle_.site());
    WriteReference(json_, "request", request);
    if (bundle_.header().segment_of_result() == v1::SEGMENT_OF_RESULT_PROCESSING) {
      json_.Members(R"("outcome":"queued")");
    } else {
      json_.Plain("outcome", Failed() ? "error" : "complete");
    }
    json_.Text("disposition", NameOf(confirmation_.validity()));
    WriteInsurer();
    WriteInsurances();
    WriteErrors();
    EndEntry(json_);
  }

  void WriteResponseExtensions() {
    const v1::MessageHeader& header = bundle_.header();
    Extensions extensions(json_);
    extensions.Text("ReceptionNumber", header.reception_number());
    extensions.Code("SegmentOfResult", "OQSCD003", header.segment_of_result_code());
    extensions.Code("PrescriptionIssueSelect", "OQSCD017",
                    confirmation_.prescription_issue_select_code());
    extensions.Code("ProcessingResultStatus", "OQSCD004",
                    confirmation_.processing_result_status_code());
    extensions.Code("QualificationValidity", "OQSCD006", confirmation_.validity_code(),
                    NameOf(confirmation_.validity()));
    if (confirmation_.is_notice()) {
      extensions.Text("ProcessingResultCode", confirmation_.processing_result().code());
      extensions.Text("ProcessingResultMessage", confirmation_.processing_result().message());
    }
  }

  void WriteInsurances() {
    if (parts_.coverages.empty()) return;
    json_.Array("insurance");
    for (int i = 0; i < confirmation_.qualifications_size(); ++i) {
      const v1::Qualification& qualification = confirmation_.qualifications(i);
      json_.Object();
      WriteReference(json_, "coverage", parts_.coverages[static_cast<size_t>(i)]);
      WriteInForce();
      WritePeriod(json_, "benefitPeriod", qualification.qualification_date(),
                  qualification.disqualification_date());
      WriteItems(json_, qualification);
      json_.EndObject();
    }
    json_.EndArray();
  }

  void WriteInForce() {
    switch (confirmation_.validity()) {
      case v1::VALIDITY_VALID:
      case v1::VALIDITY_VALID_UNREGISTERED:
        json_.Flag("inforce", true);
        return;
      case v1::VALIDITY_INVALID:
      case v1::VALIDITY_INVALID_NEWER_EXISTS:
        json_.Flag("inforce", false);
        return;
      default:
        return;
    }
  }

  void WriteErrors() {
    const v1::OqsResult& file = bundle_.header().error();
    const v1::OqsResult& person = confirmation_.processing_result();
    const auto says = [](const v1::OqsResult& result) {
      return !IsBlank(result.code()) || !IsBlank(result.message());
    };
    const bool person_failed = !confirmation_.is_notice() && says(person);
    if (!says(file) && !person_failed) return;
    json_.Array("error");
    if (says(file)) WriteError(file);
    if (person_failed) WriteError(person);
    json_.EndArray();
  }

  void WriteError(const v1::OqsResult& result) {
    json_.Object();
    json_.Object("code");
    if (!IsBlank(result.code())) {
      json_.Array("coding");
      WriteCoding(json_, {}, LocalSystem("oqs-result"), result.code());
      json_.EndArray();
    }
    json_.Text("text", result.message());
    json_.EndObject();
    json_.EndObject();
  }

  Bundle& bundle_;
  Json& json_;
  const v1::Confirmation& confirmation_;
  absl::flat_hash_set<Id> patients_;
  Parts parts_;
};

}  // namespace

void WriteEligibility(Bundle& bundle, const v1::MessageHeader& header,
                      const v1::Confirmation& confirmation, std::string& out) {
  Fingerprint content("Eligibility");
  content.Add(confirmation.validity_code()).Add(confirmation.processing_result().code());
  content.Add(MemberId(confirmation.query().insured())).Add(confirmation.query().birth_date());
  for (const auto& qualification : confirmation.qualifications()) {
    content.Add(IdOf(PersonOf(qualification, header.medical_institution_code())));
    content.Add(qualification.qualification_confirmation_key());
  }
  bundle.Clear();
  bundle.Start(out, header, content);
  Writer(bundle, confirmation).Write();
  bundle.Finish("資格確認結果の変換");
}

}  // namespace madoguchi::hl7::fhir
