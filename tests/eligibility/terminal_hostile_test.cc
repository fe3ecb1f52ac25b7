// Whoever may write to the folder cannot make the terminal open anything else, hang, or stop.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/oqs/message.h"
#include "tests/eligibility/terminal_test_support.h"

namespace madoguchi::eligibility {
namespace {

// Which names below a directory (or which single file, as "") have been opened or read.
class OpenSpy {
 public:
  explicit OpenSpy(const std::string& path) : inotify_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    EXPECT_GE(inotify_add_watch(inotify_, path.c_str(), IN_OPEN | IN_ACCESS), 0);
  }
  ~OpenSpy() { close(inotify_); }
  std::set<std::string> Opened() {
    std::set<std::string> names;
    alignas(inotify_event) char buffer[65536];
    ssize_t got = 0;
    while ((got = read(inotify_, buffer, sizeof(buffer))) > 0) {
      for (ssize_t at = 0; at < got;) {
        inotify_event event = {};
        std::memcpy(&event, buffer + at, sizeof(event));
        names.insert(event.len > 0 ? buffer + at + sizeof(event) : "");
        at += static_cast<ssize_t>(sizeof(event) + event.len);
      }
    }
    return names;
  }

 private:
  int inotify_;
};

TEST(TerminalHostile, OpensNothingButRegularFilesInsideTheFolder) {
  Site site;
  const absl::Time now = absl::Now();
  const std::string outside = absl::StrCat(site.root.path(), "/outside.xml");
  WriteFile(outside, FaceXml(now, 99));
  const auto path = [&](int i) { return absl::StrCat(site.face, "/", FaceName(now, i)); };
  ASSERT_EQ(symlink(outside.c_str(), path(1).c_str()), 0);
  ASSERT_EQ(mkfifo(path(2).c_str(), 0644), 0);  // nobody writes to it: opening it would block
  ASSERT_EQ(mkdir(path(3).c_str(), 0755), 0);
  const int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  // Socket names are short: bind in the folder itself and rename.
  const std::string short_name = absl::StrCat(site.face, "/s");
  std::strncpy(address.sun_path, short_name.c_str(), sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(rename(short_name.c_str(), path(4).c_str()), 0);
  ASSERT_EQ(symlink("/dev/zero", path(5).c_str()), 0);
  ASSERT_EQ(symlink(FaceName(now, 6).c_str(), path(6).c_str()), 0);  // a link to itself
  WriteFile(path(7), FaceXml(now, 7));
  OpenSpy spy(site.face);
  OpenSpy outside_spy(outside);
  site.StartAndSettle();
  ASSERT_TRUE(site.Stores(1));
  for (int i = 1; i <= 6; ++i) {
    EXPECT_TRUE(site.GetsProblem(FaceName(now, i), "MDG-1208")) << i;
  }
  site.AwaitRescan();
  EXPECT_EQ(site.Status().problems_size(), 6);
  EXPECT_EQ(site.sink.offered().size(), 1U);
  std::set<std::string> opened = spy.Opened();
  opened.erase("");  // the directory itself
  EXPECT_THAT(opened, testing::ElementsAre(FaceName(now, 7)));
  EXPECT_THAT(outside_spy.Opened(), testing::IsEmpty());
  // Control: the spy does see an open.
  WriteFile(outside, "x");
  EXPECT_FALSE(outside_spy.Opened().empty());
  // What was a link becomes a file: taken.
  PublishFile(site.face, FaceName(now, 1), FaceXml(now, 1));
  EXPECT_TRUE(site.Stores(2));
  EXPECT_TRUE(site.GetsProblem(FaceName(now, 1), ""));
  close(listening);
}

TEST(TerminalHostile, HugeAndSparseFilesAreNotRead) {
  Site site;
  site.StartAndSettle();
  const absl::Time now = absl::Now();
  const auto make = [&](int i, off_t size) {
    const std::string beside = absl::StrCat(site.root.path(), "/big");
    WriteFile(beside, FaceXml(now, i));
    ASSERT_EQ(truncate(beside.c_str(), size), 0);
    ASSERT_EQ(rename(beside.c_str(), absl::StrCat(site.face, "/", FaceName(now, i)).c_str()), 0);
  };
  make(1, off_t{100} << 20);
  make(2, off_t{1} << 40);
  make(3, static_cast<off_t>(oqs::kMaxMessageBytes) + 1);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_TRUE(site.GetsProblem(FaceName(now, i), "MDG-1206")) << i;
  }
  // Padding with NULs up to the limit is allowed.
  make(4, static_cast<off_t>(oqs::kMaxMessageBytes));
  EXPECT_TRUE(site.Stores(1));
  EXPECT_EQ(site.ProblemOf(FaceName(now, 4)), "");
}

TEST(TerminalHostile, AFileThatGrowsForeverDelaysNobody) {
  Site site;
  site.StartAndSettle();
  const absl::Time now = absl::Now();
  const std::string path = absl::StrCat(site.face, "/", FaceName(now, 1));
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    const std::string block(4096, 'x');
    size_t written = 0;
    while (!stop.load() && written < (size_t{64} << 20)) {
      const ssize_t got = write(fd, block.data(), block.size());
      if (got <= 0) break;
      written += static_cast<size_t>(got);
    }
    close(fd);
  });
  for (int i = 2; i <= 11; ++i) {
    PublishFile(site.face, FaceName(absl::Now(), i), FaceXml(now, i));
    EXPECT_TRUE(site.Stores(static_cast<size_t>(i - 1), absl::Seconds(5)));
  }
  EXPECT_TRUE(site.GetsProblem(FaceName(now, 1), "MDG-1206"));
  stop.store(true);
  writer.join();
}

