#include "agent/cli/record_views.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/base/log.h"
#include "agent/cli/labels.h"
#include "agent/cli/table.h"

namespace madoguchi::cli {
namespace {

// A value that is wider stands below the table.
constexpr size_t kWidestValue = 16;

std::string SourceLabel(v1::DrugSource source) {
  switch (source) {
    case v1::DRUG_SOURCE_RECEIPT:
      return "レセプト";
    case v1::DRUG_SOURCE_DISPENSING:
      return "調剤";
    case v1::DRUG_SOURCE_PRESCRIPTION:
      return "処方";
    default:
      return "?";
  }
}

// 診療識別 of the claim, the code itself when it is no common one.
std::string ClassLabel(const std::string& code) {
  static constexpr std::pair<const char*, const char*> kNames[] = {
      {"21", "内服"}, {"22", "屯服"}, {"23", "外用"},  {"11", "初診"}, {"12", "再診"},
      {"13", "管理"}, {"14", "在宅"}, {"40", "処置"},  {"50", "手術"}, {"54", "麻酔"},
      {"60", "検査"}, {"70", "画像"}, {"80", "その他"}};
  for (const auto& [known, name] : kNames) {
    if (code == known) return name;
  }
  return absl::StartsWith(code, "3") && code.size() == 2 ? "注射" : code;
}

// How often or how many days, as the class says.
std::string Times(const v1::DrugItem& drug) {
  if (drug.times().empty()) return "";
  if (drug.treatment_class_code() == "21") return absl::StrCat(drug.times(), "日分");
  if (drug.treatment_class_code() == "22") return absl::StrCat(drug.times(), "回分");
  return absl::StrCat("×", drug.times());
}

std::string Usage(const v1::DrugItem& drug) {
  if (drug.special_instruction().empty()) return drug.usage();
  return absl::StrCat(drug.usage(), "（", drug.special_instruction(), "）");
}

const v1::Date& DayOf(const v1::DrugLine& line) {
  if (line.has_dispensed_on()) return line.dispensed_on();
  return line.has_prescribed_on() ? line.prescribed_on() : line.month();
}

const v1::Date& DayOf(const v1::TreatmentLine& line) {
  return line.has_day() ? line.day() : line.month();
}

std::string NameOf(const v1::Provider& provider) {
  return provider.name().empty() ? provider.code() : provider.name();
}

// The institution, and who prescribed where that is another one.
std::string PlaceOf(const v1::DrugLine& line) {
  std::string provider = NameOf(line.provider());
  const std::string prescriber = NameOf(line.prescriber());
  if (provider.empty()) return absl::StrCat("処方 ", prescriber);
  if (prescriber.empty() || prescriber == provider) return provider;
  return absl::StrCat(provider, "  処方 ", prescriber);
}

// Dates sort as text; a line without one comes last.
struct Heading {
  std::string day;
  std::string place;
  bool operator<(const Heading& other) const {
    return std::tie(other.day, place) < std::tie(day, other.place);
  }
};

// Rows under headings, columns aligned over all of them.
class Sections {
 public:
  void Add(Heading heading, std::vector<std::string> row) {
    row.insert(row.begin(), " ");
    rows_[std::move(heading)].push_back(std::move(row));
  }
  void Print(std::ostream& out) const {
    Table table({});
    for (const auto& [heading, rows] : rows_) {
      table.AddHeading(
          absl::StrCat(heading.day.empty() ? "日付なし" : heading.day, "  ", heading.place));
      for (const std::vector<std::string>& row : rows) table.Add(row);
    }
    table.Print(out);
  }
  bool empty() const { return rows_.empty(); }

