#include "agent/eligibility/folder_line.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "tests/eligibility/exchange_site.h"
#include "tests/eligibility/terminal_test_support.h"

// A line's thread over real folders, with a journal that this test holds.
namespace madoguchi::eligibility {
namespace {

namespace fs = std::filesystem;

constexpr char kInstitution[] = "9912345678";
const absl::CivilDay kDay(2026, 4, 10);

// What the desk would keep.
class Journal {
 public:
  LineSink Sink() {
    LineSink sink;
    sink.journal = [this](const Ticket& ticket, JournalStep step) {
      absl::MutexLock lock(&mu_);
      if (refuses_) return base::MakeError(base::ErrorCode::kNotAsked);
      steps_[ticket.id].push_back(step);
      return absl::OkStatus();
    };
    sink.rename = [this](const Ticket& ticket) -> absl::StatusOr<int> {
      absl::MutexLock lock(&mu_);
      renamed_[ticket.id] = ticket.number + 1;
      return ticket.number + 1;
    };
    sink.not_sent = [this](const Ticket& ticket, absl::Status why) {
      absl::MutexLock lock(&mu_);
      not_sent_[ticket.id] = std::move(why);
    };
    sink.answered = [this](const Ticket& ticket, const Reply& reply) {
      absl::MutexLock lock(&mu_);
      ++offered_;
      if (full_) return base::MakeError(base::ErrorCode::kStoreFailed);
      answers_[ticket.id].push_back(reply.message.confirmation());
      return absl::OkStatus();
    };
    sink.removed = [this](const Ticket& ticket) {
      absl::MutexLock lock(&mu_);
      ++removed_[ticket.id];
    };
    sink.changed = [] {};
    return sink;
  }

  void Refuse(bool refuses) {
    absl::MutexLock lock(&mu_);
    refuses_ = refuses;
  }
  void Full(bool full) {
    absl::MutexLock lock(&mu_);
    full_ = full;
  }
  bool Reached(const std::string& id, JournalStep step) const {
    absl::MutexLock lock(&mu_);
    const auto found = steps_.find(id);
    return found != steps_.end() && found->second.back() == step;
  }
  bool Sent(const std::string& id) const { return Reached(id, JournalStep::kSent); }
  bool NotSent(const std::string& id) const {
    absl::MutexLock lock(&mu_);
    return not_sent_.count(id) > 0;
  }
  int Answers(const std::string& id) const {
    absl::MutexLock lock(&mu_);
    const auto found = answers_.find(id);
    return found == answers_.end() ? 0 : static_cast<int>(found->second.size());
  }
  int Removed(const std::string& id) const {
    absl::MutexLock lock(&mu_);
    const auto found = removed_.find(id);
    return found == removed_.end() ? 0 : found->second;
  }
  int offered() const {
    absl::MutexLock lock(&mu_);
    return offered_;
  }

 private:
  mutable absl::Mutex mu_;
  bool refuses_ ABSL_GUARDED_BY(mu_) = false;
  bool full_ ABSL_GUARDED_BY(mu_) = false;
  int offered_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<std::string, std::vector<JournalStep>> steps_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, int> renamed_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, absl::Status> not_sent_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::vector<v1::Confirmation>> answers_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, int> removed_ ABSL_GUARDED_BY(mu_);
};

class LineTest : public testing::Test {
 protected:
  void Start(std::vector<Outgoing> from_before = {}, int most = 20) {
    line_ = std::make_unique<FolderLine>(LineConfig{.terminal = "t1",
                                                    .counter = "main",
                                                    .req = site_.Req(),
                                                    .res = site_.Res(),
                                                    .range = {},
                                                    .encoding = oqs::Encoding::kUtf8,
                                                    .rescan = absl::Milliseconds(20),
                                                    .most_in_flight = most,
                                                    .try_again_after = absl::Milliseconds(200)},
                                         clock_, journal_.Sink());
    for (Outgoing& out : from_before) line_->Ask(std::move(out));
    line_->Start();
  }

