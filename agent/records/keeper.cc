#include "agent/records/keeper.h"

#include <algorithm>
#include <list>
#include <map>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "agent/base/error.h"
#include "agent/base/executor.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/records/keeper_match.h"

namespace madoguchi::records {
namespace {

constexpr absl::Duration kRetryAfter = absl::Seconds(5);
constexpr int kDeleteBatch = 100;
// Calls that are remembered as done, so that the same call again does not ask OQS again.
constexpr size_t kMostCalls = 10'000;

}  // namespace

// Everything runs on the executor's thread unless it says otherwise.
class Keeper::Impl : public std::enable_shared_from_this<Keeper::Impl> {
 public:
  Impl(KeeperOptions options, Parts parts)
      : options_(options), parts_(std::move(parts)), executor_("records", parts_.clock) {}

  base::Executor& executor() { return executor_; }
  Gate& gate() { return parts_.gate; }

  void Get(const Wish& wish, Done done);
  void Prefetch(const std::string& reception_id, Kind kind);
  void Tick();
  void RefuseAll();

 private:
  struct Waiter {
    Wish wish;
    Done done;
  };
  // One question on its way, and who waits for it.
  struct Flight {
    Question question;
    std::vector<Waiter> waiters;
  };
  using Flights = std::list<Flight>;

  // The newest that answers the wish; nullopt when none does.
  absl::StatusOr<std::optional<store::RecordRow>> FindStored(const Wish& wish) const;
  // MDG-2009 unless a record about the same qualification of this reception is here.
  absl::Status CheckDocument(const std::string& reception_id, Kind kind, int qualification) const;
  void Deliver(const Waiter& waiter, const store::RecordRow& row);
  // Audited; when the gate would refuse as well, its reason is the one that is given.
  void Refuse(const Waiter& waiter, const absl::Status& why);
  void Fetch(Waiter waiter);
  void Launch(Flights::iterator flight);
  void Land(Flights::iterator flight, const absl::StatusOr<Answer>& answer);
  absl::StatusOr<store::RecordRow> Keep(const Question& question,
                                        const absl::StatusOr<Answer>& answer);
  void Tell(const Question& question, v1::RecordState state, absl::Time fetched_at,
            const absl::Status& why);
  // Whether this call was made before; notes it when not. MDG-1002.
  absl::StatusOr<bool> MadeBefore(const Wish& wish);
  void DeleteDue();
  void KeepMark();

