#include "agent/oqs/document.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "agent/base/error.h"
#include "agent/oqs/family.h"
#include "agent/oqs/message.h"

namespace madoguchi::oqs {
namespace {

using base::ErrorCode;
using base::MakeError;

// Where viewers look for the mark of the end.
constexpr size_t kPdfTail = 1024;
constexpr size_t kFamilyNameSize = 10;

absl::Status CheckSize(absl::string_view bytes) {
  if (bytes.size() > kMaxDocumentBytes) {
    return MakeError(ErrorCode::kMessageTooLarge, {.what = "at most 16 MiB", .field = "file"});
  }
  if (bytes.empty()) return MakeError(ErrorCode::kIncompleteMessage, {.field = "file"});
  return absl::OkStatus();
}

v1::MessageRole RoleOfName(absl::string_view name) {
  if (absl::EqualsIgnoreCase(name.substr(kFamilyNameSize, 3), "req")) {
    return v1::MESSAGE_ROLE_REQUEST;
  }
  if (absl::StartsWithIgnoreCase(name.substr(kFamilyNameSize), "res_face_")) {
    return v1::MESSAGE_ROLE_PUSH;
  }
  return v1::MESSAGE_ROLE_RESPONSE;
}

}  // namespace

bool LooksLikePdf(absl::string_view bytes) { return absl::StartsWith(bytes, "%PDF-"); }

absl::StatusOr<v1::OqsMessage> ReadPdf(absl::string_view file_name, absl::string_view bytes) {
  MDG_RETURN_IF_ERROR(CheckSize(bytes));
  const std::optional<FileName> name = ParseFileName(file_name);
  if (!name || name->role != v1::MESSAGE_ROLE_RESPONSE) {
    return MakeError(ErrorCode::kNotAnOqsMessage,
                     {.what = "a PDF must have the name of an answer", .field = "file name"});
  }
  const absl::string_view tail =
      bytes.substr(bytes.size() - std::min<size_t>(bytes.size(), kPdfTail));
  if (!LooksLikePdf(bytes) || !absl::StrContains(tail, "%%EOF")) {
    return MakeError(ErrorCode::kIncompleteMessage, {.field = "end of the PDF"});
  }
  v1::OqsMessage message;
  message.set_family(name->family);
  message.set_role(name->role);
  message.set_file_name(std::string(file_name));
  message.mutable_document()->set_media_type("application/pdf");
  message.mutable_document()->set_content(std::string(bytes));
  return message;
}

absl::StatusOr<v1::OqsMessage> ReadOpaque(absl::string_view file_name, absl::string_view bytes) {
  MDG_RETURN_IF_ERROR(CheckSize(bytes));
  v1::OqsMessage message;
  message.set_role(RoleOfName(file_name));
  message.set_file_name(BareName(file_name));
  message.mutable_opaque()->set_family_name(std::string(file_name.substr(0, kFamilyNameSize)));
  message.mutable_opaque()->set_content(std::string(bytes));
  return message;
}

}  // namespace madoguchi::oqs
