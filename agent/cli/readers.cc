#include <algorithm>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

#include "agent/base/error.h"
#include "agent/cli/end_signals.h"
#include "agent/cli/json.h"
#include "agent/cli/present.h"
#include "agent/cli/report.h"
#include "agent/cli/session.h"
#include "madoguchi/v1/system_service.grpc.pb.h"

// The card readers of the daemon's machine.
namespace madoguchi::cli {
namespace {

using Stub = v1::SystemService::Stub;

// A test powers a card up and reads it: longer than other calls.
constexpr double kTestSeconds = 40;

int ShowOnce(const Global& global, Stub& stub) {
  v1::ListReadersResponse list;
  const absl::Status status =
      Call(global, stub, &Stub::ListReaders, v1::ListReadersRequest(), list);
  if (!status.ok()) return Report(global, status);
  if (!global.json) {
    PrintReaders(list, std::cout);
  } else {
    for (const v1::Reader& reader : list.readers()) {
      std::cout << ToJson(reader).value_or("") << '\n';
    }
  }
  if (!list.has_card_service_problem()) return kSuccess;
  if (global.json) {
    std::cerr << ToJson(list.card_service_problem()).value_or("") << '\n';
  }
  return kOutsideFailed;
}

int Follow(const Global& global, Stub& stub, EndSignals& signals) {
  grpc::ClientContext context;
  signals.Watch([&context] { context.TryCancel(); });
  const auto stream = stub.WatchStatus(&context, v1::WatchStatusRequest());
  v1::WatchStatusResponse response;
  std::optional<std::string> shown;
  while (stream->Read(&response) && std::cout.good()) {
    const v1::ListReadersResponse list = ReadersIn(response.status());
    std::string bytes = list.SerializeAsString();
    if (shown == bytes) continue;
    shown = std::move(bytes);
    if (global.json) {
      std::cout << ToJson(list).value_or("") << std::endl;
    } else {
      PrintReaders(list, std::cout);
      std::cout.flush();
    }
  }
  const grpc::Status end = stream->Finish();
  return end.error_code() == grpc::StatusCode::CANCELLED ? kSuccess
                                                         : Report(global, client::FromGrpc(end));
}

}  // namespace

int ListReaders(const Global& global, bool follow) {
  std::optional<EndSignals> signals;
  if (follow) signals.emplace();
  const auto channel = Connect(global);
  if (!channel.ok()) return Report(global, channel.status());
  const auto stub = v1::SystemService::NewStub(*channel);
  return follow ? Follow(global, *stub, *signals) : ShowOnce(global, *stub);
}

int TestReader(const Global& global, const std::string& reader) {
  const auto channel = Connect(global);
  if (!channel.ok()) return Report(global, channel.status());
  const auto stub = v1::SystemService::NewStub(*channel);
  v1::TestReaderRequest request;
  request.set_reader(reader);
  v1::TestReaderResponse report;
  Global patient = global;
  patient.timeout_seconds = std::max(patient.timeout_seconds, kTestSeconds);
  const absl::Status status = Call(patient, *stub, &Stub::TestReader, request, report);
  if (!status.ok()) return Report(global, status);
  if (global.json) {
    std::cout << ToJson(report).value_or("") << '\n';
  } else {
    PrintReaderTest(report, std::cout);
  }
  return report.has_certificate_problem() || report.pin_attempts_left() == 0 ? kAnswerIsNo
                                                                             : kSuccess;
}

}  // namespace madoguchi::cli
