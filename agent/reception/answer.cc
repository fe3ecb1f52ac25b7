#include "agent/reception/answer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/reception/consent.h"

namespace madoguchi::reception {
namespace {

using base::ErrorCode;

enum class Verdict { kTaken, kRefused, kForeign };

// Whether the answer is one for this site and this person; `why` is set when it is none.
Verdict Judge(const v1::Confirmation& confirmation, const std::string& own,
              const std::string& reception_id, v1::ErrorDetail& why) {
  const v1::MessageHeader& header = confirmation.header();
  if (!own.empty() && header.medical_institution_code() != own) {
    why = base::MakeDetail(
        ErrorCode::kForeignInstitution,
        {.what = absl::StrCat("the answer names `",
                              base::Printable(header.medical_institution_code(), 20),
                              "`, this site is `", own, "`"),
         .field = "MedicalInstitutionCode",
         .reception_id = reception_id});
    return Verdict::kForeign;
  }
  const bool file = header.segment_of_result() == v1::SEGMENT_OF_RESULT_ABNORMAL;
  const bool person = confirmation.processing_result_status() == v1::PROCESSING_RESULT_STATUS_ERROR;
  if (!file && !person) return Verdict::kTaken;
  const v1::OqsResult& said = file ? header.error() : confirmation.processing_result();
  why = base::MakeDetail(ErrorCode::kRefusedByOqs,
                         {.field = file ? "SegmentOfResult" : "ProcessingResultStatus",
                          .reception_id = reception_id,
                          .oqs_code = said.code(),
                          .oqs_message = said.message()});
  return Verdict::kRefused;
}

}  // namespace

void TakeAnswer(v1::Reception& reception, Answer answer, const std::string& own, absl::Time now) {
  v1::ErrorDetail why;
  const Verdict verdict = Judge(answer.confirmation, own, reception.reception_id(), why);
  const bool taken = verdict == Verdict::kTaken;
  reception.set_state(taken ? v1::RECEPTION_STATE_ANSWERED : v1::RECEPTION_STATE_REFUSED);
  reception.clear_ended_because();
  if (!taken) *reception.mutable_ended_because() = std::move(why);
  reception.clear_confirmation();
  if (verdict == Verdict::kForeign) {
    // Another institution's patient is none of ours: nothing of the answer is kept.
    reception.set_medical_institution_code(own);
  } else {
    reception.set_medical_institution_code(answer.confirmation.header().medical_institution_code());
    *reception.mutable_confirmation() = std::move(answer.confirmation);
  }
  v1::Confirmation& confirmation = *reception.mutable_confirmation();
  confirmation.set_confirmation_id(std::move(answer.confirmation_id));
  *confirmation.mutable_received_at() = base::ToProto(answer.seen_at);
  reception.clear_assignment();
  reception.mutable_assignment()->set_state(v1::ASSIGNMENT_STATE_UNASSIGNED);
  if (!taken) return;
  if (answer.assignment.state() != v1::ASSIGNMENT_STATE_UNSPECIFIED) {
    *reception.mutable_assignment() = std::move(answer.assignment);
  }
  reception.set_superseded_by(std::move(answer.superseded_by));
  // Nobody consents by having a number asked about.
  const bool opens =
      reception.origin() == v1::RECEPTION_ORIGIN_FACE_READER ||
      (reception.origin() == v1::RECEPTION_ORIGIN_OWN_READER && !reception.records_closed());
  if (!opens || !reception.superseded_by().empty()) return;
  for (v1::UsableConsent& consent : UsableConsents(confirmation, now)) {
    *reception.add_usable_consents() = std::move(consent);
  }
}

}  // namespace madoguchi::reception
