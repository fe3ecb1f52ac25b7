#include "adapters/destination/folder_destination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "adapters/destination/safe_folder.h"
#include "agent/base/error.h"
#include "tests/adapters/destination/parcels.h"
#include "tests/store/temp_dir.h"

namespace madoguchi::adapters {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FolderDestinationTest : public testing::Test {
 protected:
  std::unique_ptr<FolderDestination> Make(FolderConfig config = {}) {
    config.path = folder_;
    return FolderDestination::Make(config).value();
  }

  store::TempDir dir_;
  const std::string folder_ = dir_.path();
};

TEST_F(FolderDestinationTest, PutsThePiecesAndNothingElseThere) {
  Parcel parcel = ParcelOf("one");
  parcel.pieces.push_back({.label = "2", .bytes = "two"});
  const auto destination = Make();
  EXPECT_EQ(destination->Deliver(parcel, Within(kLong)).kind, Delivered::Kind::kDone);
  EXPECT_THAT(NamesIn(folder_),
              ElementsAre("M0000000000000000001-1.txt", "M0000000000000000001-2.txt"));
  EXPECT_EQ(ReadText(folder_ + "/M0000000000000000001-2.txt"), "two");
  // The program that reads it has another account.
  struct stat info = {};
  ASSERT_EQ(stat((folder_ + "/M0000000000000000001-1.txt").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0007, 0u);
}

TEST_F(FolderDestinationTest, TheSameAgainChangesNothing) {
  const auto destination = Make();
  ASSERT_EQ(destination->Deliver(ParcelOf("one"), Within(kLong)).kind, Delivered::Kind::kDone);
  struct stat before = {};
  ASSERT_EQ(stat((folder_ + "/M0000000000000000001.txt").c_str(), &before), 0);
  EXPECT_EQ(destination->Deliver(ParcelOf("one"), Within(kLong)).kind, Delivered::Kind::kDone);
  struct stat after = {};
  ASSERT_EQ(stat((folder_ + "/M0000000000000000001.txt").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(FolderDestinationTest, NeverTouchesWhatIsSomebodyElses) {
  const std::string path = folder_ + "/M0000000000000000001.txt";
  const auto destination = Make();
  const auto refused = [&] {
    const Delivered delivered = destination->Deliver(ParcelOf("ours"), Within(kLong));
    EXPECT_EQ(delivered.kind, Delivered::Kind::kRefused);
    EXPECT_TRUE(base::Is(delivered.why, base::ErrorCode::kDestinationNameTaken));
  };
  for (const char* theirs : {"theirs", "", "our", "ours and more"}) {
    WriteText(path, theirs);
    refused();
    EXPECT_EQ(ReadText(path), theirs);
    EXPECT_THAT(NamesIn(folder_), ElementsAre("M0000000000000000001.txt"));
  }
  std::filesystem::remove(path);
  std::filesystem::create_symlink("/etc/passwd", path);
  refused();
  EXPECT_TRUE(std::filesystem::is_symlink(path));
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  refused();
}

TEST_F(FolderDestinationTest, ReplacesWhereThatIsWanted) {
  const auto destination = Make({.name = "{chart}.csv", .replace = true});
  EXPECT_TRUE(destination->NeedsChart());
  EXPECT_EQ(destination->Deliver(ParcelOf("one"), Within(kLong)).kind, Delivered::Kind::kDone);
  EXPECT_EQ(destination->Deliver(ParcelOf("two"), Within(kLong)).kind, Delivered::Kind::kDone);
  EXPECT_EQ(ReadText(folder_ + "/00042.csv"), "two");
}

TEST_F(FolderDestinationTest, GoesOnAfterACrashAtEveryPlace) {
  const std::string temporary = folder_ + "/" + TemporaryName("M0000000000000000001", "1");
  // While the temporary file was written.
  WriteText(temporary, "on");
  const auto destination = Make();
  EXPECT_EQ(destination->Deliver(ParcelOf("one"), Within(kLong)).kind, Delivered::Kind::kDone);
  EXPECT_THAT(NamesIn(folder_), ElementsAre("M0000000000000000001.txt"));
  // Between taking the name and the rename.
  WriteText(temporary, "one");
  WriteText(folder_ + "/M0000000000000000001.txt", "");
  EXPECT_EQ(destination->Deliver(ParcelOf("one"), Within(kLong)).kind, Delivered::Kind::kDone);
  EXPECT_EQ(ReadText(folder_ + "/M0000000000000000001.txt"), "one");
  // Between a link and the removal of the other name.
  WriteText(temporary, "one");
  EXPECT_EQ(destination->Deliver(ParcelOf("one"), Within(kLong)).kind, Delivered::Kind::kDone);
  EXPECT_THAT(NamesIn(folder_), ElementsAre("M0000000000000000001.txt"));
}

TEST_F(FolderDestinationTest, CleansUpWhatWasLeftLongAgo) {
  const std::string old_one = folder_ + "/" + TemporaryName("M0000000000000000009", "1");
  const std::string new_one = folder_ + "/" + TemporaryName("M0000000000000000008", "1");
  const std::string theirs = folder_ + "/other.tmp";
  for (const std::string& path : {old_one, new_one, theirs}) WriteText(path, "x");
  for (const std::string& path : {old_one, theirs}) {
    std::filesystem::last_write_time(
        path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(2));
  }
  EXPECT_EQ(Make()->Deliver(ParcelOf("one"), Within(kLong)).kind, Delivered::Kind::kDone);
  EXPECT_FALSE(std::filesystem::exists(old_one));
  EXPECT_TRUE(std::filesystem::exists(new_one));
  EXPECT_TRUE(std::filesystem::exists(theirs));
}

TEST_F(FolderDestinationTest, AFullDiskIsTriedAgainAndLeavesNothingBehind) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small = {.rlim_cur = 100, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto destination = Make();
  const Parcel large = ParcelOf(std::string(1000, 'x'));
  const Delivered full = destination->Deliver(large, Within(kLong));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(full.kind, Delivered::Kind::kTryAgain);
  EXPECT_TRUE(base::Is(full.why, base::ErrorCode::kDestinationNotWritable));
  EXPECT_THAT(NamesIn(folder_), IsEmpty());
  EXPECT_EQ(destination->Deliver(large, Within(kLong)).kind, Delivered::Kind::kDone);
}

TEST_F(FolderDestinationTest, AFolderThatIsNotThereIsTriedAgainAndNotMade) {
  const auto destination = FolderDestination::Make({.path = folder_ + "/gone"}).value();
  const Delivered delivered = destination->Deliver(ParcelOf("one"), Within(kLong));
  EXPECT_EQ(delivered.kind, Delivered::Kind::kTryAgain);
  EXPECT_TRUE(base::Is(delivered.why, base::ErrorCode::kDestinationNotWritable));
  EXPECT_FALSE(destination->Probe(Within(kLong)).ok());
  EXPECT_THAT(NamesIn(folder_), IsEmpty());
  EXPECT_TRUE(Make()->Probe(Within(kLong)).ok());
  EXPECT_THAT(NamesIn(folder_), IsEmpty());
}

TEST_F(FolderDestinationTest, WaitsForAChart) {
  Parcel parcel = ParcelOf("one");
  parcel.reception.mutable_assignment()->clear_patient_id();
  const Delivered delivered = Make({.name = "{chart}"})->Deliver(parcel, Within(kLong));
  EXPECT_EQ(delivered.kind, Delivered::Kind::kTryAgain);
  EXPECT_TRUE(base::Is(delivered.why, base::ErrorCode::kNotAssignedYet));
}

TEST(FolderDestinationConfig, IsChecked) {
  EXPECT_FALSE(FolderDestination::Make({.path = "here"}).ok());
  EXPECT_FALSE(FolderDestination::Make({.path = "/tmp", .name = "{x}"}).ok());
}

TEST(BoundedThreadTest, AHangingCallHoldsUpNobody) {
  absl::Notification begun;
  const auto answer = std::make_shared<absl::Notification>();
  const auto second = std::make_shared<bool>(false);
  {
    BoundedThread thread;
    EXPECT_EQ(thread.Run(
                  [&begun, answer] {
                    begun.Notify();
                    answer->WaitForNotification();
                  },
                  Within(absl::Milliseconds(50))),
              Waited::kTooLate);
    begun.WaitForNotification();
    // Nor does the next one begin.
    EXPECT_EQ(thread.Run([second] { *second = true; }, Within(absl::Milliseconds(50))),
              Waited::kTooLate);
    // A stop is heard while it hangs.
    const Descriptor stop(eventfd(1, EFD_CLOEXEC));
    EXPECT_EQ(thread.Run([second] { *second = true; },
                         {.deadline = absl::Now() + kLong, .stop_fd = stop.get()}),
              Waited::kStopped);
    answer->Notify();
    EXPECT_EQ(thread.Run([second] { *second = true; }, Within(kLong)), Waited::kReady);
    EXPECT_TRUE(*second);
    // And one that hangs at the end is left behind.
    const auto never = std::make_shared<absl::Notification>();
    EXPECT_EQ(thread.Run([never] { never->WaitForNotification(); }, Within(absl::Milliseconds(50))),
              Waited::kTooLate);
  }
}

}  // namespace
}  // namespace madoguchi::adapters
