// The daemon's half of an exchange and the simulator's, face to face: what the one publishes the
// other takes and answers, and each fault is seen as what it is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "agent/eligibility/exchange_folder.h"
#include "agent/eligibility/question.h"
#include "agent/text/insured.h"
#include "tests/sim/exchange.h"
#include "tests/sim/request_file.h"
#include "tests/sim/requests.h"
#include "tests/sim/test_site.h"

namespace madoguchi::eligibility {
namespace {

using sim::Fault;

constexpr absl::CivilDay kDay(2026, 4, 10);
constexpr absl::Duration kAfter = absl::Seconds(2);
constexpr size_t kMostBytes = 1 << 20;

class ExchangeSimulatorTest : public testing::Test {
 protected:
  // Asks for a person of the population, typed as a clerk may; true when it was published.
  Publication Ask(int person, int number) {
    v1::EligibilityQuery typed = sim::QueryFor(site_.site().LoadPerson(person)->answer);
    const absl::StatusOr<text::CounterQuery> read = text::ReadCounterQuery(typed, "query", kDay);
    EXPECT_TRUE(read.ok()) << read.status();
    question_ = {.family = v1::MESSAGE_FAMILY_OQSSIQUC01,
                 .query = read->query,
                 .information = {},
                 .card = {},
                 .institution = std::string(sim::kInstitution),
                 .identifier = absl::StrCat("MDG-", number),
                 .day = kDay};
    names_ = NamesOf(v1::MESSAGE_FAMILY_OQSSIQUC01, SuffixOf(kDay, number));
    const absl::StatusOr<std::string> bytes = RequestBytes(question_, oqs::Encoding::kUtf8);
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    return folder_
        .Publish(names_, *bytes, JournalStep::kPrepared,
                 [](JournalStep) { return absl::OkStatus(); })
        .publication;
  }

  void Turn(absl::Duration later = absl::ZeroDuration()) {
    now_ += later;
    const absl::Status status = terminal_.Turn(now_);
    ASSERT_TRUE(status.ok()) << status;
  }

  // The reply read as the daemon reads it; an error when it is not there, not whole or no message.
  absl::StatusOr<v1::Confirmation> Reply() {
    const FileLook look = folder_.ReadReply(names_);
    if (!oqs::LooksComplete(look.bytes)) return absl::NotFoundError("no whole reply");
    const absl::StatusOr<v1::OqsMessage> message = oqs::ReadMessage(names_.reply, look.bytes);
    if (!message.ok()) return message.status();
    return message->confirmation();
  }

  AnswerMatch MatchUnder(Fault fault) {
    EXPECT_TRUE(SetFault(site_.site(), fault, 0).ok());
    EXPECT_EQ(Ask(1, 5000), Publication::kSent);
    Turn();
    Turn(kAfter);
    const absl::StatusOr<v1::Confirmation> reply = Reply();
    EXPECT_TRUE(reply.ok()) << reply.status();
    return MatchAnswer(question_, reply.value_or(v1::Confirmation()));
  }

  sim::TempSite site_;
  sim::Exchange terminal_{site_.site(), kAfter};
  absl::Time now_ = absl::Now();
  CallMeter meter_;
  ExchangeFolder folder_{site_.path() + "/oqs/req", site_.path() + "/oqs/res", kMostBytes, meter_};
  Question question_;
  ExchangeNames names_;
};

TEST_F(ExchangeSimulatorTest, EveryPatientIsAskedAndAnsweredOnce) {
  const int patients = site_.site().patients();
  for (int person = 1; person <= patients; ++person) {
    ASSERT_EQ(Ask(person, 5000 + person), Publication::kSent);
    Turn();
    Turn(kAfter);
    const absl::StatusOr<v1::Confirmation> reply = Reply();
    ASSERT_TRUE(reply.ok()) << person << ": " << reply.status();
    EXPECT_EQ(MatchAnswer(question_, *reply), AnswerMatch::kOurs) << person;
    EXPECT_EQ(reply->validity(), v1::VALIDITY_VALID) << person;
    EXPECT_EQ(reply->qualifications(0).name(),
              site_.site().LoadPerson(person)->answer.qualifications(0).name());
  }
  EXPECT_EQ(static_cast<int>(sim::SeenRequestLines(site_.site())->size()), patients);
}

TEST_F(ExchangeSimulatorTest, AnErrorOfOqsIsAnAnswer) {
  EXPECT_EQ(MatchUnder(Fault::kAnswerError), AnswerMatch::kOurs);
  EXPECT_EQ(Reply()->header().segment_of_result_code(), "9");
}

TEST_F(ExchangeSimulatorTest, SomebodyElsesAnswerIsNotOurs) {
  EXPECT_EQ(MatchUnder(Fault::kAnswerForeign), AnswerMatch::kOtherQuestion);
}

TEST_F(ExchangeSimulatorTest, AnotherInstitutionsAnswerIsNotOurs) {
  EXPECT_EQ(MatchUnder(Fault::kAnswerInstitution), AnswerMatch::kOtherInstitution);
}

TEST_F(ExchangeSimulatorTest, NoFaultOfTheAnswerBringsARequestAgain) {
  for (const Fault fault : {Fault::kAnswerNever, Fault::kAnswerTruncated, Fault::kAnswerUnreadable,
                            Fault::kAnswerTaken, Fault::kRequestEaten}) {
    ASSERT_TRUE(SetFault(site_.site(), fault, 0).ok());
    const int number = 5000 + static_cast<int>(fault);
    ASSERT_EQ(Ask(1, number), Publication::kSent);
    Turn();
    Turn(kAfter);
    EXPECT_FALSE(Reply().ok()) << FaultName(fault);
    // Too late to take it back: the terminal has it.
    EXPECT_EQ(folder_.Withdraw(names_, JournalStep::kSent).publication, Publication::kSent);
    ASSERT_TRUE(ClearFaults(site_.site(), "", 0).ok());
  }
  EXPECT_EQ(sim::SeenRequestLines(site_.site())->size(), 5u);
}

TEST_F(ExchangeSimulatorTest, WithoutFoldersNothingIsPublished) {
  ASSERT_TRUE(SetFault(site_.site(), Fault::kExchangeGone, 0).ok());
  EXPECT_NE(Ask(1, 5000), Publication::kSent);
  ASSERT_TRUE(ClearFaults(site_.site(), "", 0).ok());
  Turn();
  EXPECT_EQ(sim::SeenRequestLines(site_.site())->size(), 0u);
  EXPECT_EQ(Ask(1, 5000), Publication::kSent);
  Turn();
  Turn(kAfter);
  EXPECT_TRUE(Reply().ok());
}

}  // namespace
}  // namespace madoguchi::eligibility
