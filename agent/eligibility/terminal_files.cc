#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/crypto/digest.h"
#include "agent/eligibility/terminal_worker.h"
#include "agent/oqs/message.h"

namespace madoguchi::eligibility {
namespace {

constexpr std::array<int, 6> kRetryMs = {5, 10, 20, 50, 100, 200};
// A file that looks complete and cannot be parsed may be in the middle of being written again.
constexpr absl::Duration kSecondChance = absl::Milliseconds(300);
// How long, and how many, incomplete files are kept open, so that one that is moved or deleted
// while it is written is not lost.
constexpr absl::Duration kHold = absl::Seconds(2);
constexpr int kMostHeld = 32;
// An incomplete file is read again at each rescan this long, then only when its stamp changes.
constexpr absl::Duration kReadBlindly = absl::Minutes(1);
// A change within this time of another may not show in the stamp (network shares are coarse).
constexpr absl::Duration kRacy = absl::Seconds(3);
// Somebody who changes a file all the time gets this many looks at once, then one per pause.
constexpr int kLooksForChanges = 20;
constexpr int kLooksForFinished = 200;
constexpr absl::Duration kLookPause = absl::Milliseconds(20);
constexpr absl::Duration kCalm = absl::Seconds(5);
constexpr size_t kMostFiles = 100'000;
constexpr size_t kKeysPerName = 16;
// A time inside that is further from both the name and the clock says nothing about clocks: an old
// answer was written again under a new name.
constexpr absl::Duration kSameRead = absl::Minutes(10);

}  // namespace

Entry* Terminal::Worker::EntryFor(Place& place, const std::string& name) {
  const auto known = place.files.find(name);
  if (known != place.files.end()) return known->second.get();
  const auto parsed = ParseFaceName(name);
  if (!parsed.has_value() || place.files.size() >= kMostFiles) return nullptr;
  auto entry = std::make_unique<Entry>();
  entry->name_stamp = parsed->stamp;
  entry->first_seen = outside_.Now();
  entry->first_look = Monotonic();
  entry->live = place.live;
  return place.files.emplace(name, std::move(entry)).first->second.get();
}

bool Terminal::Worker::TooOften(Place& place, const std::string& name, Entry& entry, Why why) {
  if (why == Why::kScan || why == Why::kRetry) return false;
  const absl::Duration now = Monotonic();
  if (now - entry.last_look > kCalm) entry.event_looks = 0;
  const int allowed = why == Why::kFinished ? kLooksForFinished : kLooksForChanges;
  if (++entry.event_looks <= allowed || now - entry.last_look >= kLookPause) return false;
  if (entry.retry_at > entry.last_look + kLookPause) {
    RetryAt(place, name, entry, entry.last_look + kLookPause);
  }
  return true;
}

void Terminal::Worker::Visit(Place& place, const std::string& name, Why why) {
  Entry* const entry = EntryFor(place, name);
  if (entry == nullptr || TooOften(place, name, *entry, why)) return;
  if (!outbox_->HasRoom()) {
    board_.SetTrouble(TerminalBoard::Trouble::kSpoolFull,
                      base::MakeDetail(base::ErrorCode::kSpoolFull), outside_.Now());
    return;
  }
  entry->last_look = Monotonic();
  // Only a rescan trusts equal stamps: after an event something has changed, and a retry is there
  // because stamps are coarse.
  const bool blind =
      why != Why::kScan || entry->racy || entry->absent || entry->unreadable || !entry->read_any ||
      (entry->phase != Phase::kSettled && entry->last_look - entry->first_look < kReadBlindly);
  entry->racy = false;
  FileLook look = place.folder.Read(name, blind ? nullptr : &entry->stamp);
  if (Stopping()) return;
  if (look.look != Look::kGone) entry->absent = false;
  if (look.look != Look::kUnreadable) entry->unreadable = false;
  if (look.look != Look::kGone && look.look != Look::kUnreadable) entry->stamp = look.stamp;
  switch (look.look) {
    case Look::kRead:
      entry->read_any = entry->read_any || !look.bytes.empty();
      entry->racy = look.stamp.modified > outside_.Now() - kRacy;
      OnRead(place, name, *entry, std::move(look));
      return;
    case Look::kUnchanged:
      if (entry->phase == Phase::kIncomplete) OnIncomplete(place, name, *entry, std::move(look));
      return;
    case Look::kGone:
      OnGone(place, name, *entry);
      return;
    case Look::kNotAFile:
      Report(name, *entry, base::MakeDetail(base::ErrorCode::kNotAFile));
      Settle(place, name, *entry);
      return;
    case Look::kTooLarge:
      Report(name, *entry,
             base::MakeDetail(
                 base::ErrorCode::kFileTooLarge,
                 {.what = absl::StrCat("at most ", oqs::kMaxMessageBytes, " bytes are read")}));
      Settle(place, name, *entry);
      return;
    case Look::kUnreadable:
      OnUnreadable(place, name, *entry, look.error);
      return;
  }
}

bool Terminal::Worker::WasTaken(const std::string& name, const std::string& key) const {
  const auto taken = taken_.find(name);
  if (taken == taken_.end()) return false;
  const auto& keys = taken->second.keys;
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

void Terminal::Worker::OnRead(Place& place, const std::string& name, Entry& entry, FileLook look) {
  if (!oqs::LooksComplete(look.bytes)) {
    OnIncomplete(place, name, entry, std::move(look));
    return;
  }
  const std::string key =
      crypto::Sha256(absl::StrCat(name, absl::string_view("\0", 1), look.bytes));
  if (WasTaken(name, key)) {
    entry.key = key;
    // A note that came with taking it stays; a problem that came later is over.
    if (!entry.reported.empty() &&
        entry.reported != base::ErrorNumber(base::ErrorCode::kTerminalClock)) {
      entry.reported.clear();
      board_.DropProblem(base::Printable(name));
    }
    Settle(place, name, entry);
    return;
  }
  const bool again = entry.key == key;
  if (again && entry.phase == Phase::kSettled && !entry.reported.empty()) return;
  entry.key = key;
  auto message = oqs::ReadMessage(name, look.bytes);
  if (message.ok() && !message->has_confirmation()) {
    message = base::MakeError(base::ErrorCode::kNotAnOqsMessage, {.what = "not an answer"});
  }
  if (!message.ok()) {
    if (!again) entry.phase = Phase::kNew;
    OnUnparsed(place, name, entry, message.status());
    return;
  }
  OnParsed(place, name, entry, std::move(*message->mutable_confirmation()));
}

void Terminal::Worker::OnParsed(Place& place, const std::string& name, Entry& entry,
                                v1::Confirmation confirmation) {
  const absl::Time now = outside_.Now();
  const auto& executed = confirmation.header().process_execution_time();
  const bool named_today = entry.name_stamp.has_value() && IsOfToday(*entry.name_stamp, now);
  const bool made_today = executed.has_time() && IsOfToday(base::FromProto(executed.time()), now);
  if (!named_today && !made_today) {
    AddLeftover(place, name);
    Drop(place, name);
    return;
  }
  const bool odd_name = entry.name_stamp.has_value() && !named_today;
  Take(place, name, entry, std::move(confirmation));
  if (odd_name) Report(name, entry, base::MakeDetail(base::ErrorCode::kTerminalClock));
}

void Terminal::Worker::OnUnparsed(Place& place, const std::string& name, Entry& entry,
                                  const absl::Status& status) {
  entry.failure = status;
  if (entry.phase != Phase::kUnparsed) {
    entry.phase = Phase::kUnparsed;
    RetryAt(place, name, entry, Monotonic() + kSecondChance);
    return;
  }
  // An event before the 300 ms are over may show the same bytes: still the same chance.
  if (entry.retry_at != absl::InfiniteDuration()) return;
  Report(name, entry, base::DetailOf(status).value_or(v1::ErrorDetail()));
  Settle(place, name, entry);
}

void Terminal::Worker::OnIncomplete(Place& place, const std::string& name, Entry& entry,
                                    FileLook look) {
  const absl::Time now = outside_.Now();
  if (entry.phase == Phase::kSettled) {
    entry.first_seen = now;
    entry.first_look = Monotonic();
    entry.reported.clear();
    entry.tries = 0;
  }
  if (entry.phase != Phase::kIncomplete) entry.tries = 0;
  entry.phase = Phase::kIncomplete;
  entry.failure = absl::OkStatus();
  Hold(entry, std::move(look.file));
  if (!RetrySoon(place, name, entry) && entry.held.valid()) {
    RetryAt(place, name, entry, Monotonic() + absl::Milliseconds(kRetryMs.back()));
  }
  if (now - entry.first_seen < config_.incomplete_after) return;
  Report(name, entry, base::MakeDetail(base::ErrorCode::kFileIncomplete));
}

void Terminal::Worker::OnGone(Place& place, const std::string& name, Entry& entry) {
  if (entry.phase == Phase::kSettled) {
    entry.absent = true;
    return;
  }
  if (!entry.name_stamp.has_value() || !IsOfToday(*entry.name_stamp, outside_.Now())) {
    Drop(place, name);
    return;
  }
  if (entry.held.valid()) {
    FileLook look = place.folder.Reread(std::move(entry.held));
    --held_;
    if (Stopping()) return;
    if (look.look == Look::kRead && oqs::LooksComplete(look.bytes)) {
      entry.absent = true;
      OnRead(place, name, entry, std::move(look));
      return;
    }
    Hold(entry, std::move(look.file));
  }
  if (FoundElsewhere(place, name)) {
    Drop(place, name);
    return;
  }
  if (entry.phase != Phase::kVanished) entry.tries = 0;
  entry.phase = Phase::kVanished;
  if (RetrySoon(place, name, entry)) return;
  if (entry.held.valid()) {
    RetryAt(place, name, entry, Monotonic() + absl::Milliseconds(kRetryMs.back()));
    return;
  }
  if (const auto failure = base::DetailOf(entry.failure); failure.has_value()) {
    Report(name, entry, *failure);
  } else if (entry.read_any) {
    Report(name, entry,
           base::MakeDetail(base::ErrorCode::kFileIncomplete,
                            {.what = "it was taken away before its end came"}));
  } else {
    Report(name, entry, base::MakeDetail(base::ErrorCode::kFileVanished));
  }
  Settle(place, name, entry);
  entry.absent = true;
}

bool Terminal::Worker::FoundElsewhere(const Place& place, const std::string& name) {
  for (const auto& other : places_) {
    if (other.get() == &place || !other->folder.open() || Stopping()) continue;
    const Look look = other->folder.Stat(name).look;
    if (look == Look::kGone || look == Look::kUnreadable) continue;
    Visit(*other, name, Why::kFinished);
    return true;
  }
  return false;
}

void Terminal::Worker::OnUnreadable(Place& place, const std::string& name, Entry& entry,
                                    int error) {
  if (entry.phase == Phase::kSettled) {
    // Reported already; it is tried at each rescan.
    if (entry.unreadable) return;
    entry.phase = Phase::kNew;
    entry.tries = 0;
  }
  entry.unreadable = true;
  if (RetrySoon(place, name, entry)) return;
  Report(name, entry,
         base::MakeDetail(base::ErrorCode::kFileUnreadable, {.what = strerrordesc_np(error)}));
  Settle(place, name, entry);
}

void Terminal::Worker::Take(Place& place, const std::string& name, Entry& entry,
                            v1::Confirmation confirmation) {
  const absl::Time now = outside_.Now();
  FacePush push;
  push.terminal = config_.name;
  push.counter = config_.counter;
  push.key = entry.key;
  push.file_name = base::Printable(name);
  push.seen_at = now;
  push.confirmation = std::move(confirmation);
  *push.confirmation.mutable_received_at() = base::ToProto(now);
  NoteSkew(entry, push.confirmation, now);
  Taken& taken = taken_[name];
  taken.last = Monotonic();
  if (taken.keys.size() >= kKeysPerName) taken.keys.erase(taken.keys.begin());
  taken.keys.push_back(entry.key);
  entry.reported.clear();
  const std::string printable = push.file_name;
  outbox_->Add(std::move(push));
  // The desk waits for nothing that only concerns the status.
  OfferDue();
  board_.Taken(printable, now);
  base::LogInfo("terminal_file_taken", {{"terminal", config_.name}, {"file", printable}});
  Settle(place, name, entry);
}

void Terminal::Worker::NoteSkew(const Entry& entry, const v1::Confirmation& confirmation,
                                absl::Time now) {
  const auto& executed = confirmation.header().process_execution_time();
  if (!entry.live || !executed.has_time() || !entry.name_stamp.has_value()) return;
  const absl::Time made = base::FromProto(executed.time());
  const bool this_read = absl::AbsDuration(made - *entry.name_stamp) <= kSameRead ||
                         absl::AbsDuration(made - now) <= kSameRead;
  if (this_read && IsOfToday(*entry.name_stamp, now)) board_.SetSkew(made - now);
}

void Terminal::Worker::Settle(Place& place, const std::string& name, Entry& entry) {
  if (entry.held.valid()) --held_;
  entry.held.Close();
  entry.tries = 0;
  RetryAt(place, name, entry, absl::InfiniteDuration());
  entry.phase = Phase::kSettled;
  if (!std::exchange(entry.in_turn, true)) place.young.push_back(name);
}

void Terminal::Worker::Report(const std::string& name, Entry& entry, v1::ErrorDetail problem) {
  if (entry.reported == problem.number()) return;
  entry.reported = problem.number();
  board_.AddProblem(base::Printable(name), std::move(problem), outside_.Now());
}

void Terminal::Worker::RetryAt(Place& place, const std::string& name, Entry& entry,
                               absl::Duration at) {
  if (entry.retry_at != absl::InfiniteDuration()) retries_.erase({entry.retry_at, &place, name});
  entry.retry_at = at;
  if (at != absl::InfiniteDuration()) retries_.emplace(at, &place, name);
}

bool Terminal::Worker::RetrySoon(Place& place, const std::string& name, Entry& entry) {
  // An event before the time of the next try does not use that up.
  if (entry.retry_at != absl::InfiniteDuration()) return true;
  if (static_cast<size_t>(entry.tries) >= kRetryMs.size()) return false;
  const int wait = kRetryMs[static_cast<size_t>(entry.tries++)];
  RetryAt(place, name, entry, Monotonic() + absl::Milliseconds(wait));
  return true;
}

void Terminal::Worker::Hold(Entry& entry, Descriptor file) {
  if (entry.held.valid()) --held_;
  entry.held.Close();
  const bool wanted = file.valid() && held_ < kMostHeld && Monotonic() - entry.first_look < kHold;
  if (!wanted) return;
  entry.held = std::move(file);
  ++held_;
}

void Terminal::Worker::Drop(Place& place, const std::string& name) {
  const auto found = place.files.find(name);
  if (found == place.files.end()) return;
  RetryAt(place, name, *found->second, absl::InfiniteDuration());
  if (found->second->held.valid()) --held_;
  place.files.erase(found);
}

}  // namespace madoguchi::eligibility
