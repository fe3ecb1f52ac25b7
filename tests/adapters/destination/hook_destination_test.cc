#include "adapters/destination/hook_destination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "adapters/destination/outcome.h"
#include "adapters/destination/safe_folder.h"
#include "agent/base/error.h"
#include "tests/adapters/destination/parcels.h"
#include "tests/store/temp_dir.h"

namespace madoguchi::adapters {
namespace {

using testing::HasSubstr;
using testing::Not;

class HookDestinationTest : public testing::Test {
 protected:
  HookDestinationTest() {
    std::signal(SIGPIPE, SIG_IGN);
    chmod(dir_.path().c_str(), 0777);
  }

  // A shell script that finds its folder in $1.
  std::unique_ptr<HookDestination> Script(const std::string& text,
                                          absl::Duration within = absl::Seconds(20)) {
    const std::string path = dir_ / "hook";
    WriteText(path, absl::StrCat("#!/bin/sh\n", text, "\n"));
    chmod(path.c_str(), 0755);
    HookConfig config{.program = path, .arguments = {dir_.path(), "$HOME; *"}};
    if (geteuid() == 0) config.user = "nobody";
    config.within = within;
    return HookDestination::Make(config).value();
  }

  store::TempDir dir_;
};

TEST_F(HookDestinationTest, GivesEachPieceToTheProgramAndNothingElse) {
  Parcel parcel = ParcelOf(std::string(300'000, 'x'));
  parcel.pieces.push_back({.label = "2", .bytes = "two"});
  const Delivered delivered =
      Script(
          "cat > \"$1/in-$MADOGUCHI_LABEL\"; env > \"$1/env\"; echo \"$2\" > \"$1/second\"; id -u "
          "> \"$1/who\"; ls /proc/self/fd > \"$1/open\"; echo out; echo err >&2")
          ->Deliver(parcel, Within(kLong));
  EXPECT_EQ(delivered.kind, Delivered::Kind::kDone) << delivered.why;
  EXPECT_EQ(ReadText(dir_ / "in-1"), std::string(300'000, 'x'));
  EXPECT_EQ(ReadText(dir_ / "in-2"), "two");
  EXPECT_EQ(ReadText(dir_ / "second"), "$HOME; *\n");
  EXPECT_NE(ReadText(dir_ / "who"), "0\n");
  // ls itself has opened 3.
  EXPECT_EQ(ReadText(dir_ / "open"), "0\n1\n2\n3\n");
  const std::string environment = ReadText(dir_ / "env");
  EXPECT_THAT(environment, HasSubstr("MADOGUCHI_MESSAGE_ID=M0000000000000000001\n"));
  EXPECT_THAT(environment, HasSubstr("MADOGUCHI_WHAT=reception\n"));
  EXPECT_THAT(environment, HasSubstr("MADOGUCHI_MEDIA_TYPE=text/plain\n"));
  EXPECT_THAT(environment, Not(HasSubstr("00042")));
  EXPECT_THAT(environment, Not(HasSubstr("HOME=")));
}

TEST_F(HookDestinationTest, JudgesExitCodes) {
  struct Case {
    const char* script;
    base::ErrorCode code;
  };
  const Case cases[] = {{"exit 75", base::ErrorCode::kDestinationBusy},
                        {"echo secret >&2; exit 1", base::ErrorCode::kHookFailed},
                        {"kill -9 $$", base::ErrorCode::kHookFailed}};
  for (const Case& one : cases) {
    // More than a pipe holds, which none of them reads.
    const Delivered delivered =
        Script(one.script)->Deliver(ParcelOf(std::string(300'000, 'x')), Within(kLong));
    EXPECT_EQ(delivered.kind, Delivered::Kind::kTryAgain);
    EXPECT_TRUE(base::Is(delivered.why, one.code)) << delivered.why;
    EXPECT_THAT(std::string(delivered.why.message()), Not(HasSubstr("secret")));
  }
  EXPECT_EQ(Script("exit 0")->Deliver(ParcelOf(std::string(300'000, 'x')), Within(kLong)).kind,
            Delivered::Kind::kDone);
}

TEST_F(HookDestinationTest, EndsWhatTakesTooLongWithAllItHasStarted) {
  const absl::Time before = absl::Now();
  const Delivered delivered =
      Script("sleep 600 & echo $! > \"$1/child\"; sleep 600", absl::Seconds(1))
          ->Deliver(ParcelOf("x"), Within(kLong));
  EXPECT_TRUE(base::Is(delivered.why, base::ErrorCode::kHookFailed));
  EXPECT_LT(absl::Now() - before, absl::Seconds(20));
  int child = 0;
  ASSERT_TRUE(absl::SimpleAtoi(ReadText(dir_ / "child"), &child));
  // It is gone, or a zombie whoever adopted it has not yet waited for.
  const std::string status = absl::StrCat("/proc/", child, "/stat");
  const auto ended = [&status] {
    const std::string stat = ReadText(status);
    return stat.empty() || stat.find(") Z") != std::string::npos;
  };
  const absl::Time until = absl::Now() + kLong;
  while (!ended() && absl::Now() < until) WaitFor(-1, 0, Within(absl::Milliseconds(10)));
  EXPECT_TRUE(ended());
}

TEST_F(HookDestinationTest, StopsWhenTold) {
  const Descriptor stop(eventfd(1, EFD_CLOEXEC));
  const absl::Time before = absl::Now();
  EXPECT_EQ(Script("sleep 600")
                ->Deliver(ParcelOf("x"), {.deadline = before + kLong, .stop_fd = stop.get()})
                .kind,
            Delivered::Kind::kTryAgain);
  EXPECT_LT(absl::Now() - before, absl::Seconds(15));
}

TEST_F(HookDestinationTest, TellsThatItCannotBeRun) {
  const auto destination = Script("exit 0");
  EXPECT_TRUE(destination->Probe(Within(kLong)).ok());
  std::filesystem::remove(dir_ / "hook");
  EXPECT_TRUE(base::Is(destination->Probe(Within(kLong)), base::ErrorCode::kHookFailed));
  const Delivered delivered = destination->Deliver(ParcelOf("x"), Within(kLong));
  EXPECT_TRUE(base::Is(delivered.why, base::ErrorCode::kHookFailed));
  EXPECT_EQ(delivered.kind, Delivered::Kind::kTryAgain);
}

TEST(HookConfig, IsChecked) {
  EXPECT_FALSE(HookDestination::Make({.program = "hook"}).ok());
  EXPECT_FALSE(HookDestination::Make({.program = "/bin/true", .user = "root"}).ok());
  EXPECT_FALSE(HookDestination::Make({.program = "/bin/true", .user = "no such user"}).ok());
  if (geteuid() == 0) {
    EXPECT_FALSE(HookDestination::Make({.program = "/bin/true"}).ok());
  } else {
    EXPECT_FALSE(HookDestination::Make({.program = "/bin/true", .user = "nobody"}).ok());
  }
}

}  // namespace
}  // namespace madoguchi::adapters
