#ifndef MADOGUCHI_AGENT_RECEPTION_DESK_IMPL_H_
#define MADOGUCHI_AGENT_RECEPTION_DESK_IMPL_H_

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "agent/base/executor.h"
#include "agent/reception/assignment.h"
#include "agent/reception/desk.h"
#include "agent/reception/desk_cards.h"
#include "agent/reception/exchanges.h"
#include "agent/reception/machine.h"
#include "agent/reception/person.h"

namespace madoguchi::reception {

// Inside of the desk. Methods run on the desk's thread unless they say otherwise.
class Desk::Impl {
 public:
  Impl(DeskOptions options, store::Store& store, audit::Trail& trail,
       const crypto::KeyedHash& person_hash, base::Clock& clock, std::function<void()> on_event);

  // Any thread but the desk's.
  absl::Status Start();
  void Stop() { executor_.Stop(); }

  // Any thread. False: stopped, the task will not run.
  bool Post(base::Executor::Task task) { return executor_.Post(std::move(task)); }

  // As Post, and waits for the end of it. Not from the desk's thread.
  bool RunAndWait(base::Executor::Task task) { return executor_.RunAndWait(std::move(task)); }

  // After the answer was given: keeps the store in order when there is nothing else to do.
  void TidySoon();

  // desk_push.cc
  absl::Status TakePush(eligibility::FacePush push);

  // desk_commands.cc
  // What makes a call the same call again.
  struct CallKey {
    // Empty: the call is not protected against repetition.
    std::string key;
    std::string fingerprint;
  };
  // Any thread.
  static CallKey MakeCallKey(const Caller& caller, absl::string_view method,
                             absl::string_view request_id, const google::protobuf::Message& bare);
  // Any thread.
  // Posts a call: it is answered from what is kept of it, or `run` on the desk's thread.
  void PostCall(const Caller& caller, CallKey call, ReceptionDone done,
                std::function<void(const CallKey&, ReceptionDone)> run);
  void PostCommand(const Caller& caller, CallKey call, std::string reception_id, Input input,
                   ReceptionDone done);
  absl::StatusOr<v1::Reception> Command(const Caller& caller, const CallKey& call,
                                        const std::string& reception_id, const Input& input);
  absl::StatusOr<std::string> Expect(const Caller& caller, const CallKey& call,
                                     const v1::ExpectPatientRequest& request);
  void MoveRecords(const std::string& reception_id, const std::vector<v1::RecordStatus>& statuses);

  // desk_ask.cc: what clients ask of OQS.
  void UseLines(std::vector<eligibility::Line*> lines) { lines_ = std::move(lines); }
  void UseChallenges(std::function<void(ChallengeDone)> ask) { ask_challenge_ = std::move(ask); }
  void UseAnswered(std::function<void(const v1::Reception&)> on_answered) {
    on_answered_ = std::move(on_answered);
  }
  void Confirm(const Caller& caller, const CallKey& call,
               const v1::ConfirmEligibilityRequest& request, absl::Time until, ConfirmDone done);
  absl::StatusOr<v1::Reception> Retry(const Caller& caller, const CallKey& call,
                                      const v1::RetryReceptionRequest& request);
  void AskRecord(const std::string& reception_id, v1::OqsMessage question, RecordDone done);
  void StopWaiting();
  // Asks about receptions that wait for the line, when it is there, one after the other.
  void AskPending();

  // desk_cards.cc, desk_card_asks.cc: check-in at an own reader.
  void UseCards(CardReaders cards) { cards_ = std::move(cards); }
  absl::StatusOr<v1::Reception> StartAtReader(const Caller& caller, const CallKey& call,
                                              const v1::StartReceptionRequest& request);
  void SubmitPin(const Caller& caller, const CallKey& call, const v1::SubmitPinRequest& request,
                 ReceptionDone done);
  void ConfirmIdentity(const Caller& caller, const CallKey& call,
                       const v1::ConfirmIdentityRequest& request, ReceptionDone done);
  absl::StatusOr<v1::Reception> RecordConsent(const Caller& caller, const CallKey& call,
                                              const v1::RecordConsentRequest& request);
  absl::StatusOr<v1::Reception> EnrollCard(const Caller& caller, const CallKey& call,
                                           const v1::EnrollCardRequest& request);
  void OnReadersChanged();
  void OnCardLost(const std::string& reception_id, const absl::Status& why);

