#ifndef MADOGUCHI_AGENT_CLI_RECORD_VIEWS_H_
#define MADOGUCHI_AGENT_CLI_RECORD_VIEWS_H_

#include <ostream>

#include "madoguchi/v1/medical_record_service.pb.h"

// Medical records as a pharmacist and a doctor want to see them in a terminal. What comes from
// outside is shown with control characters escaped.
namespace madoguchi::cli {

// By day and institution, newest first. A line that repeats one of a better source
// (DrugLine.duplicate_of) is folded into that one, which names both sources; `every_line` shows it
// on its own, with the reason.
void PrintDrugs(const v1::GetDrugHistoryResponse& response, bool every_line, std::ostream& out);

// One row per item, one column per checkup, newest first; long texts below. Nothing is marked as
// out of range: the message has no reference values, and the daemon makes up none.
void PrintCheckups(const v1::GetCheckupsResponse& response, std::ostream& out);

// By day and institution, newest first, and how many lines were left out for want of consent.
void PrintDiagnoses(const v1::GetDiagnosisHistoryResponse& response, std::ostream& out);

}  // namespace madoguchi::cli

#endif  // MADOGUCHI_AGENT_CLI_RECORD_VIEWS_H_
