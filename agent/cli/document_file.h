#ifndef MADOGUCHI_AGENT_CLI_DOCUMENT_FILE_H_
#define MADOGUCHI_AGENT_CLI_DOCUMENT_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// A medical document on the disk of the person who asked for it.
namespace madoguchi::cli {

// MDG-1001 (`--out`) when `path` exists and may not be replaced, or its folder is not there.
absl::Status CheckDocumentFile(const std::string& path, bool force);

// Writes `bytes` to `path` for the owner's eyes only (0600), whole or not at all; a file that is
// there is replaced only with `force`, and never followed when it is a link. Errors: MDG-1001
// (`--out`).
absl::Status WriteDocumentFile(const std::string& path, absl::string_view bytes, bool force);

}  // namespace madoguchi::cli

#endif  // MADOGUCHI_AGENT_CLI_DOCUMENT_FILE_H_
