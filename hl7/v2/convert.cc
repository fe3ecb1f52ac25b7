#include "hl7/v2/convert.h"

#include <utility>

#include "agent/base/error.h"
#include "hl7/v2/adt.h"
#include "hl7/v2/checkups.h"
#include "hl7/v2/drugs.h"

namespace madoguchi::hl7::v2 {
namespace {

absl::Status Nothing(absl::string_view why) {
  return base::MakeError(base::ErrorCode::kNoSuchForm, {.what = std::string(why)});
}

// One message alone as a list.
absl::StatusOr<std::vector<Message>> Only(absl::StatusOr<Message> message) {
  MDG_RETURN_IF_ERROR(message.status());
  std::vector<Message> messages;
  messages.push_back(*std::move(message));
  return messages;
}

// A medical record has no chart number of its own.
Options WithChart(const v1::OqsMessage& message, const Options& options) {
  Options with = options;
  if (with.patient_id.empty()) with.patient_id = message.asked_for().reference_number();
  return with;
}

absl::StatusOr<std::vector<Message>> ConvertBatch(const v1::BatchAnswer& answer,
                                                  const Options& options) {
  std::vector<Message> messages;
  for (const v1::BatchUnit& unit : answer.units()) {
    if (unit.confirmation().qualifications().empty()) continue;
    absl::StatusOr<Message> message = WriteAdt(unit.confirmation(), answer.header(),
                                               static_cast<int>(messages.size()) + 1, options);
    MDG_RETURN_IF_ERROR(message.status());
    messages.push_back(*std::move(message));
  }
  if (messages.empty()) return Nothing("no unit of the batch has a qualification");
  return messages;
}

}  // namespace

absl::StatusOr<Message> ConvertConfirmation(const v1::Confirmation& confirmation,
                                            const Options& options) {
  return WriteAdt(confirmation, confirmation.header(), 1, options);
}

absl::StatusOr<Message> ConvertDrugHistory(const v1::MedicalRecord& record,
                                           const Options& options) {
  const std::vector<DrugOrder> orders = OrdersOf(record.drug_history());
  if (orders.empty()) return Nothing("the answer has no medicines");
  return WriteRde(record, orders, options);
}

absl::StatusOr<std::vector<Message>> ConvertCheckups(const v1::CheckupHistory& history,
                                                     const Options& options) {
  std::vector<Message> messages;
  const int last = history.checkups_size();
  for (const bool specimen : {false, true}) {
    if (!HasItems(history, 0, last, specimen)) continue;
    absl::StatusOr<Message> message =
        WriteResults(history, 0, last, specimen, static_cast<int>(messages.size()) + 1, options);
    MDG_RETURN_IF_ERROR(message.status());
    messages.push_back(*std::move(message));
  }
  if (messages.empty()) return Nothing("the answer has no items of a checkup");
  return messages;
}

absl::StatusOr<std::vector<Message>> Convert(const v1::OqsMessage& message,
                                             const Options& options) {
  switch (message.body_case()) {
    case v1::OqsMessage::kConfirmation:
      return Only(ConvertConfirmation(message.confirmation(), options));
    case v1::OqsMessage::kMedicalRecord:
      return Only(ConvertDrugHistory(message.medical_record(), WithChart(message, options)));
    case v1::OqsMessage::kCheckupHistory:
      return ConvertCheckups(message.checkup_history(), WithChart(message, options));
    case v1::OqsMessage::kBatchAnswer:
      return ConvertBatch(message.batch_answer(), options);
    default:
      return Nothing("only answers about people become HL7 v2 messages");
  }
}

}  // namespace madoguchi::hl7::v2
