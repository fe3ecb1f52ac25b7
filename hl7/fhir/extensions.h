#ifndef MADOGUCHI_HL7_FHIR_EXTENSIONS_H_
#define MADOGUCHI_HL7_FHIR_EXTENSIONS_H_

#include "absl/strings/string_view.h"
#include "hl7/fhir/identity.h"
#include "hl7/fhir/json.h"
#include "madoguchi/v1/types.pb.h"

// What OQS says and FHIR has no element for: an extension named as the element of OQS, below
// kLocalBase `StructureDefinition/`.
namespace madoguchi::hl7::fhir {

// The `extension` of the object that is open: opened by the first one, closed by the destructor.
// Members of the object may only be written before it is made or after it is gone.
class Extensions {
 public:
  explicit Extensions(Json& json) : json_(json) {}
  Extensions(const Extensions&) = delete;
  Extensions& operator=(const Extensions&) = delete;
  ~Extensions() {
    if (open_) json_.EndArray();
  }

  // Each nothing when nothing was sent. `element`: the element's name.
  void Text(absl::string_view element, absl::string_view text);
  // `table`: the code's table, e.g. `OQSCD015`, or a name of our own.
  void Code(absl::string_view element, absl::string_view table, absl::string_view code,
            absl::string_view display = {});
  // A text instead when it is no date.
  void Date(absl::string_view element, const v1::Date& date);
  void Reference(absl::string_view element, const Id& id);
  // Of JP Core, below kExtensionBase.
  void JpText(absl::string_view name, absl::string_view text);
  // Several, as they stand between the brackets of the array.
  void Again(absl::string_view rendered);
  // Opens one of JP Core or of ours, for a value that is written by the caller, and closes it.
  void Start(absl::string_view base, absl::string_view name);
  void End() { json_.EndObject(); }

 private:
  Json& json_;
  bool open_ = false;
};

// Below kLocalBase.
inline constexpr absl::string_view kLocalExtensionBase =
    "http://madoguchi.example.jp/fhir/StructureDefinition/";

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_EXTENSIONS_H_
