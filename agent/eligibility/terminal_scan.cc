#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/eligibility/terminal_worker.h"

namespace madoguchi::eligibility {
namespace {

// More names than this in one folder are reported, and beyond it old names are not remembered.
constexpr size_t kManyEntries = 100'000;
// How long a settled file is looked at in every rescan, and how many older ones are in each.
constexpr absl::Duration kYoung = absl::Minutes(1);
constexpr size_t kYoungAtOnce = 256;
constexpr size_t kSettledAtOnce = 64;
// The time new files found by one rescan get before events have their turn again, and how many
// files that are neither new nor settled are tried again in one.
constexpr absl::Duration kScanSlice = absl::Milliseconds(200);
constexpr size_t kUnsettledAtOnce = 200;
// The time old names get before something newer may be waiting.
constexpr absl::Duration kBacklogSlice = absl::Milliseconds(5);
constexpr int kBacklogAtLeast = 16;
// What was taken is remembered longer than its file can be "of today".
constexpr absl::Duration kRemember = absl::Hours(26);

uint64_t HashOf(absl::string_view name) { return absl::Hash<absl::string_view>()(name); }

}  // namespace

bool IsOfToday(absl::Time time, absl::Time now) {
  return base::JapanDay(time) == base::JapanDay(now) ||
         absl::AbsDuration(time - now) <= absl::Hours(1);
}

bool MayBeFaceFile(absl::string_view name) { return absl::EndsWithIgnoreCase(name, ".xml"); }

std::optional<oqs::FileName> ParseFaceName(absl::string_view name) {
  auto parsed = oqs::ParseFileName(name);
  if (!parsed.has_value() || parsed->family != v1::MESSAGE_FAMILY_OQSSIQUC01_FACE ||
      parsed->role != v1::MESSAGE_ROLE_PUSH || parsed->extension != "xml") {
    return std::nullopt;
  }
  return parsed;
}

void Terminal::Worker::Rescan() {
  if (outbox_->HasRoom()) {
    board_.ClearTrouble(TerminalBoard::Trouble::kSpoolFull, outside_.Now());
  }
  ForgetOldDays();
  Found found;
  bool full = true;
  for (const auto& place : places_) {
    if (Stopping()) return;
    const bool seen = OpenPlace(*place) && ScanPlace(*place, found);
    if (place == places_.front()) full = seen;
  }
  ReportExtraFolders();
  if (!VisitFound(std::move(found))) {
    // The rest is found again.
    RescanSoon();
    return;
  }
  for (const auto& place : places_) {
    if (!place->folder.open() || Stopping()) continue;
    place->last_scan = Monotonic();
    place->live = true;
    LookAtSettled(*place);
  }
  if (full && !Stopping()) board_.Scanned(outside_.Now());
}

bool Terminal::Worker::VisitFound(Found found) {
  const absl::Duration until = Monotonic() + kScanSlice;
  // The order in which the patients came, whatever the order of the listing.
  std::sort(found.fresh.begin(), found.fresh.end());
  for (const auto& [stamp, name, place] : found.fresh) {
    if (Stopping() || Monotonic() >= until) return false;
    if (place->folder.open()) Visit(*place, name, Why::kScan);
  }
  // Those first that have waited longest.
  std::sort(found.unsettled.begin(), found.unsettled.end());
  if (found.unsettled.size() > kUnsettledAtOnce) found.unsettled.resize(kUnsettledAtOnce);
  for (const auto& [last_look, name, place] : found.unsettled) {
    if (Stopping()) return false;
    if (place->folder.open()) Visit(*place, name, Why::kScan);
  }
  return true;
}

bool Terminal::Worker::OpenPlace(Place& place) {
  const int error = place.folder.Open();
  if (Stopping()) return false;
  meter_.Begin();
  place.watch = events_.Watch(place.folder, place.watch);
  meter_.End();
  const bool face = &place == places_.front().get();
  if (error != 0) {
    place.error = error;
    if (face) ReportFolder(place, error);
    if (face) board_.SetFileEvents(false);
    return false;
  }
  place.error = 0;
  place.ever_open = true;
  if (!face) return true;
  board_.SetFileEvents(place.watch >= 0 && !place.folder.remote());
  if (place.folder.unmounted()) {
    board_.SetTrouble(
        TerminalBoard::Trouble::kNotMounted,
        base::MakeDetail(base::ErrorCode::kFolderMissing,
                         {.what = "the share that was mounted here is not mounted any more",
                          .field = place.field}),
        outside_.Now());
  } else {
    board_.ClearTrouble(TerminalBoard::Trouble::kNotMounted, outside_.Now());
  }
  return true;
}

void Terminal::Worker::ReportFolder(const Place& place, int error) {
  board_.SetTrouble(&place == places_.front().get() ? TerminalBoard::Trouble::kFace
                                                    : TerminalBoard::Trouble::kExtraFolder,
                    base::MakeDetail(FolderCode(error),
                                     {.what = absl::StrCat(base::Printable(place.folder.path()),
                                                           ": ", strerrordesc_np(error)),
                                      .field = place.field}),
                    outside_.Now());
}

void Terminal::Worker::ReportExtraFolders() {
  for (size_t i = 1; i < places_.size(); ++i) {
    const Place& place = *places_[i];
    if (place.error == 0) continue;
    // Other software makes and removes such folders as it needs them. One that was never there is
    // more likely misspelt.
    if (place.ever_open && FolderCode(place.error) == base::ErrorCode::kFolderMissing) continue;
    ReportFolder(place, place.error);
    return;
  }
  board_.ClearTrouble(TerminalBoard::Trouble::kExtraFolder, outside_.Now());
}

bool Terminal::Worker::ScanPlace(Place& place, Found& found) {
  absl::flat_hash_set<std::string> listed;
  absl::flat_hash_set<uint64_t> leftovers;
  leftovers.reserve(place.leftovers.size());
  size_t count = 0;
  place.error = place.folder.List([&](absl::string_view name) {
    ++count;
    if (!MayBeFaceFile(name)) return !Stopping();
    if (const uint64_t hash = HashOf(name); place.leftovers.contains(hash)) {
      leftovers.insert(hash);
      return !Stopping();
    }
    if (place.files.contains(name)) listed.emplace(name);
    Consider(place, name, found);
    return !Stopping();
  });
  if (Stopping()) return false;
  const bool face = &place == places_.front().get();
  if (place.error != 0) {
    if (face) ReportFolder(place, place.error);
    place.folder.Close();
    return false;
  }
  // Names that are gone need not be remembered.
  place.leftovers = std::move(leftovers);
  place.live = Monotonic() - place.last_scan < 3 * config_.rescan;
  place.crowded = count > kManyEntries;
  LookForMissing(place, listed);
  if (face) board_.ClearTrouble(TerminalBoard::Trouble::kFace, outside_.Now());
  const auto crowded =
      std::find_if(places_.begin(), places_.end(), [](const auto& p) { return p->crowded; });
  if (crowded == places_.end()) {
    board_.ClearTrouble(TerminalBoard::Trouble::kTooManyFiles, outside_.Now());
  } else {
    board_.SetTrouble(TerminalBoard::Trouble::kTooManyFiles,
                      base::MakeDetail(base::ErrorCode::kTooManyFiles,
                                       {.what = absl::StrCat("more than ", kManyEntries),
                                        .field = (*crowded)->field}),
                      outside_.Now());
  }
  return true;
}

void Terminal::Worker::Consider(Place& place, absl::string_view name, Found& found) {
  if (const auto known = place.files.find(name); known != place.files.end()) {
    const Entry& entry = *known->second;
    if (entry.phase == Phase::kNew && !entry.unreadable) {
      found.fresh.emplace_back(entry.name_stamp.value_or(absl::InfiniteFuture()), name, &place);
    } else if (entry.phase != Phase::kSettled || entry.absent || entry.unreadable) {
      found.unsettled.emplace_back(entry.last_look, name, &place);
    }
    return;
  }
  const auto parsed = ParseFaceName(name);
  if (!parsed.has_value()) return;
  if (parsed->stamp.has_value() && IsOfToday(*parsed->stamp, outside_.Now())) {
    found.fresh.emplace_back(*parsed->stamp, name, &place);
    return;
  }
  if (place.leftovers.size() + backlog_.size() > 2 * kManyEntries) return;
  if (in_backlog_.emplace(&place, name).second) backlog_.emplace_back(&place, name);
}

void Terminal::Worker::LookForMissing(Place& place,
                                      const absl::flat_hash_set<std::string>& listed) {
  for (const auto& [name, entry] : place.files) {
    if (listed.contains(name) || entry->absent) continue;
    if (entry->phase == Phase::kSettled) {
      entry->absent = true;
    } else if (entry->retry_at == absl::InfiniteDuration()) {
      RetryAt(place, name, *entry, Monotonic());
    }
  }
}

void Terminal::Worker::LookAtSettled(Place& place) {
  const absl::Duration now = Monotonic();
  const auto look = [&](std::deque<std::string>& from) {
    std::string name = std::move(from.front());
    from.pop_front();
    const auto found = place.files.find(name);
    if (found == place.files.end()) return;
    Entry& entry = *found->second;
    entry.in_turn = entry.phase == Phase::kSettled;
    if (!entry.in_turn) return;
    const bool young = now - entry.first_look < kYoung;
    (young ? place.young : place.settled).push_back(name);
    if (!entry.absent && !entry.unreadable) Visit(place, name, Why::kScan);
  };
  const size_t young = std::min(place.young.size(), kYoungAtOnce);
  for (size_t i = 0; i < young && !Stopping(); ++i) look(place.young);
  const size_t settled = std::min(place.settled.size(), kSettledAtOnce);
  for (size_t i = 0; i < settled && !Stopping(); ++i) look(place.settled);
}

void Terminal::Worker::WorkBacklog() {
  const absl::Duration until = Monotonic() + kBacklogSlice;
  // A busy machine may use up the time without us: some at least.
  for (int done = 0; !backlog_.empty() && !Stopping(); ++done) {
    if (done >= kBacklogAtLeast && Monotonic() >= until) break;
    auto [place, name] = std::move(backlog_.front());
    backlog_.pop_front();
    in_backlog_.erase({place, name});
    if (place->folder.open()) JudgeByDate(*place, name);
  }
  // Not for every file: each change of the status is told to every watcher.
  if (skipped_ >= 1000 || (skipped_ > 0 && backlog_.empty())) {
    board_.Skipped(std::exchange(skipped_, 0));
  }
}

void Terminal::Worker::JudgeByDate(Place& place, const std::string& name) {
  const auto parsed = ParseFaceName(name);
  if (!parsed.has_value()) return;
  const FileLook seen = place.folder.Stat(name);
  if (seen.look == Look::kGone) return;
  const bool dated = parsed->stamp.has_value() && seen.look != Look::kUnreadable;
  if (dated && !IsOfToday(seen.stamp.modified, outside_.Now())) {
    AddLeftover(place, name);
    return;
  }
  // Its name says another day, but it was written today: what is inside decides.
  Visit(place, name, Why::kScan);
}

void Terminal::Worker::AddLeftover(Place& place, absl::string_view name) {
  if (place.leftovers.insert(HashOf(name)).second) ++skipped_;
}

void Terminal::Worker::ForgetOldDays() {
  const absl::Time now = outside_.Now();
  const absl::CivilHour hour = absl::ToCivilHour(now, base::Japan());
  if (cleaned_ == hour) return;
  cleaned_ = hour;
  const absl::Duration monotonic = Monotonic();
  for (const auto& place : places_) {
    std::vector<std::string> old;
    for (const auto& [name, entry] : place->files) {
      if (entry->phase != Phase::kSettled) continue;
      if (!IsOfToday(entry->name_stamp.value_or(entry->first_seen), now)) old.push_back(name);
    }
    for (const std::string& name : old) {
      // Not counted as skipped: it had its turn.
      place->leftovers.insert(HashOf(name));
      Drop(*place, name);
    }
  }
  absl::erase_if(taken_,
                 [&](const auto& taken) { return monotonic - taken.second.last > kRemember; });
  board_.DropProblemsBefore(
      std::min(base::JapanDayStart(base::JapanDay(now)), now - absl::Hours(1)));
}

}  // namespace madoguchi::eligibility
