#ifndef MADOGUCHI_HL7_V2_SEGMENTS_H_
#define MADOGUCHI_HL7_V2_SEGMENTS_H_

#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"

// The lowest layer of HL7 v2: segments, fields and escapes, in UTF-8. Pure.
namespace madoguchi::hl7::v2 {

// Appends `value` so that a reader gets it back (HL7 v2.5, 2.7): delimiters as F, S, R, E and T
// between backslashes, control characters as Xhh between them. A value that is `""` is escaped too,
// because these two characters alone would mean "delete what you have".
void AppendEscaped(absl::string_view value, std::string& out);

// Writes segments into a string, from left to right: the number of a field never decreases within a
// segment. What is empty at the end of a field, a repetition or a segment is left out.
class SegmentWriter {
 public:
  using Values = std::initializer_list<absl::string_view>;

  // `out` must outlive the writer; what it holds stays.
  explicit SegmentWriter(std::string& out) : out_(out) {}

  // Ends the segment before. `name`: three letters. Of MSH the next field is MSH-3.
  void Segment(absl::string_view name);
  // Ends the last segment.
  void Finish();

  void Field(int field, absl::string_view value);
  // Components; nothing when all are empty.
  void Field(int field, Values components);
  // Subcomponents of the first component.
  void Subcomponents(int field, Values subcomponents);
  // One more repetition of the field, or its first.
  void Repeat(int field, Values components);
  // Repetitions by place, so that those before a later one may be empty.
  void Repetitions(int field, Values repetitions);
  // CQ: an amount, and its unit as subcomponents code, text, system.
  void Quantity(int field, absl::string_view amount, Values unit);
  // Text of ours that needs no escapes.
  void Constant(int field, absl::string_view text);

 private:
  void Reach(int field);
  void Parts(Values values, char delimiter);

  std::string& out_;
  // The field that was written last; 0 before the first, -1 outside of a segment.
  int field_ = -1;
};

}  // namespace madoguchi::hl7::v2

#endif  // MADOGUCHI_HL7_V2_SEGMENTS_H_
