#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/records/keeper_fixture.h"

namespace madoguchi::records {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

using KeeperTimeTest = KeeperTest;

TEST_F(KeeperTimeTest, NothingReadableIsLeftWhenTimeIsOver) {
  const auto call = Get(Want(Kind::kDrug));
  Reply(0, absl::StrCat("YZK ", std::string(9000, 'x'), " ARCHAIC-DRUG"));
  call->Result();
  EXPECT_TRUE(FilesHold("ARCHAIC-DRUG"));
  clock_.Set(Morning() + absl::Hours(72) - absl::Seconds(1));
  Settle();
  EXPECT_THAT(Kept(), SizeIs(1));
  clock_.Set(Morning() + absl::Hours(72) + absl::Seconds(61));
  const absl::Time until = absl::Now() + kPatience;
  while (FilesHold("ARCHAIC-DRUG") && absl::Now() < until) Settle();
  EXPECT_FALSE(FilesHold("ARCHAIC-DRUG"));
  EXPECT_THAT(Kept(), IsEmpty());
}

TEST_F(KeeperTimeTest, WhatBecameDueWhileNobodyWasThereGoesAtTheStart) {
  const auto call = Get(Want(Kind::kDrug));
  Reply(0, "YZK ARCHAIC-DRUG");
  call->Result();
  ShutDown();
  clock_.Set(Morning() + absl::Hours(73));
  StartUp();
  EXPECT_THAT(Kept(), IsEmpty());
  EXPECT_FALSE(FilesHold("ARCHAIC-DRUG"));
}

TEST_F(KeeperTimeTest, AClockThatWasSetBackBeforeTheStartIsNoticed) {
  clock_.Set(Morning() + absl::Hours(25));
  ShutDown();
  StartUp();
  clock_.Set(Morning() + absl::Hours(1));
  ShutDown();
  StartUp();
  EXPECT_EQ(Get(Want(Kind::kDrug))->Result(), "MDG-2005");
}

}  // namespace
}  // namespace madoguchi::records
