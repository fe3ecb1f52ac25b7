#ifndef MADOGUCHI_AGENT_RECORDS_KEEPER_MATCH_H_
#define MADOGUCHI_AGENT_RECORDS_KEEPER_MATCH_H_

#include "agent/records/gate.h"
#include "agent/records/keeper.h"
#include "agent/store/store.h"

// What is kept or under way, and what somebody wishes. Pure functions.
namespace madoguchi::records {

store::RecordKey KeyOf(const Question& question);
Label LabelOf(const store::RecordRow& row);

// Whether what is kept has all that is wished; a document cannot be cut to a range.
bool Answers(const store::RecordRow& row, const Wish& wish);
// The same for a question under way about the qualification with this index.
bool Answers(const Question& question, const Wish& wish, int qualification_index);

// The question for a wish that the gate let pass.
Question MakeQuestion(const Wish& wish, const Gate::Pass& pass);

}  // namespace madoguchi::records

#endif  // MADOGUCHI_AGENT_RECORDS_KEEPER_MATCH_H_
