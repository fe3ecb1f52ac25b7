#include "agent/records/gate.h"

#include <algorithm>
#include <utility>

#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/records/consent_rule.h"

namespace madoguchi::records {
namespace {

bool MaySee(const Asker& asker, const std::string& counter) {
  return asker.counters.empty() ||
         std::find(asker.counters.begin(), asker.counters.end(), counter) != asker.counters.end();
}

}  // namespace

Gate::Gate(GateOptions options, Receptions receptions, Audit audit, TrustedClock& clock)
    : options_(options),
      receptions_(std::move(receptions)),
      audit_(std::move(audit)),
      clock_(clock) {}

absl::StatusOr<std::shared_ptr<const v1::Reception>> Gate::Find(
    const Asker& asker, absl::string_view reception_id) const {
  auto reception = receptions_(reception_id);
  if (!reception.ok()) return reception;
  // One of another counter is, for this asker, not there.
  if (*reception == nullptr || !MaySee(asker, (*reception)->counter())) {
    return base::MakeError(base::ErrorCode::kReceptionNotFound);
  }
  return reception;
}

absl::StatusOr<Gate::Pass> Gate::Peek(absl::string_view reception_id, Kind kind) {
  return Examine(Find({}, reception_id), kind);
}

absl::StatusOr<Gate::Pass> Gate::Examine(
    absl::StatusOr<std::shared_ptr<const v1::Reception>> reception, Kind kind) {
  if (!reception.ok()) return reception.status();
  const absl::StatusOr<absl::Time> now = clock_.Now();
  if (!now.ok()) return now.status();
  absl::StatusOr<Coverage> coverage = FindCoverage(**reception, kind, *now);
  if (!coverage.ok()) return coverage.status();
  return Pass{*std::move(reception), *std::move(coverage), *now};
}

absl::StatusOr<Gate::Pass> Gate::Admit(const Asker& asker, absl::string_view reception_id,
                                       Kind kind) {
  absl::StatusOr<Pass> pass = Examine(Find(asker, reception_id), kind);
  if (!pass.ok()) return Refuse(asker, reception_id, kind, pass.status());
  return pass;
}

absl::StatusOr<Gate::Found> Gate::Check(const Asker& asker, const Label& label) {
  auto reception = Find(asker, label.reception_id);
  if (!reception.ok()) return reception.status();
  const absl::StatusOr<absl::Time> now = clock_.Now();
  if (!now.ok()) return now.status();
  absl::StatusOr<Coverage> coverage =
      CoverageOf(**reception, label.kind, label.qualification_index, *now);
  if (coverage.ok()) {
    const absl::Time until = coverage->until;
    return Found{*std::move(reception), *std::move(coverage), *now, until};
  }
  if (!asker.late_receiver || !base::Is(coverage.status(), base::ErrorCode::kConsentEnded)) {
    return coverage.status();
  }
  // What the window covered when it was fetched.
  MDG_RETURN_IF_ERROR(CheckGrace(**reception, label.fetched_at, options_.grace, *now));
  const absl::StatusOr<Coverage> then =
      CoverageGiven(**reception, label.kind, label.qualification_index, label.fetched_at);
  if (!then.ok()) return then.status();
  return Found{*std::move(reception), *then, *now, label.fetched_at + options_.grace};
}

absl::StatusOr<Gate::Release> Gate::Permit(const Asker& asker, const Label& label) {
  absl::StatusOr<Found> found = Check(asker, label);
  if (!found.ok()) return Refuse(asker, label.reception_id, label.kind, found.status());
  const GateEvent event{.outcome = GateEvent::Outcome::kReleased,
                        .asker = asker,
                        .reception_id = label.reception_id,
                        .kind = label.kind,
                        .error = {},
                        .reception = found->reception};
  MDG_RETURN_IF_ERROR(audit_(event));
  return Release{ReleasePermit(label), std::move(found->coverage), found->usable_until};
}

absl::Status Gate::MayGoOn(const Asker& asker, const Label& label) {
  return Check(asker, label).status();
}

absl::Status Gate::Refuse(const Asker& asker, absl::string_view reception_id, Kind kind,
                          const absl::Status& refusal) {
  auto reception = receptions_(reception_id);
  const GateEvent event{.outcome = GateEvent::Outcome::kRefused,
                        .asker = asker,
                        .reception_id = std::string(reception_id),
                        .kind = kind,
                        .error = base::DetailOf(refusal)->number(),
                        .reception = reception.ok() ? *std::move(reception) : nullptr};
  // A refusal stands whether or not it can be written down.
  if (const absl::Status written = audit_(event); !written.ok()) {
    base::LogWarning("refusal_not_audited", {{"why", std::string(written.message())}});
  }
  return refusal;
}

}  // namespace madoguchi::records
