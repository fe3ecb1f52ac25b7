#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/cli/json.h"
#include "agent/cli/present.h"
#include "agent/cli/report.h"
#include "agent/cli/session.h"
#include "agent/crypto/digest.h"
#include "madoguchi/v1/eligibility_service.grpc.pb.h"
#include "madoguchi/v1/reception_service.grpc.pb.h"

// Questions to OQS by identifiers.
namespace madoguchi::cli {
namespace {

// What a call may take beyond the wait for OQS.
constexpr double kBesidesWaiting = 5;

std::string RequestId(const std::string& given) {
  return given.empty() ? crypto::NewId(absl::Now()) : given;
}

template <typename Response>
absl::Status Print(const Global& global, const Response& response) {
  if (global.json) {
    const auto json = ToJson(response);
    MDG_RETURN_IF_ERROR(json.status());
    std::cout << *json << '\n';
    return absl::OkStatus();
  }
  if (response.has_reception()) {
    PrintReception(response.reception(), std::cout);
  }
  return absl::OkStatus();
}

v1::ConfirmEligibilityRequest MakeRequest(const ConfirmOptions& options, const Identifiers& typed) {
  v1::ConfirmEligibilityRequest request;
  request.set_request_id(RequestId(options.request_id));
  request.set_counter(options.counter);
  request.set_patient_id(options.patient);
  request.set_reception_id(options.reception_id);
  request.set_open_reception(options.open_reception);
  request.set_wait_seconds(options.wait_seconds);
  PutIdentifiers(typed, *request.mutable_query()->mutable_insured(),
                 *request.mutable_query()->mutable_birth_date());
  return request;
}

absl::Status FindPending(const Global& global, v1::ReceptionService::Stub& stub,
                         const std::string& reception_id, v1::PendingNote& note) {
  v1::GetReceptionRequest request;
  request.set_reception_id(reception_id);
  v1::GetReceptionResponse response;
  MDG_RETURN_IF_ERROR(
      Call(global, stub, &v1::ReceptionService::Stub::GetReception, request, response));
  note = response.reception().pending_note();
  return absl::OkStatus();
}

// What was typed goes before what was noted.
Identifiers WithNoted(Identifiers typed, const v1::PendingNote& note) {
  const auto fill = [](std::string& field, const std::string& noted) {
    if (field.empty()) field = noted;
  };
  // The parts of a certificate belong together.
  if (typed.number.empty()) {
    fill(typed.symbol, note.insured().symbol());
    fill(typed.branch, note.insured().branch());
    typed.number = note.insured().number();
  }
  fill(typed.insurer_number, note.insured().insurer_number());
  fill(typed.birth_date, note.birth_date().text());
  return typed;
}

absl::Status Complete(const Global& global, const ConfirmOptions& options) {
  const auto channel = Connect(global);
  MDG_RETURN_IF_ERROR(channel.status());
  const auto stub = v1::ReceptionService::NewStub(*channel);
  v1::CompletePendingRequest request;
  request.set_request_id(RequestId(options.request_id));
  request.set_reception_id(options.reception_id);
  MDG_RETURN_IF_ERROR(FindPending(global, *stub, options.reception_id, *request.mutable_note()));
  Identifiers typed = WithNoted(options.identifiers, request.note());
  MDG_RETURN_IF_ERROR(AskAtKeyboard(global, typed));
  PutIdentifiers(typed, *request.mutable_note()->mutable_insured(),
                 *request.mutable_note()->mutable_birth_date());
  v1::CompletePendingResponse response;
  MDG_RETURN_IF_ERROR(
      Call(global, *stub, &v1::ReceptionService::Stub::CompletePending, request, response));
  if (!global.json) PrintWarnings(response.warnings());
  return Print(global, response);
}

absl::Status Retry(const Global& global, const ChangeOptions& options) {
  const auto channel = Connect(global);
  MDG_RETURN_IF_ERROR(channel.status());
  const auto stub = v1::ReceptionService::NewStub(*channel);
  v1::RetryReceptionRequest request;
  request.set_request_id(RequestId(options.request_id));
  request.set_reception_id(options.reception_id);
  v1::RetryReceptionResponse response;
  MDG_RETURN_IF_ERROR(
      Call(global, *stub, &v1::ReceptionService::Stub::RetryReception, request, response));
  return Print(global, response);
}

}  // namespace

absl::Status AskAtKeyboard(const Global& global, Identifiers& typed) {
  if (global.json || ::isatty(STDIN_FILENO) != 1) return absl::OkStatus();
  return AskForMissing(typed, base::JapanDay(absl::Now()), std::cin, std::cerr);
}

void PutIdentifiers(const Identifiers& typed, v1::InsuredId& insured, v1::Date& birth_date) {
  insured.set_insurer_number(typed.insurer_number);
  insured.set_symbol(typed.symbol);
  insured.set_number(typed.number);
  insured.set_branch(typed.branch);
  // The daemon reads every form a clerk writes.
  birth_date.Clear();
  birth_date.set_text(typed.birth_date);
}

int Confirm(const Global& global, const ConfirmOptions& options) {
  Identifiers typed = options.identifiers;
  if (const absl::Status asked = AskAtKeyboard(global, typed); !asked.ok()) {
    return Report(global, asked);
  }
  Global patient = global;
  patient.timeout_seconds =
      std::max(global.timeout_seconds, options.wait_seconds + kBesidesWaiting);
  const auto channel = Connect(patient);
  if (!channel.ok()) return Report(global, channel.status());
  const auto stub = v1::EligibilityService::NewStub(*channel);
  const v1::ConfirmEligibilityRequest request = MakeRequest(options, typed);
  v1::ConfirmEligibilityResponse response;
  const absl::Status status =
      Call(patient, *stub, &v1::EligibilityService::Stub::ConfirmEligibility, request, response);
  if (!status.ok()) {
    const int code = Report(global, status);
    // Sent, and nobody knows: not a no.
    const bool unknown = base::Is(status, base::ErrorCode::kOutcomeUnknown);
    if (!global.json && (unknown || base::Is(status, base::ErrorCode::kTookTooLong))) {
      std::cerr << "          madoguchi confirm --request-id " << request.request_id() << '\n';
    }
    return unknown ? kOutsideFailed : code;
  }
  if (const absl::Status printed = Print(global, response); !printed.ok()) {
    return Report(global, printed);
  }
  if (!global.json) {
    if (!response.has_reception()) PrintConfirmation(response.confirmation(), std::cout);
    PrintWarnings(response.warnings());
  }
  return ExitForValidity(response.confirmation().validity());
}

int ReceptionRetry(const Global& global, const ChangeOptions& options) {
  return Report(global, Retry(global, options));
}

int ReceptionComplete(const Global& global, const ConfirmOptions& options) {
  return Report(global, Complete(global, options));
}

}  // namespace madoguchi::cli
