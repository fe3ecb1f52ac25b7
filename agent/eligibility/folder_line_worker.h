#ifndef MADOGUCHI_AGENT_ELIGIBILITY_FOLDER_LINE_WORKER_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_FOLDER_LINE_WORKER_H_

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/eligibility/exchange_folder.h"
#include "agent/eligibility/file_events.h"
#include "agent/eligibility/folder_line.h"
#include "agent/eligibility/line_board.h"
#include "agent/eligibility/outside.h"
#include "agent/eligibility/share_thread.h"

namespace madoguchi::eligibility {

// The thread of a line. It owns what it needs, so that it can be left behind in a call on the
// share.
class FolderLine::Worker : public std::enable_shared_from_this<Worker> {
 public:
  Worker(LineConfig config, base::Clock& clock, LineSink sink);

  // The owner's side; contracts in line.h.
  void Start();
  bool Stop(absl::Duration patience);
  void Ask(Outgoing outgoing);
  void GiveUp(const std::string& id);
  void Drop(const std::string& id);
  v1::LineStatus Status() const;
  bool Ready() const;
  bool Hangs() const { return meter_.Lasting() > config_.hang_after; }

 private:
  struct Item {
    Outgoing out;
    ExchangeNames names;
    bool given_up = false;
    bool dropped = false;
    // Its reply is gone from the share; until then a second one is cleared away, too.
    std::optional<absl::Duration> over_at;
    // What a problem with its reply was reported as.
    std::string reported;
    absl::Duration next_look = -absl::InfiniteDuration();
  };

  void Run();
  bool Stopping() const { return thread_.Stopping(); }
  void Leave(std::function<void()> word);
  void TakeWords();
  void WaitForWork();
  // False: nothing can be read there now.
  bool LookAtFolders();
  int Sweep();
  // False: questions cannot be published now.
  bool CanWrite();
  void NoteFailure(int error);
  void NoteHang();
  Item* Find(const std::string& id);
  void CountUp();

  // Publishing. Items that are over are taken out.
  void PublishDue();
  enum class Fate { kStays, kOver };
  Fate Publish(Item& item);
  absl::Status WhyNotSent(const PublishResult& result);
  // Another name for a question whose name is taken. False: it goes no further.
  bool Rename(Item& item);
  // Takes it back, if that is still possible.
  Fate Withdraw(Item& item);
  Fate NotSent(Item& item, absl::Status why);

  // line_replies.cc
  void LookForReplies(bool all);
  Fate LookForReply(Item& item);
  // The reply is gone, which the sink is told once.
  void Gone(Item& item);
  // `document`: it has the name of the PDF.
  Fate OnReply(Item& item, FileLook look, bool document);
  static absl::StatusOr<v1::OqsMessage> Read(const std::string& name, absl::string_view bytes);
  Fate Remove(Item& item, const FileStamp& stamp, bool document);
  void Report(Item& item, v1::ErrorDetail problem);

  const LineConfig config_;
  const LineSink sink_;
  CallMeter meter_;
  LineBoard board_;
  Outside outside_;
  // Of the owner's side.
  base::Clock& clock_;
  ShareThread thread_;
  absl::Mutex mu_;
  std::vector<std::function<void()>> words_ ABSL_GUARDED_BY(mu_);
  WakeUp wake_up_;

  // Of the thread alone. Oldest first.
  std::list<Item> items_;
  ExchangeFolder folder_;
  FileEvents events_;
  int watch_ = -1;
  bool swept_ = false;
  bool writable_ = false;
  absl::Duration next_try_ = -absl::InfiniteDuration();
  // Something that came by file events or words is to be looked at.
  bool look_ = true;
  absl::Duration next_rescan_ = -absl::InfiniteDuration();
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_FOLDER_LINE_WORKER_H_
