#ifndef MADOGUCHI_ADAPTERS_DESTINATION_NAME_PATTERN_H_
#define MADOGUCHI_ADAPTERS_DESTINATION_NAME_PATTERN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "adapters/destination/destination.h"

namespace madoguchi::adapters {

// `{message_id}.{extension}`: how files are named. The fields:
//   message_id    of the parcel: 20 characters, the same whenever the same record is sent
//   reception_id  of the reception
//   chart         the chart number, where the reception has one
//   date, time    when the reception was opened, in Japan: 20251128, 091530
//   what          reception, drugs, checkups, diagnoses
//   label         of the piece: 1, ADT-00
//   extension     of the format, without the dot: json, hl7, xml
//   file_name     the name the terminal gave the file, with its ending
class NamePattern {
 public:
  // MDG-1001 for an unknown field, a brace without its other half, or characters no file name may
  // have.
  static absl::StatusOr<NamePattern> Parse(absl::string_view pattern);

  bool Has(absl::string_view field) const;

  // The name of one piece. A pattern without `label` gets `-LABEL` before its last dot when there
  // are several pieces. MDG-2312 for a chart that is missing; MDG-2313 with the field when it does
  // not make a file name on Windows.
  absl::StatusOr<std::string> NameOf(const Parcel& parcel, const Piece& piece) const;

 private:
  struct Part {
    bool is_field = false;
    std::string text;
  };
  std::vector<Part> parts_;
};

// reception, drugs, checkups, diagnoses.
absl::string_view WordOf(v1::ExportWhat what);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_DESTINATION_NAME_PATTERN_H_
