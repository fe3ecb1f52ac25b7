#ifndef MADOGUCHI_ADAPTERS_RENDER_CSV_H_
#define MADOGUCHI_ADAPTERS_RENDER_CSV_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "adapters/render/format.h"
#include "madoguchi/v1/oqs_message.pb.h"
#include "madoguchi/v1/reception.pb.h"

// A table for programs that read nothing else (RFC 4180, CRLF, every field in quotes, a header
// line). Paths are names of fields joined by dots, beginning with `reception` (Reception), `record`
// (OqsMessage) or, with `rows`, `row` (the entry). `[n]`, from 0, picks one of a list; without it
// the first counts. What is absent is an empty field. Days are 2026-04-10 where they are days,
// enums their names, times 2026-04-10T09:15:12+09:00.
namespace madoguchi::adapters {

// MDG-1001 when a path names no field, or no value that fits a cell; `what` says where and what
// there is.
absl::Status CheckCsv(const CsvOptions& options);

// In UTF-8. `options` have been checked. A cell that a spreadsheet would take for a formula (`=`,
// `+`, `-`, `@`, tab and carriage return at its beginning) begins with an apostrophe. MDG-2313 when
// `rows` has no entry.
absl::StatusOr<std::string> WriteCsv(const CsvOptions& options, const v1::Reception& reception,
                                     const v1::OqsMessage& record);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_RENDER_CSV_H_
