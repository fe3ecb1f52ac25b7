#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "agent/eligibility/folder_line.h"
#include "agent/reception/exchanges.h"
#include "tests/reception/desk_fixture.h"
#include "tests/reception/scripted_terminal.h"

// Thousands of histories of questions at the desk: calls repeated with the same and with another
// request_id, answers that are late, double, foreign or about somebody else, shares that go away,
// and ends of the program at every step. The model counts files and knows whom each is about.
namespace madoguchi::reception {
namespace {

using eligibility::JournalStep;
using eligibility::Publication;

// What the test does in the place of a line's thread, on the desk's journal and real folders.
enum class Crash { kNever, kBeforeWritten, kAfterWritten, kBeforeSent, kAfterSent };
constexpr int kCrashes = 5;

// All that is known of one person's question.
struct Asked {
  bool open = false;
  // With which it was asked, and what each of them led to: the id of a reception or of an exchange.
  std::map<std::string, std::string> calls;
  std::set<std::string> receptions;
  // Request files it may and did lead to.
  int allowed = 0;
  int taken = 0;
};

class AskingModelTest : public DeskFixture, public testing::WithParamInterface<int> {
 protected:
  AskingModelTest() {
    options_.answer_within = absl::Seconds(60);
    options_.line_settles = absl::ZeroDuration();
  }

  void SetUp() override { Begin(); }

  // Lines that are never started: their thread is this test.
  void Begin() {
    line_ = std::make_unique<eligibility::FolderLine>(
        eligibility::LineConfig{.terminal = "t1",
                                .counter = "main",
                                .req = terminal_.site().Req(),
                                .res = terminal_.site().Res(),
                                .range = {}},
        clock_, eligibility::LineSink{});
    lines_ = {line_.get()};
    StartUp();
    sink_ = desk_->MakeLineSink();
  }
  // The program ends and starts again.
  void End() {
    ++crashes_;
    ShutDown();
    Begin();
  }

