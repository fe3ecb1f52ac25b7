#ifndef MADOGUCHI_AGENT_OQS_DOCUMENT_H_
#define MADOGUCHI_AGENT_OQS_DOCUMENT_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "madoguchi/v1/oqs_message.pb.h"

// Messages that are carried as bytes: PDFs, and families known by name only.
namespace madoguchi::oqs {

// Largest document or opaque message.
inline constexpr size_t kMaxDocumentBytes = size_t{16} << 20;

// True when `bytes` begin as PDFs do. The name does not count: it is assumed that failures of a PDF
// request may come as XML under the name of the PDF.
bool LooksLikePdf(absl::string_view bytes);

// A PDF answer. Errors: MDG-1301 larger than kMaxDocumentBytes; 1306 the name is not that of an
// answer of a known family, so that nobody can tell whose page it is; 1308 the mark at the end of
// every PDF is missing.
absl::StatusOr<v1::OqsMessage> ReadPdf(absl::string_view file_name, absl::string_view bytes);

// A message for which NamesOtherFamily(file_name) holds; whatever its bytes are, they are kept.
// Family is unspecified, the role is that of the name. Errors: MDG-1301; 1308 for an empty file.
absl::StatusOr<v1::OqsMessage> ReadOpaque(absl::string_view file_name, absl::string_view bytes);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_DOCUMENT_H_
