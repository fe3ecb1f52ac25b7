#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/reception/machine.h"
#include "tests/reception/desk_fixture.h"

// Random lives of receptions by identifiers against the simplest model: who was asked about last,
// and whether an answer about exactly that person was taken.
namespace madoguchi::reception {
namespace {

v1::PendingNote NoteOf(int person) {
  v1::PendingNote note;
  if (person == 0) return note;
  note.mutable_insured()->set_insurer_number("00990012");
  note.mutable_insured()->set_number(absl::StrCat(person));
  *note.mutable_birth_date() = base::ParseOqsDate("19700102");
  return note;
}

class Life {
 public:
  explicit Life(uint32_t seed) : random_(seed), now_(Morning()) {
    person_ = Pick(4);
    reception_ = OpenAsked({.reception_id = "r1",
                            .counter = "main",
                            .medical_institution_code = kInstitution,
                            .terminal = person_ == 0 || Pick(3) == 0 ? "" : "t1",
                            .note = NoteOf(person_)},
                           now_);
  }

  void Run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) Step();
  }
  v1::ReceptionState state() const { return reception_.state(); }
  int taken() const { return taken_; }

 private:
  int Pick(int count) { return static_cast<int>(random_() % static_cast<uint32_t>(count)); }

  Input AnyInput(int& about) {
    about = Pick(4);
    switch (Pick(12)) {
      case 0:
        return Ask{"t2"};
      case 1:
        return Correct{"t1", NoteOf(about)};
      case 2:
        return Note{NoteOf(about)};
      case 3:
        return NotSent{};
      case 4:
        return NoAnswer{};
      case 5:
      case 6:
      case 7:
        return AnswerAbout(about);
      case 8:
        return AnsweredOther{NoteOf(about)};
      case 9:
        return Assign{absl::StrCat(about), "nurse@emr"};
      case 10:
        return Pick(4) == 0 ? Input(Cancel{}) : Input(Superseded{"r2"});
      default:
        now_ += absl::Hours(Pick(12));
        return CloseDay{.undecided_days = 2};
    }
  }

  Answered AnswerAbout(int person) {
    Answered answer{
        .asked = NoteOf(person),
        .confirmation_id = absl::StrCat("c", person),
        .seen_at = now_,
        .confirmation = MakeConfirmation({.number = absl::StrCat(person)}, now_, absl::Hours(24)),
        .assignment = {}};
    if (Pick(5) == 0) {
      answer.confirmation.set_processing_result_status(v1::PROCESSING_RESULT_STATUS_ERROR);
    }
    return answer;
  }

  void Step() {
    int about = 0;
    const Input input = AnyInput(about);
    const v1::Reception before = reception_;
    const absl::StatusOr<v1::Reception> after = Apply(before, input, now_);
    if (!after.ok()) {
      EXPECT_EQ(base::DetailOf(after.status())->reception_id(), "r1") << after.status();
      return;
    }
    reception_ = *after;
    if (std::holds_alternative<Correct>(input) || std::holds_alternative<Note>(input)) {
      person_ = about;
    }
    const bool changed = after->revision() != before.revision();
    EXPECT_EQ(after->revision(), before.revision() + (changed ? 1 : 0));
    if (!changed) {
      EXPECT_EQ(after->SerializeAsString(), before.SerializeAsString());
    }
    // Whatever ended does not come back.
    EXPECT_NE(before.state() == v1::RECEPTION_STATE_CLOSED && changed, true);
    if (std::holds_alternative<Answered>(input)) {
      ++taken_;
      EXPECT_EQ(about, person_) << "somebody else's answer was taken";
    }
    CheckInvariants();
    CheckNextStep();
  }

  void CheckInvariants() {
    EXPECT_TRUE(reception_.usable_consents().empty());
    EXPECT_EQ(reception_.origin(), v1::RECEPTION_ORIGIN_IDENTIFIERS);
    const bool answered = reception_.state() == v1::RECEPTION_STATE_ANSWERED;
    if (answered || reception_.has_confirmation()) {
      EXPECT_EQ(reception_.confirmation().qualifications(0).insured().number(),
                absl::StrCat(person_));
    }
    if (answered) {
      EXPECT_FALSE(reception_.has_pending_note());
    }
    const bool waits = reception_.state() == v1::RECEPTION_STATE_ASKING ||
                       reception_.state() == v1::RECEPTION_STATE_OUTCOME_UNKNOWN ||
                       reception_.state() == v1::RECEPTION_STATE_PENDING;
    if (waits) {
      EXPECT_EQ(reception_.pending_note().SerializeAsString(), NoteOf(person_).SerializeAsString());
      EXPECT_FALSE(reception_.has_confirmation());
      EXPECT_EQ(reception_.assignment().state(), v1::ASSIGNMENT_STATE_UNASSIGNED);
    }
  }

  bool Offers(const std::string& method) const {
    const auto& methods = reception_.next_step().methods();
    return std::find(methods.begin(), methods.end(), method) != methods.end();
  }
  // True when it is done, or was done already.
  bool Takes(const Input& input) const { return Apply(reception_, input, now_).ok(); }

  // What the counter is told it may do is what it may do.
  void CheckNextStep() {
    EXPECT_FALSE(reception_.next_step().text_ja().empty());
    EXPECT_EQ(Offers("CompletePending"), Takes(Note{NoteOf(3)}));
    EXPECT_EQ(Offers("ConfirmEligibility"), Takes(Correct{"t1", NoteOf(3)}));
    EXPECT_EQ(Offers("UnassignPatient"), Takes(Unassign{}));
    if (Offers("RetryReception")) {
      EXPECT_TRUE(Takes(Ask{"t1"}));
    }
    if (reception_.state() != v1::RECEPTION_STATE_CANCELLED) {
      EXPECT_EQ(Offers("CancelReception"), Takes(Cancel{}));
    }
    const bool daemon = reception_.next_step().actor() == v1::ACTOR_DAEMON;
    EXPECT_EQ(daemon, reception_.state() == v1::RECEPTION_STATE_PENDING && Takes(Ask{"t1"}));
  }

  std::mt19937 random_;
  absl::Time now_;
  // The last asked about; 0: nobody can be.
  int person_ = 0;
  int taken_ = 0;
  v1::Reception reception_;
};

TEST(MachineModelTest, NoLifeTakesAnothersAnswer) {
  std::map<v1::ReceptionState, int> ends;
  int taken = 0;
  for (uint32_t seed = 1; seed <= 3000 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Life life(seed);
    life.Run(25);
    ++ends[life.state()];
    taken += life.taken();
  }
  // The test is worth something only as long as its lives are of all kinds.
  EXPECT_GT(taken, 1000);
  for (const v1::ReceptionState state :
       {v1::RECEPTION_STATE_ASKING, v1::RECEPTION_STATE_OUTCOME_UNKNOWN,
        v1::RECEPTION_STATE_PENDING, v1::RECEPTION_STATE_ANSWERED, v1::RECEPTION_STATE_REFUSED,
        v1::RECEPTION_STATE_CANCELLED, v1::RECEPTION_STATE_CLOSED}) {
    EXPECT_GT(ends[state], 20) << v1::ReceptionState_Name(state);
  }
}

}  // namespace
}  // namespace madoguchi::reception