  const KeeperOptions options_;
  const Parts parts_;
  Flights flights_;
  struct Call {
    absl::Time at;
    std::string content;
  };
  std::map<std::string, Call> calls_;
  bool scrub_due_ = false;
  bool stopped_ = false;
  // Last: its thread uses everything above.
  base::Executor executor_;
};

absl::StatusOr<std::optional<store::RecordRow>> Keeper::Impl::FindStored(const Wish& wish) const {
  absl::StatusOr<std::vector<store::RecordRow>> rows = parts_.store.FindRecords(wish.reception_id);
  if (!rows.ok()) return rows.status();
  for (store::RecordRow& row : *rows) {
    if (Answers(row, wish)) return std::optional<store::RecordRow>(std::move(row));
  }
  return std::optional<store::RecordRow>();
}

absl::Status Keeper::Impl::CheckDocument(const std::string& reception_id, Kind kind,
                                         int qualification) const {
  if (!FactsOf(kind).document) return absl::OkStatus();
  const auto rows = parts_.store.FindRecords(reception_id);
  if (!rows.ok()) return rows.status();
  // What is stored and no document has matched: nothing else is ever kept.
  const bool matched = std::any_of(rows->begin(), rows->end(), [&](const store::RecordRow& row) {
    return !FactsOf(static_cast<Kind>(row.key.kind)).document && row.qualification == qualification;
  });
  return matched
             ? absl::OkStatus()
             : base::MakeError(base::ErrorCode::kDocumentUnchecked, {.reception_id = reception_id});
}

void Keeper::Impl::Deliver(const Waiter& waiter, const store::RecordRow& row) {
  const Label label = LabelOf(row);
  const absl::Status checked =
      CheckDocument(label.reception_id, label.kind, label.qualification_index);
  if (!checked.ok()) return Refuse(waiter, checked);
  absl::StatusOr<Gate::Release> release = parts_.gate.Permit(waiter.wish.asker, label);
  if (!release.ok()) return waiter.done(release.status());
  waiter.done(
      Delivery{.box = Guarded<std::string>(label, std::make_shared<const std::string>(row.body)),
               .permit = std::move(release->permit),
               .coverage = std::move(release->coverage),
               .usable_until = release->usable_until});
}

void Keeper::Impl::Refuse(const Waiter& waiter, const absl::Status& why) {
  const Wish& wish = waiter.wish;
  const auto pass = parts_.gate.Admit(wish.asker, wish.reception_id, wish.kind);
  if (!pass.ok()) return waiter.done(pass.status());
  waiter.done(parts_.gate.Refuse(wish.asker, wish.reception_id, wish.kind, why));
}

void Keeper::Impl::Get(const Wish& wish, Done done) {
  Waiter waiter{wish, std::move(done)};
  const absl::StatusOr<bool> again = MadeBefore(wish);
  if (!again.ok()) return waiter.done(again.status());
  if (wish.freshness != Freshness::kFetch || *again) {
    const auto stored = FindStored(wish);
    if (!stored.ok()) return waiter.done(stored.status());
    if (stored->has_value()) return Deliver(waiter, **stored);
  }
  Fetch(std::move(waiter));
}

void Keeper::Impl::Fetch(Waiter waiter) {
  const Wish& wish = waiter.wish;
  const absl::StatusOr<Gate::Pass> pass =
      parts_.gate.Admit(wish.asker, wish.reception_id, wish.kind);
  if (!pass.ok()) return waiter.done(pass.status());
  if (wish.freshness == Freshness::kStoredOnly) {
    return Refuse(waiter, base::MakeError(base::ErrorCode::kRecordNotStored,
                                          {.reception_id = wish.reception_id}));
  }
  const int index = pass->coverage.qualification_index;
  if (const absl::Status checked = CheckDocument(wish.reception_id, wish.kind, index);
      !checked.ok()) {
    return Refuse(waiter, checked);
  }
  const auto same = std::find_if(flights_.begin(), flights_.end(), [&](const Flight& flight) {
    return Answers(flight.question, wish, index);
  });
  if (same != flights_.end()) {
    same->waiters.push_back(std::move(waiter));
    return;
  }
  Question question = MakeQuestion(wish, *pass);
  flights_.push_front({std::move(question), {}});
  flights_.front().waiters.push_back(std::move(waiter));
  Launch(flights_.begin());
}

void Keeper::Impl::Launch(Flights::iterator flight) {
  const Question question = flight->question;
  Tell(question, v1::RECORD_STATE_FETCHING, absl::InfinitePast(), absl::OkStatus());
  parts_.ask(question, [weak = weak_from_this(), flight](absl::StatusOr<Answer> answer) {
    const auto impl = weak.lock();
    if (impl == nullptr) return;
    auto held = std::make_shared<absl::StatusOr<Answer>>(std::move(answer));
    impl->executor_.Post([raw = impl.get(), flight, held] { raw->Land(flight, *held); });
  });
}

void Keeper::Impl::Land(Flights::iterator flight, const absl::StatusOr<Answer>& answer) {
  if (stopped_) return;
  const Flight landed = std::move(*flight);
  flights_.erase(flight);
  const absl::StatusOr<store::RecordRow> row = Keep(landed.question, answer);
  if (row.ok()) {
    Tell(landed.question, v1::RECORD_STATE_READY, row->fetched_at, absl::OkStatus());
    for (const Waiter& waiter : landed.waiters) Deliver(waiter, *row);
    return;
  }
  base::LogWarning("record_not_fetched", {{"reception", landed.question.reception_id},
                                          {"why", std::string(row.status().message())}});
  Tell(landed.question, v1::RECORD_STATE_FAILED, absl::InfinitePast(), row.status());
  for (const Waiter& waiter : landed.waiters) Refuse(waiter, row.status());
}

absl::StatusOr<store::RecordRow> Keeper::Impl::Keep(const Question& question,
                                                    const absl::StatusOr<Answer>& answer) {
  if (!answer.ok()) return answer.status();
  absl::StatusOr<Reading> reading = parts_.read(question, *answer);
  if (!reading.ok()) return reading.status();
  MDG_RETURN_IF_ERROR(CheckAnswer(question, *answer, *reading));
  // Consent may have been taken back, or have ended, while OQS thought.
  const absl::StatusOr<Gate::Pass> pass = parts_.gate.Peek(question.reception_id, question.kind);
  if (!pass.ok()) return pass.status();
  const absl::StatusOr<Coverage> covered =
      CoverageOf(*pass->reception, question.kind, question.qualification_index, pass->now);
  if (!covered.ok()) return covered.status();
  store::RecordRow row{.key = KeyOf(question),
                       .qualification = question.qualification_index,
                       .fetched_at = absl::FromUnixMicros(absl::ToUnixMicros(pass->now)),
                       .delete_at = pass->now + options_.keep,
                       .body = std::move(reading->body)};
  store::Changes changes;
  changes.records.push_back(row);
  MDG_RETURN_IF_ERROR(parts_.commit(changes));
  return row;
}

void Keeper::Impl::Tell(const Question& question, v1::RecordState state, absl::Time fetched_at,
                        const absl::Status& why) {
  const KindFacts& facts = FactsOf(question.kind);
  if (facts.document) return;
  std::vector<v1::RecordStatus> statuses;
  for (const v1::ConsentCategory category : facts.categories) {
    v1::RecordStatus& status = statuses.emplace_back();
    status.set_category(category);
    status.set_state(state);
    if (fetched_at != absl::InfinitePast()) {
      *status.mutable_fetched_at() = base::ToProto(fetched_at);
    }
    if (!why.ok()) *status.mutable_error() = *base::DetailOf(why);
  }
  parts_.on_status(question.reception_id, std::move(statuses));
}

absl::StatusOr<bool> Keeper::Impl::MadeBefore(const Wish& wish) {
  if (wish.call_key.empty()) return false;
  const auto [call, added] =
      calls_.emplace(wish.call_key, Call{parts_.clock.Now(), wish.call_content});
  if (!added && call->second.content != wish.call_content) {
    return base::MakeError(base::ErrorCode::kRequestIdReused, {.field = "request_id"});
  }
  if (calls_.size() > kMostCalls) {
    calls_.erase(std::min_element(calls_.begin(), calls_.end(), [](const auto& a, const auto& b) {
      return a.second.at < b.second.at;
    }));
  }
  return !added;
}

void Keeper::Impl::Prefetch(const std::string& reception_id, Kind kind) {
  const absl::StatusOr<Gate::Pass> pass = parts_.gate.Peek(reception_id, kind);
  if (!pass.ok()) return;
  Wish wish{.asker = {},
            .reception_id = reception_id,
            .kind = kind,
            .months = {},
            .freshness = Freshness::kStoredOrFetch,
            .call_key = {}};
  if (FactsOf(kind).months) {
    const auto months = ReadMonths({}, {}, base::JapanDay(pass->now));
    if (!months.ok()) return;
    wish.months = *months;
  }
  const auto stored = FindStored(wish);
  if (!stored.ok() || stored->has_value()) return;
  const bool flying = std::any_of(flights_.begin(), flights_.end(), [&](const Flight& flight) {
    return Answers(flight.question, wish, pass->coverage.qualification_index);
  });
  if (flying) return;
  flights_.push_front({MakeQuestion(wish, *pass), {}});
  Launch(flights_.begin());
}

void Keeper::Impl::Tick() {
  KeepMark();
  DeleteDue();
  const absl::StatusOr<absl::Time> due = parts_.store.NextRecordDue();
  const absl::Time now = parts_.clock.Now();
  absl::Time next = now + kMarkStep;
  if (!due.ok() || scrub_due_) next = now + kRetryAfter;
  if (due.ok()) next = std::min(next, std::max(*due, now + absl::Seconds(1)));
  executor_.PostAt(next, [this] { Tick(); });
}

void Keeper::Impl::KeepMark() {
  // Reading the clock moves the mark; whether it can be trusted does not matter here.
  parts_.trusted.Now().IgnoreError();
  const absl::Time mark = parts_.trusted.MarkDue();
  if (mark == absl::InfinitePast()) return;
  store::Changes changes;
  changes.clock_mark = mark;
  if (parts_.commit(changes).ok()) parts_.trusted.Stored(mark);
}

void Keeper::Impl::DeleteDue() {
  const absl::Time now = parts_.trusted.Latest();
  for (;;) {
    const auto due = parts_.store.FindRecordsDue(now, kDeleteBatch);
    if (!due.ok() || due->empty()) break;
    store::Changes changes;
    changes.records_gone = *due;
    if (!parts_.commit(changes).ok()) break;
    base::LogInfo("records_deleted", {{"count", std::to_string(due->size())}});
    scrub_due_ = true;
  }
  if (!scrub_due_) return;
  const absl::StatusOr<bool> scrubbed = parts_.store.Scrub();
  scrub_due_ = !scrubbed.ok() || !*scrubbed;
}

void Keeper::Impl::RefuseAll() {
  stopped_ = true;
  for (Flight& flight : flights_) {
    for (const Waiter& waiter : flight.waiters) {
      waiter.done(base::MakeError(base::ErrorCode::kStopping));
    }
    flight.waiters.clear();
  }
}

Keeper::Keeper(KeeperOptions options, Parts parts)
    : impl_(std::make_shared<Impl>(options, std::move(parts))) {}

Keeper::~Keeper() { Stop(); }

void Keeper::Start() {
  impl_->executor().RunAndWait([this] { impl_->Tick(); });
}

void Keeper::Stop() {
  impl_->executor().RunAndWait([this] { impl_->RefuseAll(); });
  impl_->executor().Stop();
}

void Keeper::Get(Wish wish, Done done) {
  auto answer = std::make_shared<Done>(std::move(done));
  const bool posted = impl_->executor().Post([impl = impl_.get(), wish = std::move(wish), answer] {
    impl->Get(wish, std::move(*answer));
  });
  if (!posted) (*answer)(base::MakeError(base::ErrorCode::kStopping));
}

void Keeper::Prefetch(std::string reception_id, std::vector<Kind> kinds) {
  impl_->executor().Post(
      [impl = impl_.get(), reception_id = std::move(reception_id), kinds = std::move(kinds)] {
        for (const Kind kind : kinds) impl->Prefetch(reception_id, kind);
      });
}

absl::Status Keeper::MayGoOn(const Asker& asker, const Label& label) const {
  return impl_->gate().MayGoOn(asker, label);
}

}  // namespace madoguchi::records
