#include "agent/records/person_match.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"
#include "agent/base/japan_time.h"
#include "agent/text/kana.h"
#include "agent/text/utf8.h"

namespace madoguchi::records {
namespace {

// ●: a character OQS could not write.
constexpr char32_t kPlaceholder = 0x25CF;

// Without widths and spaces; kanji variants and kana kinds count. Bytes that are not UTF-8 stand
// for themselves.
std::vector<char32_t> FoldName(absl::string_view name) {
  const std::string folded = text::FoldWidth(name);
  std::vector<char32_t> characters;
  for (absl::string_view rest = folded; !rest.empty();) {
    const auto character = text::DecodeUtf8(rest);
    const char32_t value =
        character ? character->value : static_cast<unsigned char>(rest.front()) + 0x110000U;
    if (value != ' ') characters.push_back(value);
    rest.remove_prefix(character ? character->length : 1);
  }
  return characters;
}

enum class NameMatch { kEqual, kEqualButForPlaceholders, kDifferent };

NameMatch MatchNames(absl::string_view a_text, absl::string_view b_text) {
  const std::vector<char32_t> a = FoldName(a_text);
  const std::vector<char32_t> b = FoldName(b_text);
  if (a.empty() || a.size() != b.size()) return NameMatch::kDifferent;
  size_t read = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] == kPlaceholder || b[i] == kPlaceholder) continue;
    if (a[i] != b[i]) return NameMatch::kDifferent;
    ++read;
  }
  if (read == a.size()) return NameMatch::kEqual;
  // A name of nothing but ● says nothing.
  return read > 0 ? NameMatch::kEqualButForPlaceholders : NameMatch::kDifferent;
}

bool SameName(const v1::Qualification& asked, const PatientFacts& answered) {
  const std::string asked_kana = text::FoldKana(asked.name_kana());
  const std::string answered_kana = text::FoldKana(answered.name_kana);
  const bool both_kana = !asked_kana.empty() && !answered_kana.empty();
  if (both_kana && asked_kana == answered_kana) return true;
  switch (MatchNames(asked.name(), answered.name)) {
    case NameMatch::kEqual:
      return true;
    case NameMatch::kEqualButForPlaceholders:
      return !both_kana;
    case NameMatch::kDifferent:
      return false;
  }
  return false;
}

// 性別2 counts only where 性別1 says that it is not set.
bool SameSex(const v1::Qualification& asked, const std::string& answered) {
  if (asked.sex1_code() == answered) return true;
  return asked.sex1() == v1::SEX_NOT_SET && asked.sex2_code() == answered;
}

}  // namespace

PersonMatch MatchPerson(const v1::Qualification& asked, const PatientFacts& answered) {
  if (!base::IsRealDay(asked.birth_date()) || !base::IsRealDay(answered.birth_date) ||
      answered.sex_code.empty() || (answered.name.empty() && answered.name_kana.empty())) {
    return PersonMatch::kIncomplete;
  }
  if (base::ToCivilDay(asked.birth_date()) != base::ToCivilDay(answered.birth_date)) {
    return PersonMatch::kOtherBirthDate;
  }
  if (!SameSex(asked, answered.sex_code)) return PersonMatch::kOtherSex;
  return SameName(asked, answered) ? PersonMatch::kSame : PersonMatch::kOtherName;
}

}  // namespace madoguchi::records
