#include "tests/sim/run.h"

#include <dirent.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"
#include "tests/sim/faults.h"
#include "tests/sim/files.h"
#include "tests/sim/test_program.h"
#include "tests/sim/test_site.h"

namespace madoguchi::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A process that lists a folder once.
class Looker {
 public:
  explicit Looker(const std::string& folder) : pid_(fork()) {
    if (pid_ != 0) return;
    DIR* const stream = opendir(folder.c_str());
    if (stream != nullptr) (void)readdir(stream);
    _exit(0);
  }
  ~Looker() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Looker(const Looker&) = delete;
  Looker& operator=(const Looker&) = delete;

  bool EndsWithin(absl::Duration patience) const {
    const Descriptor handle = WatchProcess(pid_);
    pollfd waiting{handle.get(), POLLIN, 0};
    return poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(patience))) > 0;
  }

 private:
  pid_t pid_;
};

struct Result {
  int code;
  std::string said;
};

Result RunProgram(const std::vector<std::string>& words) {
  Program program(words);
  const int code = program.ExitCode();
  return {code, program.said()};
}

bool Eventually(const std::function<bool()>& true_now) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (!true_now()) {
    if (absl::Now() >= deadline) return false;
    WaitFor(absl::Milliseconds(20));
  }
  return true;
}

