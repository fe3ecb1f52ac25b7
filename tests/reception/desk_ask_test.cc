#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/eligibility/folder_line.h"
#include "agent/reception/exchanges.h"
#include "tests/reception/desk_fixture.h"

// What clients ask of OQS, with lines whose thread this test is: they are never started, and what
// they would tell is told by the sink.
namespace madoguchi::reception {
namespace {

using eligibility::JournalStep;
using Answer = absl::StatusOr<v1::ConfirmEligibilityResponse>;

class DeskAskTest : public DeskFixture {
 protected:
  DeskAskTest() { options_.answer_within = absl::Seconds(60); }

  void SetUp() override { Begin(); }
  void Begin() { Begin({"t1"}); }
  void Begin(const std::vector<std::string>& terminals) {
    ShutDown();
    made_.clear();
    lines_.clear();
    for (const std::string& name : terminals) {
      made_.push_back(std::make_unique<eligibility::FolderLine>(
          eligibility::LineConfig{.terminal = name,
                                  .counter = name == "t1" ? "main" : "pharmacy",
                                  .req = "/nowhere/req",
                                  .res = "/nowhere/res",
                                  .range = range_},
          clock_, eligibility::LineSink{}));
      lines_.push_back(made_.back().get());
    }
    StartUp();
    sink_ = desk_->MakeLineSink();
  }

  static v1::ConfirmEligibilityRequest Request(const std::string& number,
                                               const std::string& request_id = "",
                                               bool open = false) {
    v1::ConfirmEligibilityRequest request;
    request.set_request_id(request_id);
    request.set_counter("main");
    request.set_open_reception(open);
    v1::InsuredId& insured = *request.mutable_query()->mutable_insured();
    insured.set_insurer_number("00990012");
    insured.set_symbol("A1");
    insured.set_number(number);
    insured.set_branch("01");
    *request.mutable_query()->mutable_birth_date() = base::ParseOqsDate("19700102");
    return request;
  }
  Answer Confirm(const v1::ConfirmEligibilityRequest& request) {
    return Wait<Answer>([&](auto done) { desk_->Confirm(caller_, request, clock_.Now(), done); });
  }
  // One that waits; what it is told.
  std::shared_ptr<std::optional<Answer>> ConfirmLater(const v1::ConfirmEligibilityRequest& request,
                                                      absl::Duration patience) {
    auto told = std::make_shared<std::optional<Answer>>();
    desk_->Confirm(caller_, request, clock_.Now() + patience,
                   [told](Answer answer) { *told = std::move(answer); });
    Settle();
    return told;
  }
  Outcome Retry(const std::string& id, const std::string& request_id = "") {
    v1::RetryReceptionRequest request;
    request.set_reception_id(id);
    request.set_request_id(request_id);
    return Wait<Outcome>([&](auto done) { desk_->Retry(caller_, request, done); });
  }
  Outcome Complete(const std::string& id, const v1::PendingNote& note) {
    v1::CompletePendingRequest request;
    request.set_reception_id(id);
    *request.mutable_note() = note;
    return Wait<Outcome>([&](auto done) { desk_->Complete(caller_, request, done); });
  }

  std::vector<OpenExchange> Open() {
    std::vector<OpenExchange> open;
    auto rows = store_->ReadOpenExchanges();
    EXPECT_TRUE(rows.ok()) << rows.status();
    for (store::ExchangeRow& row : *rows) open.push_back(*ParseExchange(std::move(row)));
    return open;
  }
  OpenExchange Only() {
    std::vector<OpenExchange> open = Open();
    EXPECT_EQ(open.size(), 1u);
    return open.empty() ? OpenExchange() : std::move(open.front());
  }
  void Send(const OpenExchange& exchange) {
    ASSERT_TRUE(sink_.journal(exchange.ticket(), JournalStep::kWritten).ok());
    ASSERT_TRUE(sink_.journal(exchange.ticket(), JournalStep::kSent).ok());
  }
  absl::Status Reply(const OpenExchange& exchange, const Person& person = {},
                     const std::string& born = "19700102") {
    eligibility::Reply reply{
        .file_name = "res.xml", .bytes = {}, .message = {}, .seen_at = clock_.Now()};
    v1::Confirmation& answer = *reply.message.mutable_confirmation();
    answer = MakeConfirmation(person, clock_.Now());
    answer.mutable_header()->set_arbitrary_file_identifier(exchange.row.id);
    *answer.mutable_qualifications(0)->mutable_birth_date() = base::ParseOqsDate(born);
    return sink_.answered(exchange.ticket(), std::move(reply));
  }
  static std::string NumberOf(const absl::Status& status) {
    return base::DetailOf(status).value_or(v1::ErrorDetail()).number();
  }

