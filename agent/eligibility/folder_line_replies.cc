#include <cstring>
#include <utility>

#include "agent/base/error.h"
#include "agent/base/share_error.h"
#include "agent/eligibility/folder_line_worker.h"
#include "agent/oqs/document.h"

// What lies in `res` for the questions of a line.
namespace madoguchi::eligibility {
namespace {

// A reply that nobody waits for any longer is looked for this often.
constexpr absl::Duration kLateLook = absl::Seconds(10);
// Terminals have been seen to deliver an answer twice: a second one would lie there for ever.
constexpr absl::Duration kSecondReply = absl::Minutes(1);

}  // namespace

void FolderLine::Worker::LookForReplies(bool all) {
  const absl::Duration now = Monotonic();
  for (auto item = items_.begin(); item != items_.end() && !Stopping();) {
    const bool due = item->out.answered || !item->given_up || now >= item->next_look || !all;
    Fate fate = Fate::kStays;
    if (item->out.step == JournalStep::kSent && due) {
      if (item->given_up) item->next_look = now + kLateLook;
      fate = LookForReply(*item);
    }
    item = fate == Fate::kOver ? items_.erase(item) : std::next(item);
  }
}

void FolderLine::Worker::Gone(Item& item) {
  if (item.over_at.has_value()) return;
  item.over_at = Monotonic() + kSecondReply;
  outside_.Call([&] { sink_.removed(item.out.ticket); });
}

FolderLine::Worker::Fate FolderLine::Worker::LookForReply(Item& item) {
  if (item.over_at.has_value() && Monotonic() >= *item.over_at) return Fate::kOver;
  FileLook look = folder_.ReadReply(item.names);
  const bool document = look.look == Look::kGone && !item.names.document.empty();
  if (document) look = folder_.ReadDocument(item.names);
  switch (look.look) {
    case Look::kRead:
      return OnReply(item, std::move(look), document);
    case Look::kGone:
      if (item.out.answered) Gone(item);
      return Fate::kStays;
    case Look::kNotAFile:
      Report(item, base::MakeDetail(base::ErrorCode::kNotAFile));
      return Fate::kStays;
    case Look::kTooLarge:
      Report(item, base::MakeDetail(base::ErrorCode::kFileTooLarge));
      return Fate::kStays;
    case Look::kUnreadable:
      if (base::IsShareTrouble(look.error)) {
        NoteFailure(look.error);
      } else {
        Report(item, base::MakeDetail(base::ErrorCode::kFileUnreadable,
                                      {.what = strerrordesc_np(look.error)}));
      }
      return Fate::kStays;
    case Look::kUnchanged:
      return Fate::kStays;
  }
  return Fate::kStays;
}

absl::StatusOr<v1::OqsMessage> FolderLine::Worker::Read(const std::string& name,
                                                        absl::string_view bytes) {
  return oqs::LooksLikePdf(bytes) ? oqs::ReadPdf(name, bytes) : oqs::ReadMessage(name, bytes);
}

FolderLine::Worker::Fate FolderLine::Worker::OnReply(Item& item, FileLook look, bool document) {
  if (!oqs::LooksLikePdf(look.bytes) && !oqs::LooksComplete(look.bytes)) {
    // It was not only slow.
    if (item.given_up && !item.out.answered) {
      Report(item, base::MakeDetail(base::ErrorCode::kFileIncomplete));
    }
    return Fate::kStays;
  }
  const std::string& name = document ? item.names.document : item.names.reply;
  absl::StatusOr<v1::OqsMessage> message = Read(name, look.bytes);
  if (item.out.answered &&
      (!message.ok() || WhyNotItsAnswer(item.out.question, *message).has_value())) {
    // Ours is gone; what has its name is somebody else's, or not whole yet.
    Gone(item);
    return Fate::kStays;
  }
  if (!message.ok()) {
    // It may be in the middle of being written all the same.
    Report(item, base::DetailOf(message.status()).value_or(v1::ErrorDetail()));
    return Fate::kStays;
  }
  if (std::optional<v1::ErrorDetail> why = WhyNotItsAnswer(item.out.question, *message);
      why.has_value()) {
    Report(item, *std::move(why));
    return Fate::kStays;
  }
  if (!item.out.answered) {
    const absl::Time now = outside_.Now();
    absl::Status kept = base::MakeError(base::ErrorCode::kStopping);
    outside_.Call([&] {
      kept = sink_.answered(item.out.ticket, {.file_name = name,
                                              .bytes = std::move(look.bytes),
                                              .message = *std::move(message),
                                              .seen_at = now});
    });
    if (!kept.ok()) return Fate::kStays;
    item.out.answered = true;
    board_.Answered(now);
  }
  return Remove(item, look.stamp, document);
}

FolderLine::Worker::Fate FolderLine::Worker::Remove(Item& item, const FileStamp& stamp,
                                                    bool document) {
  const int error =
      document ? folder_.RemoveDocument(item.names, stamp) : folder_.RemoveReply(item.names, stamp);
  if (error != 0) {
    if (base::IsShareTrouble(error)) NoteFailure(error);
    Report(item,
           base::MakeDetail(base::ErrorCode::kReplyNotRemoved, {.what = strerrordesc_np(error)}));
    return Fate::kStays;
  }
  Gone(item);
  return Fate::kStays;
}

void FolderLine::Worker::Report(Item& item, v1::ErrorDetail problem) {
  if (item.reported == problem.number()) return;
  item.reported = problem.number();
  board_.AddProblem(item.names.reply, std::move(problem), outside_.Now());
}

}  // namespace madoguchi::eligibility
