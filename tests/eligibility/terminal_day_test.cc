// Which files are of today, and what is done with the others.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "agent/base/japan_time.h"
#include "tests/eligibility/terminal_test_support.h"

namespace madoguchi::eligibility {
namespace {

// 2026-04-10 in Japan, at `hour`:`minute`.
absl::Time At(int hour, int minute) {
  return absl::FromCivil(absl::CivilMinute(2026, 4, 10, hour, minute), base::Japan());
}

struct ManualSite : Site {
  explicit ManualSite(absl::Time now) : Site(std::make_unique<base::ManualClock>(now)) {}
  base::ManualClock& manual() { return static_cast<base::ManualClock&>(*clock); }
  void Put(const std::string& name, const std::string& bytes, absl::Time modified) const {
    const std::string beside = absl::StrCat(root.path(), "/", name);
    WriteFile(beside, bytes);
    SetModified(beside, modified);
    ASSERT_EQ(rename(beside.c_str(), absl::StrCat(face, "/", name).c_str()), 0);
  }
};

TEST(TerminalDay, LeavesOtherDaysAloneWithoutOpeningThem) {
  ManualSite site(At(9, 0));
  const absl::Time yesterday = At(9, 0) - absl::Hours(24);
  const std::string name = FaceName(yesterday);
  site.Put(name, FaceXml(yesterday), yesterday);
  const std::string path = absl::StrCat(site.face, "/", name);
  struct stat before = {};
  ASSERT_EQ(stat(path.c_str(), &before), 0);
  site.StartAndSettle();
  ASSERT_TRUE(Eventually([&] { return site.Status().leftovers_skipped() == 1; }));
  site.AwaitRescan();
  EXPECT_TRUE(site.sink.offered().empty());
  EXPECT_EQ(site.Status().leftovers_skipped(), 1);
  struct stat after = {};
  ASSERT_EQ(stat(path.c_str(), &after), 0);
  EXPECT_EQ(before.st_atim.tv_sec, after.st_atim.tv_sec);
  EXPECT_EQ(before.st_atim.tv_nsec, after.st_atim.tv_nsec);
}

TEST(TerminalDay, TheHourAroundMidnightBelongsToBothDays) {
  ManualSite site(At(0, 30));
  const absl::Time late = At(0, 0) - absl::Minutes(20);
  const absl::Time too_early = At(0, 0) - absl::Minutes(40);
  site.Put(FaceName(late, 1), FaceXml(late, 1), late);
  site.Put(FaceName(too_early, 2), FaceXml(too_early, 2), too_early);
  site.StartAndSettle();
  ASSERT_TRUE(site.Stores(1));
  ASSERT_TRUE(Eventually([&] { return site.Status().leftovers_skipped() == 1; }));
  EXPECT_EQ(site.sink.stored()[0].file_name, FaceName(late, 1));
  // An hour later it is of yesterday; it was taken and is neither offered nor counted again.
  site.manual().Advance(absl::Hours(2));
  site.AwaitRescan();
  EXPECT_EQ(site.sink.offered().size(), 1U);
  EXPECT_EQ(site.Status().leftovers_skipped(), 1);
}

TEST(TerminalDay, GoesOnAcrossMidnight) {
  ManualSite site(At(23, 59));
  site.StartAndSettle();
  site.Put(FaceName(At(23, 59), 1), FaceXml(At(23, 59), 1), At(23, 59));
  ASSERT_TRUE(site.Stores(1));
  const absl::Time tomorrow = At(23, 59) + absl::Hours(9);
  site.manual().Set(tomorrow);
  site.Put(FaceName(tomorrow, 2), FaceXml(tomorrow, 2), tomorrow);
  ASSERT_TRUE(site.Stores(2));
  site.AwaitRescan();
  EXPECT_EQ(site.sink.offered().size(), 2U);
}

TEST(TerminalDay, AnOldAnswerUnderANewNameIsTaken) {
  ManualSite site(At(9, 0));
  site.StartAndSettle();
  site.Put(FaceName(At(9, 0)), FaceXml(At(9, 0) - absl::Hours(24 * 90)), At(9, 0));
  ASSERT_TRUE(site.Stores(1));
  EXPECT_EQ(site.Status().problems_size(), 0);
  // Its time says nothing about anybody's clock.
  EXPECT_EQ(site.terminal->ClockSkew(), absl::ZeroDuration());
}

TEST(TerminalDay, AnOldNameWithAnAnswerOfTodayIsTakenAndTheTerminalsClockIsReported) {
  ManualSite site(At(9, 0));
  site.StartAndSettle();
  const std::string name = FaceName(At(9, 0) - absl::Hours(24 * 400));
  site.Put(name, FaceXml(At(9, 0)), At(9, 0));
  ASSERT_TRUE(site.Stores(1));
  ASSERT_TRUE(site.GetsProblem(name, "MDG-1212"));
  site.AwaitRescan();
  EXPECT_EQ(site.ProblemOf(name), "MDG-1212");
  EXPECT_EQ(site.sink.offered().size(), 1U);
}

TEST(TerminalDay, AnOldNameCopiedTodayIsReadOnceAndLeft) {
  ManualSite site(At(9, 0));
  const absl::Time yesterday = At(9, 0) - absl::Hours(24);
  site.Put(FaceName(yesterday), FaceXml(yesterday), At(9, 0));
  site.StartAndSettle();
  ASSERT_TRUE(Eventually([&] { return site.Status().leftovers_skipped() == 1; }));
  site.AwaitRescan();
  EXPECT_TRUE(site.sink.offered().empty());
  EXPECT_EQ(site.Status().leftovers_skipped(), 1);
  EXPECT_EQ(site.Status().problems_size(), 0);
}

TEST(TerminalDay, ANameWithoutAStampIsJudgedByItsContent) {
  ManualSite site(At(9, 0));
  const absl::Time yesterday = At(9, 0) - absl::Hours(24);
  site.Put("OQSsiquc01res_face_9910000017a.xml", FaceXml(At(8, 59)), At(9, 0));
  site.Put("OQSsiquc01res_face_9910000017b.xml", FaceXml(yesterday), At(9, 0));
  site.StartAndSettle();
  ASSERT_TRUE(site.Stores(1));
  ASSERT_TRUE(Eventually([&] { return site.Status().leftovers_skipped() == 1; }));
  EXPECT_EQ(site.sink.offered().size(), 1U);
  EXPECT_EQ(site.sink.stored()[0].file_name, "OQSsiquc01res_face_9910000017a.xml");
  EXPECT_EQ(site.Status().problems_size(), 0);
}

TEST(TerminalDay, MeasuresTheClockWithReadsSeenLive) {
  ManualSite site(At(9, 0));
  // Lying there at the start: nobody knows for how long.
  site.Put(FaceName(At(8, 0), 1), FaceXml(At(8, 0), 1), At(8, 0));
  site.StartAndSettle();
  ASSERT_TRUE(site.Stores(1));
  EXPECT_EQ(site.terminal->ClockSkew(), absl::ZeroDuration());
  site.Put(FaceName(At(9, 3), 2), FaceXml(At(9, 3), 2), At(9, 0));
  ASSERT_TRUE(site.Stores(2));
  EXPECT_TRUE(Eventually([&] { return site.terminal->ClockSkew() == absl::Minutes(3); }));
}

TEST(TerminalDay, TwentyThousandLeftoversAndJunkNamesDoNotDelayANewRead) {
  const TempFolder fast(TempFolder::FastParent());
  Site site;
  site.config.face = site.face = fast.Make("face");
  const absl::Time now = absl::Now();
  const absl::Time old = now - absl::Hours(24 * 7);
  for (int i = 0; i < 20'000; ++i) {
    const std::string path = absl::StrCat(site.face, "/", FaceName(old - absl::Seconds(i), i + 1));
    WriteFile(path, "");
    SetModified(path, old);
    WriteFile(absl::StrCat(site.face, "/junk-", i, i % 2 == 0 ? ".xml" : ".dat"), "");
  }
  site.config.rescan = absl::Seconds(1);
  site.Start();
  // While it is still counting them ...
  PublishFile(site.face, FaceName(now, 1), FaceXml(now, 1));
  ASSERT_TRUE(site.Stores(1, absl::Seconds(5)));
  ASSERT_TRUE(
      Eventually([&] { return site.Status().leftovers_skipped() == 20'000; }, absl::Seconds(60)));
  // ... and afterwards.
  std::vector<absl::Duration> waits;
  for (int i = 2; i <= 22; ++i) {
    const absl::Time complete = absl::Now();
    PublishFile(site.face, FaceName(complete, i), FaceXml(complete, i));
    ASSERT_TRUE(site.Stores(static_cast<size_t>(i)));
    waits.push_back(site.sink.last_offer() - complete);
  }
  std::sort(waits.begin(), waits.end());
  EXPECT_LT(waits[waits.size() / 2], absl::Milliseconds(100));
  EXPECT_EQ(site.Status().state(), v1::CONNECTION_STATE_ONLINE);
  EXPECT_EQ(site.Status().leftovers_skipped(), 20'000);
  EXPECT_EQ(site.Status().problems_size(), 0);
}

}  // namespace
}  // namespace madoguchi::eligibility
