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
  const ExchangeNames names_ = NamesOf(v1::MESSAGE_FAMILY_OQSSIQUC01, "202604105000");
  std::vector<JournalStep> journal_;
  std::vector<std::set<std::string>> seen_;
  JournalStep refused_ = JournalStep::kPrepared;
};

TEST_F(ExchangeFolderTest, NamesKeepTheTerminalAwayFromWhatIsNotComplete) {
  EXPECT_EQ(names_.request, "OQSsiquc01req_202604105000.xml");
  EXPECT_EQ(names_.reply, "OQSsiquc01res_202604105000.xml");
  EXPECT_EQ(names_.temporary, "madoguchi_OQSsiquc01req_202604105000.tmp");
}

TEST_F(ExchangeFolderTest, EachFamilyOfQuestionsHasItsNames) {
  EXPECT_EQ(NamesOf(v1::MESSAGE_FAMILY_YZKSIQUC01, "202604105000").request,
            "YZKsiquc01req_202604105000.xml");
  EXPECT_EQ(NamesOf(v1::MESSAGE_FAMILY_TKKSIQUC01, "202604105000").reply,
            "TKKsiquc01res_202604105000.xml");
  // Nothing is asked by these.
  EXPECT_EQ(NamesOf(v1::MESSAGE_FAMILY_OQSSIQUC01_FACE, "202604105000").request, "");
  EXPECT_EQ(NamesOf(v1::MESSAGE_FAMILY_UNSPECIFIED, "202604105000").temporary, "");
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

TEST_F(ExchangeFolderTest, NeverPublishesAgainWhatWasAnsweredBeforeAPowerFailure) {
  // The rename was undone by it, but the terminal had seen it.
  for (const bool withdraw : {false, true}) {
    ExchangeSite::Put(site_.Req() / names_.temporary, kBytes);
    ExchangeSite::Put(site_.Res() / names_.reply, "answer");
    const PublishResult result =
        withdraw ? folder_.Withdraw(names_, JournalStep::kWritten) : Publish(JournalStep::kWritten);
    EXPECT_EQ(result.publication, Publication::kSent);
    EXPECT_THAT(ExchangeSite::Names(site_.Req()), IsEmpty());
    EXPECT_EQ(ExchangeSite::Bytes(site_.Res() / names_.reply), "answer");
  }
  EXPECT_THAT(journal_, ElementsAre(JournalStep::kSent));
}

TEST_F(ExchangeFolderTest, SweepsTemporaryFilesOfItsOwnThatNobodyNeeds) {
  const SuffixRange range{.first = 5000, .last = 5999};
  const std::vector<std::string> stays = {
      "madoguchi_OQSsiquc01req_202604105001.tmp",  // needed
      "madoguchi_OQSsiquc01req_202604104999.tmp",  // another Madoguchi's
      "madoguchi_OQSsiquc01req_202604106000.tmp",
      "madoguchi_OQSsiquc01res_202604105002.tmp",
      "madoguchi_OQSsiquc01req_2026041050022.tmp",
      "madoguchi_OQSsiquc01req_20260410+500.tmp",
      "madoguchi_oqssiquc01req_202604105002.tmp",
      "madoguchi_OQSsimuc01req_202604105002.tmp",
      "OQSsiquc01req_202604105002.tmp",
      "OQSsiquc01req_202604105002.xml",
      "other.tmp"};
  const std::vector<std::string> goes = {"madoguchi_OQSsiquc01req_202604105000.tmp",
                                         "madoguchi_YZKsiquc01req_202604105002.tmp",
                                         "madoguchi_TKKsiquc01req_202512315999.tmp"};
  for (const auto& names : {stays, goes}) {
    for (const std::string& name : names) ExchangeSite::Put(site_.Req() / name, kBytes);
  }
  fs::create_directory(site_.Req() / "folder.tmp");
  int removed = 0;
  const auto needed = [&stays](absl::string_view name) { return name == stays.front(); };
  EXPECT_EQ(folder_.Sweep(range, needed, removed), 0);
  EXPECT_EQ(removed, 3);
  std::set<std::string> left(stays.begin(), stays.end());
  left.insert("folder.tmp");
  EXPECT_EQ(ExchangeSite::Names(site_.Req()), left);
  EXPECT_EQ(folder_.Sweep(range, needed, removed), 0);
  EXPECT_EQ(removed, 0);
  fs::rename(site_.Req(), site_.Req().string() + "-gone");
  EXPECT_EQ(folder_.Sweep(range, needed, removed), ENOENT);
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
