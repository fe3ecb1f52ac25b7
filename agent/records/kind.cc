#include "agent/records/kind.h"

#include <algorithm>
#include <utility>

#include "agent/base/error.h"
#include "agent/records/consent_rule.h"

namespace madoguchi::records {
namespace {

constexpr v1::ConsentCategory kDrugs = v1::CONSENT_CATEGORY_DRUG;
constexpr v1::ConsentCategory kCheckups = v1::CONSENT_CATEGORY_CHECKUP;
constexpr v1::ConsentCategory kDiagnoses = v1::CONSENT_CATEGORY_DIAGNOSIS;
constexpr v1::ConsentCategory kOperations = v1::CONSENT_CATEGORY_OPERATION;

// The refusal that tells the clerk most: that time is over says more than that nobody asked.
void Prefer(absl::Status& kept, const absl::Status& other) {
  if (kept.ok() || base::Is(other, base::ErrorCode::kConsentEnded)) kept = other;
}

using FindWindowOf = absl::StatusOr<Window> (*)(const v1::Reception&, v1::ConsentCategory, int,
                                                absl::Time);

absl::StatusOr<Coverage> Collect(const v1::Reception& reception, Kind kind, int index,
                                 absl::Time at, FindWindowOf window_of) {
  const KindFacts& facts = FactsOf(kind);
  Coverage coverage{.qualification_index = index, .categories = {}};
  absl::Status refusal;
  for (const v1::ConsentCategory category : facts.categories) {
    const absl::StatusOr<Window> window = window_of(reception, category, index, at);
    if (!window.ok()) {
      Prefer(refusal, window.status());
      continue;
    }
    coverage.categories.push_back(category);
    coverage.until = std::min(coverage.until, window->until);
  }
  const bool enough = facts.document ? coverage.categories.size() == facts.categories.size()
                                     : !coverage.categories.empty();
  if (!enough) return refusal;
  return coverage;
}

}  // namespace

const KindFacts& FactsOf(Kind kind) {
  static const KindFacts kDrug{"YZK", "2", true, false, {kDrugs}};
  static const KindFacts kDiagnosis{"YZK", "4", true, false, {kDiagnoses, kOperations}};
  static const KindFacts kCheckup{"TKK", "2", false, false, {kCheckups}};
  static const KindFacts kDrugDocument{"YZK", "1", true, true, {kDrugs}};
  static const KindFacts kBothDocument{"YZK", "3", true, true, {kDrugs, kDiagnoses, kOperations}};
  static const KindFacts kCheckupDocument{"TKK", "1", false, true, {kCheckups}};
  switch (kind) {
    case Kind::kDrug:
      return kDrug;
    case Kind::kDiagnosis:
      return kDiagnosis;
    case Kind::kCheckup:
      return kCheckup;
    case Kind::kDrugDocument:
      return kDrugDocument;
    case Kind::kCheckupDocument:
      return kCheckupDocument;
    case Kind::kDrugAndDiagnosisDocument:
      break;
  }
  // The one that needs most.
  return kBothDocument;
}

bool Coverage::Covers(v1::ConsentCategory category) const {
  return std::find(categories.begin(), categories.end(), category) != categories.end();
}

absl::StatusOr<Coverage> CoverageOf(const v1::Reception& reception, Kind kind,
                                    int qualification_index, absl::Time now) {
  return Collect(reception, kind, qualification_index, now, WindowOf);
}

absl::StatusOr<Coverage> CoverageGiven(const v1::Reception& reception, Kind kind,
                                       int qualification_index, absl::Time at) {
  return Collect(reception, kind, qualification_index, at, WindowGiven);
}

absl::StatusOr<Coverage> FindCoverage(const v1::Reception& reception, Kind kind, absl::Time now) {
  absl::Status refusal;
  for (int index = 0; index < reception.confirmation().qualifications_size(); ++index) {
    absl::StatusOr<Coverage> coverage = CoverageOf(reception, kind, index, now);
    if (coverage.ok()) return coverage;
    Prefer(refusal, coverage.status());
  }
  // Nobody in the answer: the rule itself says why.
  return refusal.ok() ? FindWindow(reception, FactsOf(kind).categories.front(), now).status()
                      : refusal;
}

}  // namespace madoguchi::records
