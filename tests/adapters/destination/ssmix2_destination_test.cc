#include "adapters/destination/ssmix2_destination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/oqs/message.h"
#include "tests/adapters/destination/parcels.h"
#include "tests/oqs/fixtures.h"
#include "tests/store/temp_dir.h"

namespace madoguchi::adapters {
namespace {

Parcel Answer() {
  const oqs::Fixture fixture = oqs::FixtureEndingWith("_20260410091512.xml");
  Parcel parcel = ParcelOf("");
  parcel.record = oqs::ReadMessage(fixture.name, fixture.bytes).value();
  return parcel;
}

int FilesBelow(const std::string& root) {
  int count = 0;
  for (const auto& each : std::filesystem::recursive_directory_iterator(root)) {
    count += each.is_regular_file() ? 1 : 0;
  }
  return count;
}

class Ssmix2DestinationTest : public testing::Test {
 protected:
  store::TempDir dir_;
  const std::unique_ptr<Ssmix2Destination> destination_ =
      Ssmix2Destination::Make(
          {.root = dir_.path(), .institution = "1319999999", .patient_digits = 8})
          .value();
};

TEST_F(Ssmix2DestinationTest, WritesTheStorageOnce) {
  EXPECT_TRUE(destination_->NeedsChart());
  EXPECT_TRUE(destination_->Probe(Within(kLong)).ok());
  const Parcel parcel = Answer();
  const Delivered first = destination_->Deliver(parcel, Within(kLong));
  EXPECT_EQ(first.kind, Delivered::Kind::kDone) << first.why;
  // The message and the index.
  EXPECT_EQ(FilesBelow(dir_.path()), 2);
  EXPECT_TRUE(std::filesystem::is_directory(dir_ / "000/000/00000042/-/ADT-00"));
  EXPECT_EQ(destination_->Deliver(parcel, Within(kLong)).kind, Delivered::Kind::kDone);
  EXPECT_EQ(FilesBelow(dir_.path()), 2);
}

TEST_F(Ssmix2DestinationTest, NeedsAChartItCanName) {
  Parcel parcel = Answer();
  parcel.reception.mutable_assignment()->clear_patient_id();
  EXPECT_TRUE(
      base::Is(destination_->Deliver(parcel, Within(kLong)).why, base::ErrorCode::kNotAssignedYet));
  parcel.reception.mutable_assignment()->set_patient_id("../../7777");
  const Delivered delivered = destination_->Deliver(parcel, Within(kLong));
  EXPECT_EQ(delivered.kind, Delivered::Kind::kRefused);
  EXPECT_EQ(std::string(delivered.why.message()).find("7777"), std::string::npos);
  EXPECT_EQ(FilesBelow(dir_.path()), 0);
}

TEST_F(Ssmix2DestinationTest, TriesAgainWithoutSayingWhoseItIs) {
  std::filesystem::remove(dir_.path());
  const Delivered delivered = destination_->Deliver(Answer(), Within(kLong));
  EXPECT_EQ(delivered.kind, Delivered::Kind::kTryAgain);
  EXPECT_TRUE(base::Is(delivered.why, base::ErrorCode::kDestinationNotWritable));
  EXPECT_EQ(std::string(delivered.why.message()).find("00042"), std::string::npos);
  EXPECT_FALSE(destination_->Probe(Within(kLong)).ok());
}

TEST(Ssmix2Config, IsChecked) {
  EXPECT_FALSE(Ssmix2Destination::Make({.root = "x", .institution = "1"}).ok());
  EXPECT_FALSE(Ssmix2Destination::Make({.root = "/x", .institution = "../1"}).ok());
  EXPECT_FALSE(
      Ssmix2Destination::Make({.root = "/x", .institution = "1", .patient_digits = 6}).ok());
}

}  // namespace
}  // namespace madoguchi::adapters
