#ifndef MADOGUCHI_HL7_JAHIS_NOTEBOOK_H_
#define MADOGUCHI_HL7_JAHIS_NOTEBOOK_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "madoguchi/v1/oqs_message.pb.h"

// Drug histories as JAHIS 電子版お薬手帳データフォーマット, version 2.5 and 2.6 (JAHISTC08): CSV
// in Shift_JIS with CRLF and without quotes (output-standards 3.3). Pure and thread-safe; the same
// record gives the same bytes. docs/en/mapping-jahis.md tells which element goes where.
namespace madoguchi::hl7::jahis {

// Something that could not be written as it was.
struct Change {
  // Of the file, from 1, and the number the line begins with (`201`).
  int line = 0;
  std::string record;
  // 0: the field was longer than the format allows; the rest is missing.
  char32_t character = 0;
  std::string by;
};

struct Notebook {
  std::string bytes;
  // The first kMaxChanges, and how many there were.
  std::vector<Change> changes;
  size_t change_count = 0;
  // Lines of the history that a notebook has no place for: prescriptions (nobody knows whether
  // they were filled), those that repeat a better one (duplicate_of), and those without a real day.
  int prescriptions = 0;
  int duplicates = 0;
  int without_day = 0;
};
inline constexpr size_t kMaxChanges = 10'000;

// MDG-1311 when nothing remains to be written; MDG-1005 when the system has no CP932 converter.
absl::StatusOr<Notebook> ConvertDrugHistory(const v1::MedicalRecord& record);

// Likewise; MDG-1311 for anything that is no drug history.
absl::StatusOr<Notebook> Convert(const v1::OqsMessage& message);

// What was changed and what was left out, each a line in English for people to read: places and
// code points, never a value.
std::vector<std::string> NotesOf(const Notebook& notebook);

// Which field of a record is which field of a line, for pages and tests.
struct Field {
  // From the OqsMessage; `months` stands for the months of all three sources.
  absl::string_view record;
  // `201-2`: the second field behind the number of the line. Empty: nowhere, `note` says why.
  absl::string_view target;
  absl::string_view note;
};
std::span<const Field> Fields();

}  // namespace madoguchi::hl7::jahis

#endif  // MADOGUCHI_HL7_JAHIS_NOTEBOOK_H_
