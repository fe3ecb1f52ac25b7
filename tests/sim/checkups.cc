#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/base/japan_time.h"
#include "tests/sim/draw.h"
#include "tests/sim/history.h"

namespace madoguchi::sim {
namespace {

constexpr int kYearsOfCheckups = 5;
constexpr int kAgeOfCheckups = 40;

struct Quantity {
  absl::string_view code;
  absl::string_view name;
  absl::string_view unit;
  // In the last shown digit: the least value of a person, how far people differ, and how far one
  // person's values differ from year to year.
  int least;
  int among_people;
  int from_year_to_year;
  int digits;
};
constexpr Quantity kHeight = {"9N001000000000001", "身長", "cm", 1500, 300, 3, 1};
constexpr Quantity kWeight = {"9N006000000000001", "体重", "kg", 480, 350, 25, 1};
constexpr Quantity kQuantities[] = {
    {"9N016160100000001", "腹囲（実測）", "cm", 700, 300, 20, 1},
    {"9A755000000000001", "収縮期血圧（その他）", "mm[Hg]", 105, 45, 12, 0},
    {"9A765000000000001", "拡張期血圧（その他）", "mm[Hg]", 65, 25, 8, 0},
    {"3F015000002327101", "中性脂肪（トリグリセリド）", "mg/dL", 60, 150, 30, 0},
    {"3F070000002327101", "ＨＤＬコレステロール", "mg/dL", 40, 40, 6, 0},
    {"3F077000002327101", "ＬＤＬコレステロール", "mg/dL", 90, 80, 15, 0},
    {"3B035000002327201", "ＧＯＴ（ＡＳＴ）", "U/L", 15, 25, 6, 0},
    {"3B045000002327201", "ＧＰＴ（ＡＬＴ）", "U/L", 12, 35, 8, 0},
    {"3B090000002327101", "γ－ＧＴ（γ－ＧＴＰ）", "U/L", 15, 60, 10, 0},
    {"3D046000001920402", "ＨｂＡ１ｃ（ＮＧＳＰ値）", "%", 50, 18, 3, 1},
    {"8A065000002391901", "ｅＧＦＲ", "mL/min/1.73m2", 580, 300, 30, 1},
};

struct CodedValue {
  absl::string_view value;
  absl::string_view name;
};
constexpr CodedValue kUrine[] = {{"1", "－"}, {"1", "－"}, {"2", "±"}, {"3", "＋"}};
constexpr CodedValue kYesNo[] = {{"1", "はい"}, {"2", "いいえ"}};
constexpr CodedValue kMetabolic[] = {{"1", "基準該当"}, {"2", "予備群該当"}, {"3", "非該当"}};
constexpr absl::string_view kOpinions[] = {"血圧と脂質は経過観察。", "異常なし。",
                                           "血糖値がやや高め。生活習慣の見直しを。"};

v1::CheckupItem& AddItem(absl::string_view code, absl::string_view name, absl::string_view type,
                         std::string value, v1::Checkup& checkup) {
  v1::CheckupItem& item = *checkup.add_items();
  item.set_item_code(std::string(code));
  item.set_item_name(std::string(name));
  item.set_data_type(std::string(type));
  item.set_data_value(std::move(value));
  return item;
}

double Shown(int value, int digits) { return digits == 0 ? value : value / 10.0; }

// `person` draws what stays the same, `year` what does not.
double AddQuantity(const Quantity& quantity, Draw& person, Draw& year, v1::Checkup& checkup) {
  const int value =
      quantity.least + person.Below(quantity.among_people) + year.Below(quantity.from_year_to_year);
  const double shown = Shown(value, quantity.digits);
  AddItem(quantity.code, quantity.name, "PQ", absl::StrFormat("%.*f", quantity.digits, shown),
          checkup)
      .set_unit(std::string(quantity.unit));
  return shown;
}

void AddCoded(absl::string_view code, absl::string_view name, absl::string_view type,
              absl::string_view oid, const CodedValue& answered, v1::Checkup& checkup) {
  v1::CheckupItem& item = AddItem(code, name, type, std::string(answered.value), checkup);
  item.set_oid(std::string(oid));
  item.set_data_value_name(std::string(answered.name));
}

void AddItems(Draw& person, Draw& year, v1::Checkup& checkup) {
  const double height = AddQuantity(kHeight, person, year, checkup);
  const double weight = AddQuantity(kWeight, person, year, checkup);
  const double meters = height / 100;
  AddItem("9N011000000000001", "ＢＭＩ", "PQ", absl::StrFormat("%.1f", weight / (meters * meters)),
          checkup)
      .set_unit("kg/m2");
  for (const Quantity& quantity : kQuantities) AddQuantity(quantity, person, year, checkup);
  AddCoded("1A020000000190111", "尿糖", "CO", "1.2.392.200119.6.2104", year.Of(kUrine), checkup);
  AddCoded("1A010000000190111", "尿蛋白", "CO", "1.2.392.200119.6.2104", year.Of(kUrine), checkup);
  AddCoded("9N736000000000011", "喫煙", "CD", "1.2.392.200119.6.2403", person.Of(kYesNo), checkup);
  AddCoded("9N501000000000011", "メタボリックシンドローム判定", "CD", "1.2.392.200119.6.1008",
           year.Of(kMetabolic), checkup);
  AddItem("9N511000000000049", "医師の診断（判定）", "ST", std::string(year.Of(kOpinions)),
          checkup);
}

}  // namespace

v1::CheckupHistory MakeCheckups(const Person& person, absl::CivilDay today) {
  v1::CheckupHistory history;
  if (person.answer.qualifications().empty()) return history;
  const v1::Qualification& who = person.answer.qualifications(0);
  if (!base::IsRealDay(who.birth_date())) return history;
  const std::string key =
      absl::StrCat(who.insured().number(), "|", who.name_kana(), "|", who.birth_date().text());
  for (int64_t year = today.year(); year > today.year() - kYearsOfCheckups; --year) {
    Draw same(SeedOf(key));
    Draw of_year(SeedOf(absl::StrCat(key, "|", year)));
    const absl::CivilDay day = absl::CivilDay(year, 9, 1) + same.Below(60);
    if (day >= today || year - who.birth_date().year() < kAgeOfCheckups) continue;
    v1::Checkup& checkup = *history.add_checkups();
    *checkup.mutable_examined_on() = base::ToDate(day);
    AddItems(same, of_year, checkup);
  }
  return history;
}

}  // namespace madoguchi::sim
