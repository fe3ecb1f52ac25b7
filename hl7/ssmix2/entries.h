#ifndef MADOGUCHI_HL7_SSMIX2_ENTRIES_H_
#define MADOGUCHI_HL7_SSMIX2_ENTRIES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hl7/v2/message.h"
#include "madoguchi/v1/oqs_message.pb.h"

// SS-MIX2 standardized storage (output-standards 2.5; 標準化ストレージ仕様書 1.2): which files a
// record becomes. Pure and thread-safe.
namespace madoguchi::hl7::ssmix2 {

// One message of the storage, as its place and name tell it.
struct Entry {
  // Filled up with zeros to the width of the storage.
  std::string patient_id;
  // yyyyMMdd, or `-` for data without a day.
  std::string day;
  // `ADT-00`.
  std::string type;
  // 15 digits.
  std::string order;
  // yyyyMMddHHmmssFFF.
  std::string time;
  // `-`: OQS knows no departments.
  std::string department = "-";
  // ISO-2022-JP.
  std::string bytes;
};

struct Options {
  // The chart number: 1 to `patient_digits` characters of [0-9A-Za-z]. Empty: the first reference
  // number of the answer, or of OqsMessage.asked_for, which must be of that form then.
  std::string patient_id;
  // One width for the whole storage, 7 to 15.
  int patient_digits = 10;
  // When what is written came about: yyyyMMddHHmmss in Japan, a later one for each change. Empty:
  // when OQS processed the answer, when it says so (medical records as OQS sends them do not).
  std::string time = {};
};

struct Entries {
  std::vector<Entry> entries;
  // Who asked OQS, as the answer says.
  std::string institution;
  // Characters the charset does not have, over all entries.
  std::vector<v2::Replaced> replaced;
  size_t replaced_count = 0;
  // Medicines and items of checkups without a real day, and items without a specimen, for which
  // the storage has no place.
  int left_out = 0;
};

// ADT-00 of a confirmation; OMP-01 of each order of a drug history; OML-11 of each checkup's items
// with a specimen. MDG-1001 for options that are not as said; MDG-1311 when nothing remains.
absl::StatusOr<Entries> EntriesOf(const v1::OqsMessage& message, const Options& options);

// `000/012/00001234/-/ADT-00`: the folder below the root.
std::string FolderOf(const Entry& entry);
// `00001234_-_ADT-00_999999999999999_20250602091530000_-_1`; `flag`: 1 current, 2 superseded, 0
// deleted.
std::string FileNameOf(const Entry& entry, char flag);

}  // namespace madoguchi::hl7::ssmix2

#endif  // MADOGUCHI_HL7_SSMIX2_ENTRIES_H_
