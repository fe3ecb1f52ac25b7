#include "agent/client/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/bounded_file.h"
#include "agent/base/error.h"
#include "google/rpc/status.pb.h"
#include "madoguchi/v1/error.pb.h"

namespace madoguchi::client {
namespace {

constexpr char kDetailUrl[] = "type.googleapis.com/madoguchi.v1.ErrorDetail";
constexpr size_t kLargestPem = size_t{256} << 10;

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  // A daemon that is being restarted is back within a second: the default first pause of a second,
  // growing to two minutes, would be longer than what it waits for.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  return arguments;
}

absl::StatusOr<std::string> ReadPem(const std::string& path, const std::string& option) {
  base::FileContents file = base::ReadBoundedFile(path, kLargestPem);
  if (file.fault != base::FileFault::kNone || file.bytes.empty()) {
    return base::MakeError(base::ErrorCode::kCertificateProblem,
                           {.what = "allowed is a readable PEM file", .field = option});
  }
  return std::move(file.bytes);
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> Dial(const Target& target) {
  if (absl::StartsWith(target.address, "unix:")) {
    return grpc::CreateCustomChannel(target.address, grpc::InsecureChannelCredentials(),
                                     Arguments());
  }
  const size_t colon = target.address.rfind(':');
  if (colon == std::string::npos || colon == 0 || absl::StrContains(target.address, "://")) {
    return base::MakeError(base::ErrorCode::kCannotReach,
                           {.what = "allowed is unix:PATH or HOST:PORT", .field = "--target"});
  }
  if (target.certificate.empty() || target.key.empty() || target.ca.empty()) {
    return base::MakeError(base::ErrorCode::kCannotReach,
                           {.what = "HOST:PORT needs --cert, --key and --ca", .field = "--target"});
  }
  const auto certificate = ReadPem(target.certificate, "--cert");
  MDG_RETURN_IF_ERROR(certificate.status());
  const auto key = ReadPem(target.key, "--key");
  MDG_RETURN_IF_ERROR(key.status());
  const auto ca = ReadPem(target.ca, "--ca");
  MDG_RETURN_IF_ERROR(ca.status());
  grpc::SslCredentialsOptions options;
  options.pem_cert_chain = *certificate;
  options.pem_private_key = *key;
  options.pem_root_certs = *ca;
  return grpc::CreateCustomChannel(target.address, grpc::SslCredentials(options), Arguments());
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status wire;
  if (wire.ParseFromString(status.error_details())) {
    for (const auto& any : wire.details()) {
      v1::ErrorDetail detail;
      if (!any.UnpackTo(&detail)) continue;
      absl::Status made(static_cast<absl::StatusCode>(status.error_code()),
                        absl::StrCat(detail.number(), " ", detail.text_en()));
      made.SetPayload(kDetailUrl, absl::Cord(detail.SerializeAsString()));
      return made;
    }
  }
  return base::MakeError(base::ErrorCode::kCannotReach, {.what = status.error_message()});
}

}  // namespace madoguchi::client
