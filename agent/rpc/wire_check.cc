#include "agent/rpc/wire_check.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

namespace madoguchi::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int kDeepest = 8;

absl::Status Bad(absl::string_view field, absl::string_view what) {
  return base::MakeError(base::ErrorCode::kInvalidField,
                         {.what = std::string(what), .field = std::string(field)});
}

bool ReadBytes(CodedInputStream& in, std::string& out) {
  uint32_t size = 0;
  return in.ReadVarint32(&size) && size <= kMostRequestBytes &&
         in.ReadString(&out, static_cast<int>(size));
}

absl::Status CheckMessage(absl::string_view bytes, const Descriptor& type, const std::string& path,
                          int depth);

absl::Status CheckField(CodedInputStream& in, const FieldDescriptor& field, const std::string& path,
                        int depth) {
  std::string value;
  const std::string name = path.empty() ? field.name() : absl::StrCat(path, ".", field.name());
  if (!ReadBytes(in, value)) return Bad(name, "the message ends too early");
  if (field.type() == FieldDescriptor::TYPE_MESSAGE) {
    return CheckMessage(value, *field.message_type(), name, depth + 1);
  }
  if (field.type() == FieldDescriptor::TYPE_STRING &&
      !google::protobuf::internal::IsStructurallyValidUTF8(value.data(),
                                                           static_cast<int>(value.size()))) {
    return Bad(name, "not UTF-8");
  }
  return absl::OkStatus();
}

absl::Status CheckMessage(absl::string_view bytes, const Descriptor& type, const std::string& path,
                          int depth) {
  if (depth > kDeepest) return Bad(path, "nested too deeply");
  CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  while (const uint32_t tag = in.ReadTag()) {
    const FieldDescriptor* field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
    const bool sized =
        WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    if (field != nullptr && sized) {
      MDG_RETURN_IF_ERROR(CheckField(in, *field, path, depth));
    } else if (!WireFormatLite::SkipField(&in, tag)) {
      return Bad(path, "not a protobuf message");
    }
  }
  if (!in.ConsumedEntireMessage()) return Bad(path, "not a protobuf message");
  return absl::OkStatus();
}

}  // namespace

absl::Status ParseRequest(absl::string_view bytes, google::protobuf::Message& request) {
  if (bytes.size() > kMostRequestBytes) {
    return Bad("", absl::StrCat("the request has ", bytes.size(), " bytes, allowed are ",
                                kMostRequestBytes));
  }
  MDG_RETURN_IF_ERROR(CheckMessage(bytes, *request.GetDescriptor(), "", 0));
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Bad("", "not a protobuf message");
  }
  return absl::OkStatus();
}

}  // namespace madoguchi::rpc
