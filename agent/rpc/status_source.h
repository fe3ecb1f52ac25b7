#ifndef MADOGUCHI_AGENT_RPC_STATUS_SOURCE_H_
#define MADOGUCHI_AGENT_RPC_STATUS_SOURCE_H_

#include <functional>
#include <string>
#include <utility>

#include "agent/rpc/watcher.h"
#include "madoguchi/v1/system_service.pb.h"

namespace madoguchi::rpc {

// Where the status comes from: any thread, from memory, does not block.
using StatusFunction = std::function<v1::SystemStatus()>;

// What WatchStatus sends: the status now, and again when something in it changed besides what
// always moves (last scan, position, connections, watchers, the audit trail's newest entry).
class StatusSource final : public WatchSource {
 public:
  explicit StatusSource(StatusFunction status) : status_(std::move(status)) {}

  Step Next(bool heartbeat) override;
  absl::Status Read() override { return absl::OkStatus(); }
  bool WantsEvents() const override { return false; }

 private:
  const StatusFunction status_;
  // What was sent last, without what always moves, serialised.
  std::string sent_;
  bool first_ = true;
};

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_STATUS_SOURCE_H_
