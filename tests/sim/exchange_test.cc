#include "tests/sim/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "tests/sim/files.h"
#include "tests/sim/request_file.h"
#include "tests/sim/requests.h"
#include "tests/sim/test_site.h"

namespace madoguchi::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr absl::Duration kAfter = absl::Seconds(2);
constexpr char kAnswer[] = "OQSsiquc01res_1.xml";

class ExchangeTest : public testing::Test {
 protected:
  // Puts a request into req and lets the terminal look there.
  void Ask(const std::string& suffix = "1") {
    const v1::OqsMessage request =
        MakeRequest(QueryFor(site_.site().LoadPerson(1)->answer), absl::StrCat("MDG-", suffix));
    const std::string path =
        absl::StrCat(site_.site().OwnFolder(1, "req"), "/OQSsiquc01req_", suffix, ".xml");
    ASSERT_TRUE(ReplaceFile(path, RequestBytes(request)).ok());
    Turn();
  }
  void AskForRecord(const std::string& file_category) {
    const v1::OqsMessage request = MakeRecordRequest(
        v1::MESSAGE_FAMILY_YZKSIQUC01, site_.site().LoadPerson(1)->answer, file_category, "MDG-1");
    const std::string path = site_.site().OwnFolder(1, "req") + "/YZKsiquc01req_1.xml";
    ASSERT_TRUE(ReplaceFile(path, RequestBytes(request)).ok());
    Turn();
  }
  void Turn(absl::Duration later = absl::ZeroDuration()) {
    now_ += later;
    const absl::Status status = exchange_.Turn(now_);
    ASSERT_TRUE(status.ok()) << status;
  }
  void Set(Fault fault) { ASSERT_TRUE(SetFault(site_.site(), fault, 0).ok()); }
  void Clear() { ASSERT_TRUE(ClearFaults(site_.site(), "", 0).ok()); }
  std::vector<std::string> Req() const { return site_.Names("oqs/req"); }
  std::vector<std::string> Res() const { return site_.Names("oqs/res"); }
  std::string AnswerBytes() const {
    const absl::StatusOr<std::string> bytes =
        ReadFile(absl::StrCat(site_.path(), "/oqs/res/", kAnswer));
    return bytes.ok() ? *bytes : "";
  }
  absl::Status AnswerRead() const { return oqs::ReadMessage(kAnswer, AnswerBytes()).status(); }
  std::string Log() const {
    const absl::StatusOr<std::vector<std::string>> lines = SeenRequestLines(site_.site());
    std::string text;
    for (const std::string& line : *lines) absl::StrAppend(&text, line, "\n");
    return text;
  }

  TempSite site_;
  Exchange exchange_{site_.site(), kAfter};
  absl::Time now_ = absl::Now();
};

TEST_F(ExchangeTest, AnswersInItsTime) {
  Ask();
  EXPECT_THAT(Req(), IsEmpty());
  Turn(kAfter - absl::Milliseconds(1));
  EXPECT_THAT(Res(), IsEmpty());
  Turn(absl::Milliseconds(1));
  EXPECT_THAT(Res(), ElementsAre(kAnswer));
  EXPECT_TRUE(AnswerRead().ok());
  EXPECT_THAT(Log(), HasSubstr("\"outcome\":\"answered\""));
  EXPECT_THAT(Log(), HasSubstr("\"patient\":1"));
}

TEST_F(ExchangeTest, LeavesOthersFilesAndUnfinishedOnes) {
  const std::string req = site_.site().OwnFolder(1, "req");
  ASSERT_TRUE(ReplaceFile(req + "/.OQSsiquc01req_1.xml.tmp", "<XmlMsg></XmlMsg>").ok());
  ASSERT_TRUE(ReplaceFile(req + "/OQSsiquc01req_2.xml", "<XmlMsg>").ok());
  Turn();
  EXPECT_EQ(Req().size(), 2u);
  EXPECT_EQ(Log(), "");
}

TEST_F(ExchangeTest, EveryFileCounts) {
  Ask();
  Ask();
  Ask("2");
  EXPECT_EQ(SeenRequestLines(site_.site())->size(), 3u);
}

TEST_F(ExchangeTest, NeverAndEaten) {
  Set(Fault::kAnswerNever);
  Ask();
  Clear();
  Set(Fault::kRequestEaten);
  Ask("2");
  Clear();
  Turn(absl::Hours(1));
  EXPECT_THAT(Req(), IsEmpty());
  EXPECT_THAT(Res(), IsEmpty());
  EXPECT_THAT(Log(), HasSubstr("\"unanswered\""));
  EXPECT_THAT(Log(), HasSubstr("\"eaten\""));
}

TEST_F(ExchangeTest, LateComesWhenTheFaultIsCleared) {
  Set(Fault::kAnswerLate);
  Ask();
  Turn(absl::Hours(1));
  EXPECT_THAT(Res(), IsEmpty());
  Clear();
  Turn();
  EXPECT_TRUE(AnswerRead().ok());
}

