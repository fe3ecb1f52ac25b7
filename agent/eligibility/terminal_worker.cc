#include "agent/eligibility/terminal_worker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/log.h"
#include "agent/oqs/message.h"

namespace madoguchi::eligibility {
namespace {

// Offers made before the thread looks at its folders again.
constexpr size_t kOffersAtOnce = 64;
// The time retries get before events have their turn again.
constexpr absl::Duration kRetrySlice = absl::Milliseconds(20);
// Between rescans that events ask for, so that nobody can keep us scanning.
constexpr absl::Duration kRescanPause = absl::Milliseconds(50);

}  // namespace

Terminal::Worker::Worker(TerminalConfig config, base::Clock& clock, FacePushSink sink,
                         std::function<void()> on_change)
    : config_(std::move(config)),
      board_(config_.name, config_.counter),
      outside_(clock),
      sink_(std::move(sink)),
      on_change_(std::move(on_change)),
      clock_(clock) {
  places_.push_back(std::make_unique<Place>(config_.face, "face", oqs::kMaxMessageBytes, meter_));
  for (size_t i = 0; i < config_.extra_folders.size(); ++i) {
    places_.push_back(std::make_unique<Place>(config_.extra_folders[i],
                                              absl::StrCat("extra_folders[", i, "]"),
                                              oqs::kMaxMessageBytes, meter_));
  }
}

void Terminal::Worker::Start() {
  thread_.Start(absl::StrCat("term-", config_.name), [self = shared_from_this()] { self->Run(); });
}

bool Terminal::Worker::Stop(absl::Duration patience) {
  return thread_.Stop(patience, outbox_->wake_up(), outside_, [this] {
    base::LogWarning("terminal_abandoned", {{"terminal", config_.name}, {"number", "MDG-1203"}});
  });
}

v1::ConnectionStatus Terminal::Worker::Status() const {
  return board_.Status(meter_.Lasting(), config_.hang_after, clock_.Now());
}

void Terminal::Worker::Run() {
  while (!Stopping()) {
    if (Monotonic() >= next_rescan_) {
      last_rescan_ = Monotonic();
      next_rescan_ = last_rescan_ + config_.rescan;
      Rescan();
    }
    RunRetries();
    WorkBacklog();
    OfferDue();
    NoteHang();
    if (board_.TakeChanged() && on_change_ != nullptr) outside_.Call(on_change_);
    WaitForWork();
    TakeEvents();
  }
}

void Terminal::Worker::RescanSoon() {
  next_rescan_ = std::min(next_rescan_, last_rescan_ + kRescanPause);
}

void Terminal::Worker::WaitForWork() {
  if (Stopping()) return;
  absl::Duration next = std::min(next_rescan_, outbox_->NextDue());
  if (!retries_.empty()) next = std::min(next, std::get<0>(*retries_.begin()));
  if (!backlog_.empty()) next = -absl::InfiniteDuration();
  events_.Wait(outbox_->wake_up(), next - Monotonic());
  outbox_->wake_up().Clear();
}

void Terminal::Worker::TakeEvents() {
  // In the order of the events, each name once: a writer makes several for one file.
  std::vector<std::tuple<Place*, std::string, FileEvents::Kind>> names;
  absl::flat_hash_map<std::pair<Place*, std::string>, size_t> at;
  const bool all = events_.Take([&](int watch, absl::string_view name, FileEvents::Kind kind) {
    const auto place = std::find_if(places_.begin(), places_.end(),
                                    [&](const auto& p) { return p->watch == watch; });
    if (place == places_.end()) return;
    if (kind == FileEvents::Kind::kFolderLost) {
      RescanSoon();
      return;
    }
    if (!MayBeFaceFile(name)) return;
    const auto [known, added] = at.try_emplace({place->get(), std::string(name)}, names.size());
    if (added) {
      names.emplace_back(place->get(), std::string(name), kind);
    } else if (FileEvents::Kind& last = std::get<2>(names[known->second]);
               kind != FileEvents::Kind::kChanged || last == FileEvents::Kind::kLeft) {
      last = kind;
    }
  });
  if (!all) RescanSoon();
  for (const auto& [place, name, kind] : names) {
    if (Stopping()) return;
    OnEvent(*place, name, kind);
    OfferDue();
  }
}

void Terminal::Worker::OnEvent(Place& place, absl::string_view name, FileEvents::Kind kind) {
  if (!place.folder.open()) return;
  const std::string text(name);
  const auto known = place.files.find(text);
  if (kind == FileEvents::Kind::kLeft) {
    // One that we have is no matter any more; one that we have not yet must be looked for.
    if (known != place.files.end() && known->second->phase == Phase::kSettled) {
      known->second->absent = true;
      return;
    }
  }
  if (known == place.files.end()) {
    const auto parsed = ParseFaceName(name);
    if (!parsed.has_value()) return;
    if (!parsed->stamp.has_value() || !IsOfToday(*parsed->stamp, outside_.Now())) {
      if (in_backlog_.emplace(&place, text).second) backlog_.emplace_back(&place, text);
      return;
    }
  }
  Visit(place, text, kind == FileEvents::Kind::kFinished ? Why::kFinished : Why::kChanged);
}

void Terminal::Worker::RunRetries() {
  // What is due now; what these looks make due again comes after the next look at the events.
  const absl::Duration now = Monotonic();
  while (!retries_.empty() && !Stopping() && Monotonic() < now + kRetrySlice) {
    const auto [at, place, name] = *retries_.begin();
    if (at > now) return;
    retries_.erase(retries_.begin());
    const auto entry = place->files.find(name);
    if (entry == place->files.end()) continue;
    entry->second->retry_at = absl::InfiniteDuration();
    if (place->folder.open()) Visit(*place, name, Why::kRetry);
  }
}

void Terminal::Worker::OfferDue() {
  for (Outbox::Offer& offer : outbox_->Due(Monotonic(), kOffersAtOnce)) {
    auto done = [outbox = outbox_, id = offer.id](const absl::Status& s) {
      outbox->Done(id, s, Monotonic());
    };
    outside_.Call([&] { sink_(std::move(offer.push), std::move(done)); });
  }
}

void Terminal::Worker::NoteHang() {
  const absl::Duration longest = meter_.TakeLongest();
  if (longest <= config_.hang_after) return;
  board_.HangEnded(outside_.Now());
  base::LogWarning(
      "terminal_share_answers_again",
      {{"terminal", config_.name}, {"after_seconds", absl::StrCat(absl::ToInt64Seconds(longest))}});
  RescanSoon();
}

}  // namespace madoguchi::eligibility
