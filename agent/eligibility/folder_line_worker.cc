#include "agent/eligibility/folder_line_worker.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/log.h"

namespace madoguchi::eligibility {
namespace {

constexpr int kMostRenames = 100;

}  // namespace

FolderLine::Worker::Worker(LineConfig config, base::Clock& clock, LineSink sink)
    : config_(std::move(config)),
      sink_(std::move(sink)),
      board_(config_.terminal,
             {.hang_after = config_.hang_after, .try_again_after = config_.try_again_after}),
      outside_(clock),
      clock_(clock),
      folder_(config_.req, config_.res, oqs::MaxMessageBytes(""), meter_) {}

void FolderLine::Worker::Start() {
  thread_.Start(absl::StrCat("line-", config_.terminal),
                [self = shared_from_this()] { self->Run(); });
}

bool FolderLine::Worker::Stop(absl::Duration patience) {
  return thread_.Stop(patience, wake_up_, outside_, [this] {
    base::LogWarning("line_abandoned", {{"terminal", config_.terminal}, {"number", "MDG-1203"}});
  });
}

void FolderLine::Worker::Leave(std::function<void()> word) {
  {
    absl::MutexLock lock(&mu_);
    words_.push_back(std::move(word));
  }
  wake_up_.Wake();
}

void FolderLine::Worker::TakeWords() {
  std::vector<std::function<void()>> words;
  {
    absl::MutexLock lock(&mu_);
    words.swap(words_);
  }
  for (const auto& word : words) word();
}

void FolderLine::Worker::Ask(Outgoing outgoing) {
  if (outgoing.step == JournalStep::kPrepared && !outgoing.given_up) board_.Queued();
  // A std::function has to be copyable; the copy is of pointers only.
  Leave([this, out = std::make_shared<Outgoing>(std::move(outgoing))] {
    Item item;
    item.out = std::move(*out);
    item.given_up = item.out.given_up;
    item.names =
        NamesOf(item.out.question.family, SuffixOf(item.out.ticket.day, item.out.ticket.number));
    items_.push_back(std::move(item));
    look_ = true;
  });
}

void FolderLine::Worker::GiveUp(const std::string& id) {
  Leave([this, id] {
    Item* item = Find(id);
    if (item == nullptr || item->given_up || item->out.answered) return;
    item->given_up = true;
    board_.Unanswered(outside_.Now(), Monotonic());
  });
}

void FolderLine::Worker::Drop(const std::string& id) {
  Leave([this, id] {
    Item* item = Find(id);
    if (item != nullptr) item->dropped = true;
  });
}

v1::LineStatus FolderLine::Worker::Status() const {
  return board_.Status(meter_.Lasting(), clock_.Now());
}

bool FolderLine::Worker::Ready() const { return board_.Ready(meter_.Lasting(), Monotonic()); }

FolderLine::Worker::Item* FolderLine::Worker::Find(const std::string& id) {
  const auto found = std::find_if(items_.begin(), items_.end(),
                                  [&](const Item& item) { return item.out.ticket.id == id; });
  return found == items_.end() ? nullptr : &*found;
}

void FolderLine::Worker::Run() {
  while (!Stopping()) {
    TakeWords();
    const bool rescan = Monotonic() >= next_rescan_;
    if (rescan) next_rescan_ = Monotonic() + config_.rescan;
    if (rescan || std::exchange(look_, false)) {
      // Where nothing can be reached, questions are handed back at once.
      const bool readable = LookAtFolders();
      PublishDue();
      if (readable) LookForReplies(rescan);
    }
    CountUp();
    NoteHang();
    if (board_.TakeChanged()) outside_.Call(sink_.changed);
    WaitForWork();
  }
}

void FolderLine::Worker::WaitForWork() {
  if (Stopping()) return;
  events_.Wait(wake_up_, look_ ? absl::ZeroDuration() : next_rescan_ - Monotonic());
  wake_up_.Clear();
  // Which file does not matter: there are few.
  if (!events_.Take([this](int, absl::string_view, FileEvents::Kind) { look_ = true; })) {
    look_ = true;
  }
}

bool FolderLine::Worker::LookAtFolders() {
  if (const int error = folder_.Open(); error != 0) {
    NoteFailure(error);
    // Another one may come in its place.
    next_try_ = -absl::InfiniteDuration();
    return false;
  }
  watch_ = folder_.res().remote() ? -1 : events_.Watch(folder_.res(), watch_);
  if (CanWrite()) board_.Reachable(outside_.Now());
  return true;
}

int FolderLine::Worker::Sweep() {
  if (swept_) return 0;
  int removed = 0;
  const int error = folder_.Sweep(
      config_.range,
      [this](absl::string_view name) {
        return std::any_of(items_.begin(), items_.end(),
                           [&](const Item& item) { return item.names.temporary == name; });
      },
      removed);
  swept_ = error == 0;
  if (removed > 0) {
    base::LogInfo("line_swept", {{"terminal", config_.terminal}, {"files", absl::StrCat(removed)}});
  }
  return error;
}

bool FolderLine::Worker::CanWrite() {
  if (writable_ && swept_) return true;
  if (Monotonic() < next_try_) return false;
  int error = folder_.TryToWrite(config_.range);
  if (error == 0) error = Sweep();
  if (error == 0) {
    writable_ = true;
    return true;
  }
  NoteFailure(error);
  if (FolderCode(error) != base::ErrorCode::kFolderUnreadable) return false;
  // Where the rights are missing they will be for a while: receptions that wait must not be tried
  // every second.
  next_try_ = Monotonic() + config_.try_again_after;
  board_.Unreachable(base::MakeDetail(base::ErrorCode::kFolderNotWritable,
                                      {.what = strerrordesc_np(error), .field = "req"}),
                     outside_.Now());
  return false;
}

void FolderLine::Worker::NoteFailure(int error) {
  if (error == 0) return;
  swept_ = false;
  writable_ = false;
  // A share that was mounted and is not any more.
  const base::ErrorCode code =
      error == ENODEV ? base::ErrorCode::kFolderMissing : FolderCode(error);
  board_.Unreachable(
      base::MakeDetail(code, {.what = error == ENODEV ? "the share is not mounted"
                                                      : std::string(strerrordesc_np(error)),
                              .field = "req, res"}),
      outside_.Now());
}

void FolderLine::Worker::NoteHang() {
  if (meter_.TakeLongest() <= config_.hang_after) return;
  base::LogWarning("line_share_answers_again", {{"terminal", config_.terminal}});
  look_ = true;
}

void FolderLine::Worker::CountUp() {
  int queued = 0;
  int in_flight = 0;
  for (const Item& item : items_) {
    if (item.out.answered || item.given_up) continue;
    ++(item.out.step == JournalStep::kSent ? in_flight : queued);
  }
  board_.SetCounts(queued, in_flight);
}

void FolderLine::Worker::PublishDue() {
  auto in_flight = std::count_if(items_.begin(), items_.end(), [](const Item& item) {
    return item.out.step == JournalStep::kSent && !item.out.answered && !item.given_up;
  });
  for (auto item = items_.begin(); item != items_.end() && !Stopping();) {
    if (item->out.answered || item->out.step == JournalStep::kSent) {
      item = item->dropped && !item->out.answered ? items_.erase(item) : std::next(item);
      continue;
    }
    // What may be published already is brought to its end whatever the number.
    if (item->out.step == JournalStep::kPrepared && !item->dropped && !item->given_up &&
        in_flight >= config_.most_in_flight) {
      ++item;
      continue;
    }
    const Fate fate = Publish(*item);
    if (fate == Fate::kStays && item->out.step == JournalStep::kSent) ++in_flight;
    item = fate == Fate::kOver ? items_.erase(item) : std::next(item);
  }
}

FolderLine::Worker::Fate FolderLine::Worker::NotSent(Item& item, absl::Status why) {
  // Best effort: what cannot be removed now is swept later.
  const PublishResult withdrawn = folder_.Withdraw(item.names, JournalStep::kPrepared);
  if (withdrawn.error != 0) swept_ = false;
  outside_.Call([&] { sink_.not_sent(item.out.ticket, std::move(why)); });
  return Fate::kOver;
}

bool FolderLine::Worker::Rename(Item& item) {
  absl::StatusOr<int> number = base::MakeError(base::ErrorCode::kStopping);
  outside_.Call([&] { number = sink_.rename(item.out.ticket); });
  const ExchangeNames old = item.names;
  if (number.ok()) {
    item.out.ticket.number = *number;
    item.out.step = JournalStep::kPrepared;
    item.names =
        NamesOf(item.out.question.family, SuffixOf(item.out.ticket.day, item.out.ticket.number));
  }
  if (folder_.Withdraw(old, JournalStep::kPrepared).error != 0) swept_ = false;
  return number.ok();
}

FolderLine::Worker::Fate FolderLine::Worker::Withdraw(Item& item) {
  const PublishResult withdrawn = folder_.Withdraw(item.names, item.out.step);
  if (withdrawn.error != 0) NoteFailure(withdrawn.error);
  if (withdrawn.publication == Publication::kUnknown) return Fate::kStays;
  if (item.dropped) return Fate::kOver;
  if (withdrawn.publication == Publication::kNotSent) {
    return NotSent(item, base::MakeError(base::ErrorCode::kNotAsked,
                                         {.what = "nobody waited for it any longer"}));
  }
  // Its answer may still come.
  outside_.Call([&] { sink_.journal(item.out.ticket, JournalStep::kSent).IgnoreError(); });
  item.out.step = JournalStep::kSent;
  return Fate::kStays;
}

absl::Status FolderLine::Worker::WhyNotSent(const PublishResult& result) {
  if (!result.journal.ok()) return result.journal;
  NoteFailure(result.error);
  // What it is, the next look tells.
  if (result.error != 0) look_ = true;
  return base::MakeError(base::ErrorCode::kNotAsked,
                         {.what = result.error == 0 ? "" : strerrordesc_np(result.error)});
}

FolderLine::Worker::Fate FolderLine::Worker::Publish(Item& item) {
  // What nobody waits for any longer is not sent behind everybody's back.
  if (item.dropped || item.given_up) return Withdraw(item);
  const absl::StatusOr<std::string> bytes = RequestBytes(item.out.question, config_.encoding);
  if (!bytes.ok()) return NotSent(item, bytes.status());
  for (int tries = 0; tries < kMostRenames; ++tries) {
    const PublishResult result =
        folder_.Publish(item.names, *bytes, item.out.step, [&](JournalStep step) {
          absl::Status kept = base::MakeError(base::ErrorCode::kStopping);
          outside_.Call([&] { kept = sink_.journal(item.out.ticket, step); });
          if (kept.ok()) item.out.step = step;
          return kept;
        });
    switch (result.publication) {
      case Publication::kSent:
        // Also when the journal failed: what is found later says so too.
        item.out.step = JournalStep::kSent;
        board_.Asked();
        look_ = true;
        return Fate::kStays;
      case Publication::kUnknown:
        NoteFailure(result.error);
        return Fate::kStays;
      case Publication::kNotSent:
        return NotSent(item, WhyNotSent(result));
      case Publication::kNameTaken:
        if (!Rename(item)) return Fate::kOver;
        break;
    }
  }
  return NotSent(item, base::MakeError(base::ErrorCode::kNotAsked,
                                       {.what = "too many names in `req` and `res` are taken"}));
}

}  // namespace madoguchi::eligibility
