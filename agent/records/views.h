#ifndef MADOGUCHI_AGENT_RECORDS_VIEWS_H_
#define MADOGUCHI_AGENT_RECORDS_VIEWS_H_

#include <optional>

#include "agent/records/kind.h"
#include "agent/records/months.h"
#include "madoguchi/v1/medical.pb.h"

// What of a kept record may leave the room: lines, never what surrounds them. The patient block,
// month blocks (they show the days of lines that are withheld) and leftovers stay inside. Pure
// functions.
namespace madoguchi::records {

// The medicines of the months; a line without a month that can be read is in every range. Lines
// that repeat one of a better source are marked anew, as marks are positions, and without
// `include_duplicates` left out and counted.
struct DrugView {
  v1::DrugHistory history;
  int duplicates = 0;
};
DrugView ViewDrugs(const v1::MedicalRecord& record, const std::optional<Months>& months,
                   bool include_duplicates);

// The treatments of the months whose own category consent covers; a line that nobody can classify
// takes both consents.
struct DiagnosisView {
  v1::DiagnosisHistory history;
  // Lines of the months that were left out.
  int withheld_lines = 0;
};
DiagnosisView ViewDiagnoses(const v1::MedicalRecord& record, const Coverage& coverage,
                            const std::optional<Months>& months);

// The checkups, without header, patient block and leftovers.
v1::CheckupHistory ViewCheckups(const v1::CheckupHistory& record);

// Takes what no view needs out of `record`: the rest is what is kept.
void Slim(Kind kind, v1::MedicalRecord& record);

}  // namespace madoguchi::records

#endif  // MADOGUCHI_AGENT_RECORDS_VIEWS_H_
