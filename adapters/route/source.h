#ifndef MADOGUCHI_ADAPTERS_ROUTE_SOURCE_H_
#define MADOGUCHI_ADAPTERS_ROUTE_SOURCE_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "madoguchi/v1/export_service.pb.h"
#include "madoguchi/v1/oqs_message.pb.h"
#include "madoguchi/v1/reception.pb.h"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace madoguchi::adapters {

// Where a route has its records from. Every call asks the daemon, which checks consent, role and
// counter anew, and writes into its audit trail what was given and what was refused.
class Source {
 public:
  virtual ~Source() = default;
  // The newest snapshot. Errors of ReceptionService.
  virtual absl::StatusOr<v1::Reception> Get(const std::string& reception_id,
                                            absl::Time deadline) = 0;
  // A medical record. Errors of ExportService.
  virtual absl::StatusOr<v1::OqsMessage> Record(const std::string& reception_id,
                                                v1::ExportWhat what, absl::Time deadline) = 0;
};

// The daemon behind `channel`. One thread asks; Stop may come from any, and ends what is under way.
class DaemonSource final : public Source {
 public:
  explicit DaemonSource(std::shared_ptr<grpc::Channel> channel) : channel_(std::move(channel)) {}

  absl::StatusOr<v1::Reception> Get(const std::string& reception_id, absl::Time deadline) override;
  absl::StatusOr<v1::OqsMessage> Record(const std::string& reception_id, v1::ExportWhat what,
                                        absl::Time deadline) override;
  void Stop();

 private:
  class Call;

  const std::shared_ptr<grpc::Channel> channel_;
  absl::Mutex mu_;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mu_) = nullptr;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_ROUTE_SOURCE_H_
