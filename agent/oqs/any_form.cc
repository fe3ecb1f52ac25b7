#include "agent/oqs/any_form.h"

#include <utility>

#include "agent/oqs/archive.h"
#include "agent/oqs/document.h"
#include "agent/oqs/family.h"
#include "agent/oqs/json_form.h"
#include "agent/oqs/message.h"

namespace madoguchi::oqs {

namespace {

// Forms other than plain XML: large, or rare.
absl::StatusOr<v1::OqsMessage> ReadOtherForm(absl::string_view file_name, absl::string_view bytes) {
  if (NamesOtherFamily(file_name)) return ReadOpaque(file_name, bytes);
  if (LooksLikePdf(bytes)) return ReadPdf(file_name, bytes);
  if (LooksLikeArchive(bytes)) return ReadArchive(file_name, bytes);
  return ReadJson(file_name, bytes);
}

bool IsOtherForm(absl::string_view file_name, absl::string_view bytes) {
  return NamesOtherFamily(file_name) || LooksLikePdf(bytes) || LooksLikeArchive(bytes) ||
         LooksLikeJson(bytes);
}

}  // namespace

absl::StatusOr<v1::OqsMessage> ReadAnyForm(absl::string_view file_name, absl::string_view bytes) {
  if (IsOtherForm(file_name, bytes)) return ReadOtherForm(file_name, bytes);
  return ReadMessage(file_name, bytes);
}

absl::Status ReadAnyForm(absl::string_view file_name, absl::string_view bytes,
                         v1::OqsMessage& message, Wanted wanted) {
  if (!IsOtherForm(file_name, bytes)) return ReadMessage(file_name, bytes, message, wanted);
  absl::StatusOr<v1::OqsMessage> read = ReadOtherForm(file_name, bytes);
  if (!read.ok()) return read.status();
  message = *std::move(read);
  return absl::OkStatus();
}

}  // namespace madoguchi::oqs