  // desk_wait.cc
  void Await(const Caller& caller, const std::string& reception_id, int32_t after_revision,
             absl::Time until, ReceptionDone done);

  // desk_exchanges.cc: what lines tell.
  absl::Status OnStep(const eligibility::Ticket& ticket, eligibility::JournalStep step);
  absl::StatusOr<int> OnNameTaken(const eligibility::Ticket& ticket);
  void OnNotSent(const eligibility::Ticket& ticket, const absl::Status& why);
  absl::Status OnAnswered(const eligibility::Ticket& ticket, eligibility::Reply reply);
  void OnNoAnswer(const eligibility::Ticket& ticket, const absl::Status& why);
  void OnRemoved(const eligibility::Ticket& ticket);

  // desk_exchange_time.cc
  void OnLineChanged();
  // Does what is due of exchanges and of receptions that wait for the line, and sets the timer.
  void WatchExchanges();

  // Any thread.
  const Board& board() const { return board_; }
  store::Store& store() const { return store_; }
  v1::StoreStatus StoreStatus() const;

 private:
  using Receptions = std::vector<v1::Reception>;

  // desk_impl.cc
  absl::Status Load();
  absl::StatusOr<std::vector<Event>> LoadRecent(absl::CivilDay today, int64_t& floor) const;
  // Stores `receptions` and `changes` in one transaction, together with what the audit trail says
  // about each reception and with `entries`, then tells: board, timers, on_event. `by`: whose doing
  // it is; the daemon's own unless said.
  absl::Status Save(Receptions receptions, store::Changes changes, const Caller& by = {},
                    std::vector<audit::Entry> entries = {});
  // How a reception was before; nullptr when it is new, or nothing of it is known any more.
  ReceptionPtr Before(const v1::Reception& after) const;
  // Keeps the desk's own look-ups in step with a reception that is on the board.
  void Index(const v1::Reception& reception);
  void Forget(const std::string& reception_id);
  // Remembers whether the disk takes what arrives.
  void NoteStore(const absl::Status& status);
  // The result kept for a call as a reception; nullopt when the call is new.
  absl::StatusOr<std::optional<v1::Reception>> FindReceptionResult(const Caller& caller,
                                                                   const CallKey& call) const;
  // A result kept for a call; nullopt when it is new. MDG-1002.
  absl::StatusOr<std::optional<std::string>> FindResult(const CallKey& call) const;
  store::RequestRow MakeResult(const CallKey& call, absl::string_view result) const;
  absl::StatusOr<ReceptionPtr> FindFor(const Caller& caller, const std::string& reception_id) const;

  // desk_ask.cc
  // Answers from what a call with this id led to; nullopt: nothing of it left this machine, it may
  // be done again.
  std::optional<absl::StatusOr<v1::ConfirmEligibilityResponse>> AnswerKept(const Caller& caller,
                                                                           const std::string& what);
  // What an equal question on its way led to; empty when there is none.
  std::string FindEqual(const Caller& caller, const CallKey& call) const;
  // Begins what a call asks for; where its result will be.
  absl::StatusOr<std::string> BeginConfirm(const Caller& caller, const CallKey& call,
                                           const v1::ConfirmEligibilityRequest& request);
  // The reception a question begins with, after the change; an empty one when there is none.
  absl::StatusOr<v1::Reception> ReceptionFor(const Caller& caller,
                                             const v1::ConfirmEligibilityRequest& request,
                                             const std::string& counter,
                                             const eligibility::Line* line) const;
  void AnswerOrWait(const Caller& caller, const std::string& what, absl::Time until,
                    ConfirmDone done);
  // On their way, answers still awaited.
  int Questions() const;
  const std::string& CounterOf(const v1::ConfirmEligibilityRequest& request) const;
  absl::Status AskAgain(const Caller& caller, const v1::Reception& before, const CallKey& call,
                        v1::Reception& after);

