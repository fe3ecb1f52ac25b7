#include "hl7/v2/notes.h"

#include "absl/strings/str_cat.h"
#include "agent/text/utf8.h"

namespace madoguchi::hl7::v2 {

std::string NoteOf(absl::string_view where, char32_t character, absl::string_view by) {
  return absl::StrCat(where, ": ", text::CodePointName(character), " -> ", by);
}

void AddNotes(std::span<const Replaced> replaced, size_t count, std::vector<std::string>& notes) {
  for (const Replaced& each : replaced)
    notes.push_back(NoteOf(each.where, each.character, each.by));
  AddMore(count, replaced.size(), notes);
}

void AddMore(size_t count, size_t told, std::vector<std::string>& notes) {
  if (count > told) notes.push_back(absl::StrCat("and ", count - told, " more"));
}

}  // namespace madoguchi::hl7::v2
