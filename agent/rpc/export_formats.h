#ifndef MADOGUCHI_AGENT_RPC_EXPORT_FORMATS_H_
#define MADOGUCHI_AGENT_RPC_EXPORT_FORMATS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "madoguchi/v1/confirmation.pb.h"
#include "madoguchi/v1/export_service.pb.h"
#include "madoguchi/v1/medical.pb.h"

namespace madoguchi::rpc {

// Whose record it is, and from when.
struct ExportSubject {
  // That of the reception.
  const v1::Confirmation& confirmation;
  // The one the record was asked for.
  const v1::Qualification& qualification;
  // When OQS gave it.
  absl::Time fetched_at;
};

// A format of ExportService: what it is called, and what writes each record. nullptr: the record
// has no such form (MDG-1311). Pure; `body` is replaced. Errors of these come from the format.
struct ExportFormatRow {
  v1::ExportFormat format = v1::EXPORT_FORMAT_UNSPECIFIED;
  absl::string_view media_type;
  absl::Status (*reception)(const v1::Confirmation& confirmation, std::string& body) = nullptr;
  absl::Status (*drugs)(const ExportSubject& subject, const v1::DrugHistory& drugs,
                        std::string& body) = nullptr;
  absl::Status (*checkups)(const ExportSubject& subject, const v1::CheckupHistory& checkups,
                           std::string& body) = nullptr;
  absl::Status (*diagnoses)(const ExportSubject& subject, const v1::DiagnosisHistory& diagnoses,
                            std::string& body) = nullptr;
};

// nullptr for a format that is not written. Lives for ever.
const ExportFormatRow* FindExportFormat(v1::ExportFormat format);

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_EXPORT_FORMATS_H_
