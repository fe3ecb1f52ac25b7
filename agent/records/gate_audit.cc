#include "agent/records/gate_audit.h"

#include <string>
#include <utility>
#include <vector>

#include "agent/audit/subject.h"

namespace madoguchi::records {
namespace {

absl::string_view NameOf(Kind kind) {
  switch (kind) {
    case Kind::kDrug:
      return "DRUG";
    case Kind::kDiagnosis:
      return "DIAGNOSIS";
    case Kind::kCheckup:
      return "CHECKUP";
    case Kind::kDrugDocument:
      return "DRUG_DOCUMENT";
    case Kind::kDrugAndDiagnosisDocument:
      return "DRUG_AND_DIAGNOSIS_DOCUMENT";
    case Kind::kCheckupDocument:
      return "CHECKUP_DOCUMENT";
  }
  return "";
}

audit::Kind KindOf(const GateEvent& event) {
  if (event.outcome == GateEvent::Outcome::kRefused) return audit::Kind::kRecordRefused;
  return FactsOf(event.kind).document ? audit::Kind::kDocumentReleased
                                      : audit::Kind::kRecordReleased;
}

audit::Entry EntryOf(const GateEvent& event) {
  audit::Entry entry{.kind = KindOf(event),
                     .identity = event.asker.identity,
                     .person = event.asker.person,
                     .outcome = event.error,
                     .detail = std::string(NameOf(event.kind))};
  // An id that names nothing is the caller's text, which may be anything.
  if (event.reception == nullptr) return entry;
  entry.reception_id = event.reception->reception_id();
  entry.subject = audit::SubjectOf(*event.reception);
  return entry;
}

}  // namespace

Gate::Audit AuditTo(audit::Trail& trail) {
  return [&trail](const GateEvent& event) {
    if (event.outcome == GateEvent::Outcome::kReleased) return trail.Record(EntryOf(event));
    trail.Note(EntryOf(event));
    return absl::OkStatus();
  };
}

Keeper::Commit CommitTo(audit::Trail& trail) {
  return [&trail](const store::Changes& changes) {
    std::vector<audit::Entry> entries;
    if (!changes.records_gone.empty()) {
      entries.push_back({.kind = audit::Kind::kRecordsDeleted,
                         .count = static_cast<int64_t>(changes.records_gone.size())});
    }
    return trail.Commit(changes, std::move(entries)).status();
  };
}

}  // namespace madoguchi::records
