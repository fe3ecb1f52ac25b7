#include "agent/oqs/duplicates.h"

#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace madoguchi::oqs {
namespace {

// The day two lines may have in common: the prescribed one, or that of dispensing when the line of
// the better or of the other source has no prescribed day.
enum class MatchingDay { kPrescribed, kDispensedAsBetterLacks, kDispensedAsOtherLacks };

// What two lines that report one medicine have in common: prescriber, day, medicine, amount, unit,
// times. Points into the line.
using Key = std::tuple<absl::string_view, absl::string_view, absl::string_view, absl::string_view,
                       absl::string_view, absl::string_view>;

// nullopt: the line does not say enough to be a duplicate of anything.
std::optional<Key> KeyOf(const v1::DrugLine& line, MatchingDay day, bool is_better) {
  const v1::DrugItem& drug = line.drug();
  const absl::string_view prescriber = line.prescriber().code();
  const absl::string_view on =
      day == MatchingDay::kPrescribed ? line.prescribed_on().text() : line.dispensed_on().text();
  const absl::string_view medicine = drug.drug_code().empty() ? drug.drug_name() : drug.drug_code();
  const bool must_lack = is_better ? day == MatchingDay::kDispensedAsBetterLacks
                                   : day == MatchingDay::kDispensedAsOtherLacks;
  if (must_lack && !line.prescribed_on().text().empty()) return std::nullopt;
  if (prescriber.empty() || on.empty() || medicine.empty()) return std::nullopt;
  return Key{prescriber, on, medicine, drug.amount(), drug.unit(), drug.times()};
}

absl::string_view NameOf(v1::DrugSource source) {
  return source == v1::DRUG_SOURCE_RECEIPT ? "レセプト" : "電子処方箋の調剤情報";
}

absl::string_view NameOf(MatchingDay day) {
  return day == MatchingDay::kPrescribed ? "処方日" : "調剤日";
}

class Marker {
 public:
  explicit Marker(v1::DrugHistory& history) : lines_(*history.mutable_drug_lines()) {
    for (int i = 0; i < lines_.size(); ++i) {
      lines_[i].clear_duplicate_of();
      lines_[i].clear_duplicate_reason();
      if (v1::DrugSource_IsValid(lines_[i].source())) {
        by_source_[static_cast<size_t>(lines_[i].source())].push_back(i);
      }
    }
  }

  // Pairs the lines of `lower` with those of sources above it, best source first.
  void Mark(v1::DrugSource lower) {
    if (by_source_[static_cast<size_t>(lower)].empty()) return;
    std::vector<bool> paired(static_cast<size_t>(lines_.size()));
    for (int higher = v1::DRUG_SOURCE_RECEIPT; higher < lower; ++higher) {
      for (const MatchingDay day : {MatchingDay::kPrescribed, MatchingDay::kDispensedAsBetterLacks,
                                    MatchingDay::kDispensedAsOtherLacks}) {
        Pair(static_cast<v1::DrugSource>(higher), lower, day, paired);
      }
    }
  }

 private:
  // Lines of one key in their order, and how many of them have a partner.
  struct Queue {
    std::vector<int> lines;
    size_t used = 0;
  };

  void Pair(v1::DrugSource higher, v1::DrugSource lower, MatchingDay day,
            std::vector<bool>& paired) {
    absl::flat_hash_map<Key, Queue> partners;
    for (const int i : by_source_[static_cast<size_t>(higher)]) {
      if (lines_[i].duplicate_of() != 0 || paired[static_cast<size_t>(i)]) continue;
      if (const std::optional<Key> key = KeyOf(lines_[i], day, true)) {
        partners[*key].lines.push_back(i);
      }
    }
    if (partners.empty()) return;
    for (const int i : by_source_[static_cast<size_t>(lower)]) {
      v1::DrugLine& line = lines_[i];
      if (line.duplicate_of() != 0) continue;
      const std::optional<Key> key = KeyOf(line, day, false);
      const auto found = key ? partners.find(*key) : partners.end();
      if (found == partners.end() || found->second.used == found->second.lines.size()) continue;
      const int partner = found->second.lines[found->second.used++];
      paired[static_cast<size_t>(partner)] = true;
      line.set_duplicate_of(partner + 1);
      line.set_duplicate_reason(absl::StrCat(
          "処方元・", NameOf(day), "・薬剤・数量・日数が同じ行が", NameOf(higher), "にあります"));
    }
  }

  google::protobuf::RepeatedPtrField<v1::DrugLine>& lines_;
  // Places of lines, ascending.
  std::array<std::vector<int>, v1::DrugSource_ARRAYSIZE> by_source_;
};

}  // namespace

void MarkDuplicates(v1::DrugHistory& history) {
  Marker marker(history);
  marker.Mark(v1::DRUG_SOURCE_DISPENSING);
  marker.Mark(v1::DRUG_SOURCE_PRESCRIPTION);
}

}  // namespace madoguchi::oqs
