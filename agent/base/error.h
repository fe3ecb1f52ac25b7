#ifndef MADOGUCHI_AGENT_BASE_ERROR_H_
#define MADOGUCHI_AGENT_BASE_ERROR_H_

#include <optional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "madoguchi/v1/error.pb.h"

// The failure catalogue. Across rooms a failure is an absl::Status that carries its ErrorDetail as
// a payload; errors.def is its one source.
namespace madoguchi::base {

enum class ErrorCode : int {
#define MDG_ERROR(number, name, status, retry, en, ja, next_en, next_ja) k##name = (number),
#include "agent/base/errors.def"
#undef MDG_ERROR
};

struct ErrorInfo {
  ErrorCode code;
  absl::string_view name;
  absl::StatusCode status;
  v1::Retry retry;
  absl::string_view text_en;
  absl::string_view text_ja;
  absl::string_view next_step_en;
  absl::string_view next_step_ja;
};

// The whole catalogue, in ascending order of numbers.
std::span<const ErrorInfo> ErrorCatalogue();
const ErrorInfo& LookUp(ErrorCode code);
// `MDG-1203`.
std::string ErrorNumber(ErrorCode code);

// What a particular failure adds to its catalogue entry. Never personal data.
struct ErrorContext {
  // Appended to the English text after a colon: what is wrong here and what is allowed.
  std::string what = {};
  std::string field = {};
  std::string state = {};
  std::string reception_id = {};
  // What OQS said, if it said something.
  std::string oqs_code = {};
  std::string oqs_message = {};
};

// Cut to fit 4 KB.
v1::ErrorDetail MakeDetail(ErrorCode code, const ErrorContext& context = {});
// A status whose message is `MDG-nnnn text` and whose payload is the detail. Never OK.
absl::Status MakeError(ErrorCode code, const ErrorContext& context = {});
// A status again from a detail that was kept; MDG-1005 when its number is not in the catalogue.
absl::Status ErrorFrom(const v1::ErrorDetail& detail);
// The detail a status carries; a status made elsewhere yields MDG-1005 without its message (which
// may hold anything). nullopt for OK.
std::optional<v1::ErrorDetail> DetailOf(const absl::Status& status);
// True when `status` carries `code`.
bool Is(const absl::Status& status, ErrorCode code);

}  // namespace madoguchi::base

#define MDG_RETURN_IF_ERROR(expr)                             \
  do {                                                        \
    if (absl::Status mdg_status = (expr); !mdg_status.ok()) { \
      return mdg_status;                                      \
    }                                                         \
  } while (false)

#endif  // MADOGUCHI_AGENT_BASE_ERROR_H_
