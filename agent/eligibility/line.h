#ifndef MADOGUCHI_AGENT_ELIGIBILITY_LINE_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_LINE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "agent/base/clock.h"
#include "agent/eligibility/exchange_folder.h"
#include "agent/eligibility/question.h"
#include "agent/oqs/message.h"
#include "madoguchi/v1/oqs_message.pb.h"
#include "madoguchi/v1/system_service.pb.h"

// The way to OQS through one terminal: questions go out by its folder `req`, answers come by `res`.
namespace madoguchi::eligibility {

// `req` and `res` of one `[[terminal]]` of the configuration.
struct LineConfig {
  // The terminal's, and its counter.
  std::string terminal;
  std::string counter;
  // Absolute paths.
  std::string req;
  std::string res;
  SuffixRange range;
  oqs::Encoding encoding = oqs::Encoding::kShiftJis;
  // How often the folders are looked at; on a local disk file events come in between.
  absl::Duration rescan = absl::Seconds(1);
  // A call on the share that takes longer than this makes the line OFFLINE (MDG-1203).
  absl::Duration hang_after = absl::Seconds(5);
  // Published and unanswered at a time (a terminal takes 20 sessions, reference 2).
  int most_in_flight = 20;
  // With two or more questions unanswered in a row, the next is tried after this.
  absl::Duration try_again_after = absl::Seconds(30);
};

// Names one attempt to publish a question. After a change of name or terminal it is another one.
struct Ticket {
  // The exchange's.
  std::string id;
  std::string terminal;
  // Together the name of its files.
  absl::CivilDay day;
  int number = 0;
  bool operator==(const Ticket& other) const = default;
};

// A question on its way, as the journal has it.
struct Outgoing {
  Ticket ticket;
  Question question;
  JournalStep step = JournalStep::kPrepared;
  // Its answer is kept already: all that is left is to remove the reply.
  bool answered = false;
  // As after GiveUp, in an earlier run.
  bool given_up = false;
};

// A reply as it lay on the share.
struct Reply {
  std::string file_name;
  std::string bytes;
  v1::OqsMessage message;
  absl::Time seen_at;
};

// What a line tells. All are called on its thread, one at a time, and may block for the disk (not
// for a share).
struct LineSink {
  // Keeps the step durably. An error: it could not be kept, or the question was taken back.
  std::function<absl::Status(const Ticket& ticket, JournalStep step)> journal;
  // The name is somebody else's: another number for the same day, kept durably at kPrepared. An
  // error: the question was taken back, or there is none.
  std::function<absl::StatusOr<int>(const Ticket& ticket)> rename;
  // Certainly never published, and never will be. `why` is catalogued.
  std::function<void(const Ticket& ticket, absl::Status why)> not_sent;
  // A reply under the question's name that echoes its identifier. OK: what is in it is kept, the
  // file is removed. An error: offered again later.
  std::function<absl::Status(const Ticket& ticket, Reply reply)> answered;
  // The reply of an answered question is gone from the share.
  std::function<void(const Ticket& ticket)> removed;
  // Status() has something new.
  std::function<void()> changed;
};

// Publishes questions and looks for their replies, on a thread of its own. Published at most once:
// see exchange_folder.h. What it does not hear of the journal it does not know: after a start every
// open exchange is given to it again.
class Line {
 public:
  // `clock` and what the sink uses outlive Stop() - also of a thread that had to be abandoned.
  Line(LineConfig config, base::Clock& clock, LineSink sink);
  // Stops.
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  const LineConfig& config() const;

  // Any thread; these only leave word for the line's thread.
  //
  // Before Start: what is open from an earlier run, so that nothing of it is taken for an orphan.
  void Ask(Outgoing outgoing);
  // Nobody waits for the answer any longer: it is looked for less often.
  void GiveUp(const std::string& id);
  // Not looked for any more; withdrawn if it was not published.
  void Drop(const std::string& id);

  void Start();
  // As Terminal::Stop: false when the thread hangs in a call on the share and was left behind.
  bool Stop(absl::Duration patience);

  // From memory, any thread.
  v1::LineStatus Status() const;
  // A question may go out by this line now: the folders can be used and it answers, or it is time
  // to try whether it does.
  bool Ready() const;
  // The thread is in a call on the share that takes too long: what it has not published yet may be
  // taken back by refusing the journal, and asked elsewhere.
  bool Hangs() const;

 private:
  class Worker;
  std::shared_ptr<Worker> worker_;
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_LINE_H_
