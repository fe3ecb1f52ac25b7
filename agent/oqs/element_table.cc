#include <array>
#include <span>

#include "agent/oqs/element.h"
#include "agent/oqs/element_access.h"

namespace madoguchi::oqs {
namespace {

using v1::InsuredId, v1::MessageHeader, v1::OqsResult, v1::Provider;
using enum Confidence;

constexpr Element Row(Kind kind, Accessor access, absl::string_view name, absl::string_view field,
                      absl::string_view meaning_ja, absl::string_view meaning_en,
                      Confidence confidence) {
  return {.name = name,
          .kind = kind,
          .access = access,
          .field = field,
          .meaning_ja = meaning_ja,
          .meaning_en = meaning_en,
          .confidence = confidence};
}

constexpr Element With(Element row, const CodeTable& codes) {
  row.codes = &codes;
  return row;
}

constexpr Element With(Element row, Scope inner) {
  row.inner = inner;
  return row;
}

constexpr Element MayHoldPlaceholder(Element row) {
  row.may_hold_placeholder = true;
  return row;
}

// The repeated fields, as Repeated<> wants them.
struct Qualifications {
  using Record = v1::Confirmation;
  static auto& Of(Record& r) { return *r.mutable_qualifications(); }
  static const auto& Of(const Record& r) { return r.qualifications(); }
};
struct Diseases {
  using Record = v1::Qualification;
  static auto& Of(Record& r) { return *r.mutable_specific_disease_certificates(); }
  static const auto& Of(const Record& r) { return r.specific_disease_certificates(); }
};
struct Tickets {
  using Record = v1::Qualification;
  static auto& Of(Record& r) { return *r.mutable_medical_tickets(); }
  static const auto& Of(const Record& r) { return r.medical_tickets(); }
};

struct ReceiptMonths {
  using Record = v1::MedicalRecord;
  static auto& Of(Record& r) { return *r.mutable_receipt_months(); }
  static const auto& Of(const Record& r) { return r.receipt_months(); }
};
struct DispensingMonths {
  using Record = v1::MedicalRecord;
  static auto& Of(Record& r) { return *r.mutable_dispensing_months(); }
  static const auto& Of(const Record& r) { return r.dispensing_months(); }
};
struct PrescriptionMonths {
  using Record = v1::MedicalRecord;
  static auto& Of(Record& r) { return *r.mutable_prescription_months(); }
  static const auto& Of(const Record& r) { return r.prescription_months(); }
};
struct Days {
  using Record = v1::MonthBlock;
  static auto& Of(Record& r) { return *r.mutable_days(); }
  static const auto& Of(const Record& r) { return r.days(); }
};
struct Drugs {
  using Record = v1::DayBlock;
  static auto& Of(Record& r) { return *r.mutable_drugs(); }
  static const auto& Of(const Record& r) { return r.drugs(); }
};
struct Treatments {
  using Record = v1::DayBlock;
  static auto& Of(Record& r) { return *r.mutable_treatments(); }
  static const auto& Of(const Record& r) { return r.treatments(); }
};
struct Checkups {
  using Record = v1::CheckupHistory;
  static auto& Of(Record& r) { return *r.mutable_checkups(); }
  static const auto& Of(const Record& r) { return r.checkups(); }
};
struct CheckupItems {
  using Record = v1::Checkup;
  static auto& Of(Record& r) { return *r.mutable_items(); }
  static const auto& Of(const Record& r) { return r.items(); }
};
struct Queries {
  using Record = v1::BatchRequest;
  static auto& Of(Record& r) { return *r.mutable_queries(); }
  static const auto& Of(const Record& r) { return r.queries(); }
};
struct Registrations {
  using Record = v1::BatchRequest;
  static auto& Of(Record& r) { return *r.mutable_registrations(); }
  static const auto& Of(const Record& r) { return r.registrations(); }
};
struct ReferenceNumbers {
  using Record = v1::Confirmation;
  static auto& Of(Record& r) { return *r.mutable_reference_numbers(); }
  static const auto& Of(const Record& r) { return r.reference_numbers(); }
};

// When a wrapper is written.
// A message has a head or a body; an answer that refuses the file has no body.
int HasRequestBody(const void* record) {
  const auto& request = To<v1::OqsMessage>(record);
  return request.has_query() || !request.has_request_header() ? 1 : 0;
}
int HasResponseBody(const void* record) {
  const auto& answer = To<v1::Confirmation>(record);
  const bool any =
      !answer.has_header() || answer.has_query() || answer.has_processing_result() ||
      !answer.prescription_issue_select_code().empty() || answer.prescription_issue_select() != 0 ||
      !answer.processing_result_status_code().empty() || answer.processing_result_status() != 0 ||
      !answer.validity_code().empty() || answer.validity() != 0 || !answer.qualifications().empty();
  return any ? 1 : 0;
}
constexpr int (*kHasRequestBody)(const void*) = &HasRequestBody;
constexpr int (*kHasResponseBody)(const void*) = &HasResponseBody;
template <typename List>
int HasAny(const void* record) {
  return List::Of(To<typename List::Record>(record)).empty() ? 0 : 1;
}
constexpr int (*kHasQualifications)(const void*) = &HasAny<Qualifications>;
constexpr int (*kHasDiseases)(const void*) = &HasAny<Diseases>;
constexpr int (*kHasTickets)(const void*) = &HasAny<Tickets>;
int Always(const void* /*record*/) { return 1; }
// An answer that reports a failure has no body; a success without any line has an empty one.
int HasMedicalBody(const void* record) {
  const auto& answer = To<v1::MedicalRecord>(record);
  const bool any = answer.result().code() == "1" || !answer.receipt_months().empty() ||
                   !answer.dispensing_months().empty() || !answer.prescription_months().empty();
  return any ? 1 : 0;
}
int HasCheckupBody(const void* record) {
  const auto& answer = To<v1::CheckupHistory>(record);
  return answer.result().code() == "1" || !answer.checkups().empty() ? 1 : 0;
}
int HasBatchRequestBody(const void* record) {
  const auto& request = To<v1::OqsMessage>(record);
  return request.batch_request().ByteSizeLong() > 0 || !request.has_request_header() ? 1 : 0;
}
int HasBatchBody(const void* record) {
  const auto& answer = To<v1::BatchAnswer>(record);
  const bool any = !answer.has_header() || !answer.reception_number().empty() ||
                   answer.has_reception_time() || answer.has_processing_result() ||
                   !answer.processing_result_status_code().empty() ||
                   answer.processing_result_status() != 0 || !answer.units().empty();
  return any ? 1 : 0;
}
int HasRegistrationBody(const void* record) {
  const auto& answer = To<v1::RegistrationAnswer>(record);
  return answer.has_registration() || !answer.has_header() ? 1 : 0;
}
int HasRegistrationInfo(const void* record) {
  const auto& registration = To<v1::Registration>(record);
  return !registration.reference_number().empty() || registration.has_insured() ? 1 : 0;
}
// A request has its body even when that is empty: it tells what kind of message this is.
void KeepBatchRequest(void* /*record*/) {}
void DropRegistration(void* record) { To<v1::RegistrationAnswer>(record).clear_registration(); }
constexpr void (*kKeepBatchRequest)(void*) = &KeepBatchRequest;
constexpr void (*kDropRegistration)(void*) = &DropRegistration;
constexpr int (*kHasBatchRequestBody)(const void*) = &HasBatchRequestBody;
constexpr int (*kHasBatchBody)(const void*) = &HasBatchBody;
constexpr int (*kHasRegistrationBody)(const void*) = &HasRegistrationBody;
constexpr int (*kHasRegistrationInfo)(const void*) = &HasRegistrationInfo;
constexpr int (*kAlways)(const void*) = &Always;
constexpr int (*kHasMedicalBody)(const void*) = &HasMedicalBody;
constexpr int (*kHasDispensing)(const void*) = &HasAny<DispensingMonths>;
constexpr int (*kHasPrescriptions)(const void*) = &HasAny<PrescriptionMonths>;
constexpr int (*kHasDays)(const void*) = &HasAny<Days>;
constexpr int (*kHasDrugs)(const void*) = &HasAny<Drugs>;
constexpr int (*kHasTreatments)(const void*) = &HasAny<Treatments>;
constexpr int (*kHasCheckupBody)(const void*) = &HasCheckupBody;
constexpr int (*kHasCheckups)(const void*) = &HasAny<Checkups>;
constexpr int (*kHasCheckupItems)(const void*) = &HasAny<CheckupItems>;

// clang-format off
// How a line of elements.def becomes a row; R is the record of the scope.
#define TEXT(name, field, ja, en, sure) \
  Row(Kind::kText, Text<&R::mutable_##field, &R::field>(), name, #field, ja, en, sure)
#define NAME(name, field, ja, en, sure) MayHoldPlaceholder(TEXT(name, field, ja, en, sure))
#define TEXT_IN(name, outer, type, field, ja, en, sure)                                      \
  Row(Kind::kText,                                                                           \
      TextIn<&R::mutable_##outer, &R::outer, &type::mutable_##field, &type::field>(), name,  \
      #outer "." #field, ja, en, sure)
#define CODE(name, field, codes, ja, en, sure)                                               \
  With(Row(Kind::kCode,                                                                      \
           Code<&R::mutable_##field##_code, &R::field##_code, &R::set_##field, &R::field>(), \
           name, #field "_code", ja, en, sure), codes)
#define PERCENT(name, field, number, ja, en, sure)                                           \
  Row(Kind::kPercent, Code<&R::mutable_##field, &R::field, &R::set_##number, &R::number>(),  \
      name, #field, ja, en, sure)
#define DATE(name, field, ja, en, sure) \
  Row(Kind::kDate, Day<&R::mutable_##field, &R::field>(), name, #field, ja, en, sure)
#define MONTH(name, field, ja, en, sure) \
  Row(Kind::kMonth, Day<&R::mutable_##field, &R::field>(), name, #field, ja, en, sure)
#define TIME(name, field, ja, en, sure) \
  Row(Kind::kTime, Time<&R::mutable_##field, &R::field>(), name, #field, ja, en, sure)
#define GROUP(name, field, inner, ja, en, sure)                                              \
  With(Row(Kind::kGroup,                                                                     \
           Group<&R::mutable_##field, &R::field, &R::has_##field, &R::clear_##field>(),      \
           name, #field, ja, en, sure), Scope::inner)
#define REPEATED(name, list, field, inner, ja, en, sure) \
  With(Row(Kind::kRepeated, Repeated<list>(), name, #field, ja, en, sure), Scope::inner)
#define TEXTS(name, list, field, ja, en, sure) \
  Row(Kind::kTexts, Texts<list>(), name, #field, ja, en, sure)
#define BODY(name, field, count, drop, inner, ja, en, sure)                                  \
  With(Row(Kind::kGroup, Body<&R::mutable_##field, &R::field, count, drop>(),                \
           name, #field, ja, en, sure), Scope::inner)
#define UNITS(name, field, inner, ja, en, sure)                                              \
  With(Row(Kind::kRepeated, Units<&v1::BatchUnit::mutable_##field, &v1::BatchUnit::field>(), \
           name, "units[]." #field, ja, en, sure), Scope::inner)
#define WRAPPER(name, count, inner, ja, en, sure) \
  With(Row(Kind::kGroup, Wrapper<count>(), name, "", ja, en, sure), Scope::inner)
#define CONSENT_FLAG(name, category, codes, ja, en, sure)                         \
  With(Row(Kind::kCode, ConsentCode<v1::CONSENT_CATEGORY_##category>(), name,     \
           "consents[" #category "].flag_code", ja, en, sure), codes)
#define CONSENT_TIME(name, category, ja, en, sure)                                \
  Row(Kind::kTime, ConsentGivenAt<v1::CONSENT_CATEGORY_##category>(), name,       \
      "consents[" #category "].given_at", ja, en, sure)
#define CONSENT_UNTIL(name, category, ja, en, sure)                               \
  Row(Kind::kTime, ConsentAvailableUntil<v1::CONSENT_CATEGORY_##category>(), name, \
      "consents[" #category "].available_until", ja, en, sure)

// clang-format on
#include "agent/oqs/batch_elements.def"
#include "agent/oqs/elements.def"
#include "agent/oqs/medical_elements.def"

constexpr std::array<std::span<const Element>, kScopeCount> kScopes = {
    std::span<const Element>(RequestRows::kRows),
    std::span<const Element>(ResponseRows::kRows),
    std::span<const Element>(HeaderRows::kRows),
    std::span<const Element>(RequestBodyRows::kRows),
    std::span<const Element>(ResponseBodyRows::kRows),
    std::span<const Element>(QueryRows::kRows),
    std::span<const Element>(ResultListRows::kRows),
    std::span<const Element>(QualificationRows::kRows),
    std::span<const Element>(ElderlyRows::kRows),
    std::span<const Element>(LimitRows::kRows),
    std::span<const Element>(DiseaseListRows::kRows),
    std::span<const Element>(DiseaseRows::kRows),
    std::span<const Element>(TicketListRows::kRows),
    std::span<const Element>(TicketRows::kRows),
    std::span<const Element>(InformationRequestRows::kRows),
    std::span<const Element>(InformationHeaderRows::kRows),
    std::span<const Element>(InformationBodyRows::kRows),
    std::span<const Element>(MedicalRows::kRows),
    std::span<const Element>(MedicalHeaderRows::kRows),
    std::span<const Element>(MedicalPatientRows::kRows),
    std::span<const Element>(MedicalBodyRows::kRows),
    std::span<const Element>(DispensingListRows::kRows),
    std::span<const Element>(PrescriptionListRows::kRows),
    std::span<const Element>(ReceiptMonthRows::kRows),
    std::span<const Element>(ReceiptDaysRows::kRows),
    std::span<const Element>(ReceiptDayRows::kRows),
    std::span<const Element>(ReceiptDrugsRows::kRows),
    std::span<const Element>(ReceiptDrugRows::kRows),
    std::span<const Element>(TreatmentsRows::kRows),
    std::span<const Element>(TreatmentRows::kRows),
    std::span<const Element>(DispensingMonthRows::kRows),
    std::span<const Element>(DispensingDaysRows::kRows),
    std::span<const Element>(DispensingDayRows::kRows),
    std::span<const Element>(DispensingDrugsRows::kRows),
    std::span<const Element>(DispensingDrugRows::kRows),
    std::span<const Element>(PrescriptionMonthRows::kRows),
    std::span<const Element>(PrescriptionDaysRows::kRows),
    std::span<const Element>(PrescriptionDayRows::kRows),
    std::span<const Element>(PrescriptionDrugsRows::kRows),
    std::span<const Element>(PrescriptionDrugRows::kRows),
    std::span<const Element>(CheckupsRows::kRows),
    std::span<const Element>(CheckupHeaderRows::kRows),
    std::span<const Element>(CheckupPatientRows::kRows),
    std::span<const Element>(CheckupBodyRows::kRows),
    std::span<const Element>(CheckupListRows::kRows),
    std::span<const Element>(CheckupRows::kRows),
    std::span<const Element>(CheckupItemsRows::kRows),
    std::span<const Element>(CheckupItemRows::kRows),
    std::span<const Element>(BatchRequestRows::kRows),
    std::span<const Element>(BatchRequestBodyRows::kRows),
    std::span<const Element>(BatchAnswerRows::kRows),
    std::span<const Element>(BatchAnswerBodyRows::kRows),
    std::span<const Element>(BatchUnitRows::kRows),
    std::span<const Element>(RegistrationBatchRows::kRows),
    std::span<const Element>(RegistrationBatchBodyRows::kRows),
    std::span<const Element>(RegistrationUnitRows::kRows),
    std::span<const Element>(RegistrationInfoRows::kRows),
    std::span<const Element>(RegistrationAnswerRows::kRows),
};

constexpr size_t CountElements() {
  size_t count = 0;
  for (const std::span<const Element>& elements : kScopes) count += elements.size();
  return count;
}

// The index by name: an open-addressed hash table made at compile time.
constexpr size_t kSlots = 1024;
static_assert(CountElements() * 2 < kSlots, "keep the hash table at most half full");

struct Slot {
  uint8_t scope = 0;
  // Index in the scope plus 1; 0: free.
  uint8_t index = 0;
};

constexpr uint32_t CharacterAt(absl::string_view name, size_t i) {
  return static_cast<unsigned char>(name[i]);
}

// `name` is not empty. A few places tell all names of the table well apart.
constexpr size_t SlotOf(size_t scope, absl::string_view name) {
  const size_t n = name.size();
  uint32_t hash = static_cast<uint32_t>(n * 131 + scope * 29);
  hash = hash * 33 + CharacterAt(name, 0);
  hash = hash * 33 + CharacterAt(name, n / 3);
  hash = hash * 33 + CharacterAt(name, n / 2);
  hash = hash * 33 + CharacterAt(name, n * 3 / 4);
  hash = hash * 33 + CharacterAt(name, n - 1);
  return (hash * 2654435769U) >> 22;
}

constexpr std::array<Slot, kSlots> MakeIndex() {
  std::array<Slot, kSlots> slots{};
  for (size_t scope = 0; scope < kScopeCount; ++scope) {
    for (size_t i = 0; i < kScopes[scope].size(); ++i) {
      size_t at = SlotOf(scope, kScopes[scope][i].name);
      while (slots[at].index != 0) at = (at + 1) % kSlots;
      slots[at] = {static_cast<uint8_t>(scope), static_cast<uint8_t>(i + 1)};
    }
  }
  return slots;
}

constexpr std::array<Slot, kSlots> kIndex = MakeIndex();

}  // namespace

std::span<const Element> ElementsOf(Scope scope) { return kScopes[static_cast<size_t>(scope)]; }

size_t FindElement(Scope scope, absl::string_view name, size_t hint) {
  const std::span<const Element> elements = ElementsOf(scope);
  if (hint < elements.size() && elements[hint].name == name) return hint;
  if (name.empty()) return kNotFound;
  for (size_t at = SlotOf(static_cast<size_t>(scope), name); kIndex[at].index != 0;
       at = (at + 1) % kSlots) {
    const size_t index = kIndex[at].index - 1U;
    if (kIndex[at].scope == static_cast<size_t>(scope) && elements[index].name == name) {
      return index;
    }
  }
  return kNotFound;
}

}  // namespace madoguchi::oqs