TEST(TerminalHostile, AWriterWhoNeverStopsRewritingDelaysNobody) {
  Site site;
  site.StartAndSettle();
  const absl::Time now = absl::Now();
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop.load(); ++i) {
      WriteFile(absl::StrCat(site.face, "/", FaceName(now, 1)), absl::StrCat("<XmlMsg>", i));
    }
  });
  for (int i = 2; i <= 11; ++i) {
    PublishFile(site.face, FaceName(absl::Now(), i), FaceXml(now, i));
    EXPECT_TRUE(site.Stores(static_cast<size_t>(i - 1), absl::Seconds(5)));
  }
  stop.store(true);
  writer.join();
}

TEST(TerminalHostile, ThousandsOfIncompleteFilesDelayNobody) {
  const TempFolder fast(TempFolder::FastParent());
  Site site;
  site.config.face = site.face = fast.Make("face");
  const absl::Time now = absl::Now();
  for (int i = 1; i <= 5000; ++i) {
    WriteFile(absl::StrCat(site.face, "/", FaceName(now - absl::Minutes(5), i)), "<XmlMsg>");
  }
  site.StartAndSettle();
  for (int i = 6001; i <= 6010; ++i) {
    const absl::Time complete = absl::Now();
    PublishFile(site.face, FaceName(complete, i), FaceXml(complete, i));
    EXPECT_TRUE(site.Stores(static_cast<size_t>(i - 6000), absl::Seconds(2)));
  }
}

TEST(TerminalHostile, BrokenMessagesAreProblemsWithTheirNumbersAndOthersAreTaken) {
  Site site;
  site.StartAndSettle();
  const absl::Time now = absl::Now();
  const std::map<int, std::pair<std::string, std::string>> cases = {
      {1, {"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"b\">]><XmlMsg></XmlMsg>", "MDG-1303"}},
      {2, {"<XmlMsg>< ></XmlMsg>", "MDG-1302"}},
      {3,
       {"<?xml version=\"1.0\" encoding=\"UTF-8\"?><XmlMsg><MessageHeader/><MessageBody>"
        "<ProcessingResultMessage>\x83\xff\xff</ProcessingResultMessage></MessageBody></XmlMsg>",
        "MDG-1304"}},
  };
  for (const auto& [i, one] : cases) PublishFile(site.face, FaceName(now, i), one.first);
  PublishFile(site.face, FaceName(now, 9), FaceXml(now, 9));
  ASSERT_TRUE(site.Stores(1));
  for (const auto& [i, one] : cases) {
    EXPECT_TRUE(site.GetsProblem(FaceName(now, i), one.second))
        << i << " is " << site.ProblemOf(FaceName(now, i));
  }
  // Written again properly: taken after all.
  PublishFile(site.face, FaceName(now, 2), FaceXml(now, 2));
  ASSERT_TRUE(site.Stores(2));
  EXPECT_TRUE(site.GetsProblem(FaceName(now, 2), ""));
}