 private:
  std::map<Heading, std::vector<std::vector<std::string>>> rows_;
};

// Which other sources report the line, by its place.
std::map<int, std::set<v1::DrugSource>> RepeatedBy(const v1::DrugHistory& history) {
  std::map<int, std::set<v1::DrugSource>> repeated;
  for (const v1::DrugLine& line : history.drug_lines()) {
    if (line.duplicate_of() > 0) repeated[line.duplicate_of()].insert(line.source());
  }
  return repeated;
}

template <typename Response>
void PrintFetched(const Response& response, std::ostream& out) {
  out << "取得 " << Show(response.fetched_at());
  if (response.has_usable_until()) out << "  閲覧期限 " << Show(response.usable_until());
  out << '\n';
}

void PrintNone(std::ostream& out) { out << "この期間の記録はありません。\n"; }

// Everything one checkup says of one item.
std::string ValueOf(const v1::Checkup& checkup, const std::string& key,
                    std::string (*key_of)(const v1::CheckupItem&)) {
  std::vector<std::string> values;
  for (const v1::CheckupItem& item : checkup.items()) {
    if (key_of(item) != key) continue;
    values.push_back(item.data_value_name().empty() ? item.data_value() : item.data_value_name());
  }
  return absl::StrJoin(values, " / ");
}

// Items are the same when code and unit are; without a code, the name.
std::string KeyOf(const v1::CheckupItem& item) {
  return absl::StrCat(item.item_code().empty() ? item.item_name() : item.item_code(), "|",
                      item.unit());
}

// Checkups newest first.
std::vector<const v1::Checkup*> Sorted(const v1::CheckupHistory& history) {
  std::vector<const v1::Checkup*> sorted;
  for (const v1::Checkup& checkup : history.checkups()) sorted.push_back(&checkup);
  std::stable_sort(sorted.begin(), sorted.end(), [](const v1::Checkup* a, const v1::Checkup* b) {
    return a->examined_on().text() > b->examined_on().text();
  });
  return sorted;
}

// The items of all checkups, in the order in which they come first.
std::vector<const v1::CheckupItem*> ItemsOf(const std::vector<const v1::Checkup*>& checkups) {
  std::vector<const v1::CheckupItem*> items;
  std::set<std::string> known;
  for (const v1::Checkup* checkup : checkups) {
    for (const v1::CheckupItem& item : checkup->items()) {
      if (known.insert(KeyOf(item)).second) items.push_back(&item);
    }
  }
  return items;
}

void AddItem(const v1::CheckupItem& item, const std::vector<const v1::Checkup*>& checkups,
             Table& table, std::ostream& below) {
  std::vector<std::string> row = {item.item_name().empty() ? item.item_code() : item.item_name()};
  bool wide = false;
  for (const v1::Checkup* checkup : checkups) {
    row.push_back(ValueOf(*checkup, KeyOf(item), KeyOf));
    wide = wide || DisplayWidth(base::Printable(row.back())) > kWidestValue;
  }
  if (!wide) {
    row.push_back(item.unit());
    table.Add(std::move(row));
    return;
  }
  below << base::Printable(row.front()) << '\n';
  for (size_t i = 0; i < checkups.size(); ++i) {
    if (row[i + 1].empty()) continue;
    below << "  " << base::Printable(Show(checkups[i]->examined_on())) << "  "
          << base::Printable(row[i + 1], 1000) << '\n';
  }
}

}  // namespace

void PrintDrugs(const v1::GetDrugHistoryResponse& response, bool every_line, std::ostream& out) {
  const std::map<int, std::set<v1::DrugSource>> repeated = RepeatedBy(response.drug_history());
  Sections sections;
  int folded = 0;
  for (int i = 0; i < response.drug_history().drug_lines_size(); ++i) {
    const v1::DrugLine& line = response.drug_history().drug_lines(i);
    if (line.duplicate_of() > 0 && !every_line) {
      ++folded;
      continue;
    }
    std::string sources = SourceLabel(line.source());
    const auto others = repeated.find(i + 1);
    if (others != repeated.end()) {
      for (const v1::DrugSource other : others->second) {
        absl::StrAppend(&sources, "＋", SourceLabel(other));
      }
    }
    std::vector<std::string> row = {ClassLabel(line.drug().treatment_class_code()),
                                    line.drug().drug_name(),
                                    absl::StrCat(line.drug().amount(), line.drug().unit()),
                                    Usage(line.drug()),
                                    Times(line.drug()),
                                    std::move(sources)};
    if (every_line) row.push_back(line.duplicate_reason());
    sections.Add({Show(DayOf(line)), PlaceOf(line)}, std::move(row));
  }
  if (sections.empty()) PrintNone(out);
  sections.Print(out);
  if (folded > 0) out << "重複する " << folded << " 行は、上の行にまとめました。\n";
  PrintFetched(response, out);
}

void PrintCheckups(const v1::GetCheckupsResponse& response, std::ostream& out) {
  const std::vector<const v1::Checkup*> checkups = Sorted(response.checkup_history());
  if (checkups.empty()) {
    PrintNone(out);
    return PrintFetched(response, out);
  }
  std::vector<std::string> header = {"項目"};
  for (const v1::Checkup* checkup : checkups) header.push_back(Show(checkup->examined_on()));
  header.emplace_back("単位");
  Table table(std::move(header));
  std::ostringstream below;
  for (const v1::CheckupItem* item : ItemsOf(checkups)) AddItem(*item, checkups, table, below);
  table.Print(out);
  out << below.str();
  PrintFetched(response, out);
}

void PrintDiagnoses(const v1::GetDiagnosisHistoryResponse& response, std::ostream& out) {
  Sections sections;
  for (const v1::TreatmentLine& line : response.diagnosis_history().treatment_lines()) {
    const v1::TreatmentItem& item = line.treatment();
    sections.Add({Show(DayOf(line)), NameOf(line.provider())},
                 {ClassLabel(item.treatment_class_code()), item.treatment_name(),
                  absl::StrCat(item.amount(), item.unit()),
                  item.times().empty() ? "" : absl::StrCat("×", item.times())});
  }
  if (sections.empty() && response.withheld_lines() == 0) PrintNone(out);
  sections.Print(out);
  if (response.withheld_lines() > 0) {
    out << "閲覧の同意がない " << response.withheld_lines() << " 行は表示していません。\n";
  }
  PrintFetched(response, out);
}

}  // namespace madoguchi::cli