  static Outgoing MakeOutgoing(int number, JournalStep step = JournalStep::kPrepared) {
    Outgoing out;
    out.ticket = {.id = IdOf(number), .terminal = "t1", .day = kDay, .number = number};
    out.step = step;
    out.question.institution = kInstitution;
    out.question.identifier = IdOf(number);
    out.question.day = kDay;
    out.question.query.mutable_insured()->set_insurer_number("00990012");
    out.question.query.mutable_insured()->set_number("1001");
    *out.question.query.mutable_birth_date() = base::ParseOqsDate("19700102");
    return out;
  }
  static std::string IdOf(int number) { return absl::StrCat("q", number); }
  static ExchangeNames Names(int number) {
    return NamesOf(v1::MESSAGE_FAMILY_OQSSIQUC01, SuffixOf(kDay, number));
  }

  static std::string ReplyBytes(const std::string& identifier,
                                const std::string& institution = kInstitution) {
    return absl::StrCat(
        R"(<?xml version="1.0" encoding="UTF-8" standalone="no"?>)"
        "\n<XmlMsg><MessageHeader><ProcessExecutionTime>20260410090001</ProcessExecutionTime>"
        "<MedicalInstitutionCode>",
        institution, "</MedicalInstitutionCode><ArbitraryFileIdentifier>", identifier,
        "</ArbitraryFileIdentifier><SegmentOfResult>1</SegmentOfResult></MessageHeader>"
        "<MessageBody><ProcessingResultStatus>1</ProcessingResultStatus>"
        "<QualificationValidity>4</QualificationValidity></MessageBody></XmlMsg>\n");
  }
  void Answer(int number, const std::string& bytes) {
    ExchangeSite::Put(site_.Res() / Names(number).reply, bytes);
  }
  void Answer(int number) { Answer(number, ReplyBytes(IdOf(number))); }
  bool ReplyThere(int number) { return fs::exists(site_.Res() / Names(number).reply); }
  bool RequestThere(int number) { return fs::exists(site_.Req() / Names(number).request); }
  size_t Requests() { return ExchangeSite::Names(site_.Req()).size(); }
  void TakeAway() {
    fs::rename(site_.Req(), site_.Req().string() + ".away");
    fs::rename(site_.Res(), site_.Res().string() + ".away");
  }
  void BringBack() {
    fs::rename(site_.Req().string() + ".away", site_.Req());
    fs::rename(site_.Res().string() + ".away", site_.Res());
  }
  bool IsState(v1::ConnectionState state) { return line_->Status().state() == state; }

