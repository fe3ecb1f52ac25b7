#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "tests/reception/desk_fixture.h"
#include "tests/reception/inputs.h"

// Every input of a check-in at an own reader in every state.
namespace madoguchi::reception {
namespace {

v1::Reception In(v1::ReceptionState state) {
  v1::Reception reception = OpenAtReader({.reception_id = "r1",
                                          .counter = "main",
                                          .reader = "Reader",
                                          .medical_institution_code = kInstitution,
                                          .until = Morning() + absl::Minutes(2)},
                                         Morning());
  reception.set_state(state);
  return reception;
}

v1::ErrorDetail Why(base::ErrorCode code) { return base::MakeDetail(code); }

v1::Confirmation Coded(oqs::CardOutcome outcome) {
  v1::Confirmation answer = MakeConfirmation({}, Morning(), absl::Hours(24));
  answer.mutable_header()->set_segment_of_result_code("1");
  answer.set_processing_result_status_code("1");
  if (outcome == oqs::CardOutcome::kConfirmed) return answer;
  answer.clear_qualifications();
  answer.set_processing_result_status(v1::PROCESSING_RESULT_STATUS_ERROR);
  answer.set_processing_result_status_code("2");
  answer.mutable_processing_result()->set_code(std::string(oqs::CardOutcomeCode(outcome)));
  return answer;
}

CardAnswered Answer(oqs::CardOutcome outcome) {
  return {.confirmation_id = "c1",
          .seen_at = Morning(),
          .confirmation = Coded(outcome),
          .assignment = {},
          .superseded_by = {}};
}

std::vector<NamedInput> CardInputs() {
  using v1::RECEPTION_STATE_ABANDONED;
  using v1::RECEPTION_STATE_ANSWERED;
  using v1::RECEPTION_STATE_ASKING;
  using v1::RECEPTION_STATE_CARD_PRESENT;
  using v1::RECEPTION_STATE_IDENTIFIED;
  using v1::RECEPTION_STATE_NOT_ENROLLED;
  using v1::RECEPTION_STATE_OUTCOME_UNKNOWN;
  using v1::RECEPTION_STATE_PENDING;
  using v1::RECEPTION_STATE_REFUSED;
  using v1::RECEPTION_STATE_WAITING_FOR_CARD;
  const auto answered = [](v1::ReceptionState to) {
    return std::map<v1::ReceptionState, v1::ReceptionState>{{RECEPTION_STATE_ASKING, to},
                                                            {RECEPTION_STATE_OUTCOME_UNKNOWN, to}};
  };
  return {
      {"CardOpened",
       CardOpened{.attempts_left = 3},
       {{RECEPTION_STATE_WAITING_FOR_CARD, RECEPTION_STATE_CARD_PRESENT}}},
      {"CardNotRead",
       CardNotRead{Why(base::ErrorCode::kCardLost)},
       {{RECEPTION_STATE_WAITING_FOR_CARD, RECEPTION_STATE_WAITING_FOR_CARD}}},
      {"CardUnfit",
       CardUnfit{Why(base::ErrorCode::kNotAMyNumberCard)},
       {{RECEPTION_STATE_WAITING_FOR_CARD, RECEPTION_STATE_REFUSED}}},
      {"PinNotTaken",
       PinNotTaken{.attempts_left = 2, .why = Why(base::ErrorCode::kPinWrong)},
       {{RECEPTION_STATE_CARD_PRESENT, RECEPTION_STATE_CARD_PRESENT}}},
      {"Identified",
       Identified{.method = v1::IDENTITY_METHOD_PIN},
       {{RECEPTION_STATE_CARD_PRESENT, RECEPTION_STATE_IDENTIFIED}}},
      {"Abandon",
       Abandon{Why(base::ErrorCode::kCardLost)},
       {{RECEPTION_STATE_WAITING_FOR_CARD, RECEPTION_STATE_ABANDONED},
        {RECEPTION_STATE_CARD_PRESENT, RECEPTION_STATE_ABANDONED},
        {RECEPTION_STATE_IDENTIFIED, RECEPTION_STATE_ABANDONED}}},
      {"AskWithCard",
       AskWithCard{.line = "web", .answers = {}},
       {{RECEPTION_STATE_IDENTIFIED, RECEPTION_STATE_ASKING}}},
      {"AskWithoutLine",
       AskWithCard{.line = "", .answers = {}},
       {{RECEPTION_STATE_IDENTIFIED, RECEPTION_STATE_PENDING}}},
      {"Enrol", Enrol{"web"}, {{RECEPTION_STATE_NOT_ENROLLED, RECEPTION_STATE_ASKING}}},
      {"Confirmed", Answer(oqs::CardOutcome::kConfirmed), answered(RECEPTION_STATE_ANSWERED)},
      {"NotEnrolled", Answer(oqs::CardOutcome::kNotEnrolled),
       answered(RECEPTION_STATE_NOT_ENROLLED)},
      {"Revoked", Answer(oqs::CardOutcome::kRevoked), answered(RECEPTION_STATE_REFUSED)},
      {"Suspended", Answer(oqs::CardOutcome::kSuspended), answered(RECEPTION_STATE_REFUSED)},
      {"Expired", Answer(oqs::CardOutcome::kExpired), answered(RECEPTION_STATE_REFUSED)},
      {"Unknown", Answer(oqs::CardOutcome::kHolderUnknown), answered(RECEPTION_STATE_REFUSED)},
      {"Refused", Answer(oqs::CardOutcome::kProofRefused), answered(RECEPTION_STATE_REFUSED)},
      {"NotSent", NotSent{}, {{RECEPTION_STATE_ASKING, RECEPTION_STATE_PENDING}}},
      {"NoAnswer", NoAnswer{}, {{RECEPTION_STATE_ASKING, RECEPTION_STATE_OUTCOME_UNKNOWN}}},
      {"Ask", Ask{"t1"}, {}},
      {"Note", Note{}, {}},
  };
}

TEST(MachineCards, EveryInputInEveryState) {
  for (const NamedInput& one : CardInputs()) {
    for (const v1::ReceptionState state : AllStates()) {
      SCOPED_TRACE(one.name + " in " + v1::ReceptionState_Name(state));
      const v1::Reception before = In(state);
      const absl::StatusOr<v1::Reception> after = Apply(before, one.input, Morning());
      const auto allowed = one.allowed.find(state);
      ASSERT_EQ(after.ok(), allowed != one.allowed.end()) << after.status();
      if (after.ok()) {
        EXPECT_EQ(after->state(), allowed->second);
        EXPECT_EQ(after->revision(), before.revision() + 1);
        EXPECT_FALSE(after->next_step().text_ja().empty());
        continue;
      }
      EXPECT_TRUE(base::Is(after.status(), base::ErrorCode::kWrongState));
      EXPECT_EQ(base::DetailOf(after.status())->state(), v1::ReceptionState_Name(state));
    }
  }
}

TEST(MachineCards, NothingOfItHappensToOtherReceptions) {
  for (const NamedInput& one : CardInputs()) {
    for (const v1::ReceptionState state : AllStates()) {
      if (one.name == "NotSent" || one.name == "NoAnswer") continue;
      SCOPED_TRACE(one.name + " in " + v1::ReceptionState_Name(state));
      v1::Reception before = In(state);
      before.set_origin(v1::RECEPTION_ORIGIN_FACE_READER);
      EXPECT_FALSE(Apply(before, one.input, Morning()).ok());
    }
  }
}

TEST(MachineCards, ConsentsCountOnlyWhereTheSiteTakesThem) {
  for (const bool closed : {false, true}) {
    v1::Reception asking = In(v1::RECEPTION_STATE_ASKING);
    asking.set_records_closed(closed);
    const auto after = Apply(asking, Answer(oqs::CardOutcome::kConfirmed), Morning());
    ASSERT_TRUE(after.ok()) << after.status();
    EXPECT_EQ(after->usable_consents().empty(), closed);
    EXPECT_EQ(after->records().empty(), closed);
  }
}

TEST(MachineCards, SaysWhoseTurnItIsAndUntilWhen) {
  const auto present =
      Apply(In(v1::RECEPTION_STATE_WAITING_FOR_CARD),
            CardOpened{.attempts_left = 1, .until = Morning() + absl::Minutes(1)}, Morning());
  ASSERT_TRUE(present.ok());
  EXPECT_EQ(present->next_step().actor(), v1::ACTOR_PATIENT);
  EXPECT_EQ(base::FromProto(present->next_step().until()), Morning() + absl::Minutes(1));
  EXPECT_NE(present->next_step().text_ja().find("あと1回"), std::string::npos);
  const auto blocked =
      Apply(In(v1::RECEPTION_STATE_WAITING_FOR_CARD), CardOpened{.attempts_left = 0}, Morning());
  ASSERT_TRUE(blocked.ok());
  EXPECT_EQ(blocked->next_step().actor(), v1::ACTOR_STAFF);
  for (const std::string& method : blocked->next_step().methods()) EXPECT_NE(method, "SubmitPin");
}

}  // namespace
}  // namespace madoguchi::reception
