#include <iostream>
#include <optional>

#include "agent/base/error.h"
#include "agent/cli/end_signals.h"
#include "agent/cli/json.h"
#include "agent/cli/present.h"
#include "agent/cli/report.h"
#include "agent/cli/session.h"
#include "agent/client/resuming_watch.h"
#include "madoguchi/v1/system_service.grpc.pb.h"

namespace madoguchi::cli {
namespace {

v1::WatchReceptionsRequest RequestFor(const WatchOptions& options) {
  v1::WatchReceptionsRequest request;
  if (!options.after.empty()) {
    request.set_after_cursor(options.after);
  } else if (options.now) {
    request.set_now(true);
  } else {
    request.set_today(true);
  }
  for (const std::string& counter : options.counters) request.add_counters(counter);
  return request;
}

void Show(const Global& global, const v1::WatchReceptionsResponse& response) {
  if (global.json) {
    // A line at a time and at once: whoever reads the pipe keeps the cursor of the last whole line.
    std::cout << ToJson(response).value_or("") << std::endl;
  } else if (response.has_reception()) {
    PrintLine(response.reception(), std::cout);
    std::cout.flush();
  }
}

}  // namespace

int Watch(const Global& global, const WatchOptions& options) {
  EndSignals signals;
  const auto channel = Connect(global);
  if (!channel.ok()) return Report(global, channel.status());
  client::ResumingWatch watch(*channel, RequestFor(options));
  signals.Watch([&watch] { watch.Stop(); });
  int shown = 0;
  const absl::Status ended = watch.Run(
      [&](const v1::WatchReceptionsResponse& response) {
        Show(global, response);
        if (!std::cout.good()) return false;
        if (response.has_reception()) ++shown;
        if (options.count > 0 && shown >= options.count) return false;
        return !(options.until_caught_up && response.caught_up());
      },
      [](const absl::Status& trouble) {
        std::cerr << trouble.message() << " - 再接続します (trying again)\n";
      });
  return Report(global, ended);
}

int Status(const Global& global, bool follow) {
  std::optional<EndSignals> signals;
  if (follow) signals.emplace();
  const auto channel = Connect(global);
  if (!channel.ok()) return Report(global, channel.status());
  const auto stub = v1::SystemService::NewStub(*channel);
  const auto show = [&global](const v1::SystemStatus& status) {
    if (global.json) {
      std::cout << ToJson(status).value_or("") << std::endl;
    } else {
      PrintStatus(status, std::cout);
      std::cout.flush();
    }
  };
  if (!follow) {
    v1::GetStatusResponse response;
    const absl::Status status =
        Call(global, *stub, &v1::SystemService::Stub::GetStatus, v1::GetStatusRequest(), response);
    if (status.ok()) show(response.status());
    return Report(global, status);
  }
  grpc::ClientContext context;
  signals->Watch([&context] { context.TryCancel(); });
  const auto stream = stub->WatchStatus(&context, v1::WatchStatusRequest());
  v1::WatchStatusResponse response;
  while (stream->Read(&response) && std::cout.good()) show(response.status());
  const grpc::Status end = stream->Finish();
  return end.error_code() == grpc::StatusCode::CANCELLED ? kSuccess
                                                         : Report(global, client::FromGrpc(end));
}

}  // namespace madoguchi::cli
