#include "hl7/v2/checkups.h"

#include <algorithm>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "hl7/v2/assembly.h"
#include "hl7/v2/patient.h"

namespace madoguchi::hl7::v2 {
namespace {

constexpr size_t kResultHeadBytes = 1024;
constexpr size_t kItemBytes = 256;
constexpr size_t kCodeSize = 17;
constexpr absl::string_view kNoMaterial = "000";

bool WithSpecimen(const v1::CheckupItem& item) { return !MaterialOf(item.item_code()).empty(); }

// Digits, with a sign and a point: NM of HL7.
bool IsNumber(absl::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  const size_t point = text.find('.');
  const absl::string_view whole = text.substr(0, point);
  const absl::string_view part =
      point == absl::string_view::npos ? absl::string_view("0") : text.substr(point + 1);
  const auto digits = [](absl::string_view each) {
    return !each.empty() && std::all_of(each.begin(), each.end(), absl::ascii_isdigit);
  };
  return digits(whole) && digits(part);
}

bool IsCoded(const v1::CheckupItem& item) {
  return item.data_type() == "CD" || item.data_type() == "CO";
}

absl::string_view ValueType(const v1::CheckupItem& item) {
  if (IsCoded(item)) return "CWE";
  return item.data_type() == "PQ" && IsNumber(item.data_value()) ? "NM" : "ST";
}

void Observation(const v1::Checkup& checkup, const v1::CheckupItem& item, int number, bool local,
                 SegmentWriter& writer) {
  writer.Segment("OBX");
  writer.Field(1, std::to_string(number));
  writer.Field(2, ValueType(item));
  writer.Field(3, {item.item_code(), item.item_name(), "JC10"});
  if (IsCoded(item)) {
    writer.Field(5, {item.data_value(), item.data_value_name(), item.oid()});
  } else {
    writer.Field(5, item.data_value());
  }
  writer.Field(6, item.unit());
  writer.Field(11, "F");
  writer.Field(14, DayText(checkup.examined_on()));
  if (!local) return;
  writer.Segment("ZOB");
  writer.Field(1, std::to_string(number));
  writer.Field(2, item.data_type());
  writer.Field(3, item.oid());
  writer.Field(4, item.data_value_name());
  writer.Field(5, checkup.examined_on().text());
}

void Request(const v1::Checkup& checkup, int number, absl::string_view order, bool specimen,
             SegmentWriter& writer) {
  writer.Segment("OBR");
  writer.Field(1, std::to_string(number));
  writer.Field(2, order);
  writer.Field(3, order);
  writer.Field(4, {"KENSHIN", "特定健康診査", "99MDG"});
  const std::string day = DayText(checkup.examined_on());
  writer.Field(7, day);
  if (!specimen) writer.Field(22, day);
  writer.Field(25, "F");
}

// Items that have the same material.
struct SameMaterial {
  absl::string_view material;
  std::vector<int> items;
};

// In the order in which the materials appear.
std::vector<SameMaterial> ByMaterial(const v1::Checkup& checkup) {
  std::vector<SameMaterial> groups;
  absl::flat_hash_map<absl::string_view, size_t> places;
  for (int i = 0; i < checkup.items_size(); ++i) {
    const absl::string_view material = MaterialOf(checkup.items(i).item_code());
    if (material.empty()) continue;
    const auto [place, added] = places.try_emplace(material, groups.size());
    if (added) groups.push_back({material, {}});
    groups[place->second].items.push_back(i);
  }
  return groups;
}

// Counts the groups of a message.
struct Numbers {
  int specimen = 0;
  int request = 0;
};

void Specimens(const v1::Checkup& checkup, absl::string_view order, bool local, Numbers& numbers,
               SegmentWriter& writer) {
  for (const SameMaterial& group : ByMaterial(checkup)) {
    writer.Segment("SPM");
    writer.Field(1, std::to_string(++numbers.specimen));
    writer.Field(4, {group.material, "", "JC10"});
    writer.Field(17, DayText(checkup.examined_on()));
    Request(checkup, ++numbers.request, order, true, writer);
    int number = 0;
    for (const int item : group.items) {
      Observation(checkup, checkup.items(item), ++number, local, writer);
    }
  }
}

void WithoutSpecimen(const v1::Checkup& checkup, absl::string_view order, bool local,
                     Numbers& numbers, SegmentWriter& writer) {
  int number = 0;
  for (const v1::CheckupItem& item : checkup.items()) {
    if (WithSpecimen(item)) continue;
    if (number == 0) Request(checkup, ++numbers.request, order, false, writer);
    Observation(checkup, item, ++number, local, writer);
  }
}

std::string NewestDay(const v1::CheckupHistory& history, int first, int last) {
  std::string newest;
  for (int i = first; i < last; ++i) {
    newest = std::max(newest, DayText(history.checkups(i).examined_on()));
  }
  return newest;
}

}  // namespace

absl::string_view MaterialOf(absl::string_view item_code) {
  if (item_code.size() != kCodeSize ||
      !std::all_of(item_code.begin(), item_code.end(), absl::ascii_isalnum)) {
    return {};
  }
  const absl::string_view material = item_code.substr(9, 3);
  return material == kNoMaterial ? absl::string_view() : material;
}

bool HasItems(const v1::CheckupHistory& history, int first, int last, bool specimen) {
  for (int i = first; i < last; ++i) {
    for (const v1::CheckupItem& item : history.checkups(i).items()) {
      if (WithSpecimen(item) == specimen) return true;
    }
  }
  return false;
}

std::vector<std::string> CheckupNumbers(const v1::CheckupHistory& history) {
  absl::flat_hash_map<absl::string_view, int> of_day;
  std::vector<std::string> numbers;
  for (const v1::Checkup& checkup : history.checkups()) {
    const std::string& day = checkup.examined_on().text();
    OrderNumber number;
    number.Add("checkup");
    number.Add(day);
    number.Add(std::to_string(++of_day[day]));
    numbers.push_back(number.Finish());
  }
  return numbers;
}

absl::StatusOr<Message> WriteResults(const v1::CheckupHistory& history, int first, int last,
                                     bool specimen, int place, const Options& options) {
  size_t items = 0;
  for (int i = first; i < last; ++i) items += static_cast<size_t>(history.checkups(i).items_size());
  const MessageType type =
      specimen ? MessageType{"OUL", "R22", "OUL_R22"} : MessageType{"ORU", "R01", "ORU_R01"};
  std::string time(ProcessTime(history.header()));
  if (time.empty()) time = NewestDay(history, first, last);
  Assembly message(type, options, history.header().medical_institution_code(), time, place,
                   kResultHeadBytes + items * kItemBytes);
  SegmentWriter& writer = message.writer();
  message.Pid(PersonOf(history.patient(), options));
  const std::vector<std::string> orders = CheckupNumbers(history);
  Numbers numbers;
  for (int i = first; i < last; ++i) {
    const std::string& order = orders[static_cast<size_t>(i)];
    if (specimen) {
      Specimens(history.checkups(i), order, message.local(), numbers, writer);
    } else {
      WithoutSpecimen(history.checkups(i), order, message.local(), numbers, writer);
    }
  }
  if (message.local()) {
    AddLeftovers(history.header(), history.patient(), history.result(), history.unknown_elements(),
                 "checkup_history.", writer);
  }
  return message.Finish();
}

}  // namespace madoguchi::hl7::v2
