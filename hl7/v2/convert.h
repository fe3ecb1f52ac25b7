#ifndef MADOGUCHI_HL7_V2_CONVERT_H_
#define MADOGUCHI_HL7_V2_CONVERT_H_

#include <vector>

#include "absl/status/statusor.h"
#include "hl7/v2/message.h"
#include "madoguchi/v1/oqs_message.pb.h"

// Records as HL7 v2.5 messages. docs/en/mapping-hl7v2.md tells which element goes where, and what
// is left out and why. Pure and thread-safe: the same record and options give the same bytes.
// Errors: MDG-1311 when a record has nothing that could be sent (`what` says why); MDG-1005 when
// the system lacks the tables of ISO-2022-JP.
namespace madoguchi::hl7::v2 {

// ADT^A08 or ADT^A04 with MSH EVN PID PV1 [{IN1}] [{ZOQ}]. The person is that of the first
// qualification. There is one IN1 for each qualification when the answer is VALIDITY_VALID, and
// none otherwise: what is not valid must not become somebody's insurance. MDG-1311 without a
// qualification, as nobody is named then.
absl::StatusOr<Message> ConvertConfirmation(const v1::Confirmation& confirmation,
                                            const Options& options);

// RDE^O11 with MSH PID {ORC RXE TQ1 RXR [ZOL]} [{ZOQ}]: one order for each line of drug_history, in
// its order, duplicates too (ZOL-14 names the better line). MDG-1311 without lines.
absl::StatusOr<Message> ConvertDrugHistory(const v1::MedicalRecord& record, const Options& options);

// ORU^R01 with what has no specimen, and OUL^R22 with what has one (the material in the item code
// is not 000), as far as there is any. MDG-1311 without items.
absl::StatusOr<std::vector<Message>> ConvertCheckups(const v1::CheckupHistory& history,
                                                     const Options& options);

// Any answer of OQS: one of the above, or for each unit of a batch its ADT (units that name nobody
// are passed over). MDG-1311 for requests, registrations, documents, and when nothing remains.
absl::StatusOr<std::vector<Message>> Convert(const v1::OqsMessage& message, const Options& options);

}  // namespace madoguchi::hl7::v2

#endif  // MADOGUCHI_HL7_V2_CONVERT_H_
