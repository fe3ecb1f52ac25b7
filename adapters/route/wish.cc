#include "adapters/route/wish.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "agent/base/japan_time.h"

namespace madoguchi::adapters {
namespace {

constexpr size_t kHashBytes = 8;
constexpr size_t kIdLength = 20;

// Parts are told from each other by their lengths.
std::string Hashed(const crypto::KeyedHash& hash, std::initializer_list<absl::string_view> parts) {
  std::string text;
  for (const absl::string_view part : parts) absl::StrAppend(&text, part.size(), ":", part);
  return hash.Hash(text);
}

std::string Short(const std::string& hashed) {
  return absl::BytesToHexString(hashed.substr(0, kHashBytes));
}

template <typename List, typename Value>
bool In(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool Answered(const v1::Reception& reception) {
  return reception.has_confirmation() && (reception.state() == v1::RECEPTION_STATE_ANSWERED ||
                                          reception.state() == v1::RECEPTION_STATE_CLOSED);
}

bool IsOf(v1::ExportWhat what, v1::ConsentCategory category) {
  switch (what) {
    case v1::EXPORT_WHAT_DRUG_HISTORY:
      return category == v1::CONSENT_CATEGORY_DRUG;
    case v1::EXPORT_WHAT_CHECKUPS:
      return category == v1::CONSENT_CATEGORY_CHECKUP;
    case v1::EXPORT_WHAT_DIAGNOSES:
      return category == v1::CONSENT_CATEGORY_DIAGNOSIS ||
             category == v1::CONSENT_CATEGORY_OPERATION;
    default:
      return false;
  }
}

bool CanBeHad(v1::RecordState state, Stage stage) {
  switch (state) {
    case v1::RECORD_STATE_READY:
      return true;
    case v1::RECORD_STATE_NOT_FETCHED:
    case v1::RECORD_STATE_FETCHING:
    case v1::RECORD_STATE_FAILED:
      return stage != Stage::kReady;
    case v1::RECORD_STATE_EXPIRED:
      return stage == Stage::kOwed;
    default:
      return false;
  }
}

}  // namespace

bool Fits(const Filter& filter, const v1::Reception& reception) {
  return (filter.counters.empty() || In(filter.counters, reception.counter())) &&
         (filter.origins.empty() || In(filter.origins, reception.origin())) &&
         (filter.validities.empty() || In(filter.validities, reception.confirmation().validity()));
}

std::optional<Wish> WishOf(const v1::Reception& reception, v1::ExportWhat what, Stage stage,
                           const crypto::KeyedHash& hash) {
  if (!Answered(reception)) return std::nullopt;
  // Those consented to, in whatever state they are: the key does not change with that.
  std::string categories;
  bool here = what == v1::EXPORT_WHAT_RECEPTION;
  for (const v1::RecordStatus& record : reception.records()) {
    if (!IsOf(what, record.category()) || record.state() == v1::RECORD_STATE_NOT_CONSENTED) {
      continue;
    }
    absl::StrAppend(&categories, static_cast<int>(record.category()), ",");
    here |= CanBeHad(record.state(), stage);
  }
  if (!here) return std::nullopt;
  const std::string& chart = reception.assignment().patient_id();
  Wish wish;
  wish.reception_id = reception.reception_id();
  wish.what = what;
  wish.revision = reception.revision();
  wish.key = Short(Hashed(hash, {"key", reception.reception_id(),
                                 reception.confirmation().confirmation_id(), chart, categories}));
  wish.line = chart.empty() ? reception.reception_id() : Short(Hashed(hash, {"line", chart}));
  wish.has_chart = !chart.empty();
  wish.answered_at = base::FromProto(reception.confirmation().received_at());
  return wish;
}

std::string MessageIdOf(const std::string& route, const Wish& wish, const crypto::KeyedHash& hash) {
  constexpr absl::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const std::string hashed =
      Hashed(hash, {"message", route, wish.reception_id, absl::StrCat(wish.what), wish.key});
  std::string id;
  uint32_t bits = 0;
  int held = 0;
  for (const char c : hashed) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    held += 8;
    while (held >= 5 && id.size() < kIdLength) {
      held -= 5;
      id.push_back(kLetters[(bits >> static_cast<unsigned>(held)) & 31U]);
    }
  }
  return id;
}

}  // namespace madoguchi::adapters
