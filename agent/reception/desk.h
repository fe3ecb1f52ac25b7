#ifndef MADOGUCHI_AGENT_RECEPTION_DESK_H_
#define MADOGUCHI_AGENT_RECEPTION_DESK_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "agent/audit/trail.h"
#include "agent/base/clock.h"
#include "agent/crypto/digest.h"
#include "agent/eligibility/line.h"
#include "agent/eligibility/terminal.h"
#include "agent/oqs/web_assumed.h"
#include "agent/reception/board.h"
#include "agent/reception/card_readers.h"
#include "agent/store/store.h"
#include "madoguchi/v1/eligibility_service.pb.h"
#include "madoguchi/v1/reception.pb.h"
#include "madoguchi/v1/reception_service.pb.h"
#include "madoguchi/v1/system_service.pb.h"

namespace madoguchi::reception {

struct DeskOptions {
  std::string medical_institution_code;
  // Every configured counter.
  std::vector<std::string> counters;
  // Receptions are deleted this long after the end of their day.
  absl::Duration keep = absl::Hours(24 * 14);
  // Receptions without an answer stay open this many days longer than theirs, as far as `keep`
  // allows.
  int undecided_days = 7;
  // That a call with a request_id was done is remembered this long.
  absl::Duration keep_request_ids = absl::Hours(24 * 90);
  // A question without an answer for so long has an unknown outcome.
  absl::Duration answer_within = absl::Minutes(3);
  // Between two receptions that are asked about because the line is back.
  absl::Duration pending_pause = absl::Milliseconds(500);
  // The line must have been there this long before they are: one that comes and goes stirs nothing.
  absl::Duration line_settles = absl::Seconds(3);
  // At an own reader: how long a card is waited for, a PIN, and what the patient consents to.
  absl::Duration card_within = absl::Minutes(2);
  absl::Duration pin_within = absl::Minutes(2);
  absl::Duration consent_within = absl::Minutes(5);
  // Medical consents of a check-in at an own reader count (assumption A20: otherwise a public FAQ
  // ties them to the official face reader).
  bool own_reader_records = false;
};

// Who acts: the client's identity, and the person it asserts.
struct Caller {
  std::string identity;
  std::string person;
  // Counters it may see; empty: all.
  std::vector<std::string> counters;
  // All it does is deliver (no role but ROLE_ADAPTER): medical records that were fetched in time
  // reach it also a while after the consent has ended.
  bool late_receiver = false;
  // The device in front of the patient (ROLE_PATIENT_TERMINAL).
  bool patient_terminal = false;
  // It is nothing else: of receptions it sees those of own readers until they are answered, and
  // nothing of the answer.
  bool only_patient_terminal = false;
  bool MaySee(absl::string_view counter) const;
  bool MaySee(const v1::Reception& reception) const;
  // As it may see it.
  v1::Reception Shown(v1::Reception reception) const;
};

// Which receptions somebody wants.
struct Filter {
  // Empty: all.
  std::vector<std::string> counters;
  std::vector<v1::ReceptionState> states;
  bool Matches(const v1::Reception& reception) const;
};

// The heart: one thread that owns every reception and writes them to the store, each change in one
// transaction with its entry of the audit trail. What it tells anybody is on disk before.
class Desk {
 public:
  // Everything given by reference outlives the desk. `on_event` runs on the desk's thread after
  // events were stored and published on the board, and when Status() changed; it must not block.
  Desk(DeskOptions options, store::Store& store, audit::Trail& trail,
       const crypto::KeyedHash& person_hash, base::Clock& clock, std::function<void()> on_event);
  // Stops.
  ~Desk();

  // The ways to OQS, in the order of preference besides the counter's own. Before Start; they are
  // started after it, outlive Stop, and have been made with the sink of MakeLineSink.
  void UseLines(std::vector<eligibility::Line*> lines);
  // What asks OQS for the number a card's challenge is made with; its callback may come on any
  // thread. Before Start; without it no card can be asked about.
  using ChallengeDone = std::function<void(absl::StatusOr<oqs::WebChallenge>)>;
  void UseChallenges(std::function<void(ChallengeDone)> ask);
  // Told, on the desk's thread, of every reception with a new answer that opens consents. Before
  // Start; must not block.
  void UseAnswered(std::function<void(const v1::Reception&)> on_answered);
  // The card readers, and the center's side of them. Before Start; without it no reception begins
  // at a reader. Its functions may be called until Stop() has returned.
  void UseCards(CardReaders cards);
  // Something about a reader has changed; any thread.
  void OnReadersChanged();
  // As ReaderRoom::OnLost; any thread.
  void OnCardLost(const std::string& holder, const absl::Status& why);
  // For any line. Outlives the desk's Stop.
  eligibility::LineSink MakeLineSink();

  // Loads what is not closed, ends what ended while nobody was there (days, consents), arms timers.
  absl::Status Start();
  // Answers every call that waits for OQS with MDG-1004. Any thread.
  void StopWaiting();
  // Finishes what was posted, then ends the thread. Idempotent.
  void Stop();

