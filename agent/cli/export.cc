#include <algorithm>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/cli/commands.h"
#include "agent/cli/document_file.h"
#include "agent/cli/json.h"
#include "agent/cli/report.h"
#include "agent/cli/session.h"
#include "madoguchi/v1/export_service.grpc.pb.h"

namespace madoguchi::cli {
namespace {

// How long a call may take at least: a terminal may need that long for its answer.
constexpr double kLeastSeconds = 60;

struct WhatRow {
  absl::string_view name;
  v1::ExportWhat what;
};
constexpr WhatRow kWhats[] = {{"reception", v1::EXPORT_WHAT_RECEPTION},
                              {"drugs", v1::EXPORT_WHAT_DRUG_HISTORY},
                              {"checkups", v1::EXPORT_WHAT_CHECKUPS},
                              {"diagnoses", v1::EXPORT_WHAT_DIAGNOSES}};

v1::ExportFormat FormatOf(const ExportOptions& options) {
  if (options.to == "hl7v2") return v1::EXPORT_FORMAT_HL7_V2_5;
  if (options.to == "jahis") return v1::EXPORT_FORMAT_JAHIS_TC08;
  if (options.to == "xml") return v1::EXPORT_FORMAT_OQS_XML;
  if (options.to == "message") return v1::EXPORT_FORMAT_OQS_MESSAGE;
  return options.jp_core == "1.1.2" ? v1::EXPORT_FORMAT_FHIR_JP_CORE_1_1
                                    : v1::EXPORT_FORMAT_FHIR_JP_CORE_1_2;
}

v1::ExportRecordRequest RequestOf(const ExportOptions& options) {
  v1::ExportRecordRequest request;
  request.set_reception_id(options.reception_id);
  for (const WhatRow& row : kWhats) {
    if (row.name == options.what) request.set_what(row.what);
  }
  request.set_format(FormatOf(options));
  // Also with other formats, where the daemon says that they have none.
  for (const auto& [name, value] :
       {std::pair("charset", &options.charset), std::pair("in1", &options.in1),
        std::pair("event", &options.event)}) {
    if (!value->empty()) request.add_options(absl::StrCat(name, "=", *value));
  }
  return request;
}

// What goes into a file or a pipe: as `convert` writes it, a line feed behind each message of HL7
// and behind a Bundle.
std::string ContentOf(const ExportOptions& options, const v1::ExportRecordResponse& response) {
  const absl::string_view body = response.body();
  if (response.message_sizes().empty()) return absl::StrCat(body, options.to == "fhir" ? "\n" : "");
  std::string content;
  size_t at = 0;
  for (const uint32_t size : response.message_sizes()) {
    at = std::min(at, body.size());
    absl::StrAppend(&content, body.substr(at, size), "\n");
    at += size;
  }
  return content;
}

absl::Status PrintJson(v1::ExportRecordResponse response, bool with_body) {
  if (!with_body) response.clear_body();
  const auto json = ToJson(response);
  MDG_RETURN_IF_ERROR(json.status());
  std::cout << *json << '\n';
  return absl::OkStatus();
}

absl::Status ExportInto(const Global& global, const ExportOptions& options) {
  // Before anybody is asked: a call that cannot end well should not be in the audit trail.
  if (!options.out.empty()) MDG_RETURN_IF_ERROR(CheckDocumentFile(options.out, options.force));
  const auto channel = Connect(global);
  MDG_RETURN_IF_ERROR(channel.status());
  const auto stub = v1::ExportService::NewStub(*channel);
  v1::ExportRecordResponse response;
  MDG_RETURN_IF_ERROR(
      Call(global, *stub, &v1::ExportService::Stub::ExportRecord, RequestOf(options), response));
  for (const std::string& note : response.notes()) std::cerr << base::Printable(note, 1000) << '\n';
  if (options.out.empty()) {
    if (global.json) return PrintJson(std::move(response), true);
    std::cout << ContentOf(options, response) << std::flush;
    return absl::OkStatus();
  }
  const std::string content = ContentOf(options, response);
  MDG_RETURN_IF_ERROR(WriteDocumentFile(options.out, content, options.force));
  if (global.json) return PrintJson(std::move(response), false);
  std::cout << base::Printable(options.out, 1000) << "  " << content.size() << " バイト\n";
  return absl::OkStatus();
}

}  // namespace

std::vector<std::string> ExportWhatNames() {
  std::vector<std::string> names;
  for (const WhatRow& row : kWhats) names.emplace_back(row.name);
  return names;
}

int Export(const Global& global, const ExportOptions& options) {
  Global patient = global;
  patient.timeout_seconds = std::max(patient.timeout_seconds, kLeastSeconds);
  return Report(global, ExportInto(patient, options));
}

}  // namespace madoguchi::cli
