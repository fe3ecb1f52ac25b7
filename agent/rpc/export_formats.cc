#include "agent/rpc/export_formats.h"

#include "agent/base/japan_time.h"
#include "hl7/fhir/bundle_writer.h"

namespace madoguchi::rpc {
namespace {

using hl7::fhir::BundleWriter;
using hl7::fhir::JpCore;

constexpr absl::string_view kFhirJson = "application/fhir+json";

// A kept record has no header of its own: it is of the site that asked, from when OQS gave it.
v1::MessageHeader HeaderOf(const ExportSubject& subject) {
  v1::MessageHeader header;
  header.set_medical_institution_code(subject.confirmation.header().medical_institution_code());
  *header.mutable_process_execution_time() =
      base::ParseOqsTime(base::FormatOqsTime(subject.fetched_at));
  return header;
}

template <JpCore kVersion>
absl::Status FhirReception(const v1::Confirmation& confirmation, std::string& body) {
  BundleWriter(kVersion).Write(confirmation.header(), confirmation, body);
  return absl::OkStatus();
}

template <JpCore kVersion>
absl::Status FhirDrugs(const ExportSubject& subject, const v1::DrugHistory& drugs,
                       std::string& body) {
  BundleWriter(kVersion).Write(HeaderOf(subject), subject.qualification, drugs, {}, body);
  return absl::OkStatus();
}

template <JpCore kVersion>
absl::Status FhirCheckups(const ExportSubject& subject, const v1::CheckupHistory& checkups,
                          std::string& body) {
  BundleWriter(kVersion).Write(HeaderOf(subject), subject.qualification, checkups, body);
  return absl::OkStatus();
}

template <JpCore kVersion>
absl::Status FhirDiagnoses(const ExportSubject& subject, const v1::DiagnosisHistory& diagnoses,
                           std::string& body) {
  BundleWriter(kVersion).Write(HeaderOf(subject), subject.qualification, {}, diagnoses, body);
  return absl::OkStatus();
}

constexpr ExportFormatRow kRows[] = {
    {v1::EXPORT_FORMAT_FHIR_JP_CORE_1_2, kFhirJson, FhirReception<JpCore::k1_2_0>,
     FhirDrugs<JpCore::k1_2_0>, FhirCheckups<JpCore::k1_2_0>, FhirDiagnoses<JpCore::k1_2_0>},
    {v1::EXPORT_FORMAT_FHIR_JP_CORE_1_1, kFhirJson, FhirReception<JpCore::k1_1_2>,
     FhirDrugs<JpCore::k1_1_2>, FhirCheckups<JpCore::k1_1_2>, FhirDiagnoses<JpCore::k1_1_2>},
};

}  // namespace

const ExportFormatRow* FindExportFormat(v1::ExportFormat format) {
  for (const ExportFormatRow& row : kRows) {
    if (row.format == format) return &row;
  }
  return nullptr;
}

}  // namespace madoguchi::rpc
