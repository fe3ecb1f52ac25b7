#include "agent/reception/next_step.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/base/japan_time.h"
#include "agent/reception/consent.h"

namespace madoguchi::reception {
namespace {

constexpr absl::string_view kAssign = "AssignPatient";
constexpr absl::string_view kUnassign = "UnassignPatient";
constexpr absl::string_view kCancel = "CancelReception";

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

void Answered(const v1::Reception& reception, v1::NextStep& step) {
  const bool tied = IsTied(reception.assignment());
  AddMethod(step, tied ? kUnassign : kAssign);
  AddMethod(step, kCancel);
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

std::string EndSentence(const v1::ErrorDetail& why) {
  return absl::StrCat(why.text_ja(), why.next_step_ja());
}

}  // namespace

v1::NextStep MakeNextStep(const v1::Reception& reception) {
  v1::NextStep step;
  switch (reception.state()) {
    case v1::RECEPTION_STATE_ANSWERED:
      Answered(reception, step);
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
      step.set_text_ja("この日の受付は終わりました。");
      break;
    default:
      break;
  }
  return step;
}

}  // namespace madoguchi::reception
