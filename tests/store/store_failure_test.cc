#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/base/error.h"
#include "agent/store/store.h"
#include "tests/store/temp_dir.h"

// The store on a disk that is full, and under a process that is killed.
namespace madoguchi::store {
namespace {

using base::ErrorCode;

ReceptionRow BigRow(int number, int part) {
  return {.id = absl::StrCat("r", number, "-", part),
          .confirmation_id = absl::StrCat("c", number, "-", part),
          .counter = "main",
          .day = absl::CivilDay(2026, 4, 10),
          .state = 8,
          .open = true,
          .opened_at = absl::FromUnixSeconds(1'775'779'200),
          .event = 0,
          .body = std::string(5000, static_cast<char>('a' + number % 26))};
}

Changes Three(int number) {
  Changes changes;
  for (int part = 0; part < 3; ++part) changes.receptions.push_back(BigRow(number, part));
  changes.face_keys.push_back({absl::StrCat("key", number), changes.receptions[0].id});
  return changes;
}

// Of a transaction, all or nothing must be there.
int CountParts(const Store& store, int number) {
  int parts = store.FindFaceKey(absl::StrCat("key", number))->has_value() ? 1 : 0;
  for (int part = 0; part < 3; ++part) {
    if (store.FindReception(absl::StrCat("r", number, "-", part))->has_value()) ++parts;
  }
  return parts;
}

// Fills up until the store says so; returns how many were taken.
int FillUp(Store& store, ErrorCode expected = ErrorCode::kStoreFull) {
  for (int number = 0; number < 10'000; ++number) {
    const auto numbers = store.Commit(Three(number));
    if (numbers.ok()) continue;
    EXPECT_TRUE(base::Is(numbers.status(), expected)) << numbers.status();
    return number;
  }
  ADD_FAILURE() << "the disk never got full";
  return 0;
}

void ExpectWholeUpTo(const Store& store, int taken) {
  for (int number = 0; number < taken; ++number) {
    ASSERT_EQ(CountParts(store, number), 4) << number;
  }
  EXPECT_EQ(CountParts(store, taken), 0);
  EXPECT_EQ(store.Head(), taken * 3);
}

TEST(StoreFailure, AFullDiskIsToldAndGoesByWithoutReopening) {
  TempDir dir;
  if (!dir.Limit("3m")) GTEST_SKIP() << "mounting a tmpfs is not allowed here";
  auto store = Store::Open(dir / "s.db");
  ASSERT_TRUE(store.ok()) << store.status();
  const int taken = FillUp(**store);
  EXPECT_GT(taken, 20);
  // Again and again, and reading goes on.
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(base::Is((*store)->Commit(Three(taken)).status(), ErrorCode::kStoreFull));
    ExpectWholeUpTo(**store, taken);
    const absl::Status tidied = (*store)->Tidy();
    EXPECT_TRUE(tidied.ok() || base::Is(tidied, ErrorCode::kStoreFull)) << tidied;
  }
  ASSERT_TRUE(dir.Resize("30m"));
  EXPECT_TRUE((*store)->Probe().ok());
  for (int number = taken; number < taken + 200; ++number) {
    const auto numbers = (*store)->Commit(Three(number));
    ASSERT_TRUE(numbers.ok()) << numbers.status();
    EXPECT_EQ(numbers->front(), number * 3 + 1);
  }
  (*store)->Close();
  store = Store::Open(dir / "s.db");
  ASSERT_TRUE(store.ok()) << store.status();
  ExpectWholeUpTo(**store, taken + 200);
}

TEST(StoreFailure, AStoreOnAFullDiskOpensAndReadsOrSaysWhy) {
  TempDir dir;
  if (!dir.Limit("3m")) GTEST_SKIP() << "mounting a tmpfs is not allowed here";
  int taken = 0;
  {
    auto store = Store::Open(dir / "s.db");
    ASSERT_TRUE(store.ok());
    taken = FillUp(**store);
  }
  const auto full = Store::Open(dir / "s.db");
  if (full.ok()) {
    ExpectWholeUpTo(**full, taken);
  } else {
    EXPECT_TRUE(base::Is(full.status(), ErrorCode::kStoreFull)) << full.status();
  }
}

// Without a file system of our own: a limit on the size of files makes writes fail in the middle.
// In a child, because the limit is the process's.
TEST(StoreFailure, AWriteThatFailsGoesByWithoutReopening) {
  TempDir dir;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    auto store = Store::Open(dir / "s.db");
    if (!store.ok()) ::_exit(2);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 1 << 20;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const int taken = FillUp(**store, ErrorCode::kStoreFailed);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    if (!(*store)->Commit(Three(taken)).ok()) ::_exit(3);
    ExpectWholeUpTo(**store, taken + 1);
    ::_exit(testing::Test::HasFailure() ? 4 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// Commits and says so to `pipe`, until it is killed.
[[noreturn]] void CommitForEver(const std::string& path, int first, int pipe) {
  auto store = Store::Open(path);
  if (!store.ok()) ::_exit(2);
  for (int number = first;; ++number) {
    if (!(*store)->Commit(Three(number)).ok()) ::_exit(3);
    const std::string said = absl::StrCat(number, "\n");
    if (::write(pipe, said.data(), said.size()) < 0) ::_exit(4);
    if (number % 7 == 0 && !(*store)->Tidy().ok()) ::_exit(5);
  }
}

// Kills `child` once it has said `enough` bytes; returns all it said.
std::string KillAfter(pid_t child, int pipe, size_t enough) {
  std::string said;
  char buffer[256];
  const auto read = [&] {
    const ssize_t size = ::read(pipe, buffer, sizeof buffer);
    if (size > 0) said.append(buffer, static_cast<size_t>(size));
    return size > 0;
  };
  while (said.size() < enough && read()) {
  }
  ::kill(child, SIGKILL);
  while (read()) {
  }
  ::close(pipe);
  return said;
}

// A child commits and says so on a pipe; it is killed without warning after a number of words.
// What it said is there, each transaction is whole, and the numbers go on.
TEST(StoreFailure, WhatWasToldSurvivesAKillAndNothingIsHalf) {
  TempDir dir;
  int next = 0;
  for (int round = 0; round < 12; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) CommitForEver(dir / "s.db", next, pipe_ends[1]);
    ::close(pipe_ends[1]);
    const std::string said = KillAfter(child, pipe_ends[0], 40 + 37 * static_cast<size_t>(round));
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);

    const std::vector<std::string> words = absl::StrSplit(said, '\n', absl::SkipEmpty());
    ASSERT_FALSE(words.empty());
    int last = 0;
    ASSERT_TRUE(absl::SimpleAtoi(words.back(), &last));
    auto store = Store::Open(dir / "s.db");
    ASSERT_TRUE(store.ok()) << store.status();
    for (int number = 0; number <= last; ++number) {
      ASSERT_EQ(CountParts(**store, number), 4) << number;
    }
    // One more may have been committed and not been told.
    const int more = CountParts(**store, last + 1);
    EXPECT_TRUE(more == 0 || more == 4) << more;
    next = last + 1 + (more == 4 ? 1 : 0);
    EXPECT_EQ((*store)->Head(), next * 3);
  }
}

}  // namespace
}  // namespace madoguchi::store
