#include "agent/reader/monitor.h"

#include <pthread.h>
#include <winscard.h>

#include <algorithm>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "agent/base/error.h"
#include "agent/reader/card_session.h"

namespace madoguchi::reader {
namespace {

// Tells of readers that come; where the service does not know it, the wait below is short enough.
constexpr char kNewReaders[] = R"(\\?PnP?\Notification)";
// A wait for a change ends at the latest then, so that a stop or a service that went quietly shows.
constexpr DWORD kWaitMs = 1000;
constexpr size_t kMostReaders = 32;
constexpr size_t kMostNameBytes = 128;
constexpr int kCountShift = 16;

// ` 00 01` behind a name: number of the reader and slot.
absl::string_view WithoutNumbers(absl::string_view name) {
  for (int i = 0; i < 2; ++i) {
    const bool numbered = name.size() > 3 && name[name.size() - 3] == ' ' &&
                          isxdigit(static_cast<unsigned char>(name[name.size() - 1])) != 0 &&
                          isxdigit(static_cast<unsigned char>(name[name.size() - 2])) != 0;
    if (!numbered) break;
    name.remove_suffix(3);
  }
  return name;
}

ReaderFacts::State StateOf(DWORD bits) {
  // Whatever else is set: a reader that cannot be used is no place for a card.
  if ((bits & (SCARD_STATE_UNAVAILABLE | SCARD_STATE_MUTE | SCARD_STATE_UNKNOWN)) != 0) {
    return ReaderFacts::State::kTrouble;
  }
  if ((bits & SCARD_STATE_PRESENT) == 0) return ReaderFacts::State::kEmpty;
  if ((bits & SCARD_STATE_EMPTY) != 0) return ReaderFacts::State::kTrouble;
  return (bits & SCARD_STATE_EXCLUSIVE) != 0 ? ReaderFacts::State::kBusy
                                             : ReaderFacts::State::kCard;
}

// MDG-2102; an empty list when the service has no reader.
absl::StatusOr<std::vector<std::string>> ListReaders(const PcscContext& context) {
  DWORD size = 0;
  LONG code = SCardListReaders(context.handle(), nullptr, nullptr, &size);
  std::string names(code == SCARD_S_SUCCESS ? size : 0, '\0');
  if (code == SCARD_S_SUCCESS) {
    code = SCardListReaders(context.handle(), nullptr, names.data(), &size);
  }
  if (code == SCARD_E_NO_READERS_AVAILABLE) return std::vector<std::string>();
  if (code != SCARD_S_SUCCESS) return PcscError(code, "listing readers");
  names.resize(std::min<size_t>(size, names.size()));
  std::vector<std::string> list = absl::StrSplit(names, '\0', absl::SkipEmpty());
  std::erase_if(list, [](const std::string& name) { return name.size() > kMostNameBytes; });
  if (list.size() > kMostReaders) list.resize(kMostReaders);
  return list;
}

}  // namespace

std::vector<std::string> StableNames(const std::vector<std::string>& service_names) {
  std::map<absl::string_view, int> alike;
  for (const std::string& name : service_names) ++alike[WithoutNumbers(name)];
  std::vector<std::string> names;
  names.reserve(service_names.size());
  for (const std::string& name : service_names) {
    const absl::string_view plain = WithoutNumbers(name);
    names.emplace_back(alike[plain] == 1 ? plain : absl::string_view(name));
  }
  return names;
}

std::string CounterOf(absl::string_view name, const std::vector<ReaderRule>& rules) {
  for (const ReaderRule& rule : rules) {
    absl::string_view match = rule.match;
    const bool fits =
        absl::ConsumeSuffix(&match, "*") ? absl::StartsWith(name, match) : name == match;
    if (fits) return rule.counter;
  }
  return "";
}

class ReaderMonitor::Worker : public std::enable_shared_from_this<Worker> {
 public:
  Worker(MonitorOptions options, std::function<void(const ReaderList&)> on_change)
      : options_(std::move(options)), on_change_(std::move(on_change)) {}

  void Start();
  bool Stop(absl::Duration patience);
  ReaderList List() const {
    absl::MutexLock lock(&mu_);
    return list_;
  }

 private:
  struct Watched {
    ReaderFacts facts;
    // As the service said last.
    DWORD bits = SCARD_STATE_UNAWARE;
  };

  void Run();
  // Until the service goes away or somebody stops it.
  absl::Status Watch(const PcscContext& context);
  void TakeNames(const std::vector<std::string>& service_names);
  // Waits for a change and takes it in.
  absl::Status Wait(const PcscContext& context);
  LONG WaitForChange(const PcscContext& context, DWORD milliseconds,
                     std::vector<SCARD_READERSTATE>& states);
  void TakeState(const SCARD_READERSTATE& state);
  void Publish(absl::Status service);
  bool Stopping() const { return stop_.HasBeenNotified(); }

  const MonitorOptions options_;
  const std::function<void(const ReaderList&)> on_change_;
  absl::Notification stop_;
  absl::Notification ended_;
  std::thread thread_;
  bool started_ = false;
  mutable absl::Mutex mu_;
  ReaderList list_ ABSL_GUARDED_BY(mu_);
  // Of a wait that may be under way.
  std::optional<SCARDCONTEXT> waiting_ ABSL_GUARDED_BY(mu_);
  bool cut_ ABSL_GUARDED_BY(mu_) = false;