  ExchangeSite site_;
  base::SystemClock clock_;
  Journal journal_;
  std::unique_ptr<Line> line_;
};

TEST_F(LineTest, PublishesOnceAndTakesTheReply) {
  Start();
  line_->Ask(MakeOutgoing(5000));
  ASSERT_TRUE(Eventually([&] { return journal_.Sent("q5000"); }));
  EXPECT_TRUE(RequestThere(5000));
  EXPECT_EQ(Requests(), 1u);
  Answer(5000);
  ASSERT_TRUE(Eventually([&] { return journal_.Removed("q5000") == 1; }));
  EXPECT_EQ(journal_.Answers("q5000"), 1);
  EXPECT_FALSE(ReplyThere(5000));
  EXPECT_EQ(line_->Status().asked(), 1);
  EXPECT_EQ(line_->Status().answered(), 1);
  EXPECT_TRUE(IsState(v1::CONNECTION_STATE_ONLINE));
}

TEST_F(LineTest, ASecondReplyIsRemovedAndToldToNobody) {
  Start();
  line_->Ask(MakeOutgoing(5000));
  ASSERT_TRUE(Eventually([&] { return journal_.Sent("q5000"); }));
  Answer(5000);
  ASSERT_TRUE(Eventually([&] { return journal_.Removed("q5000") == 1; }));
  Answer(5000);
  ASSERT_TRUE(Eventually([&] { return !ReplyThere(5000); }));
  EXPECT_EQ(journal_.Answers("q5000"), 1);
  EXPECT_EQ(journal_.Removed("q5000"), 1);
}

TEST_F(LineTest, AReplyToAnotherQuestionStays) {
  Start();
  line_->Ask(MakeOutgoing(5000));
  ASSERT_TRUE(Eventually([&] { return journal_.Sent("q5000"); }));
  Answer(5000, ReplyBytes("somebody-elses"));
  ASSERT_TRUE(Eventually([&] { return line_->Status().problems_size() == 1; }));
  EXPECT_EQ(line_->Status().problems(0).file_name(), Names(5000).reply);
  EXPECT_TRUE(StaysTrue([&] { return ReplyThere(5000); }, absl::Milliseconds(100)));
  EXPECT_EQ(journal_.offered(), 0);
  // The right one in its place is taken.
  Answer(5000);
  EXPECT_TRUE(Eventually([&] { return journal_.Removed("q5000") == 1; }));
}

TEST_F(LineTest, AReplyIsTakenWhenItIsWhole) {
  Start();
  line_->Ask(MakeOutgoing(5000));
  ASSERT_TRUE(Eventually([&] { return journal_.Sent("q5000"); }));
  const std::string bytes = ReplyBytes("q5000");
  Answer(5000, bytes.substr(0, 200));
  EXPECT_TRUE(StaysTrue([&] { return journal_.offered() == 0 && ReplyThere(5000); },
                        absl::Milliseconds(100)));
  EXPECT_EQ(line_->Status().problems_size(), 0);
  Answer(5000, bytes);
  EXPECT_TRUE(Eventually([&] { return journal_.Removed("q5000") == 1; }));
}

TEST_F(LineTest, AReplyThatCannotBeKeptIsOfferedAgainAndNotRemoved) {
  Start();
  line_->Ask(MakeOutgoing(5000));
  ASSERT_TRUE(Eventually([&] { return journal_.Sent("q5000"); }));
  journal_.Full(true);
  Answer(5000);
  ASSERT_TRUE(Eventually([&] { return journal_.offered() > 2; }));
  EXPECT_TRUE(ReplyThere(5000));
  journal_.Full(false);
  EXPECT_TRUE(Eventually([&] { return !ReplyThere(5000); }));
  EXPECT_EQ(journal_.Answers("q5000"), 1);
}

TEST_F(LineTest, ATakenNameIsLeftAndAnotherOneUsed) {
  ExchangeSite::Put(site_.Res() / Names(5000).reply, "theirs");
  Start();
  line_->Ask(MakeOutgoing(5000));
  ASSERT_TRUE(Eventually([&] { return journal_.Sent("q5000"); }));
  EXPECT_TRUE(RequestThere(5001));
  EXPECT_FALSE(RequestThere(5000));
  EXPECT_EQ(ExchangeSite::Bytes(site_.Res() / Names(5000).reply), "theirs");
}

TEST_F(LineTest, ARefusedJournalPublishesNothing) {
  Start();
  journal_.Refuse(true);
  line_->Ask(MakeOutgoing(5000));
  ASSERT_TRUE(Eventually([&] { return journal_.NotSent("q5000"); }));
  EXPECT_EQ(Requests(), 0u);
}

TEST_F(LineTest, WhereNothingCanBeReachedQuestionsAreHandedBack) {
  TakeAway();
  Start();
  ASSERT_TRUE(Eventually([&] { return IsState(v1::CONNECTION_STATE_OFFLINE); }));
  EXPECT_EQ(line_->Status().cause().number(), "MDG-1201");
  EXPECT_FALSE(line_->Status().cause().next_step_ja().empty());
  EXPECT_FALSE(line_->Ready());
  line_->Ask(MakeOutgoing(5000));
  ASSERT_TRUE(Eventually([&] { return journal_.NotSent("q5000"); }));
  BringBack();
  ASSERT_TRUE(Eventually([&] { return IsState(v1::CONNECTION_STATE_ONLINE); }));
  EXPECT_TRUE(line_->Ready());
  EXPECT_TRUE(StaysTrue([&] { return Requests() == 0; }, absl::Milliseconds(100)));
}

// Found by reading: a share without the right to write was in turn online and offline, and every
// reception that waited for the line was tried each time.
TEST_F(LineTest, AFolderThatCannotBeWrittenIsDownAndTriedRarely) {
  Start({MakeOutgoing(5000, JournalStep::kSent)});
  ASSERT_TRUE(Eventually([&] { return IsState(v1::CONNECTION_STATE_ONLINE); }));
  // Root may write everywhere; nobody may create a file where a folder has its name.
  fs::create_directory(site_.Req() / "madoguchi_try_5000.tmp");
  fs::create_directory(site_.Req() / Names(5001).temporary);
  line_->Ask(MakeOutgoing(5001));
  ASSERT_TRUE(Eventually([&] { return journal_.NotSent("q5001"); }));
  ASSERT_TRUE(Eventually([&] { return line_->Status().cause().number() == "MDG-1216"; }));
  EXPECT_FALSE(line_->Ready());
  EXPECT_TRUE(
      StaysTrue([&] { return IsState(v1::CONNECTION_STATE_OFFLINE); }, absl::Milliseconds(500)));
  // Answers are taken all the same.
  Answer(5000);
  ASSERT_TRUE(Eventually([&] { return journal_.Removed("q5000") == 1; }));
  fs::remove(site_.Req() / "madoguchi_try_5000.tmp");
  fs::remove(site_.Req() / Names(5001).temporary);
  EXPECT_TRUE(Eventually([&] { return IsState(v1::CONNECTION_STATE_ONLINE); }));
  EXPECT_FALSE(journal_.Sent("q5001"));
}

TEST_F(LineTest, NoMoreThanATerminalTakesAreInFlight) {
  Start({}, 3);
  for (int number = 5000; number < 5005; ++number) line_->Ask(MakeOutgoing(number));
  ASSERT_TRUE(Eventually(
      [&] { return line_->Status().in_flight() == 3 && line_->Status().queued() == 2; }));
  EXPECT_EQ(Requests(), 3u);
  Answer(5000);
  ASSERT_TRUE(Eventually([&] { return journal_.Sent("q5003"); }));
  EXPECT_FALSE(journal_.Sent("q5004"));
  // What nobody waits for has no session of the terminal either, as far as anybody knows.
  line_->GiveUp("q5001");
  EXPECT_TRUE(Eventually([&] { return journal_.Sent("q5004"); }));
}

TEST_F(LineTest, ALateReplyIsTakenToo) {
  Start();
  line_->Ask(MakeOutgoing(5000));
  ASSERT_TRUE(Eventually([&] { return journal_.Sent("q5000"); }));
  line_->GiveUp("q5000");
  ASSERT_TRUE(Eventually([&] { return IsState(v1::CONNECTION_STATE_DEGRADED); }));
  EXPECT_EQ(line_->Status().unanswered(), 1);
  EXPECT_TRUE(line_->Ready());
  Answer(5000);
  ASSERT_TRUE(Eventually([&] { return journal_.Removed("q5000") == 1; }));
  EXPECT_TRUE(IsState(v1::CONNECTION_STATE_ONLINE));
}

TEST_F(LineTest, AfterTwoInARowOnlyOneAtATimeIsTried) {
  Start();
  for (int number = 5000; number < 5002; ++number) {
    line_->Ask(MakeOutgoing(number));
    ASSERT_TRUE(Eventually([&] { return journal_.Sent(IdOf(number)); }));
    line_->GiveUp(IdOf(number));
  }
  ASSERT_TRUE(Eventually([&] { return IsState(v1::CONNECTION_STATE_OFFLINE); }));
  EXPECT_EQ(line_->Status().cause().number(), "MDG-1213");
  EXPECT_FALSE(line_->Ready());
  ASSERT_TRUE(Eventually([&] { return line_->Ready(); }));
  line_->Ask(MakeOutgoing(5002));
  EXPECT_FALSE(line_->Ready()) << "before its thread has heard of it";
  ASSERT_TRUE(Eventually([&] { return journal_.Sent("q5002"); }));
  EXPECT_TRUE(StaysTrue([&] { return !line_->Ready(); }, absl::Milliseconds(300)));
  Answer(5002);
  EXPECT_TRUE(Eventually([&] { return line_->Ready(); }));
}

// Found by reading: a question at kWritten that had been given up was renamed, and so asked, when
// the share came back.
TEST_F(LineTest, WhatNobodyWaitsForIsNotPublishedWhenTheShareComesBack) {
  ExchangeSite::Put(site_.Req() / Names(5000).temporary, "<XmlMsg/>");
  TakeAway();
  Start({MakeOutgoing(5000, JournalStep::kWritten)});
  ASSERT_TRUE(Eventually([&] { return IsState(v1::CONNECTION_STATE_OFFLINE); }));
  EXPECT_FALSE(journal_.NotSent("q5000"));
  line_->GiveUp("q5000");
  BringBack();
  ASSERT_TRUE(Eventually([&] { return journal_.NotSent("q5000"); }));
  EXPECT_EQ(Requests(), 0u);
}

TEST_F(LineTest, AfterARestartItGoesOnFromTheJournal) {
  // Sent and answered meanwhile; written, not renamed; answered, reply still there; an orphan.
  Answer(5000);
  ExchangeSite::Put(site_.Req() / Names(5001).temporary, "<XmlMsg/>");
  Answer(5002);
  ExchangeSite::Put(site_.Req() / Names(5003).temporary, "<XmlMsg/>");
  Outgoing answered = MakeOutgoing(5002, JournalStep::kSent);
  answered.answered = true;
  Start({MakeOutgoing(5000, JournalStep::kSent), MakeOutgoing(5001, JournalStep::kWritten),
         std::move(answered)});
  ASSERT_TRUE(Eventually([&] {
    return journal_.Removed("q5000") == 1 && journal_.Sent("q5001") &&
           journal_.Removed("q5002") == 1;
  }));
  EXPECT_EQ(journal_.Answers("q5000"), 1);
  EXPECT_EQ(journal_.Answers("q5002"), 0);
  EXPECT_TRUE(RequestThere(5001));
  EXPECT_TRUE(Eventually([&] { return Requests() == 1; })) << "the orphan was left";
}

TEST_F(LineTest, WhatWasDroppedIsWithdrawn) {
  Start({}, 1);
  line_->Ask(MakeOutgoing(5000));
  ASSERT_TRUE(Eventually([&] { return journal_.Sent("q5000"); }));
  line_->Ask(MakeOutgoing(5001));
  line_->Drop("q5001");
  line_->Drop("q5000");
  EXPECT_TRUE(Eventually(
      [&] { return line_->Status().in_flight() == 0 && line_->Status().queued() == 0; }));
  EXPECT_FALSE(journal_.Sent("q5001"));
  EXPECT_FALSE(journal_.NotSent("q5001")) << "whoever drops it knows";
}

TEST_F(LineTest, StopsAtOnce) {
  Start();
  line_->Ask(MakeOutgoing(5000));
  EXPECT_TRUE(line_->Stop(absl::Seconds(5)));
  EXPECT_TRUE(line_->Stop(absl::Seconds(5)));
}

}  // namespace
}  // namespace madoguchi::eligibility