void MakeOlder(const std::string& path, absl::Duration by) {
  const timespec then = absl::ToTimespec(absl::Now() - by);
  const timespec times[] = {then, then};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

TEST(Run, IsReadyAndEndsWithZeroOnSigterm) {
  const TempSite site;
  for (const int signal : {SIGTERM, SIGINT}) {
    Program run({"run", site.path()});
    ASSERT_TRUE(run.Says("ready\n")) << run.said();
    run.Signal(signal);
    EXPECT_EQ(run.ExitCode(), 0) << run.said();
  }
}

TEST(Run, IsOnePerSite) {
  const TempSite site;
  Program run({"run", site.path()});
  ASSERT_TRUE(run.Says("ready\n"));
  const Result second = RunProgram({"run", site.path()});
  EXPECT_EQ(second.code, 2);
  EXPECT_THAT(second.said, HasSubstr("allowed is one per site"));
}

TEST(Run, RemovesWhatIsOldAndNothingElse) {
  TempSite site;
  const std::string face = absl::StrCat(site.path(), "/oqs/face/");
  const Tapped old = site.Tap({});
  const Tapped fresh = site.Tap({});
  ASSERT_TRUE(ReplaceFile(absl::StrCat(face, "notes.txt"), "not ours").ok());
  MakeOlder(face + old.file, absl::Hours(25));
  MakeOlder(face + "notes.txt", absl::Hours(25));
  Program run({"run", site.path(), "--stay", "24h"});
  ASSERT_TRUE(run.Says("ready\n"));
  EXPECT_TRUE(Eventually([&] { return !Exists(face + old.file); }));
  EXPECT_THAT(site.Names("oqs/face"), ElementsAre(fresh.file, "notes.txt"));
}

// With bindfs, or with the reason why not.
TEST(Run, ServesAShareThatHangs) {
  TempSite site;
  Program run({"run", site.path(), "--fuse"});
  if (!run.Says("ready\n")) {
    EXPECT_EQ(run.ExitCode(), 5);
    EXPECT_THAT(run.said(), HasSubstr("package bindfs"));
    EXPECT_TRUE(Exists(absl::StrCat(site.path(), "/oqs/face")));
    return;
  }
  const Tapped first = site.Tap({});
  EXPECT_THAT(site.Names("oqs/face"), ElementsAre(first.file));
  ASSERT_TRUE(SetFault(site.site(), Fault::kShareHung, 1).ok());
  // Somebody who looks now gets no answer; the reader still writes to the terminal's own disk.
  Looker looker(absl::StrCat(site.path(), "/oqs/face"));
  const Tapped meanwhile = site.Tap({});
  EXPECT_FALSE(looker.EndsWithin(absl::Milliseconds(300)));
  ASSERT_TRUE(ClearFaults(site.site(), "", 0).ok());
  EXPECT_TRUE(looker.EndsWithin(kPatience));
  EXPECT_TRUE(Eventually([&] { return site.Names("oqs/face").size() == 2; }));
  run.Signal(SIGTERM);
  EXPECT_EQ(run.ExitCode(), 0) << run.said();
  EXPECT_FALSE(Exists(absl::StrCat(site.path(), "/.share-1")));
  EXPECT_THAT(site.Names("oqs/face"), testing::UnorderedElementsAre(first.file, meanwhile.file));
}

TEST(Run, RepairsWhatAKilledOneLeft) {
  TempSite site;
  {
    Program run({"run", site.path(), "--fuse"});
    if (!run.Says("ready\n")) {
      EXPECT_EQ(run.ExitCode(), 5);
      return;
    }
    ASSERT_TRUE(SetFault(site.site(), Fault::kShareHung, 1).ok());
  }
  const Tapped tapped = site.Tap({});
  Program run({"run", site.path()});
  ASSERT_TRUE(run.Says("ready\n")) << run.said();
  EXPECT_THAT(site.Names("oqs/face"), ElementsAre(tapped.file));
  EXPECT_THAT(*ReadFaults(site.site()), testing::IsEmpty());
}

TEST(CommandLine, ExitCodesTellWhatHappened) {
  TempSite site({.patients = 2});
  EXPECT_EQ(RunProgram({"--help"}).code, 0);
  EXPECT_EQ(RunProgram({"tap", "--help"}).code, 0);
  EXPECT_EQ(RunProgram({}).code, 2);
  EXPECT_EQ(RunProgram({"dance"}).code, 2);
  EXPECT_EQ(RunProgram({"tap", site.path()}).code, 0);
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
           {"tap", "/nowhere"},
           {"tap", site.path(), "--persona", "nobody"},
           {"tap", site.path(), "--patient", "99"},
           {"tap", site.path(), "--patient", "1", "--persona", "lost"},
           {"tap", site.path(), "--consent", "everything"},
           {"tap", site.path(), "--consent-for", "soon"},
           {"tap", site.path(), "--count", "0"},
           {"init", site.path()},
           {"fault", site.path(), "set", "gremlins"},
           {"run", site.path(), "--stay", "-1s"}}) {
    const Result result = RunProgram(wrong);
    EXPECT_EQ(result.code, 2) << result.said;
    EXPECT_THAT(result.said, HasSubstr("allowed"));
    EXPECT_EQ(std::count(result.said.begin(), result.said.end(), '\n'), 1) << result.said;
  }
  ASSERT_EQ(rename(absl::StrCat(site.path(), "/oqs/face").c_str(),
                   absl::StrCat(site.path(), "/elsewhere").c_str()),
            0);
  EXPECT_EQ(RunProgram({"tap", site.path()}).code, 5);
}

TEST(CommandLine, PrintsOneObjectPerTapAndPerson) {
  TempSite site({.patients = 2});
  const Result taps = RunProgram({"tap", site.path(), "--count", "3", "--json"});
  EXPECT_EQ(std::count(taps.said.begin(), taps.said.end(), '\n'), 3);
  EXPECT_EQ(site.Names("oqs/face").size(), 3u);
  const Result people = RunProgram({"population", site.path(), "--json"});
  EXPECT_EQ(std::count(people.said.begin(), people.said.end(), '\n'), site.site().people());
  EXPECT_THAT(people.said, HasSubstr("\"persona\":\"kouki-1wari\""));
  EXPECT_THAT(RunProgram({"population", site.path()}).said, HasSubstr("無効（新しい資格あり）"));
  EXPECT_EQ(RunProgram({"fault", site.path(), "set", "huge", "--terminal", "1"}).code, 0);
  EXPECT_EQ(RunProgram({"fault", site.path(), "list"}).said, "huge terminal-1\n");
  EXPECT_EQ(RunProgram({"fault", site.path(), "clear"}).code, 0);
  EXPECT_EQ(RunProgram({"fault", site.path(), "list"}).said, "");
}

}  // namespace
}  // namespace madoguchi::sim
