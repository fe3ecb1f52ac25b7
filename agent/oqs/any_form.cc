#include "agent/oqs/any_form.h"

#include "agent/oqs/document.h"
#include "agent/oqs/family.h"
#include "agent/oqs/message.h"

namespace madoguchi::oqs {

absl::StatusOr<v1::OqsMessage> ReadAnyForm(absl::string_view file_name, absl::string_view bytes) {
  if (NamesOtherFamily(file_name)) return ReadOpaque(file_name, bytes);
  if (LooksLikePdf(bytes)) return ReadPdf(file_name, bytes);
  return ReadMessage(file_name, bytes);
}

}  // namespace madoguchi::oqs