  // Journey A, any thread; the contract is that of eligibility::FacePushSink.
  void OnFacePush(eligibility::FacePush push, std::function<void(absl::Status)> done);

  // Calls of clients, any thread. Fields have been validated for form; `done` runs on the desk's
  // thread, exactly once, after the change is on disk. With a request_id the same call again gives
  // the same result without doing it twice; with other content MDG-1002.
  using ReceptionDone = std::function<void(absl::StatusOr<v1::Reception>)>;
  void Assign(const Caller& caller, const v1::AssignPatientRequest& request, ReceptionDone done);
  void Unassign(const Caller& caller, const v1::UnassignPatientRequest& request,
                ReceptionDone done);
  void Cancel(const Caller& caller, const v1::CancelReceptionRequest& request, ReceptionDone done);
  // Journey B. SubmitPin() runs `done` when the card has answered; the others at once, the answer
  // of OQS comes by events.
  void StartAtReader(const Caller& caller, const v1::StartReceptionRequest& request,
                     ReceptionDone done);
  void SubmitPin(const Caller& caller, const v1::SubmitPinRequest& request, ReceptionDone done);
  void ConfirmIdentity(const Caller& caller, const v1::ConfirmIdentityRequest& request,
                       ReceptionDone done);
  void RecordConsent(const Caller& caller, const v1::RecordConsentRequest& request,
                     ReceptionDone done);
  void EnrollCard(const Caller& caller, const v1::EnrollCardRequest& request, ReceptionDone done);
  // Runs `done` when the reception is newer than `after_revision`, at `until` at the latest.
  void Await(const Caller& caller, const std::string& reception_id, int32_t after_revision,
             absl::Time until, ReceptionDone done);
  using ExpectDone = std::function<void(absl::StatusOr<std::string>)>;
  void Expect(const Caller& caller, const v1::ExpectPatientRequest& request, ExpectDone done);

  // Journey C. `request` was read by rpc/clerk_input. `done` runs once: at the answer, when it is
  // certain that there is none, or at `until` with what is known then.
  using ConfirmDone = std::function<void(absl::StatusOr<v1::ConfirmEligibilityResponse>)>;
  void Confirm(const Caller& caller, const v1::ConfirmEligibilityRequest& request, absl::Time until,
               ConfirmDone done);
  void Retry(const Caller& caller, const v1::RetryReceptionRequest& request, ReceptionDone done);
  void Complete(const Caller& caller, const v1::CompletePendingRequest& request,
                ReceptionDone done);

  // A question about medical records of a reception (family and information_query; institution and
  // identifier are filled in), any thread. `done` runs once, on the desk's thread. It is not asked
  // again after a restart.
  struct RecordReply {
    // What the request carried as ArbitraryFileIdentifier.
    std::string identifier;
    eligibility::Reply reply;
    // Keeps the file on the share: to be let go of when what is in it is durable or of no use.
    std::shared_ptr<void> hold;
  };
  using RecordDone = std::function<void(absl::StatusOr<RecordReply>)>;
  void AskRecord(const std::string& reception_id, v1::OqsMessage question, RecordDone done);

  // What was learned about medical records of a reception, any thread. Does nothing when consent
  // does not cover it any more. Not kept when the disk is full: it is told again with the next.
  void MoveRecord(const std::string& reception_id, std::vector<v1::RecordStatus> statuses);

  // From memory, any thread.
  const Board& board() const;

  // From the store; blocks on the disk, so never on a gRPC thread. Any thread.
  absl::StatusOr<ReceptionPtr> Load(absl::string_view reception_id) const;
  // The same for whoever decides by it what may be given away: never an older state than anybody
  // may have read in the store. MDG-1008 when a change takes too long. Not on the desk's thread.
  absl::StatusOr<ReceptionPtr> LoadSettled(absl::string_view reception_id) const;
  absl::StatusOr<ReceptionPtr> LoadByConfirmation(absl::string_view confirmation_id) const;
  // An answer without a reception, and the counter it was asked for. MDG-1405.
  struct LooseAnswer {
    std::string counter;
    v1::Confirmation confirmation;
  };
  absl::StatusOr<LooseAnswer> LoadLooseAnswer(absl::string_view confirmation_id) const;
  // Events with numbers above `after`, ascending, at most `limit` that match, and the number up to
  // which everything was looked at (so that a filter that matches nothing still moves on).
  struct Page {
    std::vector<Event> events;
    int64_t looked_through = 0;
  };
  absl::StatusOr<Page> ReadEvents(int64_t after, const Filter& filter, int limit) const;
  // Receptions opened on `day` (Japan), by ascending event number above `after`.
  absl::StatusOr<Page> ReadDay(absl::CivilDay day, int64_t after, const Filter& filter,
                               const std::string& patient_id, int limit) const;

  // Cursors: opaque text of store id and event number.
  std::string MakeCursor(int64_t number) const;
  // MDG-1003 for another store's, a number above the head or one below what was deleted; MDG-1001
  // for something that is no cursor.
  absl::StatusOr<int64_t> ParseCursor(absl::string_view cursor) const;

  // Whether what arrives can be kept. Any thread, from memory.
  v1::StoreStatus StoreStatus() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_DESK_H_
