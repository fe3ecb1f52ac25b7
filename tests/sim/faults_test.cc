#include "tests/sim/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/oqs/message.h"
#include "tests/sim/files.h"
#include "tests/sim/test_site.h"

namespace madoguchi::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

absl::Status ReadError(const TempSite& site, const std::string& name) {
  return oqs::ReadMessage(name, site.FaceFile(name)).status();
}

ino_t Inode(const std::string& path) {
  struct stat about;
  return stat(path.c_str(), &about) == 0 ? about.st_ino : 0;
}

void Set(const TempSite& site, Fault fault, int terminal = 0) {
  const absl::Status status = SetFault(site.site(), fault, terminal);
  ASSERT_TRUE(status.ok()) << status;
}

void Clear(const TempSite& site, absl::string_view only = "", int terminal = 0) {
  const absl::Status status = ClearFaults(site.site(), only, terminal);
  ASSERT_TRUE(status.ok()) << status;
}

// Counts what happens in a folder while something is done.
class FolderEvents {
 public:
  // IN_OPEN between them keeps the kernel from joining equal events.
  FolderEvents(const std::string& folder, uint32_t mask)
      : fd_(inotify_init1(IN_CLOEXEC)), mask_(mask) {
    EXPECT_GE(inotify_add_watch(fd_.get(), folder.c_str(), mask | IN_OPEN), 0);
  }
  int Count() {
    int count = 0;
    pollfd waiting{fd_.get(), POLLIN, 0};
    alignas(inotify_event) char buffer[1 << 14];
    while (poll(&waiting, 1, 0) > 0) {
      const ssize_t got = read(fd_.get(), buffer, sizeof(buffer));
      for (ssize_t at = 0; at < got;) {
        const auto* const event = reinterpret_cast<const inotify_event*>(buffer + at);
        count += (event->mask & mask_) != 0 ? 1 : 0;
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      }
    }
    return count;
  }

 private:
  Descriptor fd_;
  uint32_t mask_;
};

TEST(Fault, PiecesGrowWhileSomebodyLooks) {
  TempSite site;
  Set(site, Fault::kPieces);
  std::set<size_t> sizes;
  Tapped tapped;
  std::thread reader([&] { tapped = site.Tap({.persona = "lost"}); });
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (absl::Now() < deadline) {
    const std::vector<std::string> names = site.Names("oqs/face");
    if (!names.empty()) {
      const std::string bytes = site.FaceFile(names.front());
      if (!bytes.empty()) sizes.insert(bytes.size());
      if (oqs::LooksComplete(bytes)) break;
    }
    WaitFor(absl::Milliseconds(5));
  }
  reader.join();
  EXPECT_GE(sizes.size(), 3u);
  EXPECT_TRUE(ReadError(site, tapped.file).ok());
  EXPECT_EQ(tapped.expected.state, "ANSWERED");
  EXPECT_THAT(tapped.faults, ElementsAre("pieces"));
}

TEST(Fault, TruncatedStaysWithoutItsEnd) {
  TempSite site;
  Set(site, Fault::kTruncated);
  const Tapped tapped = site.Tap({.persona = "lost"});
  EXPECT_FALSE(oqs::LooksComplete(site.FaceFile(tapped.file)));
  EXPECT_EQ(tapped.expected.state, "NONE");
  EXPECT_EQ(tapped.expected.error, "MDG-1207");
}

TEST(Fault, InvalidBytesCannotBeRead) {
  for (const SiteEncoding encoding : {SiteEncoding::kUtf8, SiteEncoding::kShiftJis}) {
    TempSite site({.patients = 1, .encoding = encoding});
    Set(site, Fault::kInvalidBytes);
    for (const absl::string_view persona : {"lost", "not-enrolled", "file-error"}) {
      const Tapped tapped = site.Tap({.persona = std::string(persona)});
      EXPECT_TRUE(base::Is(ReadError(site, tapped.file), base::ErrorCode::kBadEncoding))
          << persona << ": " << ReadError(site, tapped.file);
      EXPECT_EQ(tapped.expected.error, "MDG-1304");
    }
  }
}

TEST(Fault, WrongEncodingIsDeclaredUtf8) {
  TempSite site;
  Set(site, Fault::kWrongEncoding);
  const Tapped tapped = site.Tap({.persona = "lost"});
  const std::string bytes = site.FaceFile(tapped.file);
  EXPECT_THAT(bytes, HasSubstr("encoding=\"UTF-8\""));
  // 写 in CP932.
  EXPECT_THAT(bytes, HasSubstr("\x8E\xCA"));
  EXPECT_TRUE(ReadError(site, tapped.file).ok());
  EXPECT_EQ(tapped.expected.state, "ANSWERED");
}

TEST(Fault, HugeIsMoreThanIsRead) {
  TempSite site;
  Set(site, Fault::kHuge);
  const Tapped tapped = site.Tap({.persona = "lost"});
  const std::string bytes = site.FaceFile(tapped.file);
  EXPECT_GE(bytes.size(), size_t{6} << 20);
  EXPECT_TRUE(oqs::LooksComplete(bytes));
  EXPECT_EQ(tapped.expected.error, "MDG-1206");
}

