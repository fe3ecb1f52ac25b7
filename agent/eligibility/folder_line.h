#ifndef MADOGUCHI_AGENT_ELIGIBILITY_FOLDER_LINE_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_FOLDER_LINE_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "agent/base/clock.h"
#include "agent/eligibility/line.h"
#include "agent/oqs/message.h"

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

// Publishes questions and looks for their replies, on a thread of its own. Published at most once:
// see exchange_folder.h. Answers questions by identifiers and about medical records.
class FolderLine : public Line {
 public:
  // `clock` and what the sink uses outlive Stop() - also of a thread that had to be abandoned.
  FolderLine(LineConfig config, base::Clock& clock, LineSink sink);
  // Stops.
  ~FolderLine() override;
  FolderLine(const FolderLine&) = delete;
  FolderLine& operator=(const FolderLine&) = delete;

  const LineAbout& about() const override { return about_; }
  void Ask(Outgoing outgoing) override;
  void GiveUp(const std::string& id) override;
  void Drop(const std::string& id) override;
  void Start() override;
  bool Stop(absl::Duration patience) override;
  v1::LineStatus Status() const override;
  // The folders can be used and it answers, or it is time to try whether it does.
  bool Ready() const override;
  // The thread is in a call on the share that takes too long.
  bool Hangs() const override;

 private:
  class Worker;
  const LineAbout about_;
  std::shared_ptr<Worker> worker_;
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_FOLDER_LINE_H_
