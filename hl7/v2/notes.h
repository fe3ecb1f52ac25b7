#ifndef MADOGUCHI_HL7_V2_NOTES_H_
#define MADOGUCHI_HL7_V2_NOTES_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "hl7/v2/message.h"

// What became of characters that a charset does not have, for people to read.
namespace madoguchi::hl7::v2 {

// `PID-11: U+20BB7 -> ■`: where, which character, named by its code point, and what stands there.
std::string NoteOf(absl::string_view where, char32_t character, absl::string_view by);

// A note of each of `replaced`; when there were more than that, another that counts the rest.
void AddNotes(std::span<const Replaced> replaced, size_t count, std::vector<std::string>& notes);

// `and 3 more`; nothing when all of `count` are told.
void AddMore(size_t count, size_t told, std::vector<std::string>& notes);

}  // namespace madoguchi::hl7::v2

#endif  // MADOGUCHI_HL7_V2_NOTES_H_