  // desk_cards.cc
  CardVisit* FindVisit(const std::string& reception_id);
  // One input to one reception, saved.
  absl::StatusOr<v1::Reception> Change(const std::string& reception_id, const Input& input,
                                       const Caller& by, store::Changes changes = {},
                                       const CallKey& call = {});
  // Sets when the reception is abandoned, unless somebody goes on with it.
  void EndVisitAt(const std::string& reception_id, absl::Time until);
  void AbandonVisit(const std::string& reception_id, v1::ErrorDetail why);
  void EndVisit(const std::string& reception_id);
  // The card and its key are not needed any more.
  void LetGo(const std::string& reception_id, CardVisit& visit);
  // After every change: lets go of what the new state does not need.
  void TendVisit(const v1::Reception& reception);
  // Opens the card on the reader of a reception that waits for one, when there is one.
  void ReadCard(const std::string& reception_id);
  void OnCardOpened(const std::string& reception_id, const std::string& reader,
                    const absl::StatusOr<reader::CardFacts>& facts);
  void TakeCard(const std::string& reception_id, CardVisit& visit, const reader::CardFacts& facts);
  v1::PinKey NewKey(CardVisit& visit);
  // Calls `then` when the visit has a challenge that may be signed, or why there is none.
  void WithChallenge(const std::string& reception_id,
                     std::function<void(const absl::Status&)> then);
  void OnChallenge(const std::string& reception_id, const std::string& center,
                   const absl::StatusOr<oqs::WebChallenge>& got);
  absl::Status CheckPin(const v1::Reception& reception, const v1::SubmitPinRequest& request);
  absl::StatusOr<v1::Reception> OnProved(const Caller& caller, const CallKey& call,
                                         const std::string& reception_id,
                                         const reader::AuthenticateResult& result);

  // desk_card_asks.cc
  // The line for a card of this counter; nullptr: none can be used now, and nothing may leave.
  eligibility::Line* CardLine(absl::string_view counter) const;
  // Takes a reception on to OQS. `input`: AskWithCard or Enrol, without its line.
  absl::StatusOr<v1::Reception> AskCard(const Caller& caller, const CallKey& call,
                                        const v1::Reception& before,
                                        kept::v1::CardQuestion::Purpose purpose, Input input);
  // The receptions that an answer about a card changes.
  Receptions AnswerCard(const OpenExchange& exchange, v1::Confirmation answer, absl::Time seen_at,
                        store::Changes& changes);

  // desk_wait.cc
  struct Awaiting {
    std::string reception_id;
    int32_t after_revision = 0;
    base::Executor::TimerId timer = 0;
    ReceptionDone done;
  };
  void EndAwaiting(uint64_t key, const v1::Reception* now);
  void TellAwaiting(const v1::Reception& changed);

  // desk_exchanges.cc
  eligibility::Line* FindLine(absl::string_view terminal) const;
  // The one to ask about `topic` that may be used now.
  eligibility::Line* ChooseLine(absl::string_view counter, eligibility::Topic topic,
                                const std::set<std::string>& tried) const;
  // A new exchange by `line`, to be saved and then sent.
  absl::StatusOr<OpenExchange> MakeExchange(v1::OqsMessage question,
                                            const std::string& reception_id,
                                            const std::string& counter,
                                            const eligibility::Line& line);
  v1::OqsMessage QuestionOf(const v1::EligibilityQuery& query) const;
  absl::Status OnRecordReply(OpenExchange& exchange, eligibility::Reply reply);
  // What was handed out is durable or of no use.
  void FinishRecord(const std::string& id);
  absl::StatusOr<int> NextNumber(const std::string& terminal, absl::CivilDay day);
  // After it was saved.
  void Send(OpenExchange exchange, eligibility::Line& line);
  OpenExchange* FindExchange(const eligibility::Ticket& ticket);
  // The reception of an exchange after `input`, where that can happen to it now.
  Receptions Move(const OpenExchange& exchange, const Input& input) const;
  void EndNotSent(OpenExchange& exchange, const absl::Status& why);
  void FailOver(OpenExchange& exchange, const absl::Status& why);
  void Tell(OpenExchange& exchange);

