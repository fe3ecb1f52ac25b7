#ifndef MADOGUCHI_AGENT_RPC_EXPORT_FORMATS_H_
#define MADOGUCHI_AGENT_RPC_EXPORT_FORMATS_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "madoguchi/v1/export_service.pb.h"
#include "madoguchi/v1/oqs_message.pb.h"

// The formats of ExportService.
namespace madoguchi::rpc {

// Writes a record, made by ExportMessage(), to an empty response: body, media type, sizes, notes.
// Pure and thread-safe. Errors of these come from the format.
using ExportWriter =
    std::function<absl::Status(const v1::OqsMessage& record, v1::ExportRecordResponse& response)>;

// What writes what `request` asks for. MDG-1311 (`format`) when the record has no such form;
// MDG-1001 (`options[n]`) for an option the format does not have, or a value, or one named twice.
// Of the request what, format and options count; they are no secrets, and errors do not repeat
// them.
absl::StatusOr<ExportWriter> FindExportWriter(const v1::ExportRecordRequest& request);

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_EXPORT_FORMATS_H_
