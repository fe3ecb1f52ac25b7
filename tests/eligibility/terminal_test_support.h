#ifndef MADOGUCHI_TESTS_ELIGIBILITY_TERMINAL_TEST_SUPPORT_H_
#define MADOGUCHI_TESTS_ELIGIBILITY_TERMINAL_TEST_SUPPORT_H_

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/base/clock.h"
#include "agent/eligibility/terminal.h"

namespace madoguchi::eligibility {

// A directory of its own, removed with all that is in it at the end.
class TempFolder {
 public:
  TempFolder() : TempFolder(DefaultParent()) {}
  // Below `parent`.
  explicit TempFolder(const std::string& parent);
  // In memory where the machine allows: for tens of thousands of files.
  static std::string FastParent();
  ~TempFolder();
  const std::string& path() const { return path_; }
  // Makes a directory below and returns its path.
  std::string Make(const std::string& name) const;

 private:
  static std::string DefaultParent();

  std::string path_;
};

// Name of a face file of a fictional institution; `token` tells reads of one second apart.
std::string FaceName(absl::Time stamp, int token = 1);
// A complete answer, executed at `executed`; `serial` makes its bytes differ.
std::string FaceXml(absl::Time executed, int serial = 1);
void WriteFile(const std::string& path, const std::string& bytes);
void AppendFile(const std::string& path, const std::string& bytes);
// Writes beside and renames: the file is there at once, as a whole.
void PublishFile(const std::string& folder, const std::string& name, const std::string& bytes);
void SetModified(const std::string& path, absl::Time time);

// Calls `check` again and again until it is true or `patience` is over; returns whether it was.
bool Eventually(const std::function<bool()>& check, absl::Duration patience = absl::Seconds(10));
// Whether `check` stays true for that long.
bool StaysTrue(const std::function<bool()>& check, absl::Duration how_long);

// A sink that keeps what it is given.
class FakeSink {
 public:
  enum class Answer {
    kOk,
    // Keeps `done` until Release().
    kHold,
    // Answers like a store whose disk is full.
    kFull,
  };
  FacePushSink Function();
  void SetAnswer(Answer answer);
  // Answers everything that is held, the newest first.
  void Release(const absl::Status& status);
  std::vector<FacePush> offered() const;
  // What was answered with OK, in that order.
  std::vector<FacePush> stored() const;
  size_t stored_count() const;
  absl::Time last_offer() const;

 private:
  void Offer(FacePush push, std::function<void(absl::Status)> done);

  mutable absl::Mutex mu_;
  Answer answer_ ABSL_GUARDED_BY(mu_) = Answer::kOk;
  std::vector<FacePush> offered_ ABSL_GUARDED_BY(mu_);
  std::vector<FacePush> stored_ ABSL_GUARDED_BY(mu_);
  std::deque<std::pair<FacePush, std::function<void(absl::Status)>>> held_ ABSL_GUARDED_BY(mu_);
  absl::Time last_offer_ ABSL_GUARDED_BY(mu_);
};

// A terminal over temporary folders.
class Site {
 public:
  Site() : Site(std::make_unique<base::SystemClock>()) {}
  explicit Site(std::unique_ptr<base::Clock> clock);
  ~Site();

  TerminalConfig config;
  TempFolder root;
  std::string face;
  std::string trash;
  std::unique_ptr<base::Clock> clock;
  FakeSink sink;
  std::unique_ptr<Terminal> terminal;

  void Start();
  // Starts and waits for the first scan.
  void StartAndSettle();
  v1::ConnectionStatus Status() const { return terminal->Status(); }
  bool BecomesOnline() const;
  bool Becomes(v1::ConnectionState state, const std::string& number) const;
  // The error number shown for a file, empty if there is none.
  std::string ProblemOf(const std::string& file_name) const;
  bool GetsProblem(const std::string& file_name, const std::string& number,
                   absl::Duration patience = absl::Seconds(10)) const;
  bool Stores(size_t count, absl::Duration patience = absl::Seconds(10)) const;
  // Waits until a rescan that began after this call is over.
  void AwaitRescan() const;
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_TESTS_ELIGIBILITY_TERMINAL_TEST_SUPPORT_H_
