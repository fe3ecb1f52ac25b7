#include "tests/sim/table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "tests/sim/expected.h"
#include "tests/sim/json.h"
#include "tests/sim/push.h"

namespace madoguchi::sim {
namespace {

// The expected outcome of a tap now, with the consents of the template.
Expected ExpectedNow(const Person& person, absl::Time now) {
  return Expect(FillPush(person.answer, PushFacts{.now = now, .token = {}}), kInstitution, now);
}

std::string DayText(const v1::Date& date) {
  if (date.year() == 0) return "";
  return absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(), date.day());
}

absl::string_view ReferenceNumber(const v1::Confirmation& answer) {
  for (const v1::Qualification& qualification : answer.qualifications()) {
    if (!qualification.reference_number().empty()) return qualification.reference_number();
  }
  return "";
}

// The first qualification, or an empty one.
const v1::Qualification& First(const v1::Confirmation& answer) {
  return answer.qualifications_size() > 0 ? answer.qualifications(0)
                                          : v1::Qualification::default_instance();
}

std::string OutcomeText(const Expected& expected) {
  if (expected.state == "REFUSED") return "確認できない";
  if (expected.validity == "VALID") return "有効";
  if (expected.validity == "INVALID") return "無効";
  if (expected.validity == "INVALID_NEWER_EXISTS") return "無効（新しい資格あり）";
  if (expected.validity == "NOT_FOUND") return "該当資格なし";
  if (expected.validity == "SEVERAL_MATCH") return "複数該当";
  if (expected.validity == "VALID_UNREGISTERED") return "有効（未登録）";
  return "不明";
}

}  // namespace

int DisplayWidth(absl::string_view text) {
  int width = 0;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    // U+FF61 to U+FF9F: EF BD A1 to EF BE 9F.
    const bool half_kana =
        length == 3 && lead == 0xEF &&
        ((text.substr(i, 2) == "\xEF\xBD" && text.substr(i, 3) >= "\xEF\xBD\xA1") ||
         (text.substr(i, 2) == "\xEF\xBE" && text.substr(i, 3) <= "\xEF\xBE\x9F"));
    width += length >= 3 && !half_kana ? 2 : 1;
    i += length;
  }
  return width;
}

std::string AlignedTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<int> widths;
  for (const std::vector<std::string>& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], DisplayWidth(row[column]));
    }
  }
  std::string out;
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (size_t column = 0; column < row.size(); ++column) {
      const int padding = widths[column] - DisplayWidth(row[column]) + 2;
      absl::StrAppend(&line, row[column], std::string(static_cast<size_t>(padding), ' '));
    }
    absl::StrAppend(&out, absl::StripTrailingAsciiWhitespace(line), "\n");
  }
  return out;
}

std::string PopulationTable(const std::vector<Person>& people, absl::Time now) {
  std::vector<std::vector<std::string>> rows = {
      {"番号", "氏名", "生年月日", "保険者番号", "照会番号", "結果", "ペルソナ", "内容"}};
  for (const Person& person : people) {
    const v1::Qualification& first = First(person.answer);
    rows.push_back({absl::StrCat(person.number), first.name(), DayText(first.birth_date()),
                    first.insured().insurer_number(), std::string(ReferenceNumber(person.answer)),
                    OutcomeText(ExpectedNow(person, now)), person.persona, person.text_ja});
  }
  return AlignedTable(rows);
}

std::string PersonJson(const Person& person, absl::Time now) {
  const v1::Qualification& first = First(person.answer);
  JsonObject json;
  json.Number("patient", person.number)
      .Text("persona", person.persona)
      .Text("name", first.name())
      .Text("birth_date", DayText(first.birth_date()))
      .Text("insurer_number", first.insured().insurer_number())
      .Text("symbol", first.insured().symbol())
      .Text("number", first.insured().number())
      .Text("branch", first.insured().branch())
      .Text("reference_number", ReferenceNumber(person.answer))
      .Object("expected", ExpectedNow(person, now).Json());
  return json.Str();
}

}  // namespace madoguchi::sim