  // desk_exchange_time.cc
  absl::Status LoadExchanges();
  // After a restart.
  bool NobodyWaits(const OpenExchange& exchange, absl::Time now) const;
  // Receptions that wait for what an earlier run took with it go back. At the start, and again
  // while that cannot be kept.
  void FindLostQuestions(absl::Time now);
  absl::StatusOr<v1::Reception> WithoutLost(const v1::Reception& reception, absl::Time now) const;
  void EndLostQuestions();
  void GiveUp(OpenExchange& exchange);
  void WatchExchange(const std::string& id, absl::Time now);
  void CloseOldExchanges(absl::CivilDay today);

  // desk_push.cc
  // Receptions in memory of the person of an answer.
  struct SamePerson {
    std::vector<std::string> older;
    // The newest of those that OQS answered later; empty when there is none.
    std::string newer;
  };
  SamePerson FindSamePerson(const v1::Confirmation& confirmation) const;
  void ForgetExpectations(const std::vector<std::string>& used);
  Receptions Supersede(const std::vector<std::string>& ids, const std::string& by,
                       absl::Time now) const;

  // desk_time.cc
  // Does everything whose time has come, as far as the disk allows, and arms the timer for the
  // rest.
  void Tick();
  void Rearm();
  void EndConsents(absl::Time now);
  void ChangeDay(absl::CivilDay today);
  bool CloseOldDays(absl::CivilDay today);
  void DeleteOld(absl::Time now);
  void DropExpectations(absl::Time now);
  void RetrySoon() { retry_ = true; }

  // Questions without an answer at a time: more than a site can have, few enough to look for.
  static constexpr int kMostQuestions = 200;

  const DeskOptions options_;
  store::Store& store_;
  audit::Trail& trail_;
  const crypto::KeyedHash& person_hash_;
  base::Clock& clock_;
  const std::function<void()> on_event_;
  std::function<void(const v1::Reception&)> on_answered_;
  Board board_;

  People people_;
  std::vector<Expectation> expectations_;
  std::vector<eligibility::Line*> lines_;
  std::function<void(ChallengeDone)> ask_challenge_;
  // Open ones, by id.
  std::map<std::string, OpenExchange> exchanges_;
  // The next number of a terminal's day.
  std::map<std::pair<std::string, absl::CivilDay>, int> numbers_;
  // Receptions that are to be asked about when the line is back, the oldest first.
  std::set<std::pair<absl::Time, std::string>> waiting_for_line_;
  absl::flat_hash_map<std::string, absl::Time> waiting_since_;
  // As they are to be, one revision further.
  Receptions lost_;
  absl::Time asked_pending_at_ = absl::InfinitePast();
  base::Executor::TimerId watch_timer_ = 0;
  CardReaders cards_;
  std::map<std::string, CardVisit> visits_;
  std::map<uint64_t, Awaiting> awaiting_;
  uint64_t last_awaiting_ = 0;
  // When the first consent of each reception ends.
  std::set<std::pair<absl::Time, std::string>> consent_ends_;
  absl::flat_hash_map<std::string, absl::Time> consent_end_of_;
  // The day whose change has been dealt with.
  absl::CivilDay today_ = absl::CivilDay::min();
  bool delete_due_ = false;
  bool scrub_due_ = false;
  // Something could not be done: look again soon, whatever else is due.
  bool retry_ = false;
  base::Executor::TimerId timer_ = 0;
  absl::Time timer_at_ = absl::InfiniteFuture();

  mutable absl::Mutex status_mu_;
  v1::StoreStatus status_ ABSL_GUARDED_BY(status_mu_);

  // Last: it ends before what its tasks use.
  base::Executor executor_;
};

// Bytes of the store as a reception; MDG-1504 when they are none.
absl::StatusOr<ReceptionPtr> ParseReception(const store::ReceptionRow& row);

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_DESK_IMPL_H_
