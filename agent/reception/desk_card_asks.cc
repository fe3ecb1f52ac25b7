#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/reception/desk_audit.h"
#include "agent/reception/desk_impl.h"

// A card on an own reader, from the moment the person is identified: what OQS is asked, and what
// becomes of its answer.
namespace madoguchi::reception {
namespace {

using base::ErrorCode;
using kept::v1::CardQuestion;

bool IsMedical(v1::ConsentCategory category) {
  return category != v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE;
}

}  // namespace

void Desk::Impl::ConfirmIdentity(const Caller& caller, const CallKey& call,
                                 const v1::ConfirmIdentityRequest& request, ReceptionDone done) {
  const std::string& id = request.reception_id();
  const absl::StatusOr<ReceptionPtr> before = FindFor(caller, id);
  if (!before.ok()) return done(before.status());
  Identified input{.method = request.method(),
                   .by = absl::StrCat(caller.person, "@", caller.identity)};
  const absl::StatusOr<v1::Reception> possible = Apply(**before, input, clock_.Now());
  if (!possible.ok()) return done(possible.status());
  // Also without a signature the question says when it was asked by.
  WithChallenge(id, [this, caller, call, id, input = std::move(input),
                     done = std::move(done)](const absl::Status& status) mutable {
    const CardVisit* visit = FindVisit(id);
    if (!status.ok()) return done(status);
    if (visit == nullptr || visit->proving) {
      return done(base::MakeError(ErrorCode::kPinUnderWay, {.reception_id = id}));
    }
    input.until = std::min(clock_.Now() + options_.consent_within, visit->challenge_until);
    absl::StatusOr<v1::Reception> after = Change(id, input, caller, {}, call);
    if (after.ok()) EndVisitAt(id, input.until);
    done(std::move(after));
  });
}

absl::StatusOr<v1::Reception> Desk::Impl::RecordConsent(const Caller& caller, const CallKey& call,
                                                        const v1::RecordConsentRequest& request) {
  const absl::StatusOr<ReceptionPtr> before = FindFor(caller, request.reception_id());
  if (!before.ok()) return before.status();
  for (int i = 0; i < request.answers_size(); ++i) {
    if (!caller.patient_terminal && IsMedical(request.answers(i).category())) {
      return base::MakeError(ErrorCode::kConsentNotAllowed,
                             {.field = absl::StrCat("answers[", i, "].category"),
                              .reception_id = request.reception_id()});
    }
  }
  AskWithCard input;
  input.answers.assign(request.answers().begin(), request.answers().end());
  return AskCard(caller, call, **before, CardQuestion::PURPOSE_CONFIRM, std::move(input));
}

absl::StatusOr<v1::Reception> Desk::Impl::EnrollCard(const Caller& caller, const CallKey& call,
                                                     const v1::EnrollCardRequest& request) {
  const absl::StatusOr<ReceptionPtr> before = FindFor(caller, request.reception_id());
  if (!before.ok()) return before.status();
  if (!request.patient_agrees()) {
    return base::MakeError(ErrorCode::kEnrolNotAgreed,
                           {.field = "patient_agrees", .reception_id = request.reception_id()});
  }
  return AskCard(caller, call, **before, CardQuestion::PURPOSE_ENROL, Enrol{});
}

eligibility::Line* Desk::Impl::CardLine(absl::string_view counter) const {
  return ChooseLine(counter, eligibility::Topic::kCards, {});
}

absl::StatusOr<v1::Reception> Desk::Impl::AskCard(const Caller& caller, const CallKey& call,
                                                  const v1::Reception& before,
                                                  CardQuestion::Purpose purpose, Input input) {
  const absl::Time now = clock_.Now();
  eligibility::Line* line = CardLine(before.counter());
  const std::string name = line == nullptr ? "" : line->about().name;
  if (auto* ask = std::get_if<AskWithCard>(&input)) ask->line = name;
  if (auto* enrol = std::get_if<Enrol>(&input)) enrol->line = name;
  absl::StatusOr<v1::Reception> after = Apply(before, input, now);
  if (!after.ok()) return after;
  const CardVisit* visit = FindVisit(before.reception_id());
  if (visit == nullptr) {
    return base::MakeError(ErrorCode::kProofGone, {.reception_id = before.reception_id()});
  }
  store::Changes changes;
  if (!call.key.empty()) changes.request = MakeResult(call, after->SerializeAsString());
  if (line == nullptr) {
    MDG_RETURN_IF_ERROR(Save({*after}, std::move(changes), caller));
    return after;
  }
  if (Questions() >= kMostQuestions) return base::MakeError(ErrorCode::kTooManyQuestions);
  absl::StatusOr<OpenExchange> exchange = MakeExchange(
      QuestionOf(v1::EligibilityQuery()), before.reception_id(), before.counter(), *line);
  if (!exchange.ok()) return exchange.status();
  CardQuestion& card = *exchange->body.mutable_card();
  card.set_purpose(purpose);
  card.set_certificate(visit->certificate);
  card.set_identified_by(before.identity_method());
  card.set_signature(visit->signature);
  card.set_center(visit->challenge->center);
  card.set_nonce(visit->challenge->nonce);
  *card.mutable_challenged_at() = base::ToProto(visit->challenge->time);
  *card.mutable_consents() = after->consent_answers();
  changes.exchanges.push_back(exchange->Row());
  MDG_RETURN_IF_ERROR(Save({*after}, std::move(changes), caller,
                           {EntryOf(v1::EligibilityQuery(), "", before.reception_id(), caller)}));
  Send(*std::move(exchange), *line);
  return after;
}

Desk::Impl::Receptions Desk::Impl::AnswerCard(const OpenExchange& exchange, v1::Confirmation answer,
                                              absl::Time seen_at, store::Changes& changes) {
  const absl::Time now = clock_.Now();
  const bool counts = options_.own_reader_records;
  Decision decision = DecideAssignment(answer, exchange.body.counter(), expectations_, now);
  // A site that takes no medical consent at own readers has heard nothing new about it.
  const SamePerson same = counts ? FindSamePerson(answer) : SamePerson();
  Receptions receptions = Move(exchange, CardAnswered{.confirmation_id = crypto::NewId(now),
                                                      .seen_at = seen_at,
                                                      .confirmation = std::move(answer),
                                                      .assignment = std::move(decision.assignment),
                                                      .superseded_by = same.newer});
  if (receptions.empty() || receptions.front().state() != v1::RECEPTION_STATE_ANSWERED) {
    return receptions;
  }
  changes.expectations_gone = std::move(decision.used);
  const std::string id = receptions.front().reception_id();
  for (v1::Reception& older : Supersede(same.older, id, now)) {
    receptions.push_back(std::move(older));
  }
  return receptions;
}

}  // namespace madoguchi::reception
