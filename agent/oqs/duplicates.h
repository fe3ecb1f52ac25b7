#ifndef MADOGUCHI_AGENT_OQS_DUPLICATES_H_
#define MADOGUCHI_AGENT_OQS_DUPLICATES_H_

#include "madoguchi/v1/medical.pb.h"

namespace madoguchi::oqs {

// Sets duplicate_of and duplicate_reason of every line, by the rule at DrugLine in medical.proto;
// marks that are there are made anew. No line is removed, merged or moved. Linear in the number of
// lines. To be called again whenever lines were taken out, as the marks are positions.
void MarkDuplicates(v1::DrugHistory& history);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_DUPLICATES_H_
