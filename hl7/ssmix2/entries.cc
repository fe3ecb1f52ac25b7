#include "hl7/ssmix2/entries.h"

#include <algorithm>
#include <span>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "hl7/v2/assembly.h"
#include "hl7/v2/checkups.h"
#include "hl7/v2/convert.h"
#include "hl7/v2/drugs.h"

namespace madoguchi::hl7::ssmix2 {
namespace {

constexpr absl::string_view kNoDay = "-";
constexpr absl::string_view kNoOrder = "999999999999999";
// The two folders above the patient's are made of the first six characters.
constexpr int kFewestDigits = 7;
constexpr int kMostDigits = 15;

absl::Status Wrong(absl::string_view field, absl::string_view allowed) {
  return base::MakeError(base::ErrorCode::kInvalidField,
                         {.what = absl::StrCat("allowed: ", allowed), .field = std::string(field)});
}

std::string ChartOf(const v1::OqsMessage& message, const Options& options) {
  if (!options.patient_id.empty()) return options.patient_id;
  for (const v1::Qualification& each : message.confirmation().qualifications()) {
    if (!each.reference_number().empty()) return each.reference_number();
  }
  return message.asked_for().reference_number();
}

absl::Status CheckOptions(const Options& options) {
  const std::string& id = options.patient_id;
  if (options.patient_digits < kFewestDigits || options.patient_digits > kMostDigits) {
    return Wrong("patient_digits", "7 to 15");
  }
  if (id.empty() || id.size() > static_cast<size_t>(options.patient_digits) ||
      !std::all_of(id.begin(), id.end(), absl::ascii_isalnum)) {
    return Wrong("patient_id",
                 absl::StrCat("1 to ", options.patient_digits, " letters and digits"));
  }
  return absl::OkStatus();
}

// Collects what becomes of a record.
class Collector {
 public:
  Collector(const Options& options, std::string time) : time_(std::move(time)) {
    const size_t width = static_cast<size_t>(options.patient_digits);
    patient_id_ = std::string(width - options.patient_id.size(), '0') + options.patient_id;
    message_.ssmix2 = true;
    message_.charset = v2::Charset::kIso2022Jp;
    message_.patient_id = patient_id_;
    message_.time = time_;
  }

  const v2::Options& message() const { return message_; }
  Entries& result() { return result_; }

  absl::Status Add(absl::string_view day, absl::string_view type, absl::string_view order,
                   absl::StatusOr<v2::Message> message) {
    MDG_RETURN_IF_ERROR(message.status());
    result_.entries.push_back({.patient_id = patient_id_,
                               .day = std::string(day),
                               .type = std::string(type),
                               .order = std::string(order),
                               .time = absl::StrCat(time_, "000"),
                               .bytes = std::move(message->bytes)});
    for (v2::Replaced& each : message->replaced) result_.replaced.push_back(std::move(each));
    result_.replaced_count += message->replaced_count;
    return absl::OkStatus();
  }

 private:
  std::string patient_id_;
  std::string time_;
  v2::Options message_;
  Entries result_;
};

absl::Status AddDrugs(const v1::MedicalRecord& record, Collector& all) {
  const std::vector<v2::DrugOrder> orders = v2::OrdersOf(record.drug_history());
  for (const v2::DrugOrder& order : orders) {
    if (order.day.empty()) {
      all.result().left_out += static_cast<int>(order.count);
      continue;
    }
    MDG_RETURN_IF_ERROR(all.Add(order.day, "OMP-01", order.number,
                                v2::WriteRde(record, std::span(&order, 1), all.message())));
  }
  return absl::OkStatus();
}

absl::Status AddCheckups(const v1::CheckupHistory& history, Collector& all) {
  const std::vector<std::string> numbers = v2::CheckupNumbers(history);
  for (int i = 0; i < history.checkups_size(); ++i) {
    const v1::Checkup& checkup = history.checkups(i);
    const std::string day = v2::DayText(checkup.examined_on());
    for (const v1::CheckupItem& item : checkup.items()) {
      if (day.empty() || v2::MaterialOf(item.item_code()).empty()) ++all.result().left_out;
    }
    if (day.empty() || !v2::HasItems(history, i, i + 1, true)) continue;
    MDG_RETURN_IF_ERROR(all.Add(day, "OML-11", numbers[static_cast<size_t>(i)],
                                v2::WriteResults(history, i, i + 1, true, 1, all.message())));
  }
  return absl::OkStatus();
}

const v1::MessageHeader& HeadOf(const v1::OqsMessage& message) {
  if (message.has_medical_record()) return message.medical_record().header();
  if (message.has_checkup_history()) return message.checkup_history().header();
  return message.confirmation().header();
}

absl::Status AddRecord(const v1::OqsMessage& message, Collector& all) {
  switch (message.body_case()) {
    case v1::OqsMessage::kConfirmation:
      return all.Add(kNoDay, "ADT-00", kNoOrder,
                     v2::ConvertConfirmation(message.confirmation(), all.message()));
    case v1::OqsMessage::kMedicalRecord:
      return AddDrugs(message.medical_record(), all);
    case v1::OqsMessage::kCheckupHistory:
      return AddCheckups(message.checkup_history(), all);
    default:
      return base::MakeError(base::ErrorCode::kNoSuchForm,
                             {.what = "only answers about one person have a place in the storage"});
  }
}

}  // namespace

absl::StatusOr<Entries> EntriesOf(const v1::OqsMessage& message, const Options& given) {
  Options options = given;
  options.patient_id = ChartOf(message, given);
  MDG_RETURN_IF_ERROR(CheckOptions(options));
  const std::string& time =
      options.time.empty() ? HeadOf(message).process_execution_time().text() : options.time;
  if (!base::ParseOqsTime(time).has_time()) return Wrong("time", "yyyyMMddHHmmss");
  Collector all(options, time);
  MDG_RETURN_IF_ERROR(AddRecord(message, all));
  if (all.result().entries.empty()) {
    return base::MakeError(base::ErrorCode::kNoSuchForm,
                           {.what = "nothing in it has a place in the storage"});
  }
  all.result().institution = HeadOf(message).medical_institution_code();
  return std::move(all.result());
}

std::string FolderOf(const Entry& entry) {
  return absl::StrCat(entry.patient_id.substr(0, 3), "/", entry.patient_id.substr(3, 3), "/",
                      entry.patient_id, "/", entry.day, "/", entry.type);
}

std::string FileNameOf(const Entry& entry, char flag) {
  return absl::StrCat(entry.patient_id, "_", entry.day, "_", entry.type, "_", entry.order, "_",
                      entry.time, "_", entry.department, "_", std::string(1, flag));
}

}  // namespace madoguchi::hl7::ssmix2
