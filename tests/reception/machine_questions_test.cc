#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/reception/machine.h"
#include "tests/reception/desk_fixture.h"
#include "tests/reception/inputs.h"

// Receptions by identifiers: asking, and what becomes of a question.
namespace madoguchi::reception::questions {
namespace {

using base::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr auto kAsking = v1::RECEPTION_STATE_ASKING;
constexpr auto kUnknown = v1::RECEPTION_STATE_OUTCOME_UNKNOWN;
constexpr auto kPending = v1::RECEPTION_STATE_PENDING;
constexpr auto kAnswered = v1::RECEPTION_STATE_ANSWERED;
constexpr auto kRefused = v1::RECEPTION_STATE_REFUSED;
constexpr auto kCancelled = v1::RECEPTION_STATE_CANCELLED;
constexpr auto kClosed = v1::RECEPTION_STATE_CLOSED;

v1::PendingNote MakeNote(const std::string& number = "1001") {
  v1::PendingNote note;
  note.mutable_insured()->set_insurer_number("00990012");
  note.mutable_insured()->set_symbol("A1");
  note.mutable_insured()->set_number(number);
  *note.mutable_birth_date() = base::ParseOqsDate("19700102");
  note.set_name("窓口花子");
  return note;
}

v1::Reception Opened(const std::string& terminal = "t1", v1::PendingNote note = MakeNote()) {
  return OpenAsked({.reception_id = "r1",
                    .counter = "main",
                    .medical_institution_code = kInstitution,
                    .terminal = terminal,
                    .note = std::move(note)},
                   Morning());
}

Answered MakeAnswer(v1::PendingNote asked = MakeNote()) {
  return {.asked = std::move(asked),
          .confirmation_id = "c1",
          .seen_at = Morning() + absl::Seconds(30),
          .confirmation = MakeConfirmation({}, Morning(), absl::Hours(24)),
          .assignment = {}};
}

v1::Reception After(const v1::Reception& before, const Input& input,
                    absl::Time now = Morning() + absl::Minutes(1)) {
  const absl::StatusOr<v1::Reception> after = Apply(before, input, now);
  EXPECT_TRUE(after.ok()) << after.status();
  return after.ok() ? *after : v1::Reception();
}

// The way there that a real reception takes, where there is one.
v1::Reception InState(v1::ReceptionState state) {
  v1::Reception reception = state == kPending ? Opened("") : Opened();
  if (state == kUnknown) return After(reception, NoAnswer{});
  if (state == kAnswered) return After(reception, MakeAnswer());
  if (state == kRefused) return After(reception, AnsweredOther{MakeNote()});
  if (state == kCancelled) return After(After(reception, NoAnswer{}), Cancel{});
  if (state == kClosed) return After(After(reception, MakeAnswer()), CloseDay{});
  reception.set_state(state);
  return reception;
}

std::vector<NamedInput> QuestionInputs() {
  return {
      {"ask", Ask{"t2"}, {{kUnknown, kAsking}, {kPending, kAsking}}},
      {"correct", Correct{"t2", MakeNote("7")}, {{kAnswered, kAsking}}},
      {"note", Note{MakeNote("7")}, {{kPending, kPending}}},
      {"not sent", NotSent{}, {{kAsking, kPending}}},
      {"no answer", NoAnswer{}, {{kAsking, kUnknown}}},
      {"answered", MakeAnswer(), {{kAsking, kAnswered}, {kUnknown, kAnswered}}},
      {"answered other", AnsweredOther{MakeNote()}, {{kAsking, kRefused}, {kUnknown, kRefused}}}};
}

std::vector<NamedInput> AllInputs() {
  std::vector<NamedInput> inputs = QuestionInputs();
  inputs.push_back({"assign", Assign{"chart", "nurse@emr"}, {{kAnswered, kAnswered}}});
  inputs.push_back({"cancel",
                    Cancel{},
                    {{kAnswered, kCancelled},
                     {kRefused, kCancelled},
                     {kUnknown, kCancelled},
                     {kPending, kCancelled},
                     {kCancelled, kCancelled}}});
  inputs.push_back({"superseded", Superseded{"r2"}, {{kAnswered, kAnswered}}});
  inputs.push_back({"close day",
                    CloseDay{},
                    {{kAnswered, kClosed},
                     {kRefused, kClosed},
                     {kUnknown, kClosed},
                     {kPending, kClosed},
                     {kCancelled, kClosed},
                     {v1::RECEPTION_STATE_ABANDONED, kClosed},
                     {v1::RECEPTION_STATE_NOT_ENROLLED, kClosed}}});
  return inputs;
}

TEST(MachineQuestions, EveryStateTakesItsInputsAndRefusesAllOthers) {
  const absl::Time tomorrow = Morning() + absl::Hours(24);
  for (const NamedInput& tried : AllInputs()) {
    for (const v1::ReceptionState state : AllStates()) {
      SCOPED_TRACE(tried.name + " in " + v1::ReceptionState_Name(state));
      const v1::Reception before = InState(state);
      ASSERT_EQ(before.state(), state);
      const absl::StatusOr<v1::Reception> after = Apply(before, tried.input, tomorrow);
      const auto allowed = tried.allowed.find(state);
      if (allowed == tried.allowed.end()) {
        ASSERT_TRUE(base::Is(after.status(), ErrorCode::kWrongState)) << after.status();
        EXPECT_EQ(base::DetailOf(after.status())->state(), v1::ReceptionState_Name(state));
        EXPECT_EQ(base::DetailOf(after.status())->reception_id(), "r1");
        continue;
      }
      ASSERT_TRUE(after.ok()) << after.status();
      EXPECT_EQ(after->state(), allowed->second);
      const bool repeated = tried.name == "cancel" && state == kCancelled;
      EXPECT_EQ(after->revision(), before.revision() + (repeated ? 0 : 1));
      EXPECT_FALSE(after->next_step().text_ja().empty());
      EXPECT_THAT(after->usable_consents(), IsEmpty());
      EXPECT_THAT(after->records(), IsEmpty());
      EXPECT_EQ(after->has_ended_because(), after->state() == kRefused ||
                                                after->state() == kCancelled || state == kRefused ||
                                                state == kCancelled);
    }
  }
}

TEST(MachineQuestions, NothingOfThemHappensToACardRead) {
  for (const NamedInput& tried : QuestionInputs()) {
    for (const v1::ReceptionState state : AllStates()) {
      SCOPED_TRACE(tried.name + " in " + v1::ReceptionState_Name(state));
      v1::Reception before = InState(state);
      before.set_origin(v1::RECEPTION_ORIGIN_FACE_READER);
      const absl::StatusOr<v1::Reception> after = Apply(before, tried.input, Morning());
      EXPECT_TRUE(base::Is(after.status(), ErrorCode::kWrongState)) << after.status();
    }
  }
}

TEST(MachineQuestions, OpensBeforeAnythingIsSent) {
  const v1::Reception asking = Opened();
  EXPECT_EQ(asking.state(), kAsking);
  EXPECT_EQ(asking.revision(), 1);
  EXPECT_EQ(asking.origin(), v1::RECEPTION_ORIGIN_IDENTIFIERS);
  EXPECT_EQ(asking.identity_method(), v1::IDENTITY_METHOD_NONE);
  EXPECT_EQ(asking.medical_institution_code(), kInstitution);
  EXPECT_EQ(asking.terminal(), "t1");
  EXPECT_FALSE(asking.has_confirmation());
  EXPECT_EQ(asking.pending_note().name(), "窓口花子");
  EXPECT_EQ(asking.next_step().actor(), v1::ACTOR_OQS);
  EXPECT_THAT(asking.next_step().methods(), IsEmpty());
  const v1::Reception pending = Opened("");
  EXPECT_EQ(pending.state(), kPending);
  EXPECT_EQ(After(pending, Ask{"t2"}).terminal(), "t2");
}

TEST(MachineQuestions, WhatCannotBeAskedWaitsForAPerson) {
  v1::PendingNote no_insurer = MakeNote();
  no_insurer.mutable_insured()->clear_insurer_number();
  v1::PendingNote no_number = MakeNote();
  no_number.mutable_insured()->clear_number();
  v1::PendingNote no_day = MakeNote();
  *no_day.mutable_birth_date() = base::ParseOqsDate("19700100");
  std::set<std::string> sentences;
  for (const v1::PendingNote& note : {no_insurer, no_number, no_day, v1::PendingNote()}) {
    const v1::Reception pending = Opened("", note);
    EXPECT_EQ(pending.next_step().actor(), v1::ACTOR_STAFF);
    EXPECT_THAT(pending.next_step().methods(), ElementsAre("CompletePending", "CancelReception"));
    EXPECT_TRUE(
        base::Is(Apply(pending, Ask{"t1"}, Morning()).status(), ErrorCode::kIdentifiersIncomplete));
    const v1::Reception complete = After(pending, Note{MakeNote()});
    EXPECT_EQ(complete.next_step().actor(), v1::ACTOR_DAEMON);
    EXPECT_EQ(After(complete, Note{MakeNote()}).revision(), complete.revision());
    EXPECT_EQ(After(complete, Ask{"t1"}).state(), kAsking);
    EXPECT_TRUE(base::Is(Apply(InState(kAnswered), Correct{"t1", note}, Morning()).status(),
                         ErrorCode::kIdentifiersIncomplete));
    sentences.insert(pending.next_step().text_ja());
    sentences.insert(complete.next_step().text_ja());
  }
  EXPECT_EQ(sentences.size(), 2u);
}

TEST(MachineQuestions, TheAnswerTakesThePlaceOfWhatWasNoted) {
  for (const v1::ReceptionState state : {kAsking, kUnknown}) {
    Answered answer = MakeAnswer();
    answer.assignment.set_state(v1::ASSIGNMENT_STATE_BY_REFERENCE_NUMBER);
    answer.assignment.set_patient_id("77");
    const v1::Reception after = After(InState(state), answer);
    EXPECT_EQ(after.state(), kAnswered);
    EXPECT_EQ(after.confirmation().confirmation_id(), "c1");
    EXPECT_EQ(base::FromProto(after.confirmation().received_at()), answer.seen_at);
    EXPECT_EQ(after.assignment().patient_id(), "77");
    EXPECT_FALSE(after.has_pending_note());
    // Granted to another read, not by being asked about.
    EXPECT_THAT(after.usable_consents(), IsEmpty());
    EXPECT_THAT(after.next_step().methods(),
                ElementsAre("UnassignPatient", "CancelReception", "ConfirmEligibility"));
    // A second answer to the same question changes nothing.
    EXPECT_TRUE(base::Is(Apply(after, answer, Morning()).status(), ErrorCode::kWrongState));
  }
}

TEST(MachineQuestions, AnErrorOfOqsIsTheAnswer) {
  Answered answer = MakeAnswer();
  answer.confirmation.mutable_header()->set_segment_of_result(v1::SEGMENT_OF_RESULT_ABNORMAL);
  answer.confirmation.mutable_header()->mutable_error()->set_code("E0001");
  const v1::Reception after = After(Opened(), answer);
  EXPECT_EQ(after.state(), kRefused);
  EXPECT_EQ(after.ended_because().number(), "MDG-1406");
  EXPECT_EQ(after.ended_because().oqs().code(), "E0001");
  EXPECT_EQ(after.pending_note().name(), "窓口花子");
}

TEST(MachineQuestions, NothingOfAnothersAnswerIsKept) {
  Answered foreign = MakeAnswer();
  foreign.confirmation.mutable_header()->set_medical_institution_code("9900000000");
  foreign.confirmation.mutable_qualifications(0)->set_name("他院太郎");
  const v1::Reception refused = After(Opened(), foreign);
  EXPECT_EQ(refused.state(), kRefused);
  EXPECT_EQ(refused.ended_because().number(), "MDG-1209");
  EXPECT_EQ(refused.medical_institution_code(), kInstitution);
  EXPECT_THAT(refused.SerializeAsString(), Not(HasSubstr("他院太郎")));
  const v1::Reception other = After(Opened(), AnsweredOther{MakeNote()});
  EXPECT_EQ(other.ended_because().number(), "MDG-1412");
  EXPECT_FALSE(other.has_confirmation());
  EXPECT_THAT(other.next_step().text_ja(), HasSubstr("生年月日"));
}

TEST(MachineQuestions, AnAnswerToWhatWasAskedBeforeACorrectionIsNoAnswer) {
  v1::Reception answered = InState(kAnswered);
  answered = After(answered, Assign{"chart", "nurse@emr"});
  const v1::Reception corrected = After(answered, Correct{"t2", MakeNote("7")});
  EXPECT_EQ(corrected.state(), kAsking);
  EXPECT_EQ(corrected.terminal(), "t2");
  // Nothing of the first person's answer stays.
  EXPECT_FALSE(corrected.has_confirmation());
  EXPECT_EQ(corrected.assignment().state(), v1::ASSIGNMENT_STATE_UNASSIGNED);
  EXPECT_EQ(corrected.assignment().patient_id(), "");
  for (const v1::Reception& waiting : {corrected, After(corrected, NoAnswer{})}) {
    EXPECT_TRUE(base::Is(Apply(waiting, MakeAnswer(), Morning()).status(), ErrorCode::kWrongState));
    EXPECT_TRUE(base::Is(Apply(waiting, AnsweredOther{MakeNote()}, Morning()).status(),
                         ErrorCode::kWrongState));
    EXPECT_EQ(After(waiting, MakeAnswer(MakeNote("7"))).state(), kAnswered);
  }
  // The same number with another birth date is another question.
  v1::PendingNote older = MakeNote();
  *older.mutable_birth_date() = base::ParseOqsDate("19700103");
  EXPECT_TRUE(
      base::Is(Apply(Opened(), MakeAnswer(older), Morning()).status(), ErrorCode::kWrongState));
  // What a clerk noted beside them is not asked about.
  v1::PendingNote renamed = MakeNote();
  renamed.set_name("");
  EXPECT_EQ(After(Opened(), MakeAnswer(renamed)).state(), kAnswered);
}

TEST(MachineQuestions, ALateAnswerAfterARetryIsAsGoodAsTheNewOne) {
  const v1::Reception retried = After(InState(kUnknown), Ask{"t2"});
  EXPECT_EQ(retried.state(), kAsking);
  EXPECT_EQ(retried.terminal(), "t2");
  EXPECT_EQ(After(retried, MakeAnswer()).state(), kAnswered);
}

TEST(MachineQuestions, WithoutAnAnswerItStaysOpenForDaysAndSaysSoWhenItEnds) {
  const absl::CivilDay day = base::JapanDay(Morning());
  for (const v1::ReceptionState state : {kPending, kUnknown}) {
    const v1::Reception before = InState(state);
    const CloseDay close{.undecided_days = 3};
    const absl::Time last = base::JapanDayStart(day + 4) - absl::Seconds(1);
    EXPECT_EQ(After(before, close, last).SerializeAsString(), before.SerializeAsString());
    const v1::Reception after = After(before, close, last + absl::Seconds(1));
    EXPECT_EQ(after.state(), kClosed);
    EXPECT_NE(after.next_step().text_ja(), InState(kClosed).next_step().text_ja());
    EXPECT_TRUE(base::Is(Apply(after, MakeAnswer(), last).status(), ErrorCode::kWrongState));
    const v1::Reception cancelled = After(After(before, Cancel{}), close, last);
    EXPECT_EQ(cancelled.next_step().text_ja(), InState(kClosed).next_step().text_ja());
  }
}

}  // namespace
}  // namespace madoguchi::reception::questions
