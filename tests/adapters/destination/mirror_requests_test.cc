#include "adapters/destination/mirror_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/adapters/destination/parcels.h"
#include "tests/store/temp_dir.h"

namespace madoguchi::adapters {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kRequest[] = "EPSsipre01req_202511280001.xml";
constexpr char kReply[] = "EPSsipre01res_202511280001.xml";
constexpr char kTemporary[] = "madoguchi_mirror_EPSsipre01req_202511280001.tmp";
// CP932, which stays as it is.
constexpr char kBytes[] = "<?xml version=\"1.0\"?>\r\n<a>\x8E\x8B\x8A\x69</a>\r\n";

class MirrorRequestsTest : public testing::Test {
 protected:
  MirrorRequestsTest() {
    for (const char* each : {"mirror", "oqs", "oqs/req", "oqs/res"})
      fs::create_directory(dir_ / each);
    Restart();
    Turn();
  }

  void Restart() {
    requests_ = std::make_unique<MirrorRequests>(
        MirrorRequestsConfig{.mirror = dir_ / "mirror",
                             .oqs_req = dir_ / "oqs/req",
                             .oqs_res = dir_ / "oqs/res",
                             .families = {"EPS*", "PMH*", "YZKsiquc01"}},
        clock_);
  }
  void Turn(int times = 1) {
    for (int i = 0; i < times; ++i) EXPECT_EQ(requests_->Turn(), 0);
  }
  std::vector<std::string> In(const std::string& folder) { return NamesIn(dir_ / folder); }
  std::string Work(const std::string& step) {
    return absl::StrCat(dir_ / "mirror/.madoguchi/", step, "/", kRequest);
  }

