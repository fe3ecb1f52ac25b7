#include "agent/daemon/medical.h"

#include <utility>

#include "agent/records/gate_audit.h"
#include "agent/records/reading.h"
#include "agent/records/request.h"

namespace madoguchi::daemon {
namespace {

using AnswerDone = std::function<void(absl::StatusOr<records::Answer>)>;

// The keeper's question by the desk's exchange.
void Ask(reception::Desk& desk, const records::Question& question, AnswerDone done) {
  desk.AskRecord(question.reception_id, records::MakeRequest(question, ""),
                 [done = std::move(done)](absl::StatusOr<reception::Desk::RecordReply> reply) {
                   if (!reply.ok()) return done(reply.status());
                   done(records::Answer{.file_name = std::move(reply->reply.file_name),
                                        .identifier = std::move(reply->identifier),
                                        .bytes = std::move(reply->reply.bytes),
                                        .hold = std::move(reply->hold)});
                 });
}

}  // namespace

Medical::Medical(const MedicalConfig& config, absl::Time mark, audit::Trail& trail,
                 reception::Desk& desk, base::Clock& clock, std::function<absl::Duration()> skew)
    : config_(config),
      desk_(desk),
      trusted_(clock, mark, std::move(skew)),
      gate_(
          {.grace = config.grace}, [&desk](absl::string_view id) { return desk.LoadSettled(id); },
          records::AuditTo(trail), trusted_) {}

absl::StatusOr<std::unique_ptr<Medical>> Medical::Make(const MedicalConfig& config,
                                                       store::Store& store, audit::Trail& trail,
                                                       reception::Desk& desk, base::Clock& clock,
                                                       std::function<absl::Duration()> skew) {
  const absl::StatusOr<absl::Time> mark = store.ReadClockMark();
  if (!mark.ok()) return mark.status();
  auto medical =
      std::unique_ptr<Medical>(new Medical(config, *mark, trail, desk, clock, std::move(skew)));
  medical->keeper_ = std::make_unique<records::Keeper>(
      records::KeeperOptions{.keep = config.keep},
      records::Keeper::Parts{
          .store = store,
          .gate = medical->gate_,
          .trusted = medical->trusted_,
          .clock = clock,
          .ask = [&desk](const records::Question& question,
                         AnswerDone done) { Ask(desk, question, std::move(done)); },
          .read = records::ReadAnswer,
          .commit = records::CommitTo(trail),
          .on_status =
              [&desk](const std::string& id, std::vector<v1::RecordStatus> statuses) {
                desk.MoveRecord(id, std::move(statuses));
              }});
  desk.UseAnswered(
      [raw = medical.get()](const v1::Reception& reception) { raw->Prefetch(reception); });
  return medical;
}

void Medical::Start() {
  keeper_->Start();
  for (const reception::Event& event : desk_.board().All()) {
    if (!event.reception->usable_consents().empty()) Prefetch(*event.reception);
  }
}

void Medical::Prefetch(const v1::Reception& reception) {
  const auto kinds = config_.prefetch.find(reception.counter());
  if (kinds != config_.prefetch.end()) {
    keeper_->Prefetch(reception.reception_id(), kinds->second);
  }
}

}  // namespace madoguchi::daemon
