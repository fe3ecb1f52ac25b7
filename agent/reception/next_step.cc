#include "agent/reception/next_step.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/base/japan_time.h"
#include "agent/reception/consent.h"
#include "agent/reception/machine.h"

namespace madoguchi::reception {
namespace {

constexpr absl::string_view kAssign = "AssignPatient";
constexpr absl::string_view kUnassign = "UnassignPatient";
constexpr absl::string_view kCancel = "CancelReception";
constexpr absl::string_view kConfirm = "ConfirmEligibility";
constexpr absl::string_view kRetry = "RetryReception";
constexpr absl::string_view kComplete = "CompletePending";
constexpr absl::string_view kSubmitPin = "SubmitPin";
constexpr absl::string_view kConfirmIdentity = "ConfirmIdentity";
constexpr absl::string_view kRecordConsent = "RecordConsent";
constexpr absl::string_view kEnroll = "EnrollCard";

bool IsTied(const v1::Assignment& assignment) {
  switch (assignment.state()) {
    case v1::ASSIGNMENT_STATE_BY_REFERENCE_NUMBER:
    case v1::ASSIGNMENT_STATE_BY_PERSON:
    case v1::ASSIGNMENT_STATE_EXPECTED:
      return true;
    default:
      return false;
  }
}

absl::string_view ValiditySentence(v1::Validity validity) {
  switch (validity) {
    case v1::VALIDITY_VALID:
      return "資格は有効です。";
    case v1::VALIDITY_INVALID:
      return "資格は無効です。新しい保険に変わっていないか、患者さんに確認してください。";
    case v1::VALIDITY_INVALID_NEWER_EXISTS:
      return "この資格は無効で、新しい資格があります。新しい保険を患者さんに確認してください。";
    case v1::VALIDITY_NOT_FOUND:
      return "該当する資格がありません。資格確認書などで保険を確認してください。";
    case v1::VALIDITY_SEVERAL_MATCH:
      return "該当する人が複数います。枝番を患者さんに確認してください。";
    case v1::VALIDITY_VALID_UNREGISTERED:
      return "医療扶助は有効ですが、この医療機関への委託がまだ登録されていません。"
             "福祉事務所に確認してください。";
    default:
      return "資格の有効性が分かりません。表示された内容を確認してください。";
  }
}

absl::string_view AssignmentSentence(const v1::Assignment& assignment) {
  if (IsTied(assignment)) return "カルテに結び付いています。";
  if (assignment.state() == v1::ASSIGNMENT_STATE_CONFLICT) {
    return "カルテ番号が一致しません。本人を確認し、正しいカルテを選んでください。";
  }
  return "本人を確認し、カルテに結び付けてください。";
}

void AddMethod(v1::NextStep& step, absl::string_view method) {
  step.add_methods(std::string(method));
}

void ForAnswered(const v1::Reception& reception, v1::NextStep& step) {
  const bool tied = IsTied(reception.assignment());
  AddMethod(step, tied ? kUnassign : kAssign);
  AddMethod(step, kCancel);
  // With other identifiers.
  if (reception.origin() == v1::RECEPTION_ORIGIN_IDENTIFIERS) AddMethod(step, kConfirm);
  if (!reception.superseded_by().empty()) {
    step.set_actor(v1::ACTOR_STAFF);
    step.set_text_ja("同じ人の新しい読み取りがあります。新しい受付を使ってください。");
    return;
  }
  const v1::Validity validity = reception.confirmation().validity();
  const bool good = validity == v1::VALIDITY_VALID;
  // A chart that is known and an insurance that is valid leave nothing to do at the counter.
  step.set_actor(good && tied ? v1::ACTOR_CLIENT : v1::ACTOR_STAFF);
  step.set_text_ja(
      absl::StrCat(ValiditySentence(validity), AssignmentSentence(reception.assignment())));
  const absl::Time until = FirstConsentEnd(reception);
  if (until != absl::InfiniteFuture()) *step.mutable_until() = base::ToProto(until);
}

void ForWaiting(const v1::Reception& reception, v1::NextStep& step) {
  AddMethod(step, kCancel);
  step.set_actor(v1::ACTOR_PATIENT);
  step.set_text_ja(
      absl::StrCat(reception.card_problem().text_ja(),
                   "マイナンバーカードをカードリーダーに置いて、そのままお待ちください。"));
}

void ForCard(const v1::Reception& reception, v1::NextStep& step) {
  const int left = reception.pin_attempts_left();
  if (left > 0) AddMethod(step, kSubmitPin);
  AddMethod(step, kConfirmIdentity);
  AddMethod(step, kCancel);
  if (left == 0) {
    step.set_actor(v1::ACTOR_STAFF);
    step.set_text_ja(
        "このカードでは暗証番号を使えません。カードの写真と本人を見比べて、目視で確認してください"
        "。");
    return;
  }
  step.set_actor(v1::ACTOR_PATIENT);
  step.set_text_ja(absl::StrCat(
      reception.card_problem().text_ja(),
      reception.pin_pad() ? "カードリーダーのキーで暗証番号（数字4桁）を入力してください。"
                          : "暗証番号（数字4桁）を入力してください。",
      left == 1 ? "あと1回間違えると使えなくなります。" : ""));
}

void ForPending(const v1::Reception& reception, v1::NextStep& step) {
  if (reception.origin() == v1::RECEPTION_ORIGIN_OWN_READER) {
    AddMethod(step, kCancel);
    step.set_actor(v1::ACTOR_STAFF);
    step.set_text_ja(
        "オンライン資格確認につながらないため、問い合わせていません。資格確認書などで保険を確認し、"
        "つながってからもう一度カードを置いてもらってください。");
    return;
  }
  AddMethod(step, kComplete);
  AddMethod(step, kCancel);
  if (CanAsk(reception.pending_note())) {
    step.set_actor(v1::ACTOR_DAEMON);
    step.set_text_ja(
        "オンライン資格確認につながらないため、まだ問い合わせていません。"
        "つながると自動で問い合わせます。資格確認書などで保険を確認しておいてください。");
    return;
  }
  step.set_actor(v1::ACTOR_STAFF);
  step.set_text_ja(
      "オンライン資格確認につながらないため、まだ問い合わせていません。"
      "保険者番号・記号・番号・生年月日を書き留めて入力するか、"
      "つながってからもう一度カードを読み取ってもらってください。");
}

void ForUnknown(const v1::Reception& reception, v1::NextStep& step) {
  // What a card has signed counts once: it is asked about again with the card only.
  const bool own = reception.origin() == v1::RECEPTION_ORIGIN_OWN_READER;
  if (!own) AddMethod(step, kRetry);
  AddMethod(step, kCancel);
  step.set_actor(v1::ACTOR_STAFF);
  step.set_text_ja(absl::StrCat(
      "問い合わせましたが、回答が届いていません。届けば自動で受け取ります。急ぐときは、",
      own ? "もう一度カードを置いてもらうか、" : "もう一度問い合わせるか、",
      "資格確認書などで保険を確認してください。"));
}

// Nothing came and nobody ended it.
bool IsUnanswered(const v1::Reception& reception) {
  const bool asked =
      reception.has_pending_note() || reception.origin() == v1::RECEPTION_ORIGIN_OWN_READER;
  return asked && !reception.has_confirmation() && !reception.has_ended_because();
}

std::string EndSentence(const v1::ErrorDetail& why) {
  return absl::StrCat(why.text_ja(), why.next_step_ja());
}

}  // namespace

v1::NextStep MakeNextStep(const v1::Reception& reception) {
  v1::NextStep step;
  switch (reception.state()) {
    case v1::RECEPTION_STATE_ANSWERED:
      ForAnswered(reception, step);
      break;
    case v1::RECEPTION_STATE_WAITING_FOR_CARD:
      ForWaiting(reception, step);
      break;
    case v1::RECEPTION_STATE_CARD_PRESENT:
      ForCard(reception, step);
      break;
    case v1::RECEPTION_STATE_IDENTIFIED:
      AddMethod(step, kRecordConsent);
      AddMethod(step, kCancel);
      step.set_actor(v1::ACTOR_PATIENT);
      step.set_text_ja("本人を確認しました。情報の提供に同意するかどうかを選んでください。");
      break;
    case v1::RECEPTION_STATE_NOT_ENROLLED:
      AddMethod(step, kEnroll);
      AddMethod(step, kCancel);
      step.set_actor(v1::ACTOR_PATIENT);
      step.set_text_ja(
          "このマイナンバーカードは、まだ保険証としての利用登録がされていません。"
          "この場で登録するかどうか、患者さんに確認してください。");
      break;
    case v1::RECEPTION_STATE_ASKING:
      step.set_actor(v1::ACTOR_OQS);
      step.set_text_ja("オンライン資格確認に問い合わせています。回答をお待ちください。");
      break;
    case v1::RECEPTION_STATE_OUTCOME_UNKNOWN:
      ForUnknown(reception, step);
      break;
    case v1::RECEPTION_STATE_PENDING:
      ForPending(reception, step);
      break;
    case v1::RECEPTION_STATE_REFUSED:
      AddMethod(step, kCancel);
      step.set_actor(v1::ACTOR_STAFF);
      step.set_text_ja(EndSentence(reception.ended_because()));
      break;
    case v1::RECEPTION_STATE_CANCELLED:
    case v1::RECEPTION_STATE_ABANDONED:
      step.set_actor(v1::ACTOR_PATIENT);
      step.set_text_ja(EndSentence(reception.ended_because()));
      break;
    case v1::RECEPTION_STATE_CLOSED:
      // Also when a clerk looks back: nobody knows whether this insurance was valid.
      step.set_text_ja(IsUnanswered(reception) ? "回答がないまま、この受付を終わりました。"
                                               : "この日の受付は終わりました。");
      break;
    default:
      break;
  }
  return step;
}

}  // namespace madoguchi::reception
