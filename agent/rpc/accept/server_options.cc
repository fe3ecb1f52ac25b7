#include "agent/rpc/accept/server_options.h"

#include <grpc/compression.h>
#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <grpcpp/server_builder.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/log.h"

namespace madoguchi::rpc {
namespace {

constexpr int kMaxMetadataBytes = 16 << 10;
constexpr int kMaxStreams = 200;
constexpr int kHandshakeMs = 10'000;
constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
// Clients may ping this often without being cut.
constexpr int kLeastPingMs = 10'000;
constexpr size_t kMostLogBytes = 300;
constexpr int64_t kLogWindowSeconds = 10;
constexpr int64_t kLogLines = 20;

// Says whether one more line may be written now, and how many were not before it.
class LineBudget {
 public:
  bool Take(int64_t second, int64_t& dropped) {
    int64_t start = start_.load(std::memory_order_relaxed);
    dropped = 0;
    if (second - start >= kLogWindowSeconds &&
        start_.compare_exchange_strong(start, second, std::memory_order_relaxed)) {
      dropped = std::max<int64_t>(lines_.exchange(0, std::memory_order_relaxed) - kLogLines, 0);
    }
    return lines_.fetch_add(1, std::memory_order_relaxed) < kLogLines;
  }

 private:
  std::atomic<int64_t> start_{0};
  std::atomic<int64_t> lines_{0};
};

int64_t MonotonicSecond() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

void LogFromGrpc(gpr_log_func_args* args) {
  // gRPC's callback has no room for an object of ours.
  static LineBudget budget;
  int64_t dropped = 0;
  if (args->severity != GPR_LOG_SEVERITY_ERROR || !budget.Take(MonotonicSecond(), dropped)) return;
  if (dropped > 0) base::LogError("grpc", {{"lines_dropped", absl::StrCat(dropped)}});
  const absl::string_view file = args->file == nullptr ? "" : args->file;
  const size_t slash = file.rfind('/');
  const absl::string_view name = slash == absl::string_view::npos ? file : file.substr(slash + 1);
  base::LogError(
      "grpc", {{"at", absl::StrCat(name, ":", args->line)},
               {"text", std::string(absl::string_view(args->message).substr(0, kMostLogBytes))}});
}

bool IsDangerous(absl::string_view name) {
  constexpr absl::string_view kPrefixes[] = {"GRPC_", "OPENSSL_",    "SSL_CERT_",   "SSLKEYLOGFILE",
                                             "CURL_", "RES_OPTIONS", "LOCALDOMAIN", "HOSTALIASES"};
  const std::string upper = absl::AsciiStrToUpper(name);
  if (absl::EndsWith(upper, "_PROXY")) return true;
  for (const absl::string_view prefix : kPrefixes) {
    if (absl::StartsWith(upper, prefix)) return true;
  }
  return false;
}

}  // namespace

void SafeServerBuilderOptions(grpc::ServerBuilder& builder) {
  for (int algorithm = GRPC_COMPRESS_NONE + 1; algorithm < GRPC_COMPRESS_ALGORITHMS_COUNT;
       ++algorithm) {
    builder.SetCompressionAlgorithmSupportStatus(static_cast<grpc_compression_algorithm>(algorithm),
                                                 false);
  }
  builder.SetDefaultCompressionAlgorithm(GRPC_COMPRESS_NONE);
  builder.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreams);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Without these gRPC stops pinging a quiet watcher after two pings.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kLeastPingMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2);
}

void RouteGrpcLog() {
  gpr_set_log_function(LogFromGrpc);
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
}

void DropDangerousEnvironment() {
  std::vector<std::string> names;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const absl::string_view text(*entry);
    const absl::string_view name = text.substr(0, text.find('='));
    if (IsDangerous(name)) names.emplace_back(name);
  }
  for (const std::string& name : names) ::unsetenv(name.c_str());
}

}  // namespace madoguchi::rpc