  int Random(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  bool OneIn(int n) { return Random(n) == 0; }
  // --- the journal

  std::vector<OpenExchange> Open() {
    std::vector<OpenExchange> open;
    auto rows = store_->ReadOpenExchanges();
    EXPECT_TRUE(rows.ok()) << rows.status();
    for (store::ExchangeRow& row : *rows) open.push_back(*ParseExchange(std::move(row)));
    // Ids are random, numbers are not: so that a seed tells the same history again.
    std::sort(open.begin(), open.end(), [](const OpenExchange& a, const OpenExchange& b) {
      return std::pair(a.row.day, a.row.number) < std::pair(b.row.day, b.row.number);
    });
    return open;
  }
  static std::string PersonOf(const OpenExchange& exchange) {
    return exchange.body.question().query().insured().number();
  }
  // Somebody waits for its answer.
  bool Waits(const OpenExchange& exchange) {
    return exchange.step() <= ExchangeStep::kSent &&
           clock_.Now() < exchange.row.opened_at + options_.answer_within;
  }
  std::set<std::string> IdsOf(const std::string& person) {
    std::set<std::string> ids;
    for (const OpenExchange& one : Open()) {
      if (PersonOf(one) == person) ids.insert(one.row.id);
    }
    return ids;
  }

  // --- clients

  v1::ConfirmEligibilityRequest Request(const std::string& person, const std::string& id,
                                        bool open) {
    v1::ConfirmEligibilityRequest request;
    request.set_request_id(id);
    request.set_counter("main");
    request.set_open_reception(open);
    v1::InsuredId& insured = *request.mutable_query()->mutable_insured();
    insured.set_insurer_number("00990012");
    insured.set_symbol("A1");
    insured.set_number(person);
    *request.mutable_query()->mutable_birth_date() = base::ParseOqsDate("19700102");
    return request;
  }

  // Whatever is said is never about anybody else.
  absl::StatusOr<v1::ConfirmEligibilityResponse> Confirm(const std::string& person,
                                                         const std::string& id, bool open) {
    auto answer = Wait<absl::StatusOr<v1::ConfirmEligibilityResponse>>(
        [&](auto done) { desk_->Confirm(caller_, Request(person, id, open), clock_.Now(), done); });
    if (!answer.ok()) return answer;
    for (const v1::Qualification& one : answer->confirmation().qualifications()) {
      EXPECT_EQ(one.insured().number(), person);
    }
    return answer;
  }

  void Call(const std::string& person, const std::string& id) {
    Asked& asked = asked_[person];
    const std::set<std::string> before = IdsOf(person);
    bool in_flight = false;
    for (const OpenExchange& one : Open()) {
      in_flight |= PersonOf(one) == person && Waits(one) && !one.body.flight().empty();
    }
    const auto known = asked.calls.find(id);
    const auto answer = Confirm(person, id, asked.open);
    if (asked.open) {
      if (answer.ok()) Opened(asked, id, answer->reception().reception_id(), in_flight);
      return;
    }
    std::set<std::string> added;
    for (const std::string& one : IdsOf(person)) {
      if (before.count(one) == 0) added.insert(one);
    }
    if (added.empty()) return;
    ASSERT_EQ(added.size(), 1u);
    EXPECT_FALSE(in_flight) << "asked twice at once";
    if (known == asked.calls.end()) {
      ++asked.allowed;
    } else {
      // The file of the first was never published.
      const auto row = store_->FindExchange(known->second);
      ASSERT_TRUE(row.ok() && row->has_value());
      EXPECT_EQ((*row)->step, static_cast<int>(ExchangeStep::kNotSent)) << "asked twice";
    }
    asked.calls[id] = *added.begin();
  }

  void Opened(Asked& asked, const std::string& id, const std::string& reception, bool in_flight) {
    const auto known = asked.calls.find(id);
    if (known != asked.calls.end()) {
      EXPECT_EQ(known->second, reception);
    }
    if (asked.receptions.insert(reception).second) {
      EXPECT_FALSE(in_flight) << "asked twice at once";
      ++asked.allowed;
    }
    asked.calls[id] = reception;
  }

  void AskSomebodyNew() {
    const std::string person = absl::StrCat(1000 + asked_.size());
    asked_[person].open = OneIn(2);
    Call(person, absl::StrCat("r", ++requests_));
  }

  void AskAgain() {
    if (asked_.empty()) return;
    auto who = asked_.begin();
    std::advance(who, Random(static_cast<int>(asked_.size())));
    if (OneIn(2) || who->second.calls.empty()) {
      return Call(who->first, absl::StrCat("r", ++requests_));
    }
    auto call = who->second.calls.begin();
    std::advance(call, Random(static_cast<int>(who->second.calls.size())));
    Call(who->first, std::string(call->first));
  }

  // A clerk presses the button of one whose outcome nobody knows, or that waits for the line.
  void Retry() {
    std::vector<v1::Reception> undecided;
    for (const Event& event : desk_->board().All()) {
      if (event.reception->state() == v1::RECEPTION_STATE_OUTCOME_UNKNOWN ||
          event.reception->state() == v1::RECEPTION_STATE_PENDING) {
        undecided.push_back(*event.reception);
      }
    }
    if (undecided.empty()) return;
    const v1::Reception& one =
        undecided[static_cast<size_t>(Random(static_cast<int>(undecided.size())))];
    v1::RetryReceptionRequest request;
    request.set_reception_id(one.reception_id());
    request.set_request_id(absl::StrCat("r", ++requests_));
    const bool counts = one.state() == v1::RECEPTION_STATE_OUTCOME_UNKNOWN;
    const Outcome first = Wait<Outcome>([&](auto done) { desk_->Retry(caller_, request, done); });
    const Outcome again = Wait<Outcome>([&](auto done) { desk_->Retry(caller_, request, done); });
    if (!first.ok()) return;
    EXPECT_TRUE(again.ok() && again->SerializeAsString() == first->SerializeAsString());
    if (counts) ++asked_[one.pending_note().insured().number()].allowed;
  }

  // --- the line

  // One step of a question; the program may end within it.
  void Line(Crash crash) {
    const std::vector<OpenExchange> open = Open();
    if (open.empty()) return;
    const OpenExchange& one = open[static_cast<size_t>(Random(static_cast<int>(open.size())))];
    if (one.step() <= ExchangeStep::kWritten) {
      Publish(one, crash);
    } else {
      LookForReply(one, crash);
    }
  }

  void Publish(const OpenExchange& one, Crash crash) {
    eligibility::ExchangeFolder folder = terminal_.site().Folder();
    eligibility::Ticket ticket = one.ticket();
    const auto names = NamesOf(ticket);
    // What nobody waits for any longer, as far as the line has heard.
    if (!Waits(one) && OneIn(2)) {
      const auto withdrawn = folder.Withdraw(names, OutgoingOf(one).step);
      if (withdrawn.publication == Publication::kNotSent) sink_.not_sent(ticket, NotAsked());
      if (withdrawn.publication == Publication::kSent) {
        sink_.journal(ticket, JournalStep::kSent).IgnoreError();
      }
      return;
    }
    bool ends = false;
    const auto result = folder.Publish(
        names, ScriptedTerminal::RequestBytes(one.row.id, PersonOf(one)), OutgoingOf(one).step,
        [&](JournalStep step) -> absl::Status {
          const bool writing = step == JournalStep::kWritten;
          const bool before = crash == (writing ? Crash::kBeforeWritten : Crash::kBeforeSent);
          absl::Status kept = before ? absl::OkStatus() : sink_.journal(ticket, step);
          ends = before || crash == (writing ? Crash::kAfterWritten : Crash::kAfterSent);
          return ends ? absl::AbortedError("the program ended") : kept;
        });
    if (ends) return End();
    switch (result.publication) {
      case Publication::kSent:
      case Publication::kUnknown:
        return;
      case Publication::kNotSent:
        folder.Withdraw(names, JournalStep::kPrepared);
        return sink_.not_sent(ticket, NotAsked());
      case Publication::kNameTaken:
        (void)sink_.rename(ticket);
        if (crash != Crash::kNever) return End();
        folder.Withdraw(names, JournalStep::kPrepared);
        return;
    }
  }

  void LookForReply(const OpenExchange& one, Crash crash) {
    eligibility::ExchangeFolder folder = terminal_.site().Folder();
    const eligibility::Ticket ticket = one.ticket();
    const eligibility::FileLook look = folder.ReadReply(NamesOf(ticket));
    const bool answered = one.step() == ExchangeStep::kAnswered;
    if (look.look != eligibility::Look::kRead) {
      if (answered && look.look == eligibility::Look::kGone) sink_.removed(ticket);
      return;
    }
    const v1::OqsMessage message = ScriptedTerminal::Parse(look.bytes, clock_.Now());
    const auto match = MatchHeader(OutgoingOf(one).question, message.confirmation().header());
    if (match == eligibility::AnswerMatch::kOtherQuestion) {
      if (answered) sink_.removed(ticket);
      return;
    }
    if (crash == Crash::kBeforeWritten) return End();
    if (!sink_
             .answered(ticket, {.file_name = "reply",
                                .bytes = look.bytes,
                                .message = message,
                                .seen_at = clock_.Now()})
             .ok()) {
      return;
    }
    if (crash == Crash::kAfterWritten) return End();
    folder.RemoveReply(NamesOf(ticket), look.stamp);
    if (crash == Crash::kBeforeSent) return End();
    sink_.removed(ticket);
  }

  static eligibility::ExchangeNames NamesOf(const eligibility::Ticket& ticket) {
    return eligibility::NamesOf(v1::MESSAGE_FAMILY_OQSSIQUC01,
                                eligibility::SuffixOf(ticket.day, ticket.number));
  }
  static absl::Status NotAsked() { return base::MakeError(base::ErrorCode::kNotAsked); }

  // --- the history

  void Step() {
    const int dice = Random(100);
    const Crash crash = OneIn(4) ? static_cast<Crash>(Random(kCrashes)) : Crash::kNever;
    if (dice < 8) return AskSomebodyNew();
    if (dice < 22) return AskAgain();
    if (dice < 26) return Retry();
    if (dice < 60) return Line(crash);
    if (dice < 70) return terminal_.Take();
    if (dice < 84) return terminal_.Answer(false);
    if (dice < 87) return OtherProgram();
    if (dice < 90) return terminal_.SwitchShare();
    if (dice < 98) return Advance(absl::Seconds(Random(30)));
    End();
  }

  // The world is well again: every answer finds whoever asked.
  void Settle() {
    if (terminal_.gone()) terminal_.SwitchShare();
    for (int round = 0; round < 200; ++round) {
      terminal_.Take();
      terminal_.AnswerAll();
      const std::vector<OpenExchange> open = Open();
      for (const OpenExchange& one : open) {
        if (one.step() <= ExchangeStep::kWritten) {
          Publish(one, Crash::kNever);
        } else {
          LookForReply(one, Crash::kNever);
        }
      }
      Advance(absl::Milliseconds(600));
      if (open.empty()) break;
    }
    for (const auto& [person, asked] : asked_) {
      for (const auto& [id, what] : asked.calls) {
        const auto answer = Confirm(person, id, asked.open);
        const bool there = answer.ok() && answer->has_confirmation();
        EXPECT_TRUE(there || asked.open || !terminal_.AnsweredWell(what)) << "lost";
      }
    }
    ExpectNoneLost();
    terminal_.ExpectOnlyTheirsLeft();
  }

  void ExpectNoneLost() {
    // An answer about somebody else ends a reception, whatever else comes.
    std::set<std::string> spoiled;
    for (const auto& [identifier, reception] : reception_of_) {
      if (terminal_.AnsweredBadly(identifier)) spoiled.insert(reception);
    }
    for (const auto& [identifier, reception] : reception_of_) {
      if (!terminal_.AnsweredWell(identifier) || spoiled.count(reception) > 0) continue;
      EXPECT_EQ(Get(reception).state(), v1::RECEPTION_STATE_ANSWERED) << "lost";
    }
  }

  void OtherProgram() {
    eligibility::Ticket ticket;
    ticket.day = base::JapanDay(clock_.Now());
    ticket.number = 5000 + Random(60);
    for (const OpenExchange& one : Open()) {
      if (NamesOf(one.ticket()).reply == NamesOf(ticket).reply) return;
    }
    terminal_.OtherProgramAnswers(NamesOf(ticket).reply);
  }

  void Taken(const std::string& identifier, const std::string& person) {
    Asked& asked = asked_[person];
    EXPECT_LE(++asked.taken, asked.allowed) << person;
    const auto row = store_->FindExchange(identifier);
    ASSERT_TRUE(row.ok() && row->has_value());
    if (!(*row)->reception_id.empty()) reception_of_[identifier] = (*row)->reception_id;
  }

  std::mt19937 random_{static_cast<unsigned>(GetParam())};
  ScriptedTerminal terminal_{random_,
                             [this](const std::string& identifier, const std::string& person) {
                               Taken(identifier, person);
                             }};
  std::unique_ptr<eligibility::FolderLine> line_;
  eligibility::LineSink sink_;
  std::map<std::string, Asked> asked_;
  // Of exchanges whose request was taken.
  std::map<std::string, std::string> reception_of_;
  int requests_ = 0;
  int crashes_ = 0;
};

TEST_P(AskingModelTest, NoQuestionTwiceNoAnswerLostNoneWrong) {
  for (int i = 0; i < 400 && !HasFatalFailure() && !HasNonfatalFailure(); ++i) Step();
  if (!HasFailure()) Settle();
  RecordProperty("crashes", crashes_);
  RecordProperty("published", static_cast<int>(terminal_.published()));
  EXPECT_GT(crashes_, 5);
}

INSTANTIATE_TEST_SUITE_P(Seeds, AskingModelTest, testing::Range(1, 31));

}  // namespace
}  // namespace madoguchi::reception
