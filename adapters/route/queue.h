#ifndef MADOGUCHI_ADAPTERS_ROUTE_QUEUE_H_
#define MADOGUCHI_ADAPTERS_ROUTE_QUEUE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "adapters/route/wish.h"
#include "madoguchi/kept/v1/delivery.pb.h"

namespace madoguchi::adapters {

// How patient a route is.
struct Policy {
  // The pause after a first failure; each further one doubles it, up to `retry_most`. The real
  // pause is 0.8 to 1.2 of that, so that routes do not knock together.
  absl::Duration retry_first = absl::Seconds(1);
  absl::Duration retry_most = absl::Minutes(5);
  // A record that failed so often is parked.
  int tries = 12;
  // All of one delivery.
  absl::Duration deliver_within = absl::Seconds(60);
};

// How a delivery came out.
struct Outcome {
  enum class Kind : uint8_t {
    kDelivered,
    // The destination did not take it; later perhaps.
    kTryAgain,
    // The daemon could not be asked: says nothing about record and destination.
    kDaemonAway,
    // The daemon is there, but cannot give this record now: OQS does not answer it.
    kNotYet,
    // A person has to do something.
    kRefused,
    // It needs a chart first.
    kNoChart,
    // It will never be delivered: consent taken back, no form in this format, no such reception.
    kWithheld,
  };
  Kind kind = Kind::kTryAgain;
  absl::Status why;
  // What was delivered, or found: the item may be older.
  std::optional<Wish> wish;
  // For kTryAgain: the destination asks not to be tried again before that.
  absl::Duration wait = absl::ZeroDuration();
};

// What one route has to deliver, and in which order. The rules:
//   - Records of one patient are delivered in the order OQS answered about them, and else in the
//     order they came; nothing overtakes another record of the same patient, be that one tried
//     again or parked. The patient is the chart, where there is one, else the reception. Other
//     patients do not wait.
//   - A newer snapshot of a waiting or parked record takes its place, in its turn.
//   - After a failure the record waits, and the whole route does, too: an unreachable system is not
//     asked for each of its records. A record that failed goes behind the others, so that one that
//     nobody can take does not hold up the rest.
//   - A record is parked when it is refused, or has failed `tries` times. Failures that are the
//     destination's rather than the record's (MDG-2301 to 2304, 2307, 2308) count only when other
//     records were delivered since the record failed first: what is down for days loses nothing.
//   - What waits for a chart for kRemember is given up.
//   - What was delivered is remembered for kRemember, and not delivered again unless it changes.
// Not thread-safe. No clock of its own.
class Queue {
 public:
  static constexpr absl::Duration kRemember = absl::Hours(24 * 7);
  static constexpr size_t kMostMarks = 50'000;
  static constexpr size_t kMostItems = 20'000;

  // `random`: 0 to 1.
  Queue(const kept::v1::RouteState& state, Policy policy, std::function<double()> random);

  // Takes what is to be delivered; true when something changed. `needs_chart`: the destination
  // takes nothing without one.
  bool Offer(const Wish& wish, bool needs_chart, absl::Time now);
  // It is not to be delivered any more (cancelled, consent over); true when it was owed.
  bool Withdraw(const std::string& reception_id, v1::ExportWhat what, const absl::Status& why,
                absl::Time now);
  // More has to wait until there is room.
  bool Full() const { return items_.size() >= kMostItems; }

  // What is to be delivered now.
  std::optional<kept::v1::OwedItem> Next(absl::Time now) const;
  // When Next should be asked again; InfiniteFuture when nothing waits.
  absl::Time NextTime() const;
  // How the delivery of `item`, as Next gave it, came out.
  void Settle(const kept::v1::OwedItem& item, const Outcome& outcome, absl::Time now);

  // Parked records of a reception (of all, when it is empty) wait for their turn again; how many.
  int Resend(const std::string& reception_id, absl::Time now);
  // Gives up what is parked of a reception; how many.
  int Drop(const std::string& reception_id, absl::Time now);

  void set_cursor(const std::string& cursor) { head_.set_cursor(cursor); }
  const std::string& cursor() const { return head_.cursor(); }
  // Everything, for the file.
  kept::v1::RouteState State(absl::Time now) const;

 private:
  using Id = std::pair<std::string, int>;
  struct Line {
    // When OQS answered, in microseconds, and the order it came.
    std::set<std::pair<int64_t, int64_t>> orders;
  };

  kept::v1::OwedItem* Find(const Id& id);
  void Put(kept::v1::OwedItem item);
  void Remove(int64_t order);
  // What of a line may go next, into due_.
  void Refresh(const std::string& line);
  void GiveUpChartless(absl::Time now);
  void Mark(const Wish& wish, absl::Time now);
  void NoteWithheld(const std::string& reception_id, v1::ExportWhat what,
                    const std::string& because, absl::Time now);
  absl::Duration Pause(int failures);
  void Fail(kept::v1::OwedItem item, const absl::Status& why, bool of_destination, absl::Time now);
  void Worked();

  const Policy policy_;
  const std::function<double()> random_;
  // Without items and marks.
  kept::v1::RouteState head_;
  std::map<int64_t, kept::v1::OwedItem> items_;
  absl::flat_hash_map<Id, int64_t> by_id_;
  absl::flat_hash_map<std::string, Line> lines_;
  // The heads of lines that wait for their turn, by the time they may go.
  std::set<std::pair<int64_t, int64_t>> due_;
  absl::flat_hash_map<std::string, std::pair<int64_t, int64_t>> in_due_;
  absl::flat_hash_map<Id, std::pair<std::string, int64_t>> marks_;
  std::set<std::pair<int64_t, Id>> marks_by_age_;
};

// `MDG-2301`; empty for OK.
std::string NumberOf(const absl::Status& status);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_ROUTE_QUEUE_H_
