// A folder behind FUSE: no events for what happens on the other side, and it may hang.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "agent/base/japan_time.h"
#include "tests/eligibility/terminal_test_support.h"

namespace madoguchi::eligibility {
namespace {

bool IsFuse(const std::string& path) {
  struct statfs info = {};
  return statfs(path.c_str(), &info) == 0 && static_cast<uint32_t>(info.f_type) == 0x65735546;
}

// bindfs in the foreground: a directory shown elsewhere through FUSE.
class BindFs {
 public:
  BindFs(std::string from, std::string to) : from_(std::move(from)), to_(std::move(to)) {}
  ~BindFs() { Unmount(); }

  bool Mount() {
    pid_ = fork();
    if (pid_ == 0) {
      const int null = open("/dev/null", O_WRONLY);
      dup2(null, STDOUT_FILENO);
      dup2(null, STDERR_FILENO);
      execlp("bindfs", "bindfs", "-f", from_.c_str(), to_.c_str(), nullptr);
      _exit(127);
    }
    return pid_ > 0 && Eventually([&] { return IsFuse(to_); }, absl::Seconds(5));
  }
  void Unmount() {
    if (pid_ <= 0) return;
    Send(SIGCONT);
    umount2(to_.c_str(), MNT_DETACH);
    Send(SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  // The program behind the mount dies: calls fail from now on.
  void Die() const { Send(SIGKILL); }
  void Hang() const { Send(SIGSTOP); }
  void Answer() const { Send(SIGCONT); }

 private:
  // Only to a process of ours: a number that is not one means everybody.
  void Send(int signal) const {
    if (pid_ > 1) kill(pid_, signal);
  }

  std::string from_;
  std::string to_;
  pid_t pid_ = -1;
};

class TerminalShare : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root to mount";
    if (access("/usr/bin/bindfs", X_OK) != 0) GTEST_SKIP() << "bindfs is not installed";
    if (access("/dev/fuse", R_OK | W_OK) != 0) GTEST_SKIP() << "no /dev/fuse here";
    server_ = site_.root.Make("server");
    mount_ = std::make_unique<BindFs>(server_, site_.face);
    if (!mount_->Mount()) GTEST_SKIP() << "bindfs cannot mount here";
    site_.config.hang_after = absl::Milliseconds(300);
  }
  void TearDown() override {
    if (mount_ != nullptr) mount_->Answer();
    if (site_.terminal != nullptr) site_.terminal->Stop(absl::Seconds(10));
    mount_.reset();
  }
  void Put(int i) {
    const absl::Time now = absl::Now();
    PublishFile(server_, FaceName(now, i), FaceXml(now, i));
  }

  Site site_;
  std::string server_;
  std::unique_ptr<BindFs> mount_;
};

TEST_F(TerminalShare, FindsFilesByRescanAlone) {
  site_.StartAndSettle();
  EXPECT_FALSE(site_.Status().file_events());
  for (int i = 1; i <= 5; ++i) {
    Put(i);
    ASSERT_TRUE(site_.Stores(static_cast<size_t>(i)));
  }
  // In pieces, on the other side.
  const absl::Time now = absl::Now();
  const std::string bytes = FaceXml(now, 6);
  const std::string path = absl::StrCat(server_, "/", FaceName(now, 6));
  WriteFile(path, bytes.substr(0, 300));
  site_.AwaitRescan();
  AppendFile(path, bytes.substr(300));
  ASSERT_TRUE(site_.Stores(6));
  // Written again with other content of the same size.
  WriteFile(path, FaceXml(now, 7));
  ASSERT_TRUE(site_.Stores(7));
  EXPECT_EQ(site_.Status().problems_size(), 0);
}

TEST_F(TerminalShare, AShareThatHangsIsOfflineAndEverythingComesWhenItAnswers) {
  site_.StartAndSettle();
  mount_->Hang();
  ASSERT_TRUE(site_.Becomes(v1::CONNECTION_STATE_OFFLINE, "MDG-1203"));
  const auto since = base::FromProto(site_.Status().since());
  EXPECT_LT(absl::AbsDuration(since - absl::Now()), absl::Seconds(5));
  for (int i = 1; i <= 3; ++i) Put(i);
  EXPECT_TRUE(StaysTrue(
      [&] {
        const auto status = site_.Status();
        return status.cause().number() == "MDG-1203" && base::FromProto(status.since()) <= since;
      },
      absl::Milliseconds(300)));
  mount_->Answer();
  ASSERT_TRUE(site_.Stores(3));
  ASSERT_TRUE(site_.BecomesOnline());
  EXPECT_GT(base::FromProto(site_.Status().since()), since);
  EXPECT_EQ(site_.sink.offered().size(), 3U);
}

bool HasThread(const std::string& name) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string comm;
    std::getline(std::ifstream(task.path() / "comm") >> std::ws, comm);
    if (comm == name) return true;
  }
  return false;
}

TEST_F(TerminalShare, AThreadThatHangsIsLeftBehindAndTouchesNothingMore) {
  site_.config.name = "left";
  site_.StartAndSettle();
  ASSERT_TRUE(HasThread("term-left"));
  mount_->Hang();
  ASSERT_TRUE(site_.Becomes(v1::CONNECTION_STATE_OFFLINE, "MDG-1203"));
  const absl::Time before = absl::Now();
  EXPECT_FALSE(site_.terminal->Stop(absl::Milliseconds(200)));
  EXPECT_LT(absl::Now() - before, absl::Seconds(2));
  site_.terminal.reset();
  Put(1);
  mount_->Answer();
  EXPECT_TRUE(Eventually([] { return !HasThread("term-left"); }));
  EXPECT_TRUE(site_.sink.offered().empty());
}

TEST_F(TerminalShare, AShareWhoseServerDiesIsOfflineUntilItIsMountedAgain) {
  site_.StartAndSettle();
  Put(1);
  ASSERT_TRUE(site_.Stores(1));
  mount_->Die();
  ASSERT_TRUE(site_.Becomes(v1::CONNECTION_STATE_OFFLINE, "MDG-1203"));
  mount_->Unmount();
  ASSERT_TRUE(site_.Becomes(v1::CONNECTION_STATE_OFFLINE, "MDG-1201"));
  Put(2);
  ASSERT_TRUE(mount_->Mount());
  ASSERT_TRUE(site_.Stores(2));
  ASSERT_TRUE(site_.BecomesOnline());
  site_.AwaitRescan();
  EXPECT_EQ(site_.sink.offered().size(), 2U);
}

}  // namespace
}  // namespace madoguchi::eligibility
