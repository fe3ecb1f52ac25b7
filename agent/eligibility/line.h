#ifndef MADOGUCHI_AGENT_ELIGIBILITY_LINE_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_LINE_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "agent/eligibility/exchange_folder.h"
#include "agent/eligibility/question.h"
#include "madoguchi/v1/oqs_message.pb.h"
#include "madoguchi/v1/system_service.pb.h"

// What every way to OQS has in common: a terminal's folders (folder_line.h), the web API
// (web_line.h).
namespace madoguchi::eligibility {

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

// A reply as it lay on the share, or came over the web.
struct Reply {
  // On the web the one it would have there.
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
  // Certainly never published, and never will be; or the other side refused it before it looked at
  // it. `why` is catalogued.
  std::function<void(const Ticket& ticket, absl::Status why)> not_sent;
  // A reply under the question's name that echoes its identifier. OK: what is in it is kept, the
  // file is removed. An error: offered again later.
  std::function<absl::Status(const Ticket& ticket, Reply reply)> answered;
  // It was published, or may have been, and no answer can come any more. `why` is catalogued.
  std::function<void(const Ticket& ticket, absl::Status why)> no_answer;
  // The reply of an answered question is gone from the share.
  std::function<void(const Ticket& ticket)> removed;
  // Status() has something new.
  std::function<void()> changed;
};

// Which one a line is.
struct LineAbout {
  // Of the terminal, or of the web API: what receptions name it by.
  std::string name;
  // Whose counter it is; empty: every counter's.
  std::string counter;
  // Counters that may ask by it at all; empty: every one.
  std::vector<std::string> only = {};
  // Counted by the desk, a day.
  SuffixRange range;
  std::vector<Topic> topics;
  // For its topics it is asked before any other, whatever the counter.
  bool first = false;
  bool Answers(absl::string_view counter_name, Topic topic) const;
};

// A way to OQS, with a thread of its own. What it does not hear of the journal it does not know:
// after a start every open exchange is given to it again.
class Line {
 public:
  virtual ~Line() = default;

  virtual const LineAbout& about() const = 0;

  // Any thread; these three only leave word for the line's thread.
  //
  // Before Start: what is open from an earlier run, so that nothing of it is taken for an orphan.
  virtual void Ask(Outgoing outgoing) = 0;
  // Nobody waits for the answer any longer: it is looked for less often.
  virtual void GiveUp(const std::string& id) = 0;
  // Not looked for any more; withdrawn if it was not published.
  virtual void Drop(const std::string& id) = 0;

  virtual void Start() = 0;
  // As Terminal::Stop: false when the thread hangs in a call and was left behind.
  virtual bool Stop(absl::Duration patience) = 0;

  // From memory, any thread.
  virtual v1::LineStatus Status() const = 0;
  // A question may go out by this line now.
  virtual bool Ready() const = 0;
  // What it has not published yet may be taken back by refusing the journal, and asked elsewhere.
  virtual bool Hangs() const = 0;
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_LINE_H_
