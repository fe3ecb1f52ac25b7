// 200 programs ask for a drug history of 500 lines at once, against a plain gRPC method that
// answers the same bytes: GetDrugHistory looks at the reception, asks the gate, reads the store and
// makes the lines anew for each call, and writes an entry of the audit trail to the disk before it
// answers.
//   ninja -C build records_bench && build/bin/records_bench [rounds]
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "madoguchi/v1/medical_record_service.grpc.pb.h"
#include "tests/rpc/site.h"

namespace madoguchi::rpc {
namespace {

constexpr int kLines = 500;
constexpr size_t kCalls = 200;

class PlainService final : public v1::MedicalRecordService::WithRawCallbackMethod_GetDrugHistory<
                               v1::MedicalRecordService::Service> {
 public:
  explicit PlainService(const std::string& bytes) : bytes_(bytes) {}
  grpc::ServerUnaryReactor* GetDrugHistory(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* /*request*/,
                                           grpc::ByteBuffer* response) override {
    grpc::Slice slice(bytes_);
    *response = grpc::ByteBuffer(&slice, 1);
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  const std::string bytes_;
};

struct Call {
  grpc::ClientContext context;
  v1::GetDrugHistoryResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::GetDrugHistoryResponse>> reader;
};

// Latencies of `kCalls` calls sent at once; ends the program when one fails.
void OneRound(v1::MedicalRecordService::Stub& stub, const v1::GetDrugHistoryRequest& request,
              std::vector<double>& milliseconds) {
  grpc::CompletionQueue queue;
  std::vector<Call> calls(kCalls);
  const absl::Time start = absl::Now();
  for (Call& call : calls) {
    call.context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    call.reader = stub.AsyncGetDrugHistory(&call.context, request, &queue);
    call.reader->Finish(&call.response, &call.status, &call);
  }
  void* tag = nullptr;
  bool ok = false;
  for (size_t i = 0; i < kCalls && queue.Next(&tag, &ok); ++i) {
    milliseconds.push_back(absl::ToDoubleMilliseconds(absl::Now() - start));
    const Call& call = *static_cast<Call*>(tag);
    if (call.status.ok() && call.response.drug_history().drug_lines_size() == kLines) continue;
    std::fprintf(stderr, "a call failed: %s\n", call.status.error_message().c_str());
    std::exit(1);
  }
}

// Prints and returns calls per second.
double Measure(const char* name, v1::MedicalRecordService::Stub& stub,
               const v1::GetDrugHistoryRequest& request, int rounds) {
  std::vector<double> warm_up;
  OneRound(stub, request, warm_up);
  std::vector<double> milliseconds;
  const absl::Time start = absl::Now();
  for (int i = 0; i < rounds; ++i) OneRound(stub, request, milliseconds);
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  std::sort(milliseconds.begin(), milliseconds.end());
  const double rate = static_cast<double>(milliseconds.size()) / seconds;
  std::printf("%-16s %8.0f calls/s   p50 %7.1f ms   p99 %7.1f ms\n", name, rate,
              milliseconds[milliseconds.size() / 2], milliseconds[milliseconds.size() * 99 / 100]);
  return rate;
}

int Run(int rounds) {
  Site::Options options;
  options.consents = {v1::CONSENT_CATEGORY_DRUG};
  options.drug_lines = kLines;
  Site site(options);
  v1::GetDrugHistoryRequest request;
  request.set_reception_id(site.Tap(1).reception_id());
  const auto records = v1::MedicalRecordService::NewStub(site.Channel());
  grpc::ClientContext context;
  v1::GetDrugHistoryResponse one;
  if (!records->GetDrugHistory(&context, request, &one).ok()) return 1;
  const absl::Time start = absl::Now();
  grpc::ClientContext again;
  if (!records->GetDrugHistory(&again, request, &one).ok()) return 1;
  const double single = absl::ToDoubleMilliseconds(absl::Now() - start);

  PlainService plain(one.SerializeAsString());
  const std::string address = absl::StrCat("unix:", site.SocketPath(), ".plain");
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(&plain);
  const auto server = builder.BuildAndStart();
  const auto baseline = v1::MedicalRecordService::NewStub(
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));

  std::printf("%d lines, %zu bytes; one call that finds it stored: %.2f ms; %zu calls at once:\n",
              kLines, one.ByteSizeLong(), single, kCalls);
  const double bare = Measure("plain gRPC", *baseline, request, rounds);
  const double real = Measure("GetDrugHistory", *records, request, rounds);
  std::printf("GetDrugHistory / plain: %.2f of the calls per second\n", real / bare);
  server->Shutdown();
  return 0;
}

}  // namespace
}  // namespace madoguchi::rpc

int main(int argc, char** argv) { return madoguchi::rpc::Run(argc > 1 ? std::atoi(argv[1]) : 3); }
