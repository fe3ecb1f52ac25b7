// Troubles of the folders themselves.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/japan_time.h"
#include "tests/eligibility/terminal_test_support.h"

namespace madoguchi::eligibility {
namespace {

TEST(TerminalFolder, AMissingFolderIsOfflineUntilItComes) {
  Site site;
  std::filesystem::remove(site.face);
  site.Start();
  ASSERT_TRUE(site.Becomes(v1::CONNECTION_STATE_OFFLINE, "MDG-1201"));
  EXPECT_EQ(site.Status().cause().field(), "face");
  EXPECT_FALSE(site.Status().file_events());
  const absl::Time now = absl::Now();
  const auto since = base::FromProto(site.Status().since());
  std::filesystem::create_directory(site.face);
  PublishFile(site.face, FaceName(now), FaceXml(now));
  ASSERT_TRUE(site.Stores(1));
  EXPECT_TRUE(site.BecomesOnline());
  EXPECT_GT(base::FromProto(site.Status().since()), since);
  EXPECT_FALSE(site.Status().has_cause());
}

TEST(TerminalFolder, AFolderThatIsReplacedIsOpenedAnewAndNothingIsLostOrOfferedTwice) {
  Site site;
  site.StartAndSettle();
  const absl::Time now = absl::Now();
  PublishFile(site.face, FaceName(now, 1), FaceXml(now, 1));
  ASSERT_TRUE(site.Stores(1));
  const std::string fresh = site.root.Make("fresh");
  WriteFile(absl::StrCat(fresh, "/", FaceName(now, 1)), FaceXml(now, 1));
  WriteFile(absl::StrCat(fresh, "/", FaceName(now, 2)), FaceXml(now, 2));
  const std::string old = absl::StrCat(site.root.path(), "/old");
  ASSERT_EQ(rename(site.face.c_str(), old.c_str()), 0);
  ASSERT_EQ(rename(fresh.c_str(), site.face.c_str()), 0);
  ASSERT_TRUE(site.Stores(2));
  // Events come from the new directory now; the old one is no business of ours.
  WriteFile(absl::StrCat(old, "/", FaceName(now, 4)), FaceXml(now, 4));
  PublishFile(site.face, FaceName(now, 3), FaceXml(now, 3));
  ASSERT_TRUE(site.Stores(3));
  site.AwaitRescan();
  EXPECT_EQ(site.sink.offered().size(), 3U);
  EXPECT_EQ(site.Status().problems_size(), 0);
}

TEST(TerminalFolder, AFolderThatIsDeletedAndMadeAgainComesBack) {
  Site site;
  site.StartAndSettle();
  for (int round = 1; round <= 3; ++round) {
    std::filesystem::remove_all(site.face);
    ASSERT_TRUE(site.Becomes(v1::CONNECTION_STATE_OFFLINE, "MDG-1201"));
    std::filesystem::create_directory(site.face);
    const absl::Time now = absl::Now();
    PublishFile(site.face, FaceName(now, round), FaceXml(now, round));
    ASSERT_TRUE(site.Stores(static_cast<size_t>(round)));
    ASSERT_TRUE(site.BecomesOnline());
    EXPECT_TRUE(site.Status().file_events());
  }
}

TEST(TerminalFolder, AFileWhereTheFolderShouldBeIsOffline) {
  Site site;
  std::filesystem::remove(site.face);
  WriteFile(site.face, "not a folder");
  site.Start();
  EXPECT_TRUE(site.Becomes(v1::CONNECTION_STATE_OFFLINE, "MDG-1201"));
}

TEST(TerminalFolder, AFolderMayBeALink) {
  Site site;
  const std::string link = absl::StrCat(site.root.path(), "/link");
  std::filesystem::create_directory_symlink(site.face, link);
  site.config.face = link;
  site.StartAndSettle();
  const absl::Time now = absl::Now();
  PublishFile(site.face, FaceName(now), FaceXml(now));
  EXPECT_TRUE(site.Stores(1));
}

TEST(TerminalFolder, AnExtraFolderThatWasNeverThereDegradesAndNamesItsKey) {
  Site site;
  site.config.extra_folders.push_back(absl::StrCat(site.root.path(), "/misspelt"));
  site.Start();
  ASSERT_TRUE(site.Becomes(v1::CONNECTION_STATE_DEGRADED, "MDG-1201"));
  EXPECT_EQ(site.Status().cause().field(), "extra_folders[1]");
  const absl::Time now = absl::Now();
  PublishFile(site.face, FaceName(now), FaceXml(now));
  EXPECT_TRUE(site.Stores(1));
  // Once it has been there, its owner may remove it again.
  site.root.Make("misspelt");
  ASSERT_TRUE(site.BecomesOnline());
  std::filesystem::remove(absl::StrCat(site.root.path(), "/misspelt"));
  site.AwaitRescan();
  EXPECT_EQ(site.Status().state(), v1::CONNECTION_STATE_ONLINE);
}

TEST(TerminalFolder, ReadsExtraFoldersAsAWhole) {
  Site site;
  const absl::Time now = absl::Now();
  WriteFile(absl::StrCat(site.trash, "/", FaceName(now, 1)), FaceXml(now, 1));
  site.StartAndSettle();
  ASSERT_TRUE(site.Stores(1));
  PublishFile(site.trash, FaceName(now, 2), FaceXml(now, 2));
  EXPECT_TRUE(site.Stores(2));
}

TEST(TerminalFolder, OverAHundredThousandEntriesAreReportedAndNewFilesAreFoundAllTheSame) {
  const TempFolder fast(TempFolder::FastParent());
  Site site;
  site.config.face = site.face = fast.Make("face");
  const int folder = ::open(site.face.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_GE(folder, 0);
  for (int i = 0; i < 100'050; ++i) {
    const int fd = openat(folder, absl::StrCat("j", i).c_str(), O_WRONLY | O_CREAT, 0600);
    ASSERT_GE(fd, 0);
    close(fd);
  }
  close(folder);
  site.config.rescan = absl::Seconds(1);
  site.Start();
  ASSERT_TRUE(site.Becomes(v1::CONNECTION_STATE_DEGRADED, "MDG-1210"));
  const absl::Time now = absl::Now();
  PublishFile(site.face, FaceName(now), FaceXml(now));
  EXPECT_TRUE(site.Stores(1));
}

// Starts the terminal on a thread that is an ordinary user, so that modes count for it. The
// credentials are those of the one thread (the raw call, not glibc's which changes all), and
// threads it starts inherit them.
bool StartAsNobody(Site& site) {
  bool started = false;
  std::thread([&] {
    if (syscall(SYS_setgroups, 0, nullptr) != 0 ||
        syscall(SYS_setresgid, 65534, 65534, 65534) != 0 ||
        syscall(SYS_setresuid, 65534, 65534, 65534) != 0) {
      return;
    }
    site.Start();
    started = true;
  }).join();
  return started;
}

TEST(TerminalFolder, PermissionsThatAreTakenAwayAreOfflineAndRecoverWhenGiven) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  Site site;
  ASSERT_EQ(chmod(site.root.path().c_str(), 0755), 0);
  ASSERT_TRUE(StartAsNobody(site));
  ASSERT_TRUE(site.BecomesOnline());
  ASSERT_EQ(chmod(site.face.c_str(), 0), 0);
  ASSERT_TRUE(site.Becomes(v1::CONNECTION_STATE_OFFLINE, "MDG-1202"));
  const absl::Time now = absl::Now();
  PublishFile(site.face, FaceName(now), FaceXml(now));
  ASSERT_EQ(chmod(site.face.c_str(), 0755), 0);
  ASSERT_TRUE(site.Stores(1));
  EXPECT_TRUE(site.BecomesOnline());
}

TEST(TerminalFolder, AFolderThatMayOnlyBeReadIsEnough) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  Site site;
  ASSERT_EQ(chmod(site.root.path().c_str(), 0755), 0);
  ASSERT_EQ(chmod(site.face.c_str(), 0555), 0);
  ASSERT_TRUE(StartAsNobody(site));
  ASSERT_TRUE(site.BecomesOnline());
  const absl::Time now = absl::Now();
  PublishFile(site.face, FaceName(now), FaceXml(now));
  EXPECT_TRUE(site.Stores(1));
}

TEST(TerminalFolder, AFileThatMayNotBeReadIsAProblemUntilItMay) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  Site site;
  ASSERT_EQ(chmod(site.root.path().c_str(), 0755), 0);
  ASSERT_TRUE(StartAsNobody(site));
  ASSERT_TRUE(site.BecomesOnline());
  const absl::Time now = absl::Now();
  const std::string path = absl::StrCat(site.face, "/", FaceName(now, 1));
  const std::string beside = absl::StrCat(site.root.path(), "/beside");
  WriteFile(beside, FaceXml(now, 1));
  ASSERT_EQ(chmod(beside.c_str(), 0), 0);
  ASSERT_EQ(rename(beside.c_str(), path.c_str()), 0);
  ASSERT_TRUE(site.GetsProblem(FaceName(now, 1), "MDG-1204"));
  PublishFile(site.face, FaceName(now, 2), FaceXml(now, 2));
  ASSERT_TRUE(site.Stores(1));
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  ASSERT_TRUE(site.Stores(2));
  EXPECT_TRUE(site.GetsProblem(FaceName(now, 1), ""));
}

}  // namespace
}  // namespace madoguchi::eligibility
