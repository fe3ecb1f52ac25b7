#ifndef MADOGUCHI_HL7_FHIR_ORGANIZATION_H_
#define MADOGUCHI_HL7_FHIR_ORGANIZATION_H_

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "hl7/fhir/identity.h"
#include "hl7/fhir/jp_core.h"
#include "hl7/fhir/json.h"

// Organizations, each once in a Bundle.
namespace madoguchi::hl7::fhir {

enum class OrganizationKind { kInstitution, kInsurer, kPublicPayer };

class Organizations {
 public:
  Organizations(Json& json, const Dialect& dialect) : json_(json), dialect_(dialect) {}

  // Of the Bundle before.
  void Clear() { written_.clear(); }
  // Writes an entry unless the Bundle has it. False when OQS says neither code nor name: then there
  // is none, and `id` is left as it is. Not while an entry is open.
  bool Write(OrganizationKind kind, absl::string_view code, absl::string_view name, Id& id);

 private:
  void WriteIdentifier(OrganizationKind kind, absl::string_view code);

  Json& json_;
  const Dialect& dialect_;
  absl::flat_hash_map<Id, bool> written_;
};

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_ORGANIZATION_H_
