#include "agent/reception/desk_cards.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/reception/desk_impl.h"

// A card on an own reader, from the beginning of its reception until the person is identified.
namespace madoguchi::reception {
namespace {

using base::ErrorCode;

// A card that could not be read is tried again after this, as long as it lies there.
constexpr absl::Duration kReadAgain = absl::Seconds(1);
// Another try with the same card cannot end otherwise.
bool IsFinal(const absl::Status& status) {
  return base::Is(status, ErrorCode::kNotAMyNumberCard) || base::Is(status, ErrorCode::kOldCard) ||
         base::Is(status, ErrorCode::kNoUserCertificate) ||
         base::Is(status, ErrorCode::kCertificateExpired) ||
         base::Is(status, ErrorCode::kCertificateNotYetValid) ||
         base::Is(status, ErrorCode::kCertificateUnfit) ||
         base::Is(status, ErrorCode::kCertificateUntrusted);
}

v1::ErrorDetail Detail(const absl::Status& status) {
  return base::DetailOf(status).value_or(base::MakeDetail(ErrorCode::kInternal));
}

}  // namespace

CardVisit* Desk::Impl::FindVisit(const std::string& reception_id) {
  const auto found = visits_.find(reception_id);
  return found == visits_.end() ? nullptr : &found->second;
}

absl::StatusOr<v1::Reception> Desk::Impl::Change(const std::string& reception_id,
                                                 const Input& input, const Caller& by,
                                                 store::Changes changes, const CallKey& call) {
  const ReceptionPtr before = board_.Find(reception_id);
  if (before == nullptr) {
    return base::MakeError(ErrorCode::kReceptionNotFound, {.reception_id = reception_id});
  }
  absl::StatusOr<v1::Reception> after = Apply(*before, input, clock_.Now());
  if (!after.ok() || after->revision() == before->revision()) return after;
  if (!call.key.empty()) changes.request = MakeResult(call, after->SerializeAsString());
  MDG_RETURN_IF_ERROR(Save({*after}, std::move(changes), by));
  return after;
}

absl::StatusOr<v1::Reception> Desk::Impl::StartAtReader(const Caller& caller, const CallKey& call,
                                                        const v1::StartReceptionRequest& request) {
  if (cards_.find == nullptr) {
    return base::MakeError(ErrorCode::kReaderNotFound,
                           {.what = "no [[reader]] is configured", .field = "reader"});
  }
  if (ask_challenge_ == nullptr) {
    return base::MakeError(ErrorCode::kNotAsked,
                           {.what = "no [center] that answers cards is configured"});
  }
  const absl::StatusOr<CardReaders::Now> now = cards_.find(request.reader());
  if (!now.ok()) return now.status();
  if (!caller.MaySee(now->counter)) {
    return base::MakeError(ErrorCode::kReaderNotFound, {.field = "reader"});
  }
  if (!request.counter().empty() && request.counter() != now->counter) {
    return base::MakeError(ErrorCode::kInvalidField,
                           {.what = "the reader's own counter is allowed", .field = "counter"});
  }
  for (const auto& [id, visit] : visits_) {
    const ReceptionPtr other = board_.Find(id);
    if (visit.reader == request.reader() && other != nullptr &&
        other->state() != v1::RECEPTION_STATE_IDENTIFIED && IsAtReader(*other)) {
      return base::MakeError(
          ErrorCode::kReaderInUse,
          {.state = v1::ReceptionState_Name(other->state()), .reception_id = id});
    }
  }
  const absl::Time at = clock_.Now();
  const absl::Time until = at + options_.card_within;
  v1::Reception begun = OpenAtReader({.reception_id = crypto::NewId(at),
                                      .counter = now->counter,
                                      .reader = request.reader(),
                                      .medical_institution_code = options_.medical_institution_code,
                                      .records_closed = !options_.own_reader_records,
                                      .until = until},
                                     at);
  const std::string id = begun.reception_id();
  store::Changes changes;
  if (!call.key.empty()) changes.request = MakeResult(call, begun.SerializeAsString());
  MDG_RETURN_IF_ERROR(Save({begun}, std::move(changes), caller));
  visits_[id].reader = request.reader();
  EndVisitAt(id, until);
  ReadCard(id);
  return begun;
}

void Desk::Impl::EndVisitAt(const std::string& reception_id, absl::Time until) {
  CardVisit* visit = FindVisit(reception_id);
  if (visit == nullptr) return;
  if (visit->timer != 0) executor_.Cancel(visit->timer);
  visit->timer = executor_.PostAt(until, [this, reception_id] {
    if (CardVisit* late = FindVisit(reception_id); late != nullptr) late->timer = 0;
    AbandonVisit(reception_id, base::MakeDetail(ErrorCode::kReceptionTimedOut));
  });
}

void Desk::Impl::AbandonVisit(const std::string& reception_id, v1::ErrorDetail why) {
  const absl::StatusOr<v1::Reception> after = Change(reception_id, Abandon{std::move(why)}, {});
  // On a full disk it stays as it is on the board; the card is let go of all the same.
  if (!after.ok() && !base::Is(after.status(), ErrorCode::kWrongState)) EndVisit(reception_id);
}

void Desk::Impl::EndVisit(const std::string& reception_id) {
  const auto found = visits_.find(reception_id);
  if (found == visits_.end()) return;
  CardVisit& visit = found->second;
  if (visit.timer != 0) executor_.Cancel(visit.timer);
  if (visit.retry != 0) executor_.Cancel(visit.retry);
  LetGo(reception_id, visit);
  visits_.erase(found);
}

void Desk::Impl::LetGo(const std::string& reception_id, CardVisit& visit) {
  if (!visit.key_id.empty()) cards_.drop_key(std::exchange(visit.key_id, ""));
  // One that is being opened is closed when it is; one that proves itself is powered off by that.
  if (std::exchange(visit.open, false) || visit.proving) cards_.close(visit.reader, reception_id);
}

void Desk::Impl::TendVisit(const v1::Reception& reception) {
  switch (reception.state()) {
    case v1::RECEPTION_STATE_WAITING_FOR_CARD:
    case v1::RECEPTION_STATE_CARD_PRESENT:
      return;
    case v1::RECEPTION_STATE_IDENTIFIED:
    case v1::RECEPTION_STATE_ASKING:
    case v1::RECEPTION_STATE_NOT_ENROLLED:
      if (CardVisit* visit = FindVisit(reception.reception_id()); visit != nullptr) {
        LetGo(reception.reception_id(), *visit);
        if (reception.state() != v1::RECEPTION_STATE_IDENTIFIED && visit->timer != 0) {
          executor_.Cancel(std::exchange(visit->timer, 0));
        }
      }
      return;
    default:
      EndVisit(reception.reception_id());
  }
}

void Desk::Impl::OnReadersChanged() {
  std::vector<std::string> ids;
  for (const auto& [id, visit] : visits_) ids.push_back(id);
  for (const std::string& id : ids) ReadCard(id);
}

void Desk::Impl::ReadCard(const std::string& reception_id) {
  CardVisit* visit = FindVisit(reception_id);
  const ReceptionPtr reception = board_.Find(reception_id);
  if (visit == nullptr || reception == nullptr || visit->opening || visit->retry != 0 ||
      reception->state() != v1::RECEPTION_STATE_WAITING_FOR_CARD) {
    return;
  }
  const absl::StatusOr<CardReaders::Now> now = cards_.find(visit->reader);
  if (!now.ok()) {
    Change(reception_id, CardNotRead{Detail(now.status())}, {}).IgnoreError();
    return;
  }
  if (now->card == 0) return;
  visit->opening = true;
  cards_.open(
      visit->reader, reception_id,
      [this, reception_id, reader = visit->reader](absl::StatusOr<reader::CardFacts> facts) {
        // Stopping: the readers end every session themselves.
        Post([this, reception_id, reader, facts = std::move(facts)] {
          OnCardOpened(reception_id, reader, facts);
        });
      });
}

void Desk::Impl::OnCardOpened(const std::string& reception_id, const std::string& reader,
                              const absl::StatusOr<reader::CardFacts>& facts) {
  CardVisit* visit = FindVisit(reception_id);
  if (visit == nullptr) {
    if (facts.ok()) cards_.close(reader, reception_id);
    return;
  }
  visit->opening = false;
  visit->open = facts.ok();
  const absl::Status status = facts.ok() ? facts->check : facts.status();
  if (status.ok()) return TakeCard(reception_id, *visit, *facts);
  if (IsFinal(status)) {
    Change(reception_id, CardUnfit{Detail(status)}, {}).IgnoreError();
    return;
  }
  Change(reception_id, CardNotRead{Detail(status)}, {}).IgnoreError();
  visit = FindVisit(reception_id);
  if (visit == nullptr) return;
  visit->retry = executor_.PostAt(clock_.Now() + kReadAgain, [this, reception_id] {
    if (CardVisit* again = FindVisit(reception_id); again != nullptr) again->retry = 0;
    ReadCard(reception_id);
  });
}

void Desk::Impl::TakeCard(const std::string& reception_id, CardVisit& visit,
                          const reader::CardFacts& facts) {
  visit.certificate = facts.certificate;
  CardOpened opened{.attempts_left = facts.attempts_left,
                    .pin_pad = facts.pin_pad,
                    .until = clock_.Now() + options_.pin_within};
  if (facts.attempts_left > 0 && !facts.pin_pad) opened.pin_key = NewKey(visit);
  const absl::StatusOr<v1::Reception> after = Change(reception_id, opened, {});
  if (!after.ok()) return EndVisit(reception_id);
  EndVisitAt(reception_id, opened.until);
  // In advance, while the patient types: it is asked for again when this does not come.
  WithChallenge(reception_id, [](const absl::Status& /*status*/) {});
}

v1::PinKey Desk::Impl::NewKey(CardVisit& visit) {
  if (!visit.key_id.empty()) cards_.drop_key(std::exchange(visit.key_id, ""));
  absl::StatusOr<v1::PinKey> key = cards_.new_key();
  if (!key.ok()) {
    base::LogWarning("no_pin_key", {{"why", std::string(key.status().message())}});
    return {};
  }
  visit.key_id = key->key_id();
  return *std::move(key);
}

void Desk::Impl::WithChallenge(const std::string& reception_id,
                               std::function<void(const absl::Status&)> then) {
  CardVisit* visit = FindVisit(reception_id);
  const ReceptionPtr reception = board_.Find(reception_id);
  if (visit != nullptr && visit->challenge.has_value() &&
      visit->challenge_fresh_until > clock_.Now()) {
    return then(absl::OkStatus());
  }
  if (visit != nullptr && visit->challenge_waiters != nullptr) {
    return visit->challenge_waiters->push_back(std::move(then));
  }
  const eligibility::Line* line = reception == nullptr ? nullptr : CardLine(reception->counter());
  if (visit == nullptr || line == nullptr) {
    return then(base::MakeError(
        ErrorCode::kNotAsked,
        {.what = "no web API takes cards of this counter now", .reception_id = reception_id}));
  }
  visit->challenge_waiters =
      std::make_shared<std::vector<std::function<void(const absl::Status&)>>>();
  visit->challenge_waiters->push_back(std::move(then));
  ask_challenge_(
      [this, reception_id, center = line->about().name,
       waiters = visit->challenge_waiters](const absl::StatusOr<oqs::WebChallenge>& got) {
        const bool posted = Post([this, reception_id, center, waiters, got] {
          OnChallenge(reception_id, center, got);
          for (const auto& waiter : *waiters) waiter(got.status());
        });
        if (posted) return;
        for (const auto& waiter : *waiters) waiter(base::MakeError(ErrorCode::kStopping));
      });
}

void Desk::Impl::OnChallenge(const std::string& reception_id, const std::string& center,
                             const absl::StatusOr<oqs::WebChallenge>& got) {
  CardVisit* visit = FindVisit(reception_id);
  if (visit == nullptr) return;
  visit->challenge_waiters = nullptr;
  if (!got.ok()) return;
  const absl::Time now = clock_.Now();
  visit->challenge = oqs::LoginChallenge{.institution = options_.medical_institution_code,
                                         .center = center,
                                         .nonce = got->nonce,
                                         .time = now};
  visit->challenge_fresh_until = now + got->valid_for / 2;
  visit->challenge_until = now + got->valid_for;
}

void Desk::Impl::SubmitPin(const Caller& caller, const CallKey& call,
                           const v1::SubmitPinRequest& request, ReceptionDone done) {
  const absl::StatusOr<ReceptionPtr> before = FindFor(caller, request.reception_id());
  if (!before.ok()) return done(before.status());
  if (const absl::Status status = CheckPin(**before, request); !status.ok()) return done(status);
  CardVisit& visit = *FindVisit(request.reception_id());
  visit.proving = true;
  WithChallenge(request.reception_id(), [this, caller, call, request,
                                         done = std::move(done)](const absl::Status& status) {
    CardVisit* now = FindVisit(request.reception_id());
    if (now == nullptr || !status.ok()) {
      // Nothing was sent to the card.
      if (now != nullptr) now->proving = false;
      const ReceptionPtr ended = board_.Find(request.reception_id());
      return done(!status.ok() || ended == nullptr ? status : CheckPin(*ended, request));
    }
    cards_.prove(now->reader, request.reception_id(),
                 {.sealed = request.sealed_pin(),
                  .key_id = request.key_id(),
                  .spend_last = request.use_last_attempt(),
                  .challenge = *now->challenge},
                 [this, caller, call, id = request.reception_id(),
                  done](const reader::AuthenticateResult& result) {
                   const bool posted = Post([this, caller, call, id, done, result] {
                     done(OnProved(caller, call, id, result));
                     TidySoon();
                   });
                   if (!posted) done(base::MakeError(ErrorCode::kStopping));
                 });
  });
}

absl::Status Desk::Impl::CheckPin(const v1::Reception& reception,
                                  const v1::SubmitPinRequest& request) {
  const auto wrong = [&](ErrorCode code, std::string what = {}, std::string field = {}) {
    return base::MakeError(code, {.what = std::move(what),
                                  .field = std::move(field),
                                  .state = v1::ReceptionState_Name(reception.state()),
                                  .reception_id = reception.reception_id()});
  };
  const CardVisit* visit = FindVisit(reception.reception_id());
  if (reception.state() != v1::RECEPTION_STATE_CARD_PRESENT || visit == nullptr) {
    return wrong(ErrorCode::kWrongState, "it must be CARD_PRESENT");
  }
  if (visit->proving) return wrong(ErrorCode::kPinUnderWay);
  if (reception.pin_attempts_left() == 0) return wrong(ErrorCode::kPinBlocked);
  if (reception.pin_attempts_left() == 1 && !request.use_last_attempt()) {
    return wrong(ErrorCode::kLastAttempt, "", "use_last_attempt");
  }
  if (request.sealed_pin().empty() != reception.pin_pad()) {
    return wrong(ErrorCode::kInvalidField,
                 reception.pin_pad() ? "the PIN is typed on the reader: it must be empty"
                                     : "the sealed PIN is needed",
                 "sealed_pin");
  }
  if (!reception.pin_pad() && (visit->key_id.empty() || request.key_id() != visit->key_id)) {
    return wrong(ErrorCode::kSealedPinSpent, "", "key_id");
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Reception> Desk::Impl::OnProved(const Caller& caller, const CallKey& call,
                                                   const std::string& reception_id,
                                                   const reader::AuthenticateResult& result) {
  CardVisit* visit = FindVisit(reception_id);
  if (visit == nullptr) {
    // Cancelled, or its time was over, while the card worked.
    return base::MakeError(ErrorCode::kWrongState,
                           {.what = "it is over by now", .reception_id = reception_id});
  }
  visit->proving = false;
  visit->open = result.open;
  const absl::Time until = clock_.Now() + options_.pin_within;
  if (result.proof.ok()) {
    visit->signature = result.proof->signature;
    visit->certificate = result.proof->certificate;
    // What was signed must reach OQS while it counts.
    const absl::Time consent_until =
        std::min(clock_.Now() + options_.consent_within, visit->challenge_until);
    absl::StatusOr<v1::Reception> after =
        Change(reception_id, Identified{.method = v1::IDENTITY_METHOD_PIN, .until = consent_until},
               caller, {}, call);
    if (after.ok()) EndVisitAt(reception_id, consent_until);
    if (!after.ok()) AbandonVisit(reception_id, Detail(after.status()));
    return after;
  }
  v1::ErrorDetail why = Detail(result.proof.status());
  if (!result.open) {
    AbandonVisit(reception_id, std::move(why));
  } else {
    const ReceptionPtr before = board_.Find(reception_id);
    PinNotTaken input{.attempts_left = result.attempts_left >= 0 ? result.attempts_left
                                                                 : before->pin_attempts_left(),
                      .why = std::move(why),
                      .until = until};
    if (!before->pin_pad()) input.pin_key = NewKey(*visit);
    if (Change(reception_id, input, caller).ok()) {
      EndVisitAt(reception_id, until);
    } else {
      EndVisit(reception_id);
    }
  }
  v1::ErrorDetail told = Detail(result.proof.status());
  told.set_reception_id(reception_id);
  return base::ErrorFrom(told);
}

void Desk::Impl::OnCardLost(const std::string& reception_id, const absl::Status& why) {
  CardVisit* visit = FindVisit(reception_id);
  if (visit == nullptr || !visit->open) return;
  visit->open = false;
  AbandonVisit(reception_id, Detail(why));
}

}  // namespace madoguchi::reception
