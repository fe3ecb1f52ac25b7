#ifndef MADOGUCHI_AGENT_RECEPTION_RECORD_STATUS_H_
#define MADOGUCHI_AGENT_RECEPTION_RECORD_STATUS_H_

#include "madoguchi/v1/reception.pb.h"

// Where the medical records of a reception stand, as its snapshot says. It says; it opens nothing:
// that is the gate's business. Pure functions.
namespace madoguchi::reception {

// Makes `reception.records` fit its consents: an entry per category that has records as long as the
// answer speaks of at least one of them; what was fetched counts only while consent covers it.
void UpdateRecords(v1::Reception& reception);

// Takes over what was learned about one category. False when there is nothing to take over: the
// category is not covered now, or the entry says so already.
bool MoveRecord(v1::Reception& reception, const v1::RecordStatus& status);

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_RECORD_STATUS_H_
