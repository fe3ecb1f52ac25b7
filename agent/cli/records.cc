#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/cli/document_file.h"
#include "agent/cli/json.h"
#include "agent/cli/record_views.h"
#include "agent/cli/report.h"
#include "agent/cli/session.h"
#include "agent/crypto/digest.h"
#include "madoguchi/v1/medical_record_service.grpc.pb.h"

namespace madoguchi::cli {
namespace {

using RecordStub = v1::MedicalRecordService::Stub;

// How long a call may take at least: a terminal may need that long for its answer.
constexpr double kPatience = 60;
// The largest document that is taken: as large as the daemon reads from OQS.
constexpr size_t kMostDocumentBytes = size_t{16} << 20;

// yyyy-mm, yyyy/mm or yyyymm; empty: none.
absl::Status ReadMonth(const std::string& text, const std::string& option, v1::Date& month) {
  if (text.empty()) return absl::OkStatus();
  std::string digits;
  for (const char c : text) {
    if (c != '-' && c != '/') digits += c;
  }
  month = base::ParseOqsDate(digits);
  if (digits.size() == 6 && month.month() >= 1 && month.month() <= 12) return absl::OkStatus();
  return base::MakeError(base::ErrorCode::kInvalidField,
                         {.what = "allowed is a month as yyyy-mm", .field = option});
}

absl::StatusOr<v1::Freshness> ReadFreshness(const std::string& text) {
  if (text.empty() || text == "stored-or-fetch") return v1::FRESHNESS_STORED_OR_FETCH;
  if (text == "stored") return v1::FRESHNESS_STORED_ONLY;
  if (text == "fetch") return v1::FRESHNESS_FETCH;
  return base::MakeError(
      base::ErrorCode::kInvalidField,
      {.what = "allowed are stored-or-fetch, stored and fetch", .field = "--freshness"});
}

absl::StatusOr<v1::DocumentKind> ReadKind(const std::string& text) {
  if (text == "drug") return v1::DOCUMENT_KIND_DRUG;
  if (text == "drug-diagnosis") return v1::DOCUMENT_KIND_DRUG_AND_DIAGNOSIS;
  if (text == "checkup") return v1::DOCUMENT_KIND_CHECKUP;
  return base::MakeError(
      base::ErrorCode::kInvalidField,
      {.what = "allowed are drug, drug-diagnosis and checkup", .field = "--kind"});
}

// What every request has. A repeated command is a call of its own unless the person gives an id.
template <typename Request>
void Begin(const RecordOptions& options, Request& request) {
  request.set_request_id(options.request_id.empty() ? crypto::NewId(absl::Now())
                                                    : options.request_id);
  request.set_reception_id(options.reception_id);
}

template <typename Request>
absl::Status ReadMonths(const RecordOptions& options, Request& request) {
  if (!options.from.empty()) {
    MDG_RETURN_IF_ERROR(ReadMonth(options.from, "--from", *request.mutable_from_month()));
  }
  if (options.to.empty()) return absl::OkStatus();
  return ReadMonth(options.to, "--to", *request.mutable_to_month());
}

template <typename Request>
absl::Status ReadFreshnessInto(const RecordOptions& options, Request& request) {
  const absl::StatusOr<v1::Freshness> freshness = ReadFreshness(options.freshness);
  MDG_RETURN_IF_ERROR(freshness.status());
  request.set_freshness(*freshness);
  return absl::OkStatus();
}

// Asks, and prints the bare message or what `show` makes of it.
template <typename Request, typename Response, typename Show>
absl::Status AskAndPrint(const Global& global,
                         grpc::Status (RecordStub::*method)(grpc::ClientContext*, const Request&,
                                                            Response*),
                         const Request& request, const Show& show) {
  const auto channel = Connect(global);
  MDG_RETURN_IF_ERROR(channel.status());
  const auto stub = v1::MedicalRecordService::NewStub(*channel);
  Response response;
  MDG_RETURN_IF_ERROR(Call(global, *stub, method, request, response));
  if (!global.json) {
    show(response);
    return absl::OkStatus();
  }
  const auto json = ToJson(response);
  MDG_RETURN_IF_ERROR(json.status());
  std::cout << *json << '\n';
  return absl::OkStatus();
}

Global Patient(Global global) {
  global.timeout_seconds = std::max(global.timeout_seconds, kPatience);
  return global;
}

absl::Status DrugsOf(const Global& global, const RecordOptions& options) {
  v1::GetDrugHistoryRequest request;
  Begin(options, request);
  MDG_RETURN_IF_ERROR(ReadMonths(options, request));
  MDG_RETURN_IF_ERROR(ReadFreshnessInto(options, request));
  // The view folds them itself, to say who else reports a line.
  request.set_include_duplicates(options.duplicates || !global.json);
  return AskAndPrint(global, &RecordStub::GetDrugHistory, request,
                     [&](const v1::GetDrugHistoryResponse& response) {
                       PrintDrugs(response, options.duplicates, std::cout);
                     });
}

absl::Status CheckupsOf(const Global& global, const RecordOptions& options) {
  v1::GetCheckupsRequest request;
  Begin(options, request);
  MDG_RETURN_IF_ERROR(ReadFreshnessInto(options, request));
  return AskAndPrint(
      global, &RecordStub::GetCheckups, request,
      [](const v1::GetCheckupsResponse& response) { PrintCheckups(response, std::cout); });
}

absl::Status DiagnosesOf(const Global& global, const RecordOptions& options) {
  v1::GetDiagnosisHistoryRequest request;
  Begin(options, request);
  MDG_RETURN_IF_ERROR(ReadMonths(options, request));
  MDG_RETURN_IF_ERROR(ReadFreshnessInto(options, request));
  return AskAndPrint(
      global, &RecordStub::GetDiagnosisHistory, request,
      [](const v1::GetDiagnosisHistoryResponse& response) { PrintDiagnoses(response, std::cout); });
}

// A document as it comes. Nothing of it reaches the disk before all of it is here and whole.
struct Received {
  v1::DocumentInfo info;
  std::string bytes;
};

absl::Status Receive(const Global& global, const v1::GetDocumentRequest& request,
                     Received& received) {
  const auto channel = Connect(global);
  MDG_RETURN_IF_ERROR(channel.status());
  const auto stub = v1::MedicalRecordService::NewStub(*channel);
  grpc::ClientContext context;
  Prepare(global, context);
  const auto reader = stub->GetDocument(&context, request);
  v1::GetDocumentResponse part;
  while (reader->Read(&part)) {
    if (part.has_info()) received.info = part.info();
    received.bytes += part.chunk();
    if (received.bytes.size() > kMostDocumentBytes) context.TryCancel();
  }
  MDG_RETURN_IF_ERROR(client::FromGrpc(reader->Finish()));
  if (received.bytes.size() != static_cast<size_t>(received.info.size()) ||
      crypto::Sha256(received.bytes) != received.info.sha256()) {
    return base::MakeError(base::ErrorCode::kRecordUnusable,
                           {.what = "the document did not arrive whole"});
  }
  return absl::OkStatus();
}

absl::Status DocumentOf(const Global& global, const DocumentOptions& options) {
  const absl::StatusOr<v1::DocumentKind> kind = ReadKind(options.kind);
  MDG_RETURN_IF_ERROR(kind.status());
  v1::GetDocumentRequest request;
  Begin(options.record, request);
  request.set_kind(*kind);
  MDG_RETURN_IF_ERROR(ReadMonths(options.record, request));
  // Before anybody is asked: a call that cannot end well should not be in the audit trail.
  MDG_RETURN_IF_ERROR(CheckDocumentFile(options.out, options.force));
  Received received;
  MDG_RETURN_IF_ERROR(Receive(global, request, received));
  MDG_RETURN_IF_ERROR(WriteDocumentFile(options.out, received.bytes, options.force));
  if (global.json) {
    const auto json = ToJson(received.info);
    MDG_RETURN_IF_ERROR(json.status());
    std::cout << *json << '\n';
    return absl::OkStatus();
  }
  std::cout << base::Printable(options.out, 1000) << "  " << received.bytes.size() << " バイト\n";
  if (!received.info.patient_checked()) {
    std::cout << "PDFには照合できる患者情報がありません。氏名と生年月日を目で確かめてください。\n";
  }
  return absl::OkStatus();
}

}  // namespace

int Drugs(const Global& global, const RecordOptions& options) {
  return Report(global, DrugsOf(Patient(global), options));
}

int Checkups(const Global& global, const RecordOptions& options) {
  return Report(global, CheckupsOf(Patient(global), options));
}

int Diagnoses(const Global& global, const RecordOptions& options) {
  return Report(global, DiagnosesOf(Patient(global), options));
}

int Document(const Global& global, const DocumentOptions& options) {
  return Report(global, DocumentOf(Patient(global), options));
}

}  // namespace madoguchi::cli
