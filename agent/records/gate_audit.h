#ifndef MADOGUCHI_AGENT_RECORDS_GATE_AUDIT_H_
#define MADOGUCHI_AGENT_RECORDS_GATE_AUDIT_H_

#include "agent/audit/trail.h"
#include "agent/records/gate.h"
#include "agent/records/keeper.h"

// How the rooms that hold medical records write to the audit trail, which outlives what is made
// here.
namespace madoguchi::records {

// For the gate: a release is on disk when it returns OK, and is not one otherwise; it names whom it
// is about, sealed. Refusals are noted from memory, alike ones counted, and never fail.
Gate::Audit AuditTo(audit::Trail& trail);

// For the keeper: changes are committed together with a note of how many records they delete.
Keeper::Commit CommitTo(audit::Trail& trail);

}  // namespace madoguchi::records

#endif  // MADOGUCHI_AGENT_RECORDS_GATE_AUDIT_H_