  // Of the thread alone, by the service's name.
  std::map<std::string, Watched> watched_;
  uint32_t cards_ = 0;
};

void ReaderMonitor::Worker::Start() {
  if (std::exchange(started_, true)) return;
  thread_ = std::thread([self = shared_from_this()] {
    pthread_setname_np(pthread_self(), "readers");
    self->Run();
    self->ended_.Notify();
  });
}

bool ReaderMonitor::Worker::Stop(absl::Duration patience) {
  if (!started_ || Stopping()) return true;
  stop_.Notify();
  {
    absl::MutexLock lock(&mu_);
    if (waiting_.has_value()) SCardCancel(*waiting_);
  }
  const bool ended = ended_.WaitForNotificationWithTimeout(patience);
  if (ended) {
    thread_.join();
  } else {
    absl::MutexLock lock(&mu_);
    cut_ = true;
    thread_.detach();
  }
  return ended;
}

void ReaderMonitor::Worker::Run() {
  while (!Stopping()) {
    absl::Status status;
    if (const absl::StatusOr<PcscContext> context = PcscContext::Establish(); context.ok()) {
      status = Watch(*context);
    } else {
      status = context.status();
    }
    if (status.ok()) continue;
    watched_.clear();
    Publish(std::move(status));
    stop_.WaitForNotificationWithTimeout(options_.retry);
  }
}

absl::Status ReaderMonitor::Worker::Watch(const PcscContext& context) {
  while (!Stopping()) {
    const absl::StatusOr<std::vector<std::string>> names = ListReaders(context);
    if (!names.ok()) return names.status();
    TakeNames(*names);
    MDG_RETURN_IF_ERROR(Wait(context));
    Publish(absl::OkStatus());
  }
  return absl::OkStatus();
}

void ReaderMonitor::Worker::TakeNames(const std::vector<std::string>& service_names) {
  const std::vector<std::string> stable = StableNames(service_names);
  std::map<std::string, Watched> now;
  for (size_t i = 0; i < service_names.size(); ++i) {
    const auto known = watched_.find(service_names[i]);
    Watched& watched = now[service_names[i]];
    if (known != watched_.end()) watched = known->second;
    watched.facts.name = stable[i];
    watched.facts.service_name = service_names[i];
    watched.facts.counter = CounterOf(stable[i], options_.rules);
  }
  watched_ = std::move(now);
}

LONG ReaderMonitor::Worker::WaitForChange(const PcscContext& context, DWORD milliseconds,
                                          std::vector<SCARD_READERSTATE>& states) {
  {
    absl::MutexLock lock(&mu_);
    waiting_ = context.handle();
  }
  const LONG code = Stopping() ? SCARD_E_CANCELLED
                               : SCardGetStatusChange(context.handle(), milliseconds, states.data(),
                                                      static_cast<DWORD>(states.size()));
  absl::MutexLock lock(&mu_);
  waiting_.reset();
  return code;
}

absl::Status ReaderMonitor::Worker::Wait(const PcscContext& context) {
  SCARD_READERSTATE new_readers = {};
  new_readers.szReader = kNewReaders;
  std::vector<SCARD_READERSTATE> states = {new_readers};
  bool all_known = true;
  for (const auto& [name, watched] : watched_) {
    SCARD_READERSTATE state = {};
    state.szReader = name.c_str();
    state.dwCurrentState = watched.bits;
    all_known = all_known && watched.bits != SCARD_STATE_UNAWARE;
    states.push_back(state);
  }
  // What is not known yet comes back at once.
  const LONG code = WaitForChange(context, all_known ? kWaitMs : 0, states);
  switch (code) {
    case SCARD_S_SUCCESS:
    case SCARD_E_TIMEOUT:
      break;
    case SCARD_E_CANCELLED:
    case SCARD_E_UNKNOWN_READER:
    case SCARD_E_READER_UNAVAILABLE:
      // A reader that went meanwhile is missing at the next look.
      return absl::OkStatus();
    default:
      return PcscError(code, "waiting for readers");
  }
  if (code == SCARD_E_TIMEOUT && all_known) return absl::OkStatus();
  for (size_t i = 1; i < states.size(); ++i) TakeState(states[i]);
  return absl::OkStatus();
}

void ReaderMonitor::Worker::TakeState(const SCARD_READERSTATE& state) {
  Watched& watched = watched_[state.szReader];
  const bool counted = (watched.bits >> kCountShift) != (state.dwEventState >> kCountShift);
  watched.bits = state.dwEventState & ~static_cast<DWORD>(SCARD_STATE_CHANGED);
  watched.facts.state = StateOf(state.dwEventState);
  // Between being used and not a card stays the same one.
  if (watched.facts.state != ReaderFacts::State::kCard) return;
  if (watched.facts.card != 0 && !counted) return;
  watched.facts.card = ++cards_;
}

void ReaderMonitor::Worker::Publish(absl::Status service) {
  ReaderList list{.service = std::move(service), .readers = {}};
  for (const auto& [name, watched] : watched_) list.readers.push_back(watched.facts);
  std::sort(list.readers.begin(), list.readers.end(),
            [](const ReaderFacts& a, const ReaderFacts& b) { return a.name < b.name; });
  {
    absl::MutexLock lock(&mu_);
    const bool same = list_.readers == list.readers && list_.service.code() == list.service.code();
    if (cut_ || same) return;
    list_ = list;
  }
  on_change_(list);
}

ReaderMonitor::ReaderMonitor(MonitorOptions options,
                             std::function<void(const ReaderList&)> on_change)
    : worker_(std::make_shared<Worker>(std::move(options), std::move(on_change))) {}

ReaderMonitor::~ReaderMonitor() { Stop(absl::Seconds(2)); }

void ReaderMonitor::Start() { worker_->Start(); }

bool ReaderMonitor::Stop(absl::Duration patience) { return worker_->Stop(patience); }

ReaderList ReaderMonitor::List() const { return worker_->List(); }

}  // namespace madoguchi::reader
