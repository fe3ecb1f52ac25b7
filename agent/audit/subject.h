#ifndef MADOGUCHI_AGENT_AUDIT_SUBJECT_H_
#define MADOGUCHI_AGENT_AUDIT_SUBJECT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "madoguchi/v1/audit.pb.h"
#include "madoguchi/v1/reception.pb.h"

// Whom an entry is about: what Entry::subject holds before it is sealed. Enough to tell the person
// when the reception has long been deleted, and no clinical content. Pure.
namespace madoguchi::audit {

// The chart, and the person of the answer or, before there is one, of the question.
std::string SubjectOf(const v1::Reception& reception);
// Long texts are cut, so that it always fits.
std::string EncodeSubject(v1::AuditSubject subject);
// nullopt when EncodeSubject() did not write it.
std::optional<v1::AuditSubject> DecodeSubject(absl::string_view bytes);

}  // namespace madoguchi::audit

#endif  // MADOGUCHI_AGENT_AUDIT_SUBJECT_H_
