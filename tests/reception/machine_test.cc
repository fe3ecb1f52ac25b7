#include "agent/reception/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/reception/consent.h"
#include "tests/reception/inputs.h"

namespace madoguchi::reception {
namespace {

using base::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const absl::Time kNow = base::JapanDayStart(absl::CivilDay(2026, 4, 10)) + absl::Hours(9);
constexpr char kOwn[] = "9912345678";

v1::OqsTime At(absl::Time time) { return base::ParseOqsTime(base::FormatOqsTime(time)); }

v1::Consent MakeConsent(v1::ConsentCategory category, v1::ConsentFlag flag, v1::OqsTime until) {
  v1::Consent consent;
  consent.set_category(category);
  consent.set_flag(flag);
  *consent.mutable_available_until() = std::move(until);
  return consent;
}

v1::Confirmation Answer(v1::Validity validity = v1::VALIDITY_VALID) {
  v1::Confirmation confirmation;
  confirmation.mutable_header()->set_medical_institution_code(kOwn);
  confirmation.mutable_header()->set_segment_of_result(v1::SEGMENT_OF_RESULT_NORMAL);
  confirmation.set_processing_result_status(v1::PROCESSING_RESULT_STATUS_NORMAL);
  confirmation.set_validity(validity);
  v1::Qualification& qualification = *confirmation.add_qualifications();
  qualification.set_name("窓口花子");
  *qualification.add_consents() =
      MakeConsent(v1::CONSENT_CATEGORY_DRUG, v1::CONSENT_FLAG_GRANTED, At(kNow + absl::Hours(1)));
  *qualification.add_consents() = MakeConsent(v1::CONSENT_CATEGORY_CHECKUP,
                                              v1::CONSENT_FLAG_GRANTED, At(kNow + absl::Hours(2)));
  return confirmation;
}

Opening MakeOpening(v1::Confirmation confirmation) {
  return {.reception_id = "r1",
          .confirmation_id = "c1",
          .terminal = "t1",
          .counter = "main",
          .seen_at = kNow - absl::Seconds(1),
          .medical_institution_code = kOwn,
          .confirmation = std::move(confirmation),
          .assignment = {},
          .superseded_by = {}};
}

v1::Reception InState(v1::ReceptionState state) {
  v1::Reception reception = Open(MakeOpening(Answer()), kNow);
  reception.set_state(state);
  return reception;
}

std::vector<NamedInput> AllInputs() {
  constexpr auto kAnswered = v1::RECEPTION_STATE_ANSWERED;
  constexpr auto kRefused = v1::RECEPTION_STATE_REFUSED;
  constexpr auto kCancelled = v1::RECEPTION_STATE_CANCELLED;
  constexpr auto kClosed = v1::RECEPTION_STATE_CLOSED;
  return {{"assign", Assign{"chart", "nurse@emr"}, {{kAnswered, kAnswered}}},
          {"cancel",
           Cancel{},
           {{kAnswered, kCancelled},
            {kRefused, kCancelled},
            {v1::RECEPTION_STATE_OUTCOME_UNKNOWN, kCancelled},
            {v1::RECEPTION_STATE_PENDING, kCancelled},
            {kCancelled, kCancelled}}},
          {"consent ended", ConsentEnded{}, {{kAnswered, kAnswered}}},
          {"superseded", Superseded{"r2"}, {{kAnswered, kAnswered}}},
          {"close day",
           CloseDay{},
           {{kAnswered, kClosed},
            {kRefused, kClosed},
            {kCancelled, kClosed},
            {v1::RECEPTION_STATE_OUTCOME_UNKNOWN, kClosed},
            {v1::RECEPTION_STATE_PENDING, kClosed},
            {v1::RECEPTION_STATE_ABANDONED, kClosed},
            {v1::RECEPTION_STATE_NOT_ENROLLED, kClosed}}}};
}

TEST(Machine, EveryStateTakesItsInputsAndRefusesAllOthers) {
  // The next day, also for those that stay open longer.
  const absl::Time later = kNow + absl::Hours(24);
  for (const NamedInput& tried : AllInputs()) {
    for (const v1::ReceptionState state : AllStates()) {
      SCOPED_TRACE(tried.name + " in " + v1::ReceptionState_Name(state));
      const v1::Reception before = InState(state);
      const absl::StatusOr<v1::Reception> after = Apply(before, tried.input, later);
      const auto allowed = tried.allowed.find(state);
      if (allowed == tried.allowed.end()) {
        ASSERT_TRUE(base::Is(after.status(), ErrorCode::kWrongState)) << after.status();
        EXPECT_EQ(base::DetailOf(after.status())->state(), v1::ReceptionState_Name(state));
        EXPECT_EQ(base::DetailOf(after.status())->reception_id(), "r1");
        continue;
      }
      ASSERT_TRUE(after.ok()) << after.status();
      EXPECT_EQ(after->state(), allowed->second);
      const bool repeated = tried.name == "cancel" && state == v1::RECEPTION_STATE_CANCELLED;
      EXPECT_EQ(after->revision(), before.revision() + (repeated ? 0 : 1));
      if (!repeated) {
        EXPECT_EQ(base::FromProto(after->changed_at()), later);
      }
      // Whatever ends a reception shuts its windows.
      if (allowed->second != v1::RECEPTION_STATE_ANSWERED && !repeated) {
        EXPECT_THAT(after->usable_consents(), IsEmpty());
        EXPECT_FALSE(after->next_step().has_until());
      }
    }
  }
}

TEST(Machine, UnassignIsForAnsweredReceptionsThatHaveAChart) {
  for (const v1::ReceptionState state : AllStates()) {
    SCOPED_TRACE(v1::ReceptionState_Name(state));
    v1::Reception before = InState(state);
    const bool answered = state == v1::RECEPTION_STATE_ANSWERED;
    EXPECT_TRUE(base::Is(Apply(before, Unassign{}, kNow).status(),
                         answered ? ErrorCode::kNotAssigned : ErrorCode::kWrongState));
    before.mutable_assignment()->set_state(v1::ASSIGNMENT_STATE_BY_REFERENCE_NUMBER);
    before.mutable_assignment()->set_patient_id("chart");
    const absl::StatusOr<v1::Reception> after = Apply(before, Unassign{}, kNow);
    EXPECT_EQ(after.ok(), answered);
    if (!after.ok()) continue;
    EXPECT_EQ(after->assignment().state(), v1::ASSIGNMENT_STATE_UNASSIGNED);
    EXPECT_EQ(after->assignment().patient_id(), "");
  }
}

TEST(Machine, AssigningNeedsTheRevisionThatWasLookedAt) {
  const v1::Reception before = InState(v1::RECEPTION_STATE_ANSWERED);
  EXPECT_TRUE(
      base::Is(Apply(before, Assign{"chart", "n", 2}, kNow).status(), ErrorCode::kRevisionChanged));
  EXPECT_TRUE(Apply(before, Assign{"chart", "n", 1}, kNow).ok());
  EXPECT_TRUE(base::Is(Apply(before, Unassign{7}, kNow).status(), ErrorCode::kRevisionChanged));
}

TEST(Machine, AChartStaysUntilItIsTakenBack) {
  const v1::Reception before = InState(v1::RECEPTION_STATE_ANSWERED);
  const v1::Reception tied = *Apply(before, Assign{"chart", "nurse@emr"}, kNow);
  EXPECT_EQ(tied.assignment().state(), v1::ASSIGNMENT_STATE_BY_PERSON);
  EXPECT_EQ(tied.assignment().assigned_by(), "nurse@emr");
  EXPECT_EQ(base::FromProto(tied.assignment().assigned_at()), kNow);
  EXPECT_EQ(Apply(tied, Assign{"chart", "other@emr"}, kNow)->SerializeAsString(),
            tied.SerializeAsString());
  EXPECT_TRUE(
      base::Is(Apply(tied, Assign{"chart2", "n"}, kNow).status(), ErrorCode::kAlreadyAssigned));
  EXPECT_THAT(tied.next_step().methods(), ElementsAre("UnassignPatient", "CancelReception"));
  const v1::Reception free = *Apply(tied, Unassign{}, kNow);
  EXPECT_TRUE(Apply(free, Assign{"chart2", "n"}, kNow).ok());
}

TEST(Machine, APersonDecidesAConflict) {
  Opening opening = MakeOpening(Answer());
  opening.assignment.set_state(v1::ASSIGNMENT_STATE_CONFLICT);
  opening.assignment.add_conflicting_patient_ids("a");
  opening.assignment.add_conflicting_patient_ids("b");
  const v1::Reception before = Open(opening, kNow);
  EXPECT_THAT(before.next_step().methods(), ElementsAre("AssignPatient", "CancelReception"));
  EXPECT_EQ(before.next_step().actor(), v1::ACTOR_STAFF);
  EXPECT_TRUE(base::Is(Apply(before, Unassign{}, kNow).status(), ErrorCode::kNotAssigned));
  const v1::Reception after = *Apply(before, Assign{"b", "n"}, kNow);
  EXPECT_EQ(after.assignment().patient_id(), "b");
  EXPECT_THAT(after.assignment().conflicting_patient_ids(), IsEmpty());
}

TEST(Machine, ConsentsEndOneByOneAndNeverComeBack) {
  const v1::Reception before = InState(v1::RECEPTION_STATE_ANSWERED);
  EXPECT_EQ(before.usable_consents_size(), 2);
  EXPECT_EQ(base::FromProto(before.next_step().until()), kNow + absl::Hours(1));
  EXPECT_EQ(Apply(before, ConsentEnded{}, kNow + absl::Minutes(59))->revision(), 1);
  const v1::Reception one = *Apply(before, ConsentEnded{}, kNow + absl::Hours(1));
  ASSERT_EQ(one.usable_consents_size(), 1);
  EXPECT_EQ(one.usable_consents(0).category(), v1::CONSENT_CATEGORY_CHECKUP);
  EXPECT_EQ(base::FromProto(one.next_step().until()), kNow + absl::Hours(2));
  // The clock was set back.
  EXPECT_EQ(Apply(one, ConsentEnded{}, kNow)->usable_consents_size(), 1);
  EXPECT_EQ(Apply(one, ConsentEnded{}, kNow + absl::Hours(3))->usable_consents_size(), 0);
}

TEST(Machine, TheFirstNewerReadIsNamedAndShutsTheConsents) {
  const v1::Reception before = InState(v1::RECEPTION_STATE_ANSWERED);
  const v1::Reception after = *Apply(before, Superseded{"r2"}, kNow);
  EXPECT_EQ(after.superseded_by(), "r2");
  EXPECT_THAT(after.usable_consents(), IsEmpty());
  EXPECT_EQ(Apply(after, Superseded{"r3"}, kNow)->SerializeAsString(), after.SerializeAsString());
}

TEST(Machine, AnAnswerIsAnsweredWhateverTheValidity) {
  std::set<std::string> sentences;
  for (int number = 0; number < v1::Validity_ARRAYSIZE; ++number) {
    const v1::Reception reception =
        Open(MakeOpening(Answer(static_cast<v1::Validity>(number))), kNow);
    EXPECT_EQ(reception.state(), v1::RECEPTION_STATE_ANSWERED);
    EXPECT_FALSE(reception.has_ended_because());
    EXPECT_EQ(reception.revision(), 1);
    EXPECT_EQ(reception.origin(), v1::RECEPTION_ORIGIN_FACE_READER);
    EXPECT_EQ(reception.identity_method(), v1::IDENTITY_METHOD_OFFICIAL_READER);
    EXPECT_EQ(reception.assignment().state(), v1::ASSIGNMENT_STATE_UNASSIGNED);
    EXPECT_EQ(base::FromProto(reception.confirmation().received_at()), kNow - absl::Seconds(1));
    EXPECT_EQ(reception.confirmation().confirmation_id(), "c1");
    sentences.insert(reception.next_step().text_ja());
  }
  // Each validity tells the receptionist something else.
  EXPECT_EQ(sentences.size(), static_cast<size_t>(v1::Validity_ARRAYSIZE));
}

TEST(Machine, WhatOqsRefusedIsRefusedWithItsWords) {
  v1::Confirmation file = Answer();
  file.mutable_header()->set_segment_of_result(v1::SEGMENT_OF_RESULT_ABNORMAL);
  file.mutable_header()->mutable_error()->set_code("E0001");
  file.mutable_header()->mutable_error()->set_message("ファイルの誤り");
  v1::Confirmation person = Answer();
  person.set_processing_result_status(v1::PROCESSING_RESULT_STATUS_ERROR);
  person.mutable_processing_result()->set_code("E0002");
  for (const auto& [answer, code] : {std::pair(file, "E0001"), std::pair(person, "E0002")}) {
    Opening opening = MakeOpening(answer);
    opening.assignment.set_state(v1::ASSIGNMENT_STATE_EXPECTED);
    opening.superseded_by = "r0";
    const v1::Reception reception = Open(opening, kNow);
    EXPECT_EQ(reception.state(), v1::RECEPTION_STATE_REFUSED);
    EXPECT_EQ(reception.ended_because().number(), "MDG-1406");
    EXPECT_EQ(reception.ended_because().oqs().code(), code);
    EXPECT_EQ(reception.assignment().state(), v1::ASSIGNMENT_STATE_UNASSIGNED);
    EXPECT_THAT(reception.usable_consents(), IsEmpty());
    EXPECT_EQ(reception.superseded_by(), "");
    EXPECT_EQ(reception.confirmation().qualifications_size(), 1);
    EXPECT_THAT(reception.next_step().methods(), ElementsAre("CancelReception"));
    EXPECT_EQ(reception.next_step().actor(), v1::ACTOR_STAFF);
    EXPECT_FALSE(reception.next_step().text_ja().empty());
  }
}

TEST(Machine, NothingOfAnotherInstitutionsAnswerIsKept) {
  for (const std::string& code :
       {std::string("9900000000"), std::string(), std::string("\x1b[2J")}) {
    v1::Confirmation confirmation = Answer();
    confirmation.mutable_header()->set_medical_institution_code(code);
    const v1::Reception reception = Open(MakeOpening(confirmation), kNow);
    EXPECT_EQ(reception.state(), v1::RECEPTION_STATE_REFUSED);
    EXPECT_EQ(reception.ended_because().number(), "MDG-1209");
    EXPECT_THAT(reception.ended_because().text_en(), testing::Not(HasSubstr("\x1b")));
    EXPECT_THAT(reception.usable_consents(), IsEmpty());
    v1::Confirmation left;
    left.set_confirmation_id("c1");
    *left.mutable_received_at() = base::ToProto(kNow - absl::Seconds(1));
    EXPECT_EQ(reception.confirmation().SerializeAsString(), left.SerializeAsString());
    EXPECT_THAT(reception.SerializeAsString(), testing::Not(HasSubstr("窓口花子")));
  }
}

TEST(Consent, OpensOnlyWhatWasGrantedWithAnEnd) {
  v1::OqsTime no_end;
  no_end.set_no_end(true);
  v1::OqsTime broken;
  broken.set_text("soon");
  v1::Confirmation confirmation;
  confirmation.add_qualifications();
  v1::Qualification& second = *confirmation.add_qualifications();
  const auto add = [&second](v1::ConsentCategory category, v1::ConsentFlag flag,
                             v1::OqsTime until) {
    *second.add_consents() = MakeConsent(category, flag, std::move(until));
  };
  const v1::OqsTime later = At(kNow + absl::Seconds(1));
  add(v1::CONSENT_CATEGORY_DRUG, v1::CONSENT_FLAG_GRANTED, later);
  add(v1::CONSENT_CATEGORY_CHECKUP, v1::CONSENT_FLAG_GRANTED, At(kNow));  // over
  add(v1::CONSENT_CATEGORY_DIAGNOSIS, v1::CONSENT_FLAG_GRANTED, no_end);
  add(v1::CONSENT_CATEGORY_OPERATION, v1::CONSENT_FLAG_GRANTED, {});
  add(v1::CONSENT_CATEGORY_OPERATION, v1::CONSENT_FLAG_GRANTED, broken);
  add(v1::CONSENT_CATEGORY_OPERATION, v1::CONSENT_FLAG_REFUSED, later);
  add(v1::CONSENT_CATEGORY_OPERATION, v1::CONSENT_FLAG_EXPIRED, later);
  add(v1::CONSENT_CATEGORY_OPERATION, v1::CONSENT_FLAG_NOT_OBTAINABLE, later);
  add(v1::CONSENT_CATEGORY_OPERATION, v1::CONSENT_FLAG_UNSPECIFIED, later);
  add(v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE, v1::CONSENT_FLAG_GRANTED, later);
  add(v1::CONSENT_CATEGORY_SPECIFIC_DISEASE, v1::CONSENT_FLAG_GRANTED, later);
  add(v1::CONSENT_CATEGORY_UNSPECIFIED, v1::CONSENT_FLAG_GRANTED, later);
  const std::vector<v1::UsableConsent> usable = UsableConsents(confirmation, kNow);
  ASSERT_EQ(usable.size(), 2u);
  EXPECT_EQ(usable[0].category(), v1::CONSENT_CATEGORY_DRUG);
  EXPECT_EQ(usable[0].qualification_index(), 1);
  EXPECT_EQ(base::FromProto(usable[0].until()), kNow + absl::Seconds(1));
  EXPECT_EQ(usable[1].category(), v1::CONSENT_CATEGORY_DIAGNOSIS);
  EXPECT_FALSE(usable[1].has_until());
}

}  // namespace
}  // namespace madoguchi::reception