TEST(TerminalHostile, ABrokenMessageThatIsTakenAwayIsStillReportedAsBroken) {
  Site site;
  site.StartAndSettle();
  const absl::Time now = absl::Now();
  const std::string path = absl::StrCat(site.face, "/", FaceName(now));
  OpenSpy spy(site.face);
  PublishFile(site.face, FaceName(now), "<!DOCTYPE x [<!ENTITY a \"b\">]><XmlMsg></XmlMsg>");
  ASSERT_TRUE(Eventually([&] { return spy.Opened().contains(FaceName(now)); }));
  ASSERT_EQ(unlink(path.c_str()), 0);
  EXPECT_TRUE(site.GetsProblem(FaceName(now), "MDG-1303"));
}

TEST(TerminalHostile, ARewriteWithinTheSecondChanceIsNoProblem) {
  Site site;
  site.StartAndSettle();
  const absl::Time now = absl::Now();
  PublishFile(site.face, FaceName(now), "<XmlMsg><MessageHeader></XmlMsg>");
  PublishFile(site.face, FaceName(now), FaceXml(now));
  ASSERT_TRUE(site.Stores(1));
  site.AwaitRescan();
  EXPECT_EQ(site.Status().problems_size(), 0);
}

TEST(TerminalHostile, AnEmptyFileIsIncompleteAndNamesArePrintable) {
  Site site;
  site.config.incomplete_after = absl::Milliseconds(300);
  site.StartAndSettle();
  const absl::Time now = absl::Now();
  std::string name = FaceName(now);
  WriteFile(absl::StrCat(site.face, "/", name), "");
  EXPECT_TRUE(site.GetsProblem(name, "MDG-1207"));
  name.insert(name.find("9910"), "\n\x1b[31m");
  PublishFile(site.face, name, FaceXml(now));
  site.AwaitRescan();
  for (const FacePush& push : site.sink.offered()) {
    EXPECT_EQ(push.file_name.find('\n'), std::string::npos);
    EXPECT_EQ(push.file_name.find('\x1b'), std::string::npos);
  }
  const std::string last = site.Status().last_file();
  EXPECT_TRUE(std::all_of(last.begin(), last.end(), [](char c) { return c >= ' ' && c != 0x7F; }));
}

TEST(TerminalHostile, ShowsAtMostTwentyProblemsNewestFirst) {
  Site site;
  site.StartAndSettle();
  const absl::Time now = absl::Now();
  for (int i = 1; i <= 30; ++i) {
    ASSERT_EQ(mkdir(absl::StrCat(site.face, "/", FaceName(now, i)).c_str(), 0755), 0);
    if (i <= 29) continue;
    ASSERT_TRUE(site.GetsProblem(FaceName(now, i), "MDG-1208"));
  }
  const auto status = site.Status();
  ASSERT_EQ(status.problems_size(), 20);
  EXPECT_EQ(status.problems(0).file_name(), FaceName(now, 30));
}

TEST(TerminalHostile, TheFolderStaysAsItWas) {
  Site site;
  const absl::Time now = absl::Now();
  WriteFile(absl::StrCat(site.face, "/", FaceName(now, 1)), FaceXml(now, 1));
  WriteFile(absl::StrCat(site.face, "/", FaceName(now, 2)), "<XmlMsg>");
  WriteFile(absl::StrCat(site.face, "/", FaceName(now - absl::Hours(72), 3)), FaceXml(now, 3));
  WriteFile(absl::StrCat(site.face, "/notes.txt"), "hello");
  ASSERT_EQ(mkfifo(absl::StrCat(site.face, "/", FaceName(now, 4)).c_str(), 0640), 0);
  const auto picture = [&] {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(site.root.path())) {
      struct stat info = {};
      EXPECT_EQ(lstat(entry.path().c_str(), &info), 0);
      all[entry.path()] =
          absl::StrCat(info.st_ino, " ", info.st_mode, " ", info.st_uid, " ", info.st_size, " ",
                       info.st_mtim.tv_sec, ".", info.st_mtim.tv_nsec, " ", info.st_ctim.tv_sec,
                       ".", info.st_ctim.tv_nsec, " ", info.st_nlink);
    }
    return all;
  };
  const auto before = picture();
  site.StartAndSettle();
  ASSERT_TRUE(site.Stores(1));
  site.AwaitRescan();
  ASSERT_TRUE(site.terminal->Stop(absl::Seconds(5)));
  EXPECT_EQ(picture(), before);
}

}  // namespace
}  // namespace madoguchi::eligibility