TEST(Fault, MovedAwayEndsInTrash) {
  TempSite site;
  Set(site, Fault::kMovedAway);
  FolderEvents writes(absl::StrCat(site.path(), "/oqs/face"), IN_CLOSE_WRITE);
  const absl::Time start = absl::Now();
  const Tapped tapped = site.Tap({.persona = "lost"});
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(200));
  EXPECT_EQ(writes.Count(), 1);
  EXPECT_THAT(site.Names("oqs/face"), IsEmpty());
  EXPECT_THAT(site.Names("oqs/trash"), ElementsAre(tapped.file));
  EXPECT_EQ(tapped.expected.state, "ANSWERED");
}

TEST(Fault, DeletedIsNowhere) {
  TempSite site;
  Set(site, Fault::kDeleted);
  FolderEvents writes(absl::StrCat(site.path(), "/oqs/face"), IN_CLOSE_WRITE);
  site.Tap({.persona = "lost"});
  EXPECT_EQ(writes.Count(), 1);
  EXPECT_THAT(site.Names("oqs/face"), IsEmpty());
  EXPECT_THAT(site.Names("oqs/trash"), IsEmpty());
}

TEST(Fault, WrittenTwiceIsOneFile) {
  TempSite site;
  Set(site, Fault::kWrittenTwice);
  FolderEvents writes(absl::StrCat(site.path(), "/oqs/face"), IN_CLOSE_WRITE);
  const Tapped tapped = site.Tap({.persona = "lost"});
  EXPECT_EQ(writes.Count(), 2);
  EXPECT_THAT(site.Names("oqs/face"), ElementsAre(tapped.file));
  EXPECT_TRUE(ReadError(site, tapped.file).ok());
}

TEST(Fault, ShareGoneComesBackAsANewFolderWithTheFilesOfMeanwhile) {
  TempSite site({.terminals = 2});
  const std::string face = absl::StrCat(site.path(), "/oqs/face");
  const ino_t before = Inode(face);
  const Tapped first = site.Tap({});
  Set(site, Fault::kShareGone, 1);
  EXPECT_FALSE(Exists(face));
  EXPECT_TRUE(Exists(absl::StrCat(site.path(), "/oqs2/face")));
  const Tapped meanwhile = site.Tap({});
  EXPECT_FALSE(Exists(face));
  EXPECT_EQ(meanwhile.expected.state, "ANSWERED");
  Clear(site, "share-gone");
  EXPECT_NE(Inode(face), before);
  EXPECT_THAT(site.Names("oqs/face"), testing::UnorderedElementsAre(first.file, meanwhile.file));
  EXPECT_TRUE(ReadError(site, meanwhile.file).ok());
}

TEST(Fault, ShareHungNeedsARunWithFuse) {
  TempSite site;
  const absl::Status status = SetFault(site.site(), Fault::kShareHung, 0);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("run DIR --fuse"));
  EXPECT_THAT(*ReadFaults(site.site()), IsEmpty());
}

TEST(Fault, IsForOneTerminalOrAll) {
  TempSite site({.terminals = 3});
  Set(site, Fault::kTruncated, 2);
  EXPECT_EQ(site.Tap({.terminal = 1}).expected.state, "ANSWERED");
  EXPECT_EQ(site.Tap({.terminal = 2}).expected.state, "NONE");
  Clear(site);
  Set(site, Fault::kTruncated);
  EXPECT_EQ(site.Tap({.terminal = 3}).expected.state, "NONE");
  Clear(site, "truncated", 3);
  EXPECT_EQ(site.Tap({.terminal = 3}).expected.state, "ANSWERED");
  EXPECT_EQ(site.Tap({.terminal = 1}).expected.state, "NONE");
  EXPECT_TRUE(absl::IsInvalidArgument(SetFault(site.site(), Fault::kHuge, 4)));
}

TEST(Fault, IsClearedByNameOrAltogether) {
  TempSite site;
  Set(site, Fault::kTruncated);
  Set(site, Fault::kTruncated);
  Set(site, Fault::kHuge);
  EXPECT_EQ(ReadFaults(site.site())->size(), 2u);
  Clear(site, "truncated");
  EXPECT_THAT(*ReadFaults(site.site()), ElementsAre(ActiveFault{Fault::kHuge, 0}));
  Clear(site);
  EXPECT_THAT(*ReadFaults(site.site()), IsEmpty());
  EXPECT_THAT(site.Tap({}).faults, IsEmpty());
}

TEST(Fault, NamesAreListedWhenOneIsWrong) {
  for (const FaultInfo& info : AllFaults()) {
    EXPECT_EQ(*ParseFault(info.name), info.fault);
  }
  const absl::Status status = ParseFault("gremlins").status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("allowed are pieces, truncated, "));
}

}  // namespace
}  // namespace madoguchi::sim
