#include "adapters/destination/name_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/destination/safe_folder.h"
#include "agent/base/error.h"
#include "tests/adapters/destination/parcels.h"

namespace madoguchi::adapters {
namespace {

std::string NameBy(const std::string& pattern, const Parcel& parcel) {
  const auto parsed = NamePattern::Parse(pattern);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  const auto name = parsed->NameOf(parcel, parcel.pieces.front());
  EXPECT_TRUE(name.ok()) << name.status();
  return name.value_or("");
}

TEST(NamePattern, FillsInEveryField) {
  Parcel parcel = ParcelOf("x");
  parcel.record.set_file_name("OQSsiquc01res_face_1.xml");
  EXPECT_EQ(NameBy("{chart}_{date}-{time}_{what}_{label}.{extension}", parcel),
            "00042_20251128-091530_reception_1.txt");
  EXPECT_EQ(NameBy("{message_id} {reception_id}", parcel), "M0000000000000000001 R-1");
  EXPECT_EQ(NameBy("{file_name}", parcel), "OQSsiquc01res_face_1.xml");
  EXPECT_EQ(NameBy("資格_{chart}", parcel), "資格_00042");
}

TEST(NamePattern, TellsSeveralPiecesApartWithoutBeingTold) {
  Parcel parcel = ParcelOf("x");
  parcel.pieces.push_back({.label = "2", .bytes = "y"});
  const auto pattern = NamePattern::Parse("{chart}.{extension}").value();
  EXPECT_EQ(pattern.NameOf(parcel, parcel.pieces[0]).value(), "00042-1.txt");
  EXPECT_EQ(pattern.NameOf(parcel, parcel.pieces[1]).value(), "00042-2.txt");
}

TEST(NamePattern, ComplainsAboutPatterns) {
  for (const char* wrong : {"", "{patient}", "{chart", "chart}", "a/{chart}", "{chart}?", "a\nb",
                            "{}", "{CHART}", "..\\{chart}"}) {
    const auto parsed = NamePattern::Parse(wrong);
    EXPECT_TRUE(base::Is(parsed.status(), base::ErrorCode::kInvalidField)) << wrong;
  }
  EXPECT_FALSE(NamePattern::Parse(std::string(201, 'a')).ok());
}

TEST(NamePattern, WaitsForTheChartAndRefusesWhatIsNoName) {
  const auto pattern = NamePattern::Parse("{chart}").value();
  EXPECT_TRUE(pattern.Has("chart"));
  EXPECT_FALSE(pattern.Has("date"));
  Parcel parcel = ParcelOf("x");
  parcel.reception.mutable_assignment()->clear_patient_id();
  EXPECT_TRUE(base::Is(pattern.NameOf(parcel, parcel.pieces[0]).status(),
                       base::ErrorCode::kNotAssignedYet));
  for (const char* wrong : {"../../etc/passwd", "a:b", "NUL", "con.x", "lpt1", "ends.", "ends ",
                            ".hidden", "a\x01", "\xFF"}) {
    parcel.reception.mutable_assignment()->set_patient_id(wrong);
    const absl::Status status = pattern.NameOf(parcel, parcel.pieces[0]).status();
    EXPECT_TRUE(base::Is(status, base::ErrorCode::kNotRenderable)) << wrong;
    EXPECT_EQ(std::string(status.message()).find("passwd"), std::string::npos);
  }
}

TEST(FileNames, OfWindowsAreKnown) {
  EXPECT_EQ(WhyNoFileName("a.txt"), nullptr);
  EXPECT_EQ(WhyNoFileName("console"), nullptr);
  EXPECT_EQ(WhyNoFileName("COM10"), nullptr);
  EXPECT_NE(WhyNoFileName("COM1.txt"), nullptr);
  EXPECT_NE(WhyNoFileName(std::string(201, 'a')), nullptr);
}

}  // namespace
}  // namespace madoguchi::adapters
