#ifndef MADOGUCHI_AGENT_RECORDS_KIND_H_
#define MADOGUCHI_AGENT_RECORDS_KIND_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "madoguchi/v1/codes.pb.h"
#include "madoguchi/v1/reception.pb.h"

namespace madoguchi::records {

// What can be asked for. The numbers are stored: they never change their meaning.
enum class Kind : int {
  kDrug = 1,
  // With treatments and operations.
  kDiagnosis = 2,
  kCheckup = 3,
  kDrugDocument = 4,
  kDrugAndDiagnosisDocument = 5,
  kCheckupDocument = 6,
};
inline constexpr Kind kKinds[] = {Kind::kDrug,
                                  Kind::kDiagnosis,
                                  Kind::kCheckup,
                                  Kind::kDrugDocument,
                                  Kind::kDrugAndDiagnosisDocument,
                                  Kind::kCheckupDocument};

// How OQS is asked (section 9.1 of the interface), and whose consent it takes.
struct KindFacts {
  // `YZK` or `TKK`.
  absl::string_view family;
  // FileCategory.
  absl::string_view file_category;
  // Asked for a range of months.
  bool months = false;
  // A PDF: nothing in it can be withheld, and it names no patient.
  bool document = false;
  // The categories whose consent it takes: all of them for a document, at least one for a record,
  // whose lines are then given as far as each one's own category is covered.
  std::vector<v1::ConsentCategory> categories;
};
const KindFacts& FactsOf(Kind kind);

// What the consents of one qualification cover of a kind.
struct Coverage {
  // Index into Confirmation.qualifications: the one the question addresses.
  int qualification_index = 0;
  // In the order of KindFacts::categories.
  std::vector<v1::ConsentCategory> categories;
  // When the first of them ends; InfiniteFuture when none does.
  absl::Time until = absl::InfiniteFuture();
  bool Covers(v1::ConsentCategory category) const;
};

// The first qualification whose consents are enough for `kind` at `now`. Errors of consent_rule.h.
// Pure.
absl::StatusOr<Coverage> FindCoverage(const v1::Reception& reception, Kind kind, absl::Time now);
// The same for one qualification.
absl::StatusOr<Coverage> CoverageOf(const v1::Reception& reception, Kind kind,
                                    int qualification_index, absl::Time now);
// What the answer itself covered at `at`, whatever has happened since.
absl::StatusOr<Coverage> CoverageGiven(const v1::Reception& reception, Kind kind,
                                       int qualification_index, absl::Time at);

}  // namespace madoguchi::records

#endif  // MADOGUCHI_AGENT_RECORDS_KIND_H_