TEST_F(ExchangeTest, TwiceComesAgainAfterItWasRemoved) {
  Set(Fault::kAnswerTwice);
  Ask();
  Turn(kAfter);
  const std::string first = AnswerBytes();
  ASSERT_EQ(unlink(absl::StrCat(site_.path(), "/oqs/res/", kAnswer).c_str()), 0);
  Turn(absl::Milliseconds(300));
  EXPECT_EQ(AnswerBytes(), first);
}

TEST_F(ExchangeTest, PiecesGrow) {
  Set(Fault::kAnswerPieces);
  Ask();
  Turn(kAfter);
  EXPECT_FALSE(AnswerRead().ok());
  for (int piece = 1; piece < 5; ++piece) {
    const size_t before = AnswerBytes().size();
    Turn(absl::Milliseconds(120));
    EXPECT_GT(AnswerBytes().size(), before);
  }
  EXPECT_TRUE(AnswerRead().ok());
}

TEST_F(ExchangeTest, DamagedContent) {
  Set(Fault::kAnswerTruncated);
  Ask();
  Turn(kAfter);
  EXPECT_FALSE(oqs::LooksComplete(AnswerBytes()));
  Clear();
  Set(Fault::kAnswerUnreadable);
  Ask();
  Turn(kAfter);
  EXPECT_TRUE(oqs::LooksComplete(AnswerBytes()));
  EXPECT_FALSE(AnswerRead().ok());
}

TEST_F(ExchangeTest, TakenAway) {
  Set(Fault::kAnswerTaken);
  Ask();
  Turn(kAfter);
  EXPECT_THAT(Res(), IsEmpty());
  EXPECT_THAT(site_.Names("oqs/trash"), ElementsAre(kAnswer));
}

TEST_F(ExchangeTest, IgnoredIsAnsweredLater) {
  Set(Fault::kRequestIgnored);
  Ask();
  Turn(absl::Hours(1));
  EXPECT_EQ(Req().size(), 1u);
  Clear();
  Turn();
  Turn(kAfter);
  EXPECT_TRUE(AnswerRead().ok());
}

TEST_F(ExchangeTest, GoneForTheDaemonOnly) {
  Ask();
  Set(Fault::kExchangeGone);
  EXPECT_FALSE(Exists(site_.path() + "/oqs/req"));
  EXPECT_FALSE(Exists(site_.path() + "/oqs/res"));
  Turn(kAfter);
  Clear();
  EXPECT_TRUE(Exists(site_.path() + "/oqs/req"));
  EXPECT_TRUE(AnswerRead().ok());
}

TEST_F(ExchangeTest, RecordsAreAnsweredAndSaySoInTheLog) {
  AskForRecord("2");
  Turn(kAfter);
  EXPECT_THAT(Res(), ElementsAre("YZKsiquc01res_1.xml"));
  AskForRecord("1");
  Turn(kAfter);
  EXPECT_THAT(Res(), ElementsAre("YZKsiquc01res_1.pdf", "YZKsiquc01res_1.xml"));
  EXPECT_THAT(Log(), HasSubstr("\"family\":\"YZKsiquc01\",\"file_category\":\"2\""));
  EXPECT_THAT(Log(), HasSubstr("\"file_category\":\"1\",\"from_month\":\"\""));
  EXPECT_THAT(Log(), HasSubstr("\"identifier\":\"MDG-1\""));
}

TEST_F(ExchangeTest, FaultsOfRecordsAndOfAnswersReachRecords) {
  const auto answer = [&] {
    AskForRecord("2");
    Turn(kAfter);
    return *ReadFile(site_.path() + "/oqs/res/YZKsiquc01res_1.xml");
  };
  const std::string right = answer();
  for (const Fault fault :
       {Fault::kRecordOtherPerson, Fault::kRecordOtherSex, Fault::kRecordTwin,
        Fault::kRecordMaruTwin, Fault::kRecordMaruName, Fault::kRecordSmallKana,
        Fault::kRecordNoPatient, Fault::kRecordRefused, Fault::kAnswerForeign, Fault::kAnswerError,
        Fault::kAnswerInstitution, Fault::kAnswerTruncated, Fault::kAnswerUnreadable}) {
    Set(fault);
    EXPECT_NE(answer(), right) << FaultName(fault);
    Clear();
  }
  EXPECT_EQ(answer(), right);
}

TEST_F(ExchangeTest, FlapsEverySecondAndEndsThere) {
  Set(Fault::kLineFlapping);
  std::vector<bool> there;
  for (int second = 0; second < 4; ++second) {
    Turn(absl::Seconds(1));
    there.push_back(Exists(site_.path() + "/oqs/req"));
    Turn(absl::Milliseconds(500));
    EXPECT_EQ(Exists(site_.path() + "/oqs/req"), there.back());
  }
  EXPECT_THAT(there, ElementsAre(false, true, false, true));
  Turn(absl::Seconds(1));
  Clear();
  Turn(absl::Seconds(1));
  EXPECT_TRUE(Exists(site_.path() + "/oqs/req"));
  EXPECT_TRUE(Exists(site_.path() + "/oqs/res"));
}

}  // namespace
}  // namespace madoguchi::sim
