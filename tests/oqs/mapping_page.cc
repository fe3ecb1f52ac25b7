#include "tests/oqs/mapping_page.h"

#include <iterator>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "agent/oqs/mapping.h"

namespace madoguchi::oqs {
namespace {

constexpr char kHead[] = R"(# OQS elements and record fields

<!-- Made by oqs_mapping_page from agent/oqs/*.def. Do not edit. -->

Which element of an OQS message is which field of an `OqsMessage`
([oqs_message.proto](../../proto/madoguchi/v1/oqs_message.proto)), in layout order. Elements are found
by name: order, empty elements and white space do not matter, and what is not listed is kept in
`unknown_elements`.

* `x_code` is the text that was sent; the field `x` beside it is the enum, from the code table named.
* `[]` marks lists, `consents[DRUG]` the entry of that category.
* *Known from*: 2+ or 1 public sources, inferred from neighbours, or an [assumption](#assumptions).

)";

constexpr char kAssumptions[] = R"(## Assumptions

The licensed specification of OQS was not available. These readings are ours; each can change
without the API changing.

| # | open question | taken as | where |
|---|---|---|---|
)";

struct Assumption {
  int number;
  absl::string_view question;
  absl::string_view taken_as;
  absl::string_view where;
};
constexpr Assumption kAll[] = {
#define MDG_ASSUMPTION(number, question, taken_as, where) {number, question, taken_as, where},
#include "agent/oqs/assumptions.def"
#undef MDG_ASSUMPTION
};

constexpr bool Ascending() {
  for (size_t i = 0; i < std::size(kAll); ++i) {
    if (kAll[i].number != static_cast<int>(i) + 1) return false;
  }
  return true;
}
static_assert(Ascending(), "assumptions.def must have every number once, in order");

absl::string_view TitleOf(absl::string_view message) {
  static const std::map<absl::string_view, absl::string_view> titles = {
      {"OQSsiquc01req", "Qualification of one person: request"},
      {"OQSsiquc01res", "Qualification of one person: answer and face push"},
      {"OQSmuquc01req", "Batches and registrations: requests"},
      {"OQSmuquc02res", "Batches: answers (OQSmuquc, OQSmuhvq, OQSmuonq, OQSmutic)"},
      {"OQSmuimm02res", "Batches of registrations: answers (OQSmuimm)"},
      {"OQSsiimm01res", "Registration of one reference number: answer"},
      {"YZKsiquc01req", "Medicine, diagnoses and checkups: requests (YZKsiquc01, TKKsiquc01)"},
      {"YZKsiquc01res", "Medicine and diagnoses: answer"},
      {"TKKsiquc01res", "Health checkups: answer"}};
  const auto found = titles.find(message);
  return found == titles.end() ? message : found->second;
}

std::string RowOf(const MappingRow& row) {
  std::string kind(row.kind);
  if (row.codes != nullptr) absl::StrAppend(&kind, " ", row.codes->name);
  const std::string field = row.field.empty() ? "" : absl::StrCat("`", row.field, "`");
  return absl::StrCat("| `", row.element.substr(row.element.find('/') + 1), "` | ", field, " | ",
                      kind, " | ", row.meaning_ja, " (", row.meaning_en, ") | ", row.confidence,
                      " |\n");
}

}  // namespace

std::string MappingPage() {
  std::string page = kHead;
  for (const std::vector<MappingRow>& rows : AllMappings()) {
    const absl::string_view message = rows.front().message;
    absl::StrAppend(&page, "## ", TitleOf(message), "\n\nAs in `", message,
                    "`; below `XmlMsg`.\n\n"
                    "| element | field | kind | meaning | known from |\n|---|---|---|---|---|\n");
    for (const MappingRow& row : rows) page += RowOf(row);
    page += "\n";
  }
  page += kAssumptions;
  for (const Assumption& each : kAll) {
    absl::StrAppend(&page, "| A", each.number, " | ", each.question, " | ", each.taken_as, " | ",
                    each.where, " |\n");
  }
  return page;
}

}  // namespace madoguchi::oqs
