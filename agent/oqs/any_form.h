#ifndef MADOGUCHI_AGENT_OQS_ANY_FORM_H_
#define MADOGUCHI_AGENT_OQS_ANY_FORM_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/oqs/document.h"
#include "agent/oqs/message.h"
#include "madoguchi/v1/oqs_message.pb.h"

namespace madoguchi::oqs {

// Largest file of any form: what a program must be ready to read for ReadAnyForm.
inline constexpr size_t kMaxFileBytes = kMaxDocumentBytes;

// Reads a file of whatever form messages come in. The family of the name decides first (families
// known by name only are opaque), then the first bytes do: a PDF, a ZIP archive, JSON, else XML
// as by ReadMessage. Pure, thread-safe.
// Errors: those of ReadPdf, ReadOpaque, ReadArchive, ReadJson, ReadMessage; all MDG-13nn, `field`
// names the place.
absl::StatusOr<v1::OqsMessage> ReadAnyForm(absl::string_view file_name, absl::string_view bytes);

// The same into `message`, which is empty and may be on an arena (see ReadMessage).
absl::Status ReadAnyForm(absl::string_view file_name, absl::string_view bytes,
                         v1::OqsMessage& message, Wanted wanted);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_ANY_FORM_H_
