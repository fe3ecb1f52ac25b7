#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/cli/day.h"
#include "agent/cli/json.h"
#include "agent/cli/newest.h"
#include "agent/cli/present.h"
#include "agent/cli/report.h"
#include "agent/cli/session.h"
#include "agent/crypto/digest.h"
#include "madoguchi/v1/reception_service.grpc.pb.h"

namespace madoguchi::cli {
namespace {

using Stub = v1::ReceptionService::Stub;

// A repeated command must not be taken for the same one: each gets an id of its own unless the
// person gives one.
std::string RequestId(const std::string& given) {
  return given.empty() ? crypto::NewId(absl::Now()) : given;
}

absl::Status PrintOne(const Global& global, const v1::Reception& reception) {
  if (!global.json) {
    PrintReception(reception, std::cout);
    return absl::OkStatus();
  }
  const auto json = ToJson(reception);
  MDG_RETURN_IF_ERROR(json.status());
  std::cout << *json << '\n';
  return absl::OkStatus();
}

// Calls one method that answers with a reception, and prints that.
template <typename Request, typename Response>
int CallAndPrint(const Global& global,
                 grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                 const Request& request) {
  const auto channel = Connect(global);
  if (!channel.ok()) return Report(global, channel.status());
  const auto stub = v1::ReceptionService::NewStub(*channel);
  Response response;
  const absl::Status status = Call(global, *stub, method, request, response);
  if (!status.ok()) return Report(global, status);
  return Report(global, PrintOne(global, response.reception()));
}

absl::Status FetchAll(const Global& global, v1::ListReceptionsRequest request,
                      std::vector<v1::Reception>& all) {
  const auto channel = Connect(global);
  MDG_RETURN_IF_ERROR(channel.status());
  const auto stub = v1::ReceptionService::NewStub(*channel);
  do {
    v1::ListReceptionsResponse response;
    MDG_RETURN_IF_ERROR(Call(global, *stub, &Stub::ListReceptions, request, response));
    for (v1::Reception& reception : *response.mutable_receptions()) {
      all.push_back(std::move(reception));
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  KeepNewest(all);
  return absl::OkStatus();
}

absl::Status List(const Global& global, const ListOptions& options) {
  v1::ListReceptionsRequest request;
  request.set_counter(options.counter);
  request.set_patient_id(options.patient);
  request.set_page_size(500);
  if (!options.day.empty()) {
    const auto day = ParseDay(options.day, "--day");
    MDG_RETURN_IF_ERROR(day.status());
    *request.mutable_day() = *day;
  }
  std::vector<v1::Reception> all;
  MDG_RETURN_IF_ERROR(FetchAll(global, request, all));
  if (!global.json) {
    PrintReceptions(all, std::cout);
    return absl::OkStatus();
  }
  for (const v1::Reception& reception : all) MDG_RETURN_IF_ERROR(PrintOne(global, reception));
  return absl::OkStatus();
}

}  // namespace

int ReceptionList(const Global& global, const ListOptions& options) {
  return Report(global, List(global, options));
}

int ReceptionShow(const Global& global, const std::string& reception_id) {
  v1::GetReceptionRequest request;
  request.set_reception_id(reception_id);
  return CallAndPrint(global, &Stub::GetReception, request);
}

int ReceptionAssign(const Global& global, const ChangeOptions& options) {
  v1::AssignPatientRequest request;
  request.set_request_id(RequestId(options.request_id));
  request.set_reception_id(options.reception_id);
  request.set_patient_id(options.patient);
  request.set_expected_revision(options.expected_revision);
  return CallAndPrint(global, &Stub::AssignPatient, request);
}

int ReceptionUnassign(const Global& global, const ChangeOptions& options) {
  v1::UnassignPatientRequest request;
  request.set_request_id(RequestId(options.request_id));
  request.set_reception_id(options.reception_id);
  request.set_reason(options.reason);
  request.set_expected_revision(options.expected_revision);
  return CallAndPrint(global, &Stub::UnassignPatient, request);
}

int ReceptionCancel(const Global& global, const ChangeOptions& options) {
  v1::CancelReceptionRequest request;
  request.set_request_id(RequestId(options.request_id));
  request.set_reception_id(options.reception_id);
  request.set_reason(options.reason);
  return CallAndPrint(global, &Stub::CancelReception, request);
}

int ReceptionExpect(const Global& global, const ExpectOptions& options) {
  Identifiers typed = options.identifiers;
  if (const absl::Status asked = AskAtKeyboard(global, typed); !asked.ok()) {
    return Report(global, asked);
  }
  v1::ExpectPatientRequest request;
  request.set_request_id(RequestId(options.request_id));
  request.set_counter(options.counter);
  request.set_patient_id(options.patient);
  PutIdentifiers(typed, *request.mutable_insured(), *request.mutable_birth_date());
  request.set_seconds(options.seconds);
  const auto channel = Connect(global);
  if (!channel.ok()) return Report(global, channel.status());
  const auto stub = v1::ReceptionService::NewStub(*channel);
  v1::ExpectPatientResponse response;
  const absl::Status status = Call(global, *stub, &Stub::ExpectPatient, request, response);
  if (!status.ok()) return Report(global, status);
  std::cout << (global.json ? ToJson(response).value_or("") : response.expectation_id()) << '\n';
  if (!global.json) PrintWarnings(response.warnings());
  return kSuccess;
}

}  // namespace madoguchi::cli
