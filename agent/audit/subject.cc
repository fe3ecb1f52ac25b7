#include "agent/audit/subject.h"

#include <utility>

#include "agent/text/utf8.h"

namespace madoguchi::audit {
namespace {

// Longer than any name, number or symbol of a certificate.
constexpr size_t kLongestText = 150;

void Cut(std::string& text) {
  if (text.size() <= kLongestText) return;
  text.resize(kLongestText);
  if (const auto bad = text::FindInvalidUtf8(text)) text.resize(*bad);
}

}  // namespace

std::string SubjectOf(const v1::Reception& reception) {
  v1::AuditSubject subject;
  subject.set_patient_id(reception.assignment().patient_id());
  if (reception.confirmation().qualifications_size() > 0) {
    const v1::Qualification& person = reception.confirmation().qualifications(0);
    *subject.mutable_insured() = person.insured();
    *subject.mutable_birth_date() = person.birth_date();
    subject.set_name(person.name());
  } else if (reception.has_pending_note()) {
    const v1::PendingNote& person = reception.pending_note();
    *subject.mutable_insured() = person.insured();
    *subject.mutable_birth_date() = person.birth_date();
    subject.set_name(person.name());
  }
  return EncodeSubject(std::move(subject));
}

std::string EncodeSubject(v1::AuditSubject subject) {
  v1::InsuredId& insured = *subject.mutable_insured();
  for (std::string* text :
       {subject.mutable_patient_id(), subject.mutable_name(), insured.mutable_insurer_number(),
        insured.mutable_insurer_number_trimmed(), insured.mutable_symbol(),
        insured.mutable_number(), insured.mutable_branch(),
        subject.mutable_birth_date()->mutable_text()}) {
    Cut(*text);
  }
  return subject.SerializeAsString();
}

std::optional<v1::AuditSubject> DecodeSubject(absl::string_view bytes) {
  v1::AuditSubject subject;
  if (!subject.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  return subject;
}

}  // namespace madoguchi::audit
