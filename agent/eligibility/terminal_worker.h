#ifndef MADOGUCHI_AGENT_ELIGIBILITY_TERMINAL_WORKER_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_TERMINAL_WORKER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "agent/base/error.h"
#include "agent/eligibility/file_events.h"
#include "agent/eligibility/folder.h"
#include "agent/eligibility/outbox.h"
#include "agent/eligibility/outside.h"
#include "agent/eligibility/share_thread.h"
#include "agent/eligibility/terminal.h"
#include "agent/eligibility/terminal_board.h"
#include "agent/oqs/message.h"

namespace madoguchi::eligibility {

// How far a file has got.
enum class Phase {
  kNew,
  // Read, but the end is not there yet.
  kIncomplete,
  // Its end is there but it cannot be parsed: it gets one more chance.
  kUnparsed,
  // Taken, or reported as a problem: only a change makes it interesting again.
  kSettled,
  // It was seen and is not there any more.
  kVanished,
};

// A file that was or may be taken. Times without a date are Monotonic().
struct Entry {
  std::optional<absl::Time> name_stamp;
  Phase phase = Phase::kNew;
  absl::Time first_seen;
  absl::Duration first_look;
  absl::Duration last_look = -absl::InfiniteDuration();
  absl::Duration retry_at = absl::InfiniteDuration();
  int tries = 0;
  // Looks because of events in quick succession.
  int event_looks = 0;
  // Seen while we watched, not found lying there.
  bool live = false;
  // It is in one of its place's lists for looking at settled files.
  bool in_turn = false;
  // Settled, and its name has left the folder.
  bool absent = false;
  // A byte of it was read.
  bool read_any = false;
  bool unreadable = false;
  // Read so shortly after it was modified that a change could hide behind an equal stamp.
  bool racy = false;
  FileStamp stamp;
  // Key of what was read last.
  std::string key;
  // Why what was read last cannot be parsed.
  absl::Status failure;
  // Error number shown for it.
  std::string reported;
  // Kept open while it is incomplete, on a local file system only.
  Descriptor held;
};

// One folder of the terminal.
struct Place {
  Place(const std::string& path, std::string field_name, size_t most_bytes, CallMeter& meter)
      : folder(path, most_bytes, meter), field(std::move(field_name)) {}

  Folder folder;
  // Its configuration key.
  std::string field;
  int watch = -1;
  bool ever_open = false;
  bool crowded = false;
  // errno of the last attempt to open or list it.
  int error = 0;
  // What appears now has just been written (no outage, not the first scan).
  bool live = false;
  // The last time all that was found was looked at too.
  absl::Duration last_scan = -absl::InfiniteDuration();
  absl::flat_hash_map<std::string, std::unique_ptr<Entry>> files;
  // Hashes of names known to be of another day.
  absl::flat_hash_set<uint64_t> leftovers;
  // Settled files, to be looked at for changes: recent ones at each rescan, the others in turn.
  std::deque<std::string> young;
  std::deque<std::string> settled;
};

// The thread of one terminal and all it owns.
class Terminal::Worker : public std::enable_shared_from_this<Terminal::Worker> {
 public:
  Worker(TerminalConfig config, base::Clock& clock, FacePushSink sink,
         std::function<void()> on_change);

  void Start();
  bool Stop(absl::Duration patience);
  v1::ConnectionStatus Status() const;
  absl::Duration ClockSkew() const { return board_.skew(); }
  int Waiting() const { return outbox_->Waiting(); }

 private:
  enum class Why { kScan, kChanged, kFinished, kRetry };
  // What one rescan found to be looked at.
  struct Found {
    // Not read yet, by stamp.
    std::vector<std::tuple<absl::Time, std::string, Place*>> fresh;
    // Neither taken nor given up, by the last look.
    std::vector<std::tuple<absl::Duration, std::string, Place*>> unsettled;
  };

  // terminal_worker.cc: the loop.
  void Run();
  void RescanSoon();
  void WaitForWork();
  void TakeEvents();
  void OnEvent(Place& place, absl::string_view name, FileEvents::Kind kind);
  void RunRetries();
  void OfferDue();
  void NoteHang();
  bool Stopping() const { return thread_.Stopping(); }