  eligibility::SuffixRange range_;
  std::vector<std::unique_ptr<eligibility::FolderLine>> made_;
  eligibility::LineSink sink_;
};

TEST_F(DeskAskTest, WhoWaitsIsToldTheAnswer) {
  const auto first = ConfirmLater(Request("1001", "a"), absl::Seconds(30));
  const auto equal = ConfirmLater(Request("1001", "b"), absl::Seconds(30));
  EXPECT_FALSE(first->has_value());
  const OpenExchange asked = Only();
  EXPECT_EQ(asked.row.number, 5000);
  Send(asked);
  ASSERT_TRUE(Reply(asked).ok());
  ASSERT_TRUE(first->has_value() && equal->has_value());
  ASSERT_TRUE((*first)->ok());
  EXPECT_EQ((**first)->confirmation().confirmation_id(), asked.row.id);
  EXPECT_EQ((**first)->SerializeAsString(), (**equal)->SerializeAsString());
  sink_.removed(asked.ticket());
  EXPECT_TRUE(Open().empty());
  // Repeated, also after a restart, and by its id.
  Begin();
  EXPECT_EQ(Confirm(Request("1001", "b"))->SerializeAsString(), (**first)->SerializeAsString());
  EXPECT_TRUE(desk_->LoadLooseAnswer(asked.row.id).ok());
  EXPECT_EQ(NumberOf(Confirm(Request("1002", "b")).status()), "MDG-1002");
  EXPECT_TRUE(Open().empty());
}

TEST_F(DeskAskTest, WhoDoesNotWaitAnyLongerIsToldSo) {
  const auto waits = ConfirmLater(Request("1001", "a"), absl::Seconds(5));
  Send(Only());
  Advance(absl::Seconds(6));
  ASSERT_TRUE(waits->has_value());
  EXPECT_EQ(NumberOf((*waits)->status()), "MDG-1008");
  const auto open = ConfirmLater(Request("1002", "b", true), absl::Seconds(5));
  Advance(absl::Seconds(6));
  ASSERT_TRUE(open->has_value() && (*open)->ok());
  EXPECT_EQ((**open)->reception().state(), v1::RECEPTION_STATE_ASKING);
}

TEST_F(DeskAskTest, AnOutcomeNobodyKnowsStaysSoUntilTheLateAnswer) {
  const v1::Reception reception = Confirm(Request("1001", "a", true))->reception();
  const OpenExchange asked = Only();
  Send(asked);
  Advance(absl::Seconds(61));
  EXPECT_EQ(Get(reception.reception_id()).state(), v1::RECEPTION_STATE_OUTCOME_UNKNOWN);
  ASSERT_TRUE(Reply(asked).ok());
  EXPECT_EQ(Get(reception.reception_id()).state(), v1::RECEPTION_STATE_ANSWERED);
  EXPECT_EQ(Confirm(Request("1001", "a", true))->confirmation().qualifications(0).name_kana(),
            Person().kana);
}

TEST_F(DeskAskTest, WithoutAReceptionTheSameRequestIdHearsOfTheLateAnswer) {
  EXPECT_EQ(NumberOf(Confirm(Request("1001", "a")).status()), "MDG-1008");
  const OpenExchange asked = Only();
  Send(asked);
  Advance(absl::Seconds(61));
  EXPECT_EQ(NumberOf(Confirm(Request("1001", "a")).status()), "MDG-1414");
  EXPECT_EQ(Open().size(), 1u) << "nothing is asked again behind the client's back";
  ASSERT_TRUE(Reply(asked).ok());
  EXPECT_TRUE(Confirm(Request("1001", "a")).ok());
}

TEST_F(DeskAskTest, WhatWasSurelyNotSentMayRunAgain) {
  (void)Confirm(Request("1001", "a"));
  const OpenExchange first = Only();
  sink_.not_sent(first.ticket(), base::MakeError(base::ErrorCode::kNotAsked));
  EXPECT_TRUE(Open().empty());
  EXPECT_FALSE(sink_.journal(first.ticket(), JournalStep::kWritten).ok()) << "taken back";
  EXPECT_EQ(NumberOf(Confirm(Request("1001", "a")).status()), "MDG-1008");
  EXPECT_EQ(Only().row.number, 5001);
}

TEST_F(DeskAskTest, ItsTurnDidNotCome) {
  const auto waits = ConfirmLater(Request("1001", "a"), absl::Seconds(120));
  const OpenExchange asked = Only();
  Advance(absl::Seconds(61));
  ASSERT_TRUE(waits->has_value());
  EXPECT_EQ(NumberOf((*waits)->status()), "MDG-1413");
  EXPECT_FALSE(sink_.journal(asked.ticket(), JournalStep::kWritten).ok());
}

TEST_F(DeskAskTest, AnotherTerminalTakesWhatTheFirstCouldNotSend) {
  Begin({"t1", "t2"});
  const v1::Reception reception = Confirm(Request("1001", "a", true))->reception();
  const OpenExchange first = Only();
  EXPECT_EQ(first.row.terminal, "t1");
  sink_.not_sent(first.ticket(), base::MakeError(base::ErrorCode::kNotAsked));
  const OpenExchange second = Only();
  EXPECT_EQ(second.row.id, first.row.id);
  EXPECT_EQ(second.row.terminal, "t2");
  EXPECT_FALSE(sink_.journal(first.ticket(), JournalStep::kWritten).ok());
  EXPECT_EQ(Get(reception.reception_id()).state(), v1::RECEPTION_STATE_ASKING);
  EXPECT_EQ(Get(reception.reception_id()).terminal(), "t2");
  sink_.not_sent(second.ticket(), base::MakeError(base::ErrorCode::kNotAsked));
  EXPECT_EQ(Get(reception.reception_id()).state(), v1::RECEPTION_STATE_PENDING);
  EXPECT_TRUE(Open().empty());
}

TEST_F(DeskAskTest, ATakenNameBecomesAnotherUntilTheRangeIsUsedUp) {
  range_ = {.first = 7, .last = 8};
  Begin();
  const auto waits = ConfirmLater(Request("1001", "a"), absl::Seconds(30));
  const OpenExchange first = Only();
  EXPECT_EQ(first.row.number, 7);
  EXPECT_EQ(*sink_.rename(first.ticket()), 8);
  EXPECT_EQ(Only().row.number, 8);
  EXPECT_FALSE(sink_.rename(Only().ticket()).ok());
  ASSERT_TRUE(waits->has_value());
  EXPECT_EQ(NumberOf((*waits)->status()), "MDG-1415");
  // The next day has its own.
  Advance(absl::Hours(24));
  (void)Confirm(Request("1001", "b"));
  EXPECT_EQ(Only().row.number, 7);
}

TEST_F(DeskAskTest, AnAnswerAboutSomebodyElseIsShownToNobody) {
  const v1::Reception reception = Confirm(Request("1001", "a", true))->reception();
  (void)Confirm(Request("1002", "b"));
  const std::vector<OpenExchange> open = Open();
  ASSERT_EQ(open.size(), 2u);
  for (const OpenExchange& one : open) {
    Send(one);
    ASSERT_TRUE(Reply(one, {}, "19710102").ok());
  }
  const v1::Reception refused = Get(reception.reception_id());
  EXPECT_EQ(refused.state(), v1::RECEPTION_STATE_REFUSED);
  EXPECT_FALSE(refused.has_confirmation());
  const Answer loose = Confirm(Request("1002", "b"));
  EXPECT_EQ(NumberOf(loose.status()), NumberOf(base::ErrorFrom(refused.ended_because())));
}

TEST_F(DeskAskTest, NobodyAtAnotherCounterHearsOfIt) {
  (void)Confirm(Request("1001", "a"));
  Send(Only());
  ASSERT_TRUE(Reply(Only()).ok());
  const std::string id = Only().row.id;
  ASSERT_TRUE(Confirm(Request("1001", "a")).ok());
  caller_.counters = {"pharmacy"};
  EXPECT_EQ(NumberOf(Confirm(Request("1001", "a")).status()), "MDG-1405");
}

// Found by reading: after a restart the first question's time ended the second's wait.
TEST_F(DeskAskTest, AfterARestartAReceptionWaitsForItsLastQuestion) {
  const std::string id = Confirm(Request("1001", "a", true))->reception().reception_id();
  Send(Only());
  Advance(absl::Seconds(61));
  ASSERT_TRUE(Retry(id, "again").ok());
  std::vector<OpenExchange> open = Open();
  ASSERT_EQ(open.size(), 2u);
  Send(open[0].row.number > open[1].row.number ? open[0] : open[1]);
  Begin();
  Advance(absl::Seconds(10));
  EXPECT_EQ(Get(id).state(), v1::RECEPTION_STATE_ASKING);
  Advance(absl::Seconds(60));
  EXPECT_EQ(Get(id).state(), v1::RECEPTION_STATE_OUTCOME_UNKNOWN);
}

// Found by reading: who had asked once more went on waiting although the first was answered.
TEST_F(DeskAskTest, TheLateAnswerToTheFirstEndsTheWaitForTheSecond) {
  const std::string id = Confirm(Request("1001", "a", true))->reception().reception_id();
  const OpenExchange first = Only();
  Send(first);
  Advance(absl::Seconds(61));
  ASSERT_TRUE(Retry(id, "again").ok());
  const auto waits = ConfirmLater(Request("1001", "a", true), absl::Seconds(50));
  ASSERT_TRUE(Reply(first).ok());
  ASSERT_TRUE(waits->has_value() && (*waits)->ok());
  EXPECT_EQ((**waits)->reception().state(), v1::RECEPTION_STATE_ANSWERED);
}

TEST_F(DeskAskTest, WithoutALineReceptionsWaitAndNothingElseDoes) {
  Begin({});
  EXPECT_EQ(NumberOf(Confirm(Request("1001", "a")).status()), "MDG-1413");
  v1::ConfirmEligibilityRequest request = Request("", "b", true);
  request.mutable_note()->set_name("見本 花子");
  const v1::Reception waits = Confirm(request)->reception();
  EXPECT_EQ(waits.state(), v1::RECEPTION_STATE_PENDING);
  EXPECT_EQ(waits.pending_note().name(), "見本 花子");
  EXPECT_EQ(desk_->board().PendingCount(), 1);
  v1::PendingNote note = waits.pending_note();
  note.mutable_insured()->set_number("1001");
  ASSERT_TRUE(Complete(waits.reception_id(), note).ok());
  EXPECT_TRUE(Open().empty());
  // A line: the daemon asks by itself, once.
  Begin();
  Advance(absl::Seconds(5));
  EXPECT_EQ(Only().row.reception_id, waits.reception_id());
  EXPECT_EQ(Get(waits.reception_id()).state(), v1::RECEPTION_STATE_ASKING);
  Advance(absl::Seconds(5));
  EXPECT_EQ(Open().size(), 1u);
  EXPECT_EQ(desk_->board().PendingCount(), 0);
}

TEST_F(DeskAskTest, StoppingAnswersWhoWaits) {
  const auto waits = ConfirmLater(Request("1001", "a"), absl::Seconds(30));
  desk_->StopWaiting();
  Settle();
  ASSERT_TRUE(waits->has_value());
  EXPECT_EQ(NumberOf((*waits)->status()), "MDG-1004");
}

}  // namespace
}  // namespace madoguchi::reception
