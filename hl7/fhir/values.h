#ifndef MADOGUCHI_HL7_FHIR_VALUES_H_
#define MADOGUCHI_HL7_FHIR_VALUES_H_

#include <array>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "hl7/fhir/json.h"
#include "madoguchi/v1/types.pb.h"

// Values of OQS as FHIR's primitive types. What is no such value is no reason to lose it: the text
// that was sent stands in the extension originalText.
namespace madoguchi::hl7::fhir {

// A short text without allocation.
class ShortText {
 public:
  static constexpr size_t kCapacity = 40;
  absl::string_view view() const { return {text_.data(), size_}; }
  // Ignored when it does not fit.
  ShortText& Append(absl::string_view text);
  ShortText& AppendDigits(int value, int digits);

 private:
  std::array<char, kCapacity> text_ = {};
  size_t size_ = 0;
};

// `2026-04-10` of a day that exists, `2026-04` of a month.
std::optional<ShortText> DateOf(const v1::Date& date);
// A day that exists.
bool IsDay(const v1::Date& date);
// `2026-04-10T09:15:12+09:00`; nullopt without a time.
std::optional<ShortText> InstantOf(const v1::OqsTime& time);
// A number as FHIR and JSON write it: digits of either width, leading zeros dropped; at most 18
// digits. nullopt for what is none.
std::optional<ShortText> DecimalOf(absl::string_view text);
// The product, exact, of two decimals without exponent and sign; nullopt when it is too long.
std::optional<ShortText> Product(absl::string_view a, absl::string_view b);

// True when FHIR's type `code` can hold it in every validator: no white space but single ASCII
// spaces between other characters.
bool IsCode(absl::string_view text);

// The member, or `_key` with the original text when it is none; nothing when nothing was sent.
void WriteDate(Json& json, absl::string_view key, const v1::Date& date);
void WriteInstant(Json& json, absl::string_view key, const v1::OqsTime& time);
// `_key` with the original text.
void WriteOriginal(Json& json, absl::string_view key, absl::string_view original);
// `_key` with data-absent-reason `unknown`: FHIR demands what OQS does not say.
void WriteUnknown(Json& json, absl::string_view key);
// The value of a reference FHIR demands to what OQS does not name.
inline constexpr absl::string_view kUnknownValue =
    R"({"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason",)"
    R"("valueCode":"unknown"}]})";
void WriteUnknownReference(Json& json, absl::string_view key);
// A Period, unless there is nothing in it. An end before the start is kept as original text.
void WritePeriod(Json& json, absl::string_view key, const v1::Date& start, const v1::Date& end);
void WritePeriod(Json& json, absl::string_view key, const v1::OqsTime& start,
                 const v1::OqsTime& end);

// The system of a code, in two pieces.
struct System {
  absl::string_view base;
  absl::string_view name = {};
};
// A table of OQS, e.g. `OQSCD015`, or a list of our own.
System LocalSystem(absl::string_view table);

// `{"system":...,"code":...,"display":...}` in an array or, with a key, as a member. A text that is
// no code stands as display. Nothing when both are blank.
void WriteCoding(Json& json, absl::string_view key, System system, absl::string_view code,
                 absl::string_view display = {});
// `"key":{"coding":[one],"text":...}`, or nothing.
void WriteConcept(Json& json, absl::string_view key, System system, absl::string_view code,
                  absl::string_view display = {});

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_VALUES_H_
