#include "adapters/destination/mirror_destination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/time/clock.h"
#include "adapters/destination/outcome.h"
#include "agent/base/error.h"
#include "tests/adapters/destination/parcels.h"
#include "tests/store/temp_dir.h"

namespace madoguchi::adapters {
namespace {

namespace fs = std::filesystem;

Parcel XmlOf(const std::string& file_name) {
  Parcel parcel = ParcelOf("<XmlMsg/>");
  parcel.file_extension = "xml";
  parcel.record.set_file_name(file_name);
  return parcel;
}

TEST(MirrorDestination, LooksLikeATerminal) {
  const store::TempDir dir;
  const auto destination = MirrorDestination::Make({.folder = dir.path()}).value();
  EXPECT_TRUE(destination->Probe(Within(kLong)).ok());
  const std::string face = "OQSsiquc01res_face_9999999999ABC_20251128091530.xml";
  EXPECT_EQ(destination->Deliver(XmlOf(face), Within(kLong)).kind, Delivered::Kind::kDone);
  EXPECT_EQ(ReadText(dir / ("face/" + face)), "<XmlMsg/>");
  // An answer that came by another way than the face reader.
  EXPECT_EQ(destination->Deliver(XmlOf(""), Within(kLong)).kind, Delivered::Kind::kDone);
  EXPECT_TRUE(fs::exists(dir / "face/OQSsiquc01res_face_M0000000000000000001_20251128091530.xml"));
  Parcel drugs = XmlOf("YZKsiquc01res_202511280001.xml");
  drugs.what = v1::EXPORT_WHAT_DRUG_HISTORY;
  EXPECT_EQ(destination->Deliver(drugs, Within(kLong)).kind, Delivered::Kind::kDone);
  EXPECT_THAT(NamesIn(dir / "res"), testing::ElementsAre("YZKsiquc01res_202511280001.xml"));
  EXPECT_EQ(destination->Deliver(ParcelOf("{}"), Within(kLong)).kind, Delivered::Kind::kRefused);
}

TEST(MirrorDestination, DoesNotMindWhatTheProgramDoes) {
  const store::TempDir dir;
  const auto destination = MirrorDestination::Make({.folder = dir.path()}).value();
  const std::string face = "OQSsiquc01res_face_1_20251128091530.xml";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(destination->Deliver(XmlOf(face), Within(kLong)).kind, Delivered::Kind::kDone);
    ASSERT_TRUE(fs::exists(dir / ("face/" + face)));
    if (i == 0) fs::remove(dir / ("face/" + face));
    if (i == 1) fs::remove_all(dir / "face");
  }
}

TEST(MirrorDestination, RemovesWhatIsOldAndOfOqs) {
  const store::TempDir dir;
  fs::create_directory(dir / "face");
  const std::string old_one = dir / "face/OQSsiquc01res_face_1_20251120091530.xml";
  const std::string theirs = dir / "face/list.csv";
  for (const std::string& path : {old_one, theirs}) {
    WriteText(path, "x");
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(25));
  }
  const auto destination = MirrorDestination::Make({.folder = dir.path()}).value();
  EXPECT_EQ(
      destination->Deliver(XmlOf("OQSsiquc01res_face_2_20251128091530.xml"), Within(kLong)).kind,
      Delivered::Kind::kDone);
  EXPECT_FALSE(fs::exists(old_one));
  EXPECT_TRUE(fs::exists(theirs));
}

TEST(MirrorDestination, PassesRequestsByItself) {
  const store::TempDir dir;
  for (const char* each : {"mirror", "mirror/req", "req", "res"}) fs::create_directory(dir / each);
  WriteText(dir / "mirror/req/PMHsimsm01req_1.xml", "<a/>");
  {
    const auto destination =
        MirrorDestination::Make(
            {.folder = dir / "mirror", .oqs_req = dir / "req", .oqs_res = dir / "res"})
            .value();
    EXPECT_FALSE(fs::exists(dir / "mirror/.madoguchi"));
    destination->Start();
    const absl::Time until = absl::Now() + kLong;
    while (!fs::exists(dir / "req/PMHsimsm01req_1.xml") && absl::Now() < until) {
      WaitFor(-1, 0, Within(absl::Milliseconds(20)));
    }
  }
  EXPECT_EQ(ReadText(dir / "req/PMHsimsm01req_1.xml"), "<a/>");
}

TEST(MirrorConfig, IsChecked) {
  const auto ok = [](const MirrorConfig& config) { return MirrorDestination::Make(config).ok(); };
  EXPECT_FALSE(ok({.folder = "mirror"}));
  EXPECT_FALSE(ok({.folder = "/m", .keep = absl::Minutes(1)}));
  EXPECT_FALSE(ok({.folder = "/m", .oqs_req = "/req"}));
  EXPECT_FALSE(ok({.folder = "/m", .oqs_req = "/m/req", .oqs_res = "/res"}));
  EXPECT_FALSE(ok({.folder = "/m", .oqs_req = "/req", .oqs_res = "/res", .families = {"*"}}));
  EXPECT_FALSE(ok({.folder = "/m", .oqs_req = "/req", .oqs_res = "/res", .families = {}}));
}

}  // namespace
}  // namespace madoguchi::adapters
