#ifndef MADOGUCHI_AGENT_ELIGIBILITY_EXCHANGE_FOLDER_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_EXCHANGE_FOLDER_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "agent/eligibility/folder.h"
#include "agent/eligibility/question.h"
#include "madoguchi/v1/oqs_message.pb.h"

// The folders `req` and `res` of a terminal: a request file is published there exactly once,
// whatever breaks in between.
namespace madoguchi::eligibility {

// The files of one question. Plain names, without a folder.
struct ExchangeNames {
  std::string request;
  // Beside the request until it is complete; its ending keeps the terminal away from it.
  std::string temporary;
  std::string reply;
  // Where a reply may come instead, as a PDF; empty for questions that have none.
  std::string document;
};
// Of OQSsiquc01, YZKsiquc01 or TKKsiquc01; empty names for any other family. `suffix`: digits (see
// question.h).
ExchangeNames NamesOf(v1::MessageFamily family, absl::string_view suffix);

// How far the journal says that a request file has got. The journal is written before the folder is
// touched for the next step, so that after a crash the two together tell what happened:
//   kPrepared  nothing was published: start over
//   kWritten   with the temporary file and no reply: not published yet; otherwise: published
//   kSent      published
enum class JournalStep { kPrepared, kWritten, kSent };

enum class Publication {
  // The request is or was in the terminal's hands. It must never be published again.
  kSent,
  // Certainly not published; the same may be tried again, or the question withdrawn.
  kNotSent,
  // Certainly not published, and it cannot be under this name, which is somebody else's. The
  // journal must be given another name (at kPrepared) before Withdraw removes the temporary file.
  kNameTaken,
  // The share does not say. Try again from the journal's step when it answers; until then the
  // question must neither be withdrawn nor asked elsewhere.
  kUnknown,
};

struct PublishResult {
  Publication publication = Publication::kNotSent;
  // The errno of the share, zero when it was not that.
  int error = 0;
  // Why the journal could not be written.
  absl::Status journal = {};
};

// Keeps the step durably. An error stops the publication where it is.
using JournalWriter = absl::FunctionRef<absl::Status(JournalStep)>;

// One terminal's `req` and `res`. Every call may block for as long as the share likes. Not
// thread-safe: one thread publishes and withdraws.
class ExchangeFolder {
 public:
  // `meter` outlives this. `most_bytes`: larger replies are not read.
  ExchangeFolder(std::string req, std::string res, size_t most_bytes, CallMeter& meter)
      : req_(std::move(req), most_bytes, meter), res_(std::move(res), most_bytes, meter) {}

  // For watching it, after Open.
  const Folder& res() const { return res_; }

  // Opens both folders as they are now; an errno, zero when it worked. ENODEV: a share that was
  // mounted is not any more. The other calls do this themselves.
  int Open();

  // Goes on from `step`, which the journal holds already, to the end: temporary file written and
  // synced, kWritten journaled, renamed (never over an existing name), kSent journaled. A journal
  // that fails after the rename still is kSent: what is found later says so too.
  PublishResult Publish(const ExchangeNames& names, absl::string_view bytes, JournalStep step,
                        JournalWriter journal);

  // Takes a question back. kNotSent: it never was and never will be published under these names;
  // kSent: too late; kUnknown: the share does not say.
  PublishResult Withdraw(const ExchangeNames& names, JournalStep step);

  // Whether questions could be published: writes, renames and removes a file that no terminal takes
  // for a request. An errno. `range`: another Madoguchi's in the same folder is not in the way.
  int TryToWrite(const SuffixRange& range);

  // Removes temporary files of ours that no question needs any more: they name a patient. Those are
  // files with a number of `range`, so not another Madoguchi's in the same folder, for which
  // `is_needed`, asked with the file's name, is false. Looks at the whole folder: call it at a
  // start and when a share comes back, never between two steps of a publication. An errno; how many
  // were removed.
  int Sweep(const SuffixRange& range, absl::FunctionRef<bool(absl::string_view)> is_needed,
            int& removed);

  // The reply as it is now, complete or not.
  FileLook ReadReply(const ExchangeNames& names);
  // The same of its PDF; gone for questions that have none.
  FileLook ReadDocument(const ExchangeNames& names);
  // Removes our reply, which holds medical data, after what is in it is durable; only while it is
  // still the file that was read, so that another one under the name is never lost. An errno; zero
  // also when it is not there any more, or is another one.
  int RemoveReply(const ExchangeNames& names, const FileStamp& read);
  int RemoveDocument(const ExchangeNames& names, const FileStamp& read);

 private:
  // An errno, and whether neither folder holds a file of these names.
  int LookForNames(const ExchangeNames& names, bool& free);
  int WriteTemporary(const std::string& name, absl::string_view bytes);
  int Remove(const Folder& folder, const std::string& name);
  FileLook ReadFrom(const std::string& name);
  int RemoveUnchanged(const std::string& name, const FileStamp& read);
  PublishResult Rename(const ExchangeNames& names, JournalWriter journal);
  // What the presence of the temporary file says about a request at kWritten.
  PublishResult Judge(const ExchangeNames& names, int error);
  // The same for one at which an earlier run stopped.
  PublishResult JudgeAfterStop(const ExchangeNames& names);

  Folder req_;
  Folder res_;
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_EXCHANGE_FOLDER_H_
