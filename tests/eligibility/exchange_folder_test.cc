#include "agent/eligibility/exchange_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

#include "tests/eligibility/exchange_site.h"

namespace madoguchi::eligibility {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kBytes[] = "<XmlMsg></XmlMsg>";

class ExchangeFolderTest : public testing::Test {
 protected:
  PublishResult Publish(JournalStep from) {
    return folder_.Publish(names_, kBytes, from, [this](JournalStep step) {
      journal_.push_back(step);
      // What is in the folder when the journal hears of it.
      seen_.push_back(ExchangeSite::Names(site_.Req()));
      return step == refused_ ? absl::UnavailableError("full") : absl::OkStatus();
    });
  }

  ExchangeSite site_;
  ExchangeFolder folder_ = site_.Folder();
  const ExchangeNames names_ = NamesOf("202604105000");
  std::vector<JournalStep> journal_;
  std::vector<std::set<std::string>> seen_;
  JournalStep refused_ = JournalStep::kPrepared;
};

TEST_F(ExchangeFolderTest, NamesKeepTheTerminalAwayFromWhatIsNotComplete) {
  EXPECT_EQ(names_.request, "OQSsiquc01req_202604105000.xml");
  EXPECT_EQ(names_.reply, "OQSsiquc01res_202604105000.xml");
  EXPECT_EQ(names_.temporary, "madoguchi_OQSsiquc01req_202604105000.tmp");
}

TEST_F(ExchangeFolderTest, JournalsEveryStepBeforeTheNextOne) {
  EXPECT_EQ(Publish(JournalStep::kPrepared).publication, Publication::kSent);
  EXPECT_THAT(journal_, ElementsAre(JournalStep::kWritten, JournalStep::kSent));
  EXPECT_THAT(seen_[0], ElementsAre(names_.temporary));
  EXPECT_THAT(seen_[1], ElementsAre(names_.request));
  EXPECT_EQ(ExchangeSite::Bytes(site_.Req() / names_.request), kBytes);
}

TEST_F(ExchangeFolderTest, StopsBeforeTheRenameWhenTheJournalFails) {
  refused_ = JournalStep::kWritten;
  const PublishResult result = Publish(JournalStep::kPrepared);
  EXPECT_EQ(result.publication, Publication::kNotSent);
  EXPECT_FALSE(result.journal.ok());
  EXPECT_THAT(ExchangeSite::Names(site_.Req()), ElementsAre(names_.temporary));
}

TEST_F(ExchangeFolderTest, SaysThatItIsSentAlsoWhenTheJournalFailsAfterTheRename) {
  refused_ = JournalStep::kSent;
  const PublishResult result = Publish(JournalStep::kPrepared);
  EXPECT_EQ(result.publication, Publication::kSent);
  EXPECT_FALSE(result.journal.ok());
}

TEST_F(ExchangeFolderTest, StartsOverWhatWasOnlyPrepared) {
  ExchangeSite::Put(site_.Req() / names_.temporary, "<Xml");
  EXPECT_EQ(Publish(JournalStep::kPrepared).publication, Publication::kSent);
  EXPECT_EQ(ExchangeSite::Bytes(site_.Req() / names_.request), kBytes);
}

TEST_F(ExchangeFolderTest, RenamesWhatWasWritten) {
  ExchangeSite::Put(site_.Req() / names_.temporary, kBytes);
  EXPECT_EQ(Publish(JournalStep::kWritten).publication, Publication::kSent);
  EXPECT_THAT(ExchangeSite::Names(site_.Req()), ElementsAre(names_.request));
}

TEST_F(ExchangeFolderTest, NeverPublishesAgainWhatTheTerminalTookAlready) {
  EXPECT_EQ(Publish(JournalStep::kWritten).publication, Publication::kSent);
  EXPECT_THAT(ExchangeSite::Names(site_.Req()), IsEmpty());
  EXPECT_THAT(journal_, ElementsAre(JournalStep::kSent));
  EXPECT_EQ(Publish(JournalStep::kSent).publication, Publication::kSent);
  EXPECT_THAT(ExchangeSite::Names(site_.Req()), IsEmpty());
}

TEST_F(ExchangeFolderTest, NeverTakesANameOfAnotherProgram) {
  for (const fs::path& theirs : {site_.Req() / names_.request, site_.Res() / names_.reply}) {
    ExchangeSite::Put(theirs, "theirs");
    EXPECT_EQ(Publish(JournalStep::kPrepared).publication, Publication::kNameTaken);
    EXPECT_EQ(ExchangeSite::Bytes(theirs), "theirs");
    fs::remove(theirs);
  }
  EXPECT_THAT(journal_, IsEmpty());
}

TEST_F(ExchangeFolderTest, NeverRenamesOverARequestThatCameInBetween) {
  ExchangeSite::Put(site_.Req() / names_.temporary, kBytes);
  ExchangeSite::Put(site_.Req() / names_.request, "theirs");
  const PublishResult result = Publish(JournalStep::kWritten);
  EXPECT_EQ(result.publication, Publication::kNameTaken);
  EXPECT_EQ(result.error, EEXIST);
  EXPECT_EQ(ExchangeSite::Bytes(site_.Req() / names_.request), "theirs");
  EXPECT_EQ(folder_.Withdraw(names_, JournalStep::kWritten).publication, Publication::kNotSent);
  EXPECT_THAT(ExchangeSite::Names(site_.Req()), ElementsAre(names_.request));
}

TEST_F(ExchangeFolderTest, SaysWhatAFolderThatIsGoneMeans) {
  fs::rename(site_.Req(), site_.Req().string() + "-gone");
  PublishResult result = Publish(JournalStep::kPrepared);
  EXPECT_EQ(result.publication, Publication::kNotSent);
  EXPECT_EQ(result.error, ENOENT);
  EXPECT_EQ(Publish(JournalStep::kWritten).publication, Publication::kUnknown);
  EXPECT_EQ(folder_.Withdraw(names_, JournalStep::kWritten).publication, Publication::kUnknown);
  EXPECT_EQ(folder_.Withdraw(names_, JournalStep::kPrepared).publication, Publication::kNotSent);
}

TEST_F(ExchangeFolderTest, WithdrawsOnlyWhatWasNotPublished) {
  ExchangeSite::Put(site_.Req() / names_.temporary, kBytes);
  EXPECT_EQ(folder_.Withdraw(names_, JournalStep::kWritten).publication, Publication::kNotSent);
  EXPECT_THAT(ExchangeSite::Names(site_.Req()), IsEmpty());
  EXPECT_EQ(folder_.Withdraw(names_, JournalStep::kWritten).publication, Publication::kSent);
  EXPECT_EQ(folder_.Withdraw(names_, JournalStep::kSent).publication, Publication::kSent);
}

TEST_F(ExchangeFolderTest, RemovesTheReplyThatWasReadAndNoOther) {
  ExchangeSite::Put(site_.Res() / names_.reply, "ours");
  ExchangeSite::Put(site_.Res() / "OQSsiquc01res_202604100001.xml", "theirs");
  const FileLook look = folder_.ReadReply(names_);
  ASSERT_EQ(look.look, Look::kRead);
  EXPECT_EQ(look.bytes, "ours");
  ExchangeSite::Put(site_.Res() / names_.reply, "another one");
  EXPECT_EQ(folder_.RemoveReply(names_, look.stamp), 0);
  EXPECT_EQ(ExchangeSite::Bytes(site_.Res() / names_.reply), "another one");
  EXPECT_EQ(folder_.RemoveReply(names_, folder_.ReadReply(names_).stamp), 0);
  EXPECT_THAT(ExchangeSite::Names(site_.Res()), ElementsAre("OQSsiquc01res_202604100001.xml"));
  EXPECT_EQ(folder_.RemoveReply(names_, look.stamp), 0);
}

}  // namespace
}  // namespace madoguchi::eligibility