  store::TempDir dir_;
  const std::shared_ptr<base::ManualClock> clock_ =
      std::make_shared<base::ManualClock>(absl::Now());
  std::unique_ptr<MirrorRequests> requests_;
};

TEST_F(MirrorRequestsTest, PassesARequestAndBringsItsReplyBack) {
  WriteText(dir_ / "mirror/req/" + kRequest, kBytes);
  WriteText(dir_ / "oqs/res/EPSsipre01res_202511280002.xml", "<theirs/>");
  Turn(3);
  EXPECT_THAT(In("mirror/req"), IsEmpty());
  EXPECT_THAT(In("oqs/req"), ElementsAre(kRequest));
  EXPECT_EQ(ReadText(dir_ / "oqs/req/" + kRequest), kBytes);
  EXPECT_EQ(ReadText(Work("asked")), "");
  // The terminal takes it and answers.
  fs::remove(dir_ / "oqs/req/" + kRequest);
  WriteText(dir_ / "oqs/res/" + kReply, "<r/>");
  Turn(2);
  EXPECT_THAT(In("mirror/res"), ElementsAre(kReply));
  EXPECT_EQ(ReadText(dir_ / "mirror/res/" + kReply), "<r/>");
  EXPECT_THAT(In("oqs/res"), ElementsAre("EPSsipre01res_202511280002.xml"));
  Turn(3);
  EXPECT_THAT(In("oqs/req"), IsEmpty());
  EXPECT_THAT(In("mirror/.madoguchi/asked"), IsEmpty());
}

TEST_F(MirrorRequestsTest, LeavesEveryOtherFileAlone) {
  const std::vector<std::string> others = {"EPSsipre01req_1.tmp", "OQSsiquc01req_202511280001.xml",
                                           "EPSreq_.xml", "notes.txt", "EPSsipre01req_1.xml.part"};
  for (const std::string& name : others) WriteText(dir_ / "mirror/req/" + name, "<a/>");
  fs::create_directory(dir_ / "mirror/req/EPSsipre01req_2.xml");
  fs::create_symlink("/etc/passwd", dir_ / "mirror/req/EPSsipre01req_3.xml");
  Turn(4);
  EXPECT_EQ(In("mirror/req").size(), others.size() + 2);
  EXPECT_THAT(In("oqs/req"), IsEmpty());
}

TEST_F(MirrorRequestsTest, WaitsForAFileThatIsStillWritten) {
  for (const char* part : {"<", "<a>", "<a>x", "<a>xy"}) {
    WriteText(dir_ / "mirror/req/" + kRequest, part);
    Turn();
  }
  Turn(3);
  EXPECT_THAT(In("oqs/req"), IsEmpty());
  WriteText(dir_ / "mirror/req/" + kRequest, "<a>xy</a>\n");
  Turn(3);
  EXPECT_EQ(ReadText(dir_ / "oqs/req/" + kRequest), "<a>xy</a>\n");
}

TEST_F(MirrorRequestsTest, NeverUsesANameSomebodyElseUses) {
  WriteText(dir_ / "oqs/req/" + kRequest, "<theirs/>");
  WriteText(dir_ / "mirror/req/" + kRequest, kBytes);
  Turn(5);
  EXPECT_EQ(ReadText(dir_ / "oqs/req/" + kRequest), "<theirs/>");
  // Their reply is theirs, too.
  fs::remove(dir_ / "oqs/req/" + kRequest);
  WriteText(dir_ / "oqs/res/" + kReply, "<theirs/>");
  Turn(5);
  EXPECT_THAT(In("oqs/req"), IsEmpty());
  EXPECT_THAT(In("oqs/res"), ElementsAre(kReply));
  EXPECT_THAT(In("mirror/res"), IsEmpty());
  fs::remove(dir_ / "oqs/res/" + kReply);
  Turn();
  EXPECT_EQ(ReadText(dir_ / "oqs/req/" + kRequest), kBytes);
}

TEST_F(MirrorRequestsTest, GivesUpOnANameThatStaysTaken) {
  WriteText(dir_ / "oqs/req/" + kRequest, "<theirs/>");
  WriteText(dir_ / "mirror/req/" + kRequest, kBytes);
  Turn(3);
  EXPECT_TRUE(fs::exists(Work("taken")));
  clock_->Set(absl::Now() + absl::Minutes(11));
  Turn();
  EXPECT_FALSE(fs::exists(Work("taken")));
  EXPECT_EQ(ReadText(dir_ / "oqs/req/" + kRequest), "<theirs/>");
}

TEST_F(MirrorRequestsTest, GoesOnAfterACrashWithoutAskingTwice) {
  // Before anything was written to the share, and while it was.
  WriteText(Work("taken"), kBytes);
  WriteText(dir_ / "oqs/req/" + kTemporary, "<?xml");
  Restart();
  Turn();
  EXPECT_THAT(In("oqs/req"), ElementsAre(kRequest));
  EXPECT_EQ(ReadText(dir_ / "oqs/req/" + kRequest), kBytes);
  fs::remove(dir_ / "oqs/req/" + kRequest);
  fs::remove(Work("asked"));
  // Before the rename.
  WriteText(Work("written"), kBytes);
  WriteText(dir_ / "oqs/req/" + kTemporary, kBytes);
  Restart();
  Turn();
  EXPECT_THAT(In("oqs/req"), ElementsAre(kRequest));
  fs::remove(dir_ / "oqs/req/" + kRequest);
  fs::remove(Work("asked"));
  // After it, and the terminal has it already.
  WriteText(Work("written"), kBytes);
  Restart();
  Turn(3);
  EXPECT_THAT(In("oqs/req"), IsEmpty());
  EXPECT_TRUE(fs::exists(Work("asked")));
}

TEST_F(MirrorRequestsTest, TakesNothingWhileItIsSwitchedOff) {
  WriteText(dir_ / "mirror/off", "");
  WriteText(dir_ / "mirror/req/" + kRequest, kBytes);
  Turn(4);
  EXPECT_THAT(In("mirror/req"), ElementsAre(kRequest));
  fs::remove(dir_ / "mirror/off");
  Turn(3);
  EXPECT_THAT(In("oqs/req"), ElementsAre(kRequest));
}

TEST_F(MirrorRequestsTest, SurvivesAProgramThatDoesAsItLikes) {
  fs::remove_all(dir_ / "mirror/req");
  fs::remove_all(dir_ / "mirror/res");
  Turn(2);
  EXPECT_TRUE(fs::is_directory(dir_ / "mirror/req"));
  WriteText(dir_ / "mirror/req/" + kRequest, kBytes);
  Turn();
  fs::remove(dir_ / "mirror/req/" + kRequest);
  Turn(2);
  EXPECT_THAT(In("oqs/req"), IsEmpty());
}

TEST_F(MirrorRequestsTest, NeverRunsInACircle) {
  MirrorRequests circle({.mirror = dir_ / "oqs",
                         .oqs_req = dir_ / "oqs/req",
                         .oqs_res = dir_ / "oqs/res",
                         .families = {"EPS*"}},
                        clock_);
  EXPECT_NE(circle.Turn(), 0);
}

TEST_F(MirrorRequestsTest, SaysThatAFolderIsGone) {
  fs::remove_all(dir_ / "oqs");
  EXPECT_NE(requests_->Turn(), 0);
  EXPECT_FALSE(fs::exists(dir_ / "oqs"));
}

}  // namespace
}  // namespace madoguchi::adapters
