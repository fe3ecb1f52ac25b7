#ifndef MADOGUCHI_AGENT_CLIENT_CHANNEL_H_
#define MADOGUCHI_AGENT_CLIENT_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace grpc {
class ChannelInterface;
class Channel;
class Status;
}  // namespace grpc

namespace madoguchi::client {

// Where the daemon is, and how to prove who is calling.
struct Target {
  // unix:PATH (the caller is known by its uid) or HOST:PORT (mutual TLS).
  std::string address;
  // PEM files, needed for HOST:PORT: the client's certificate, its key, the site's CA.
  std::string certificate;
  std::string key;
  std::string ca;
};

// A channel to the daemon. Connects lazily, tries again after 100 ms at first and 2 s at most, and
// obeys no proxy settings. MDG-1701 when the target cannot be used (TCP without TLS included),
// MDG-1801 when a certificate file cannot be read.
absl::StatusOr<std::shared_ptr<grpc::Channel>> Dial(const Target& target);

// A call's end as the rooms know it: with the ErrorDetail the daemon sent, or MDG-1701 when there
// is none because the daemon was not reached.
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace madoguchi::client

#endif  // MADOGUCHI_AGENT_CLIENT_CHANNEL_H_
