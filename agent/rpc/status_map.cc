#include "agent/rpc/status_map.h"

#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "google/rpc/status.pb.h"
#include "madoguchi/v1/error.pb.h"

namespace madoguchi::rpc {
namespace {

constexpr size_t kLongestMessage = 400;

// Cut at a character boundary of UTF-8.
void CutTo(std::string& text, size_t most) {
  if (text.size() <= most) return;
  size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
}

google::rpc::Status Pack(absl::StatusCode code, const v1::ErrorDetail& detail) {
  google::rpc::Status packed;
  packed.set_code(static_cast<int>(code));
  packed.set_message(absl::StrCat(detail.number(), " ", detail.text_en()));
  if (!detail.field().empty()) absl::StrAppend(packed.mutable_message(), " (", detail.field(), ")");
  CutTo(*packed.mutable_message(), kLongestMessage);
  packed.add_details()->PackFrom(detail);
  return packed;
}

// Shortens the free texts, the least useful first, until the whole fits.
google::rpc::Status PackToFit(absl::StatusCode code, v1::ErrorDetail detail) {
  google::rpc::Status packed = Pack(code, detail);
  for (size_t most = 400; packed.ByteSizeLong() > kMostDetailBytes && most >= 25; most /= 2) {
    if (detail.has_oqs()) CutTo(*detail.mutable_oqs()->mutable_message(), most);
    if (detail.has_oqs()) CutTo(*detail.mutable_oqs()->mutable_code(), most);
    for (std::string* text :
         {detail.mutable_state(), detail.mutable_reception_id(), detail.mutable_field(),
          detail.mutable_text_en(), detail.mutable_next_step_en(), detail.mutable_next_step_ja(),
          detail.mutable_text_ja()}) {
      CutTo(*text, most);
    }
    packed = Pack(code, detail);
  }
  return packed;
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const auto detail = base::DetailOf(status);
  // Only the catalogue's own statuses say their code; of anything else not even that is known to
  // be meant for a client.
  const bool internal = detail->number() == base::ErrorNumber(base::ErrorCode::kInternal);
  const absl::StatusCode code = internal ? absl::StatusCode::kInternal : status.code();
  const google::rpc::Status packed = PackToFit(code, *detail);
  // The codes of absl and gRPC are the same numbers.
  return grpc::Status(static_cast<grpc::StatusCode>(code), packed.message(),
                      packed.SerializeAsString());
}

}  // namespace madoguchi::rpc
