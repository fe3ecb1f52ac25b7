#include "tests/hl7/v2/mapping_page.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "agent/oqs/mapping.h"
#include "hl7/jahis/notebook.h"
#include "hl7/v2/standard.h"

namespace madoguchi::hl7 {
namespace {

constexpr char kHeadOfV2[] = R"(# OQS elements in HL7 v2.5 messages

<!-- Made by hl7_mapping_page from agent/oqs/*.def and hl7/v2/standard.cc. Do not edit. -->

What `madoguchi convert --to hl7v2` and the functions of [hl7/v2](../../hl7/v2/convert.h) make of an
answer. How to call it: [convert.md](convert.md).

| answer | messages |
|---|---|
| qualification (card read, query, unit of a batch) | `ADT^A08^ADT_A01`, or `ADT^A04`: MSH EVN PID PV1 [{IN1}] [{ZOQ}] |
| medicines | `RDE^O11^RDE_O11`: MSH PID {ORC RXE TQ1 RXR ZOL} [{ZOQ}] |
| checkups | `ORU^R01^ORU_R01`: MSH PID {OBR {OBX ZOB}} [{ZOQ}], of items without a specimen, and `OUL^R22^OUL_R22`: MSH PID {SPM OBR {OBX ZOB}} [{ZOQ}], of those with one (the material in the item code is not 000) |

* **PID** is the person of the first qualification. The space in a name divides it into components 1
  and 2 (which kind of space is not kept); readings are in full width.
* **IN1** is written only when the answer says *valid* (1): one for each qualification. Of anything
  else all of it is in ZOQ, so that nobody's old insurance is taken for a valid one.
* **ORC** tells a history: `SC` with status `CM`, never a new order, so that nothing is filled twice. Order
  numbers are made of source, institutions and days, and are the same in the next answer.
* **RXE-3** is empty for medicines by the day (class 21): OQS does not tell the single dose.
* **PV1-2** is always `O`, as ADT needs one. Nothing else is written that OQS does not say: no
  DB1, no route besides *by mouth* (other classes are `OTH`), no units of MERIT-9, no department.
* **MSH-10** is made of the content, unless the caller gives one; **MSH-7** is when OQS processed the
  answer, or for medical records, which have no such time, the newest day they are about.

## Local segments

What no standard field holds stands in segments that begin with Z; receivers that do not know them pass
over them. Messages for SS-MIX2's standardized storage have none, and lose what is in them.

| segment | fields |
|---|---|
| ZOQ | 1 number, 2 name in the record ([oqs-mapping.md](oqs-mapping.md)), 3 text as sent. Elements nobody knows have their path as name |
| ZOL, behind an order | 1 place in the list, from 1, 2 source (RECEIPT, DISPENSING, PRESCRIPTION), 3 class, 4 kind of provider, 5 own site, 6 in or out, 7 month, 8 day of dispensing, 9 of prescribing, 10 ingredient, 11 amount, 12 unit, 13 times, 14 place of the better line that this one repeats |
| ZOB, behind a result | 1 as OBX-1, 2 type, 3 OID, 4 name of the value, 5 day |

Dates, codes and times that are not what their field must hold (`00000000`, an unknown sex) are in
ZOQ, ZOL or ZOB only.

## Characters

UTF-8 (`UNICODE UTF-8` in MSH-18) or ISO-2022-JP (`~ISO IR87`). In the latter every delimiter and every
segment's end stand in ASCII mode. Receivers have to decode before they split: bytes of kanji look like
delimiters. Delimiters in values are escaped (`\F\ \S\ \T\ \R\ \E\`), control characters as
`\Xhh\`, and a value of two quotes as `\X2222\`, because two quotes alone mean *delete*.

ISO IR87 is JIS X 0208. What it does not have is replaced, and every replacement is reported with its
field:

| character | becomes |
|---|---|
| half-width kana | full-width kana |
| ①..⑳, Ⅰ..Ⅻ, ⅰ..ⅻ | (1)..(20), I..XII, i..xii |
| ㈱ ㈲ ㈹ ㊤ ㊥ ㊦ ㊧ ㊨ | (株) (有) (代) (上) (中) (下) (左) (右) |
| ㍉ ㌔ ㌢ ㍍ ㌘ ㌧ ㌃ ㌶ ㍑ ㍗ ㌍ ㌦ ㌣ ㌫ ㍊ ㌻ | ミリ キロ センチ メートル グラム トン アール ヘクタール リットル ワット カロリー ドル セント パーセント ミリバール ページ |
| ㎜ ㎝ ㎞ ㎎ ㎏ ㏄ ㎡ ㎕ ㎖ ㎗, № ㏍ ℡ | mm cm km mg kg cc m2 μg ml dl, No. K.K. TEL |
| ㍾ ㍽ ㍼ ㍻ ㋿ | 明治 大正 昭和 平成 令和 |
| any other, 髙 﨑 and the like among them | ■; a kanji is never replaced by another one |

)";

constexpr char kHeadOfJahis[] = R"(# OQS elements in a JAHIS medicine notebook

<!-- Made by hl7_mapping_page from agent/oqs/*.def and hl7/jahis/notebook.cc. Do not edit. -->

What `madoguchi convert --to jahis` makes of an answer with medicines: one file of JAHIS
電子版お薬手帳データフォーマット 2.5/2.6 (first line `JAHISTC08,1`), Shift_JIS, CRLF, no quotes. Other answers
have no such form. `201-2` is the second field behind the number of the line.

* One block a day and institution: 5, 11, 51 when another prescribed, then for each set of medicines with
  the same usage 201..., 301 and 311. A last line 501 says where the data are from.
* Left out and counted on standard error: prescriptions (nobody knows whether they were filled),
  lines that repeat a better one, lines without a real day.
* A comma becomes ，, control characters a space; what JIS X 0208 does not have is replaced as
  in [mapping-hl7v2.md](mapping-hl7v2.md#characters); what is too long is cut. Each is reported with its
  line.

)";

constexpr char kColumns[] = "| element | where | notes |\n|---|---|---|\n";

// The name of a field in the tables of the formats: units of batches are confirmations, months of
// all three sources are `months`.
std::string Normal(const std::string& field) {
  return absl::StrReplaceAll(field, {{"batch_answer.units[].confirmation", "confirmation"},
                                     {"receipt_months", "months"},
                                     {"dispensing_months", "months"},
                                     {"prescription_months", "months"}});
}

bool IsLeaf(const oqs::MappingRow& row) {
  return !row.field.empty() && row.kind != "group" && row.kind != "repeated";
}

std::string RowOf(const oqs::MappingRow& row, const std::string& target, absl::string_view note) {
  return absl::StrCat("| `", row.element.substr(row.element.find('/') + 1), "` ", row.meaning_ja,
                      " | ", target.empty() ? "not mapped" : target, " | ", note, " |\n");
}

std::string RowOfV2(const oqs::MappingRow& row) {
  const std::string field = Normal(row.field);
  const v2::Standard* standard = v2::FindStandard(field);
  if (standard == nullptr) return RowOf(row, "ZOQ", "");
  std::string note(standard->note);
  const auto add = [&note](absl::string_view more) {
    absl::StrAppend(&note, note.empty() ? "" : "; ", more);
  };
  using v2::Form;
  using v2::When;
  if (standard->when == When::kFirst) add("of further qualifications ZOQ");
  if (standard->when == When::kIn1 || standard->when == When::kIn1Ssmix2 ||
      standard->when == When::kIn1InPlace) {
    add("without an IN1: ZOQ");
  }
  if (standard->when == When::kChart) add("others ZOQ");
  if (standard->form == Form::kSex) add("1, 2, 3 as M, F, U");
  if (standard->form == Form::kFamily) add("1, 2 as SEL, OTH");
  return RowOf(row, std::string(standard->target), note);
}

std::string Table(const std::vector<oqs::MappingRow>& rows,
                  std::string (*row_of)(const oqs::MappingRow&)) {
  std::string table = kColumns;
  for (const oqs::MappingRow& row : rows) {
    if (IsLeaf(row)) table += row_of(row);
  }
  return table + "\n";
}

std::string RowOfJahis(const oqs::MappingRow& row) {
  for (const jahis::Field& each : jahis::Fields()) {
    if (each.record == Normal(row.field)) {
      return RowOf(row, std::string(each.target), each.note);
    }
  }
  ADD_FAILURE() << row.field << " is in no row of hl7/jahis";
  return "";
}

}  // namespace

std::string MappingPageOfV2() {
  std::string page = kHeadOfV2;
  absl::StrAppend(&page, "## Qualifications (OQSsiquc01res)\n\n",
                  Table(oqs::ResponseMapping(), RowOfV2));
  absl::StrAppend(
      &page,
      "Units of batches (OQSmuquc02res and its like) have the same elements, and the head "
      "of their answer. Not mapped: `ReceptionNumber`, `ReceptionDateTime` and the outcome "
      "of a batch that was only accepted, because they are about nobody.\n\n");
  absl::StrAppend(&page, "## Medicines (YZKsiquc01res)\n\n", Table(oqs::MedicalMapping(), RowOfV2));
  absl::StrAppend(&page, "## Checkups (TKKsiquc01res)\n\n", Table(oqs::CheckupMapping(), RowOfV2));
  absl::StrAppend(
      &page,
      "## Not converted\n\nRequests, registrations of reference numbers, PDF answers, "
      "families known by name only, and answers that name nobody or have no lines: MDG-1311. "
      "`--to json` takes them.\n");
  return page;
}

std::string MappingPageOfJahis() {
  return absl::StrCat(kHeadOfJahis, "## Medicines (YZKsiquc01res)\n\n",
                      absl::StripSuffix(Table(oqs::MedicalMapping(), RowOfJahis), "\n"));
}

}  // namespace madoguchi::hl7
