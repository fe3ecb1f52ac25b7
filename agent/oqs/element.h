#ifndef MADOGUCHI_AGENT_OQS_ELEMENT_H_
#define MADOGUCHI_AGENT_OQS_ELEMENT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "absl/strings/string_view.h"
#include "agent/oqs/code_tables.h"
#include "madoguchi/v1/oqs_message.pb.h"

// The element table: the one place that knows which element of a message is which field of the
// record. Reader, writer, completeness test and mapping docs are driven by it.
namespace madoguchi::oqs {

// An element that has elements inside, together with the record its values go to. `record` below
// is always of the scope's type.
enum class Scope : uint8_t {
  kRequest,        // XmlMsg of a request: OqsMessage
  kResponse,       // XmlMsg of an answer or a push: OqsMessage
  kHeader,         // MessageHeader
  kRequestBody,    // OqsMessage
  kResponseBody,   // Confirmation
  kQuery,          // EligibilityQuery
  kResultList,     // Confirmation
  kQualification,  // Qualification
  kElderly,        // ElderlyCertificate
  kLimit,          // LimitCertificate
  kDiseaseList,    // Qualification
  kDisease,        // SpecificDiseaseCertificate
  kTicketList,     // Qualification
  kTicket,         // MedicalTicket
  // Medical data (medical_elements.def).
  kInformationRequest,  // XmlMsg of YZKsiquc01req and TKKsiquc01req: InformationQuery
  kInformationHeader,   // InformationQuery
  kInformationBody,     // InformationQuery
  kMedical,             // XmlMsg of YZKsiquc01res: MedicalRecord
  kMedicalHeader,       // MedicalRecord
  kMedicalPatient,      // PatientBlock
  kMedicalBody,         // MedicalRecord
  kDispensingList,      // MedicalRecord
  kPrescriptionList,    // MedicalRecord
  kReceiptMonth,        // MonthBlock, and so on for days and lines of each of the three sources
  kReceiptDays,
  kReceiptDay,
  kReceiptDrugs,
  kReceiptDrug,
  kTreatments,
  kTreatment,
  kDispensingMonth,
  kDispensingDays,
  kDispensingDay,
  kDispensingDrugs,
  kDispensingDrug,
  kPrescriptionMonth,
  kPrescriptionDays,
  kPrescriptionDay,
  kPrescriptionDrugs,
  kPrescriptionDrug,
  kCheckups,        // XmlMsg of TKKsiquc01res: CheckupHistory
  kCheckupHeader,   // CheckupHistory
  kCheckupPatient,  // PatientBlock
  kCheckupBody,     // CheckupHistory
  kCheckupList,     // CheckupHistory
  kCheckup,         // Checkup
  kCheckupItems,    // Checkup
  kCheckupItem,     // CheckupItem
  // Batches and registrations (batch_elements.def).
  kBatchRequest,           // XmlMsg of requests of all of them: OqsMessage
  kBatchRequestBody,       // BatchRequest
  kBatchAnswer,            // XmlMsg of answers with confirmations: BatchAnswer
  kBatchAnswerBody,        // BatchAnswer
  kBatchUnit,              // Confirmation
  kRegistrationBatch,      // XmlMsg of OQSmuimm01res and 02res: BatchAnswer
  kRegistrationBatchBody,  // BatchAnswer
  kRegistrationUnit,       // Registration
  kRegistrationInfo,       // Registration
  kRegistrationAnswer,     // XmlMsg of OQSsiimm01res: RegistrationAnswer
};
inline constexpr size_t kScopeCount = 58;

enum class Kind : uint8_t {
  kText,
  // Text of a code, and beside it the value of an enum.
  kCode,
  // yyyyMMdd.
  kDate,
  // yyyyMM.
  kMonth,
  // yyyyMMddHHmmss in Japan.
  kTime,
  // 3 digits, and beside them the number.
  kPercent,
  // At most one.
  kGroup,
  // Any number.
  kRepeated,
  // Any number of texts. Empty ones are kept, as their places count.
  kTexts,
};

// How well the element is known (marks of the interface reference).
enum class Confidence : uint8_t { kTwoSources, kOneSource, kInferred, kAssumption };

// How to reach a field of a record. Only the members a kind needs are set.
struct Accessor {
  // kText, kCode, kPercent: the text. `get` never returns null.
  std::string* (*text)(void* record) = nullptr;
  const std::string* (*get_text)(const void* record) = nullptr;
  // kCode: the enum; kPercent: the number.
  void (*set_value)(void* record, int value) = nullptr;
  int (*get_value)(const void* record) = nullptr;
  // kDate, kMonth.
  v1::Date* (*date)(void* record) = nullptr;
  const v1::Date* (*get_date)(const void* record) = nullptr;
  // kTime.
  v1::OqsTime* (*time)(void* record) = nullptr;
  const v1::OqsTime* (*get_time)(const void* record) = nullptr;
  // kGroup, kRepeated: the record of the inner scope (made or appended), the number of those there
  // are, the n-th of them, and the way to drop the one made last.
  void* (*add)(void* record) = nullptr;
  int (*count)(const void* record) = nullptr;
  const void* (*at)(const void* record, int index) = nullptr;
  void (*drop)(void* record) = nullptr;
  // kTexts: `add`, `count` and `at`, of std::string.
};

struct Element {
  absl::string_view name;
  Kind kind = Kind::kText;
  Accessor access;
  // kGroup, kRepeated.
  Scope inner = Scope::kRequest;
  // kCode.
  const CodeTable* codes = nullptr;
  // The field, from the record of the scope: `insured.symbol`, `consents[DRUG].flag_code`. Empty
  // for an element that is only a wrapper.
  absl::string_view field;
  absl::string_view meaning_ja;
  absl::string_view meaning_en;
  Confidence confidence = Confidence::kTwoSources;
  // A name or address in which ● stands for a character OQS cannot show.
  bool may_hold_placeholder = false;
};

// The elements of a scope, in layout order.
std::span<const Element> ElementsOf(Scope scope);

inline constexpr size_t kNotFound = static_cast<size_t>(-1);
// Index into ElementsOf(scope) of `name`; kNotFound when the table does not know it. `hint` is
// where to look first (the place behind the element before, as messages come in layout order).
size_t FindElement(Scope scope, absl::string_view name, size_t hint);

inline constexpr absl::string_view kRootName = "XmlMsg";

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_ELEMENT_H_
