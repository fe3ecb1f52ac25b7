#ifndef MADOGUCHI_AGENT_RPC_DOCUMENT_STREAM_H_
#define MADOGUCHI_AGENT_RPC_DOCUMENT_STREAM_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "agent/base/executor.h"
#include "agent/records/keeper.h"

namespace madoguchi::rpc {

// Bytes of a document in one message.
inline constexpr size_t kChunkBytes = size_t{64} << 10;

// A GetDocument stream: one DocumentInfo, then the bytes. Before every piece the gate is asked
// again, so that a consent taken back ends it with PERMISSION_DENIED. Only for the .cc files of
// this room: it includes gRPC.
class DocumentStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                             public std::enable_shared_from_this<DocumentStream> {
 public:
  // `keeper` and `read` (what blocks on the disk) outlive it. Keeps itself until gRPC is done.
  static DocumentStream* Serve(records::Keeper& keeper, base::Executor& read, records::Wish wish);
  static DocumentStream* Refused(const absl::Status& status);

 private:
  DocumentStream(records::Keeper* keeper, base::Executor* read) : keeper_(keeper), read_(read) {}
  void OnWriteDone(bool ok) override;
  void OnCancel() override {}
  void OnDone() override;

  // On the keeper's thread.
  void Begin(absl::StatusOr<records::Delivery> delivery);
  // On `read_`.
  void Next();
  void End(const absl::Status& status);

  records::Keeper* const keeper_;
  base::Executor* const read_;
  records::Asker asker_;
  records::Label label_;
  // One write at a time hands these from thread to thread.
  std::shared_ptr<const std::string> document_;
  size_t sent_ = 0;
  grpc::ByteBuffer buffer_;
  absl::Mutex mu_;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  std::shared_ptr<DocumentStream> self_ ABSL_GUARDED_BY(mu_);
};

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_DOCUMENT_STREAM_H_