  // terminal_scan.cc: finding files.
  void Rescan();
  bool OpenPlace(Place& place);
  bool ScanPlace(Place& place, Found& found);
  void Consider(Place& place, absl::string_view name, Found& found);
  // False: there is more.
  bool VisitFound(Found found);
  void LookForMissing(Place& place, const absl::flat_hash_set<std::string>& listed);
  void LookAtSettled(Place& place);
  void WorkBacklog();
  void JudgeByDate(Place& place, const std::string& name);
  void AddLeftover(Place& place, absl::string_view name);
  void ForgetOldDays();
  void ReportFolder(const Place& place, int error);
  void ReportExtraFolders();

  // terminal_files.cc: one file.
  void Visit(Place& place, const std::string& name, Why why);
  Entry* EntryFor(Place& place, const std::string& name);
  bool TooOften(Place& place, const std::string& name, Entry& entry, Why why);
  void OnRead(Place& place, const std::string& name, Entry& entry, FileLook look);
  void OnParsed(Place& place, const std::string& name, Entry& entry, v1::Confirmation confirmation);
  bool WasTaken(const std::string& name, const std::string& key) const;
  void OnIncomplete(Place& place, const std::string& name, Entry& entry, FileLook look);
  void OnGone(Place& place, const std::string& name, Entry& entry);
  void OnUnreadable(Place& place, const std::string& name, Entry& entry, int error);
  void OnUnparsed(Place& place, const std::string& name, Entry& entry, const absl::Status& status);
  bool FoundElsewhere(const Place& place, const std::string& name);
  void Take(Place& place, const std::string& name, Entry& entry, v1::Confirmation confirmation);
  void NoteSkew(const Entry& entry, const v1::Confirmation& confirmation, absl::Time now);
  void Settle(Place& place, const std::string& name, Entry& entry);
  void Report(const std::string& name, Entry& entry, v1::ErrorDetail problem);
  void RetryAt(Place& place, const std::string& name, Entry& entry, absl::Duration at);
  // Tries again after 5, 10, 20, 50, 100, 200 ms; false when the series is over.
  bool RetrySoon(Place& place, const std::string& name, Entry& entry);
  void Hold(Entry& entry, Descriptor file);
  void Drop(Place& place, const std::string& name);

  const TerminalConfig config_;
  CallMeter meter_;
  TerminalBoard board_;
  const std::shared_ptr<Outbox> outbox_ = std::make_shared<Outbox>();
  Outside outside_;
  const FacePushSink sink_;
  const std::function<void()> on_change_;
  // Of the owner's side.
  base::Clock& clock_;
  ShareThread thread_;

  // Of the thread alone. The first place is `face`.
  std::vector<std::unique_ptr<Place>> places_;
  FileEvents events_;
  absl::Duration last_rescan_ = -absl::InfiniteDuration();
  absl::Duration next_rescan_ = -absl::InfiniteDuration();
  std::set<std::tuple<absl::Duration, Place*, std::string>> retries_;
  // Names of which the day has to be found out, when there is nothing better to do.
  std::deque<std::pair<Place*, std::string>> backlog_;
  absl::flat_hash_set<std::pair<Place*, std::string>> in_backlog_;
  // Keys of what was taken, by name, wherever the file is.
  struct Taken {
    std::vector<std::string> keys;
    absl::Duration last;
  };
  absl::flat_hash_map<std::string, Taken> taken_;
  int held_ = 0;
  int skipped_ = 0;
  std::optional<absl::CivilHour> cleaned_;
};

// Whether a file of `time` belongs to the day of `now` in Japan, or to the hour around midnight.
bool IsOfToday(absl::Time time, absl::Time now);

// Cheap: false for names that ParseFaceName refuses for sure.
bool MayBeFaceFile(absl::string_view name);
// nullopt: not the name of a face push's XML file. Such files are never opened.
std::optional<oqs::FileName> ParseFaceName(absl::string_view name);

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_TERMINAL_WORKER_H_
