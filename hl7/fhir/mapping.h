#ifndef MADOGUCHI_HL7_FHIR_MAPPING_H_
#define MADOGUCHI_HL7_FHIR_MAPPING_H_

#include <cstdint>
#include <span>

#include "absl/strings/string_view.h"

// Where each field of a record is in a Bundle. docs/en/mapping-fhir.md is made of this table, and a
// test changes every field and looks whether the table speaks the truth.
namespace madoguchi::hl7::fhir {

// How a value is seen in the resources.
enum class Shown : uint8_t {
  // As it was sent; days and times in FHIR's writing.
  kAsSent,
  // As something else: a code of FHIR's, another width, a product.
  kTranslated,
  // Not at all: `target` says why.
  kNot,
};

struct MappingRow {
  // The end of the field's path: `qualifications[].insured.symbol`.
  absl::string_view field;
  // `ext(X)`: the extension of the element X, below the local base.
  absl::string_view target;
  Shown shown = Shown::kAsSent;
};

// Lives for ever.
std::span<const MappingRow> Mapping();
// The row whose field is the longest end of `field`; nullptr when there is none.
const MappingRow* FindMapping(absl::string_view field);

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_MAPPING_H_
