#include "agent/reception/person.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/japan_time.h"
#include "agent/text/kana.h"

namespace madoguchi::reception {
namespace {

// Length first, so that no two lists of parts become the same text.
void AppendPart(std::string& parts, absl::string_view part) {
  absl::StrAppend(&parts, part.size(), ":", part, ";");
}

absl::string_view FirstOf(absl::string_view a, absl::string_view b) { return a.empty() ? b : a; }

// Empty: does not identify anybody.
std::string Identity(const v1::Qualification& qualification) {
  const v1::InsuredId& insured = qualification.insured();
  // Public assistance carries its numbers in fields of their own.
  const std::string insurer =
      FoldInsurer(FirstOf(FirstOf(insured.insurer_number(), insured.insurer_number_trimmed()),
                          qualification.public_expense_number()));
  const std::string number =
      FoldIdentifier(FirstOf(insured.number(), qualification.beneficiary_number()));
  if (insurer.empty() || number.empty() || !base::IsRealDay(qualification.birth_date())) return "";
  std::string identity = "person;";
  AppendPart(identity, insurer);
  AppendPart(identity, FoldIdentifier(insured.symbol()));
  AppendPart(identity, number);
  AppendPart(identity, base::FormatOqsDay(base::ToCivilDay(qualification.birth_date())));
  const std::string branch = FoldIdentifier(insured.branch());
  AppendPart(identity, branch);
  if (!branch.empty()) return identity;
  // Without a branch number (枝番) everybody on a family's certificate shares the rest, and twins
  // share the birth date too: only their names tell them apart. Sex is there for names that fold to
  // the same kana.
  const std::string kana = text::FoldKana(FirstOf(qualification.name_kana(), qualification.name()));
  if (kana.empty()) return "";
  AppendPart(identity, kana);
  AppendPart(identity, FirstOf(qualification.sex1_code(), qualification.sex2_code()));
  return identity;
}

}  // namespace

std::string FoldIdentifier(absl::string_view identifier) { return text::FoldWidth(identifier); }

std::string FoldInsurer(absl::string_view number) {
  const std::string folded = FoldIdentifier(number);
  const size_t first = folded.find_first_not_of('0');
  return first == std::string::npos ? "" : folded.substr(first);
}

bool SameInsured(const v1::InsuredId& a, const v1::InsuredId& b) {
  const auto insurer = [](const v1::InsuredId& id) {
    return FoldInsurer(FirstOf(id.insurer_number(), id.insurer_number_trimmed()));
  };
  return insurer(a) == insurer(b) && FoldIdentifier(a.symbol()) == FoldIdentifier(b.symbol()) &&
         FoldIdentifier(a.number()) == FoldIdentifier(b.number()) &&
         FoldIdentifier(a.branch()) == FoldIdentifier(b.branch());
}

bool SameDay(const v1::Date& a, const v1::Date& b) {
  return base::IsRealDay(a) && base::IsRealDay(b) && base::ToCivilDay(a) == base::ToCivilDay(b);
}

std::vector<std::string> PersonKeys(const v1::Confirmation& confirmation,
                                    const crypto::KeyedHash& hash) {
  std::vector<std::string> keys;
  for (const v1::Qualification& qualification : confirmation.qualifications()) {
    const std::string identity = Identity(qualification);
    if (!identity.empty()) keys.push_back(hash.Hash(identity));
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

absl::Time AskedAt(const v1::Confirmation& confirmation) {
  const v1::OqsTime& time = confirmation.header().process_execution_time();
  return base::FromProto(time.has_time() ? time.time() : confirmation.received_at());
}

void People::Add(const std::string& reception_id, std::vector<std::string> keys,
                 absl::Time asked_at) {
  Remove(reception_id);
  if (keys.empty()) return;
  for (const std::string& key : keys) by_key_[key].push_back(reception_id);
  by_id_[reception_id] = Entry{std::move(keys), asked_at};
}

void People::Remove(const std::string& reception_id) {
  const auto found = by_id_.find(reception_id);
  if (found == by_id_.end()) return;
  for (const std::string& key : found->second.keys) {
    const auto list = by_key_.find(key);
    if (list == by_key_.end()) continue;
    auto& ids = list->second;
    ids.erase(std::remove(ids.begin(), ids.end(), reception_id), ids.end());
    if (ids.empty()) by_key_.erase(list);
  }
  by_id_.erase(found);
}

std::vector<People::Known> People::Find(const std::vector<std::string>& keys) const {
  std::map<std::string, absl::Time> found;
  for (const std::string& key : keys) {
    const auto list = by_key_.find(key);
    if (list == by_key_.end()) continue;
    for (const std::string& id : list->second) found[id] = by_id_.at(id).asked_at;
  }
  std::vector<Known> known;
  known.reserve(found.size());
  for (const auto& [id, asked_at] : found) known.push_back({id, asked_at});
  return known;
}

}  // namespace madoguchi::reception
