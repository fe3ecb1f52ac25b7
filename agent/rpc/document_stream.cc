#include "agent/rpc/document_stream.h"

#include <algorithm>
#include <utility>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/crypto/digest.h"
#include "agent/rpc/status_map.h"
#include "madoguchi/v1/medical_record_service.pb.h"

namespace madoguchi::rpc {
namespace {

grpc::ByteBuffer Serialise(const v1::GetDocumentResponse& part) {
  grpc::Slice slice(part.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

DocumentStream* DocumentStream::Serve(records::Keeper& keeper, base::Executor& read,
                                      records::Wish wish) {
  auto stream = std::shared_ptr<DocumentStream>(new DocumentStream(&keeper, &read));
  {
    absl::MutexLock lock(&stream->mu_);
    stream->self_ = stream;
  }
  stream->asker_ = wish.asker;
  keeper.Get(std::move(wish), [stream](absl::StatusOr<records::Delivery> delivery) {
    stream->Begin(std::move(delivery));
  });
  return stream.get();
}

DocumentStream* DocumentStream::Refused(const absl::Status& status) {
  auto stream = std::shared_ptr<DocumentStream>(new DocumentStream(nullptr, nullptr));
  {
    absl::MutexLock lock(&stream->mu_);
    stream->self_ = stream;
  }
  stream->End(status);
  return stream.get();
}

void DocumentStream::Begin(absl::StatusOr<records::Delivery> delivery) {
  if (!delivery.ok()) return End(delivery.status());
  label_ = delivery->box.label();
  document_ = delivery->box.Open(std::move(delivery->permit));
  if (document_ == nullptr) return End(base::MakeError(base::ErrorCode::kInternal));
  v1::GetDocumentResponse part;
  v1::DocumentInfo& info = *part.mutable_info();
  info.set_media_type("application/pdf");
  info.set_size(static_cast<int32_t>(document_->size()));
  info.set_sha256(crypto::Sha256(*document_));
  if (delivery->usable_until != absl::InfiniteFuture()) {
    *info.mutable_usable_until() = base::ToProto(delivery->usable_until);
  }
  buffer_ = Serialise(part);
  StartWrite(&buffer_);
}

void DocumentStream::OnWriteDone(bool ok) {
  if (!ok) return End(base::MakeError(base::ErrorCode::kStopping));
  std::shared_ptr<DocumentStream> self;
  {
    absl::MutexLock lock(&mu_);
    self = self_;
  }
  if (!read_->Post([self] { self->Next(); })) End(base::MakeError(base::ErrorCode::kStopping));
}

void DocumentStream::Next() {
  if (sent_ >= document_->size()) return End(absl::OkStatus());
  if (const absl::Status shut = keeper_->MayGoOn(asker_, label_); !shut.ok()) return End(shut);
  const size_t size = std::min(kChunkBytes, document_->size() - sent_);
  v1::GetDocumentResponse part;
  part.set_chunk(document_->substr(sent_, size));
  sent_ += size;
  buffer_ = Serialise(part);
  StartWrite(&buffer_);
}

void DocumentStream::End(const absl::Status& status) {
  {
    absl::MutexLock lock(&mu_);
    if (std::exchange(ended_, true)) return;
  }
  Finish(status.ok() ? grpc::Status::OK : ToGrpc(status));
}

void DocumentStream::OnDone() {
  std::shared_ptr<DocumentStream> last;
  absl::MutexLock lock(&mu_);
  last = std::move(self_);
}

}  // namespace madoguchi::rpc
