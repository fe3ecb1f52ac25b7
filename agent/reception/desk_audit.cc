#include "agent/reception/desk_audit.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/audit/subject.h"

namespace madoguchi::reception {
namespace {

using audit::Kind;

std::string Word(v1::ReceptionState state) {
  return std::string(absl::StripPrefix(v1::ReceptionState_Name(state), "RECEPTION_STATE_"));
}

std::string Word(v1::AssignmentState state) {
  return std::string(absl::StripPrefix(v1::AssignmentState_Name(state), "ASSIGNMENT_STATE_"));
}

std::string Word(v1::ReceptionOrigin origin) {
  return std::string(absl::StripPrefix(v1::ReceptionOrigin_Name(origin), "RECEPTION_ORIGIN_"));
}

std::string Word(v1::IdentityMethod method) {
  return std::string(absl::StripPrefix(v1::IdentityMethod_Name(method), "IDENTITY_METHOD_"));
}

bool IsTied(const v1::Reception& reception) {
  return reception.assignment().state() != v1::ASSIGNMENT_STATE_UNASSIGNED &&
         reception.assignment().state() != v1::ASSIGNMENT_STATE_UNSPECIFIED;
}

bool SameTie(const v1::Reception& a, const v1::Reception& b) {
  return a.assignment().state() == b.assignment().state() &&
         a.assignment().patient_id() == b.assignment().patient_id();
}

// Empty: nothing but what time brings.
std::string ChangesIn(const v1::Reception& before, const v1::Reception& after) {
  std::string changes;
  const auto add = [&changes](absl::string_view change) {
    absl::StrAppend(&changes, changes.empty() ? "" : ", ", change);
  };
  if (before.state() != after.state() && after.state() != v1::RECEPTION_STATE_CLOSED) {
    add(Word(after.state()));
  }
  if (before.identity_method() != after.identity_method()) add(Word(after.identity_method()));
  if (!SameTie(before, after)) add(Word(after.assignment().state()));
  if (before.superseded_by() != after.superseded_by()) add("superseded");
  if (before.confirmation().confirmation_id() != after.confirmation().confirmation_id()) {
    add("answer");
  }
  if (before.pending_note().SerializeAsString() != after.pending_note().SerializeAsString()) {
    add("note");
  }
  return changes;
}

Kind KindOf(const v1::Reception& before, const v1::Reception& after) {
  if (after.state() == v1::RECEPTION_STATE_CANCELLED && before.state() != after.state()) {
    return Kind::kReceptionCancelled;
  }
  if (IsTied(before) && !IsTied(after)) return Kind::kReceptionUnassigned;
  if (after.assignment().state() == v1::ASSIGNMENT_STATE_BY_PERSON && !SameTie(before, after)) {
    return Kind::kReceptionAssigned;
  }
  return Kind::kReceptionChanged;
}

std::string Subject(const std::string& patient_id, const v1::InsuredId& insured,
                    const v1::Date& birth_date) {
  v1::AuditSubject subject;
  subject.set_patient_id(patient_id);
  *subject.mutable_insured() = insured;
  *subject.mutable_birth_date() = birth_date;
  return audit::EncodeSubject(std::move(subject));
}

audit::Entry By(const Caller& by) { return {.identity = by.identity, .person = by.person}; }

}  // namespace

std::optional<audit::Entry> EntryOf(const v1::Reception* before, const v1::Reception& after,
                                    const Caller& by) {
  audit::Entry entry = By(by);
  entry.reception_id = after.reception_id();
  if (before == nullptr) {
    entry.kind = Kind::kReceptionOpened;
    entry.outcome = after.ended_because().number();
    entry.detail = absl::StrCat(Word(after.origin()), ", ", Word(after.state()));
    if (IsTied(after)) absl::StrAppend(&entry.detail, ", ", Word(after.assignment().state()));
    return entry;
  }
  entry.detail = ChangesIn(*before, after);
  if (entry.detail.empty()) return std::nullopt;
  entry.kind = KindOf(*before, after);
  if (!before->has_ended_because()) entry.outcome = after.ended_because().number();
  if (entry.kind == Kind::kReceptionCancelled) entry.outcome.clear();
  // What a person did is for somebody to answer for: about whom it was, must stay known.
  if (entry.kind == Kind::kReceptionAssigned) entry.subject = audit::SubjectOf(after);
  if (entry.kind == Kind::kReceptionUnassigned || entry.kind == Kind::kReceptionCancelled) {
    entry.subject = audit::SubjectOf(*before);
  }
  return entry;
}

audit::Entry EntryOf(const v1::ExpectPatientRequest& expected, const Caller& by) {
  audit::Entry entry = By(by);
  entry.kind = Kind::kPersonExpected;
  entry.detail = expected.counter();
  entry.subject = Subject(expected.patient_id(), expected.insured(), expected.birth_date());
  return entry;
}

audit::Entry EntryOf(const v1::EligibilityQuery& asked, const std::string& patient_id,
                     const std::string& reception_id, const Caller& by) {
  audit::Entry entry = By(by);
  entry.kind = Kind::kPersonAsked;
  entry.reception_id = reception_id;
  entry.subject = Subject(patient_id, asked.insured(), asked.birth_date());
  return entry;
}

}  // namespace madoguchi::reception
