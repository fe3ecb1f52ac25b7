#include "adapters/destination/ssmix2_destination.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "adapters/destination/checks.h"
#include "adapters/destination/folder_destination.h"
#include "adapters/destination/outcome.h"
#include "adapters/destination/safe_folder.h"
#include "agent/base/japan_time.h"
#include "hl7/ssmix2/entries.h"
#include "hl7/ssmix2/storage.h"

namespace madoguchi::adapters {
namespace {

constexpr size_t kMostInstitutionBytes = 10;
constexpr int kFewestDigits = 7;
constexpr int kMostDigits = 15;

// The category of records a part of a record belongs to.
v1::ConsentCategory CategoryOf(v1::ExportWhat what) {
  switch (what) {
    case v1::EXPORT_WHAT_DRUG_HISTORY:
      return v1::CONSENT_CATEGORY_DRUG;
    case v1::EXPORT_WHAT_CHECKUPS:
      return v1::CONSENT_CATEGORY_CHECKUP;
    default:
      return v1::CONSENT_CATEGORY_UNSPECIFIED;
  }
}

std::string TimeOf(const Parcel& parcel) {
  const v1::Reception& reception = parcel.reception;
  if (parcel.what == v1::EXPORT_WHAT_RECEPTION) {
    const v1::Confirmation& answer = parcel.record.confirmation();
    if (answer.header().has_process_execution_time() || !answer.has_received_at()) return "";
    return base::FormatOqsTime(base::FromProto(answer.received_at()));
  }
  for (const v1::RecordStatus& record : reception.records()) {
    if (record.category() == CategoryOf(parcel.what) && record.has_fetched_at()) {
      return base::FormatOqsTime(base::FromProto(record.fetched_at()));
    }
  }
  return base::FormatOqsTime(base::FromProto(reception.changed_at()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Ssmix2Destination>> Ssmix2Destination::Make(Ssmix2Config config) {
  MDG_RETURN_IF_ERROR(CheckPath("root", config.root));
  if (config.institution.empty() || config.institution.size() > kMostInstitutionBytes ||
      !std::all_of(config.institution.begin(), config.institution.end(), absl::ascii_isalnum)) {
    return NotAllowed("institution", "1 to 10 letters and digits");
  }
  if (config.patient_digits < kFewestDigits || config.patient_digits > kMostDigits) {
    return NotAllowed("patient_digits", "7 to 15");
  }
  return std::unique_ptr<Ssmix2Destination>(new Ssmix2Destination(std::move(config)));
}

Delivered Ssmix2Destination::Deliver(const Parcel& parcel, const Patience& patience) {
  const std::string& chart = parcel.reception.assignment().patient_id();
  if (chart.empty()) {
    return TryAgain(base::ErrorCode::kNotAssignedYet,
                    {.reception_id = parcel.reception.reception_id()});
  }
  absl::StatusOr<hl7::ssmix2::Entries> entries = hl7::ssmix2::EntriesOf(
      parcel.record,
      {.patient_id = chart, .patient_digits = config_.patient_digits, .time = TimeOf(parcel)});
  if (!entries.ok()) {
    return Refused(base::ErrorCode::kNotRenderable,
                   {.what = "the storage has no place for it, or not for a chart number of more "
                            "than letters and digits up to `patient_digits`"});
  }
  const auto status = std::make_shared<absl::Status>();
  const Waited waited = share_.Run(
      [config = config_, entries = *std::move(entries), status] {
        hl7::ssmix2::Storage storage(config.root, config.institution);
        for (const hl7::ssmix2::Entry& entry : entries.entries) {
          *status = storage.Put(entry);
          if (!status->ok()) return;
        }
      },
      patience);
  if (waited != Waited::kReady) {
    return TryAgain(base::ErrorCode::kDestinationSilent, {.field = config_.root});
  }
  if (status->ok()) return Done();
  // Its field has a path with the chart number.
  return TryAgain(base::ErrorCode::kDestinationNotWritable, {.field = config_.root});
}

absl::Status Ssmix2Destination::Probe(const Patience& patience) {
  const auto status = std::make_shared<absl::Status>();
  const Waited waited = share_.Run(
      [root = config_.root, status] {
        SafeFolder folder;
        int error = folder.Open(root);
        if (error == 0) error = folder.Try(TemporaryName("try", "1"), TemporaryName("try", "2"));
        if (error != 0) *status = FolderTrouble(error, root);
      },
      patience);
  if (waited == Waited::kReady) return *status;
  return base::MakeError(base::ErrorCode::kDestinationSilent, {.field = config_.root});
}

}  // namespace madoguchi::adapters
