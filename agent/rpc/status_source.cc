#include "agent/rpc/status_source.h"

#include <memory>

namespace madoguchi::rpc {
namespace {

std::string Lasting(v1::SystemStatus status) {
  status.clear_cursor();
  status.clear_watchers();
  if (status.has_unix_listener()) status.mutable_unix_listener()->clear_connections();
  if (status.has_tcp_listener()) status.mutable_tcp_listener()->clear_connections();
  if (status.has_audit()) {
    // Moves with every event.
    status.mutable_audit()->clear_anchor();
    status.mutable_audit()->clear_number();
    status.mutable_audit()->clear_at();
  }
  for (auto& connection : *status.mutable_connections()) connection.clear_last_scan();
  return status.SerializeAsString();
}

}  // namespace

WatchSource::Step StatusSource::Next(bool heartbeat) {
  v1::WatchStatusResponse response;
  *response.mutable_status() = status_();
  std::string lasting = Lasting(response.status());
  if (!first_ && !heartbeat && lasting == sent_) return {Need::kWait, nullptr};
  first_ = false;
  sent_ = std::move(lasting);
  return {Need::kSend, std::make_shared<const std::string>(response.SerializeAsString())};
}

}  // namespace madoguchi::rpc
