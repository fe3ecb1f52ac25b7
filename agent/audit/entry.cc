#include "agent/audit/entry.h"

#include <algorithm>
#include <array>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace madoguchi::audit {
namespace {

// What the stored bytes begin with; another layout gets another number.
constexpr absl::string_view kLayout = "1";

constexpr std::array kKinds = {
#define MDG_AUDIT(number, name, rule, meaning, meaning_ja) \
  KindInfo{Kind::k##name, #name, Rule::k##rule, meaning, meaning_ja},
#include "agent/audit/kinds.def"
#undef MDG_AUDIT
};

void Put(std::string& out, absl::string_view field) {
  absl::StrAppend(&out, field.size(), ":", field);
}

std::optional<absl::string_view> Take(absl::string_view& in) {
  const size_t colon = in.find(':');
  size_t size = 0;
  // Digits only and no leading zero: one way to write a length.
  if (colon == absl::string_view::npos || colon == 0 || colon > 9 ||
      !absl::SimpleAtoi(in.substr(0, colon), &size) || absl::StrCat(size) != in.substr(0, colon) ||
      in.size() - colon - 1 < size) {
    return std::nullopt;
  }
  const absl::string_view field = in.substr(colon + 1, size);
  in.remove_prefix(colon + 1 + size);
  return field;
}

}  // namespace

std::span<const KindInfo> Kinds() { return kKinds; }

const KindInfo& LookUp(Kind kind) {
  const auto* const found = std::find_if(kKinds.begin(), kKinds.end(),
                                         [&](const KindInfo& info) { return info.kind == kind; });
  // Only a kind of a newer version, read from its trail, is not in the table.
  static constexpr KindInfo kUnknown{Kind{0}, "", Rule::kBestEffort, "of a newer version",
                                     "新しい版の記録です"};
  return found == kKinds.end() ? kUnknown : *found;
}

std::string EncodeEntry(const Entry& entry) {
  std::string body;
  Put(body, kLayout);
  Put(body, absl::StrCat(static_cast<int>(entry.kind)));
  for (const std::string* field :
       {&entry.identity, &entry.person, &entry.reception_id, &entry.outcome, &entry.detail}) {
    Put(body, *field);
  }
  Put(body, absl::StrCat(entry.count));
  Put(body, entry.subject);
  return body;
}

std::optional<Entry> DecodeEntry(absl::string_view body) {
  std::array<absl::string_view, 9> fields;
  absl::string_view rest = body;
  for (absl::string_view& field : fields) {
    const std::optional<absl::string_view> next = Take(rest);
    if (!next.has_value()) return std::nullopt;
    field = *next;
  }
  Entry entry;
  int kind = 0;
  if (!rest.empty() || fields[0] != kLayout || !absl::SimpleAtoi(fields[1], &kind) ||
      !absl::SimpleAtoi(fields[7], &entry.count)) {
    return std::nullopt;
  }
  entry.kind = static_cast<Kind>(kind);
  entry.identity = std::string(fields[2]);
  entry.person = std::string(fields[3]);
  entry.reception_id = std::string(fields[4]);
  entry.outcome = std::string(fields[5]);
  entry.detail = std::string(fields[6]);
  entry.subject = std::string(fields[8]);
  if (EncodeEntry(entry) != body) return std::nullopt;
  return entry;
}

}  // namespace madoguchi::audit
