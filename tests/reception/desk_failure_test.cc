#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reception/desk_fixture.h"

// The desk while the disk is full.
namespace madoguchi::reception {
namespace {

using base::ErrorCode;
using testing::IsEmpty;

class DeskFullDiskTest : public DeskFixture {
 protected:
  void SetUp() override {
    if (!dir_.Limit("2m")) GTEST_SKIP() << "mounting a tmpfs is not allowed here";
    StartUp();
  }
  // Large receptions until the disk takes no more. Returns the push that was refused.
  eligibility::FacePush FillUp() {
    for (int i = 0; i < 5000; ++i) {
      v1::Confirmation confirmation =
          MakeConfirmation(Person{.number = absl::StrCat(5000 + i)}, clock_.Now());
      confirmation.mutable_qualifications(0)->set_address(std::string(9000, 'x'));
      eligibility::FacePush push = MakePush(std::move(confirmation));
      const absl::Status status = Push(push);
      if (status.ok()) continue;
      EXPECT_TRUE(base::Is(status, ErrorCode::kStoreFull)) << status;
      return push;
    }
    ADD_FAILURE() << "the disk never got full";
    return {};
  }
};

TEST_F(DeskFullDiskTest, WhatCannotBeStoredIsNotToldAndIsTakenLater) {
  const v1::Reception with_consent = Tap(Person{}, absl::Minutes(10));
  const eligibility::FacePush refused = FillUp();
  const int64_t head = desk_->board().Head();
  const size_t held = desk_->board().All().size();
  EXPECT_EQ(store_->Head(), head);
  EXPECT_EQ(desk_->StoreStatus().state(), v1::CONNECTION_STATE_OFFLINE);
  EXPECT_EQ(desk_->StoreStatus().cause().number(), "MDG-1501");
  EXPECT_EQ(base::FromProto(desk_->StoreStatus().since()), clock_.Now());
  const int told = events_;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(base::Is(Push(refused), ErrorCode::kStoreFull));
  EXPECT_TRUE(base::Is(Cancel(with_consent.reception_id(), "req").status(), ErrorCode::kStoreFull));
  EXPECT_EQ(desk_->board().Head(), head);
  EXPECT_EQ(desk_->board().All().size(), held);
  EXPECT_EQ(Get(with_consent.reception_id()).state(), v1::RECEPTION_STATE_ANSWERED);
  EXPECT_EQ(events_, told);  // nothing new to say

  ASSERT_TRUE(dir_.Resize("50m"));
  EXPECT_TRUE(Push(refused).ok());
  EXPECT_TRUE(Push(refused).ok());
  EXPECT_EQ(desk_->board().Head(), head + 1);
  EXPECT_EQ(desk_->StoreStatus().state(), v1::CONNECTION_STATE_ONLINE);
  EXPECT_TRUE(Cancel(with_consent.reception_id(), "req").ok());
  const size_t all = desk_->board().All().size();
  Restart();
  EXPECT_EQ(desk_->board().All().size(), all);
}

TEST_F(DeskFullDiskTest, WhatTimeBringsIsDoneWhenThereIsSpaceAgain) {
  v1::Confirmation confirmation = MakeConfirmation(Person{}, clock_.Now(), absl::Minutes(10));
  confirmation.mutable_qualifications(0)->set_address(std::string(200'000, 'x'));
  const std::string id = Tap(confirmation).reception_id();
  FillUp();
  Advance(absl::Minutes(10));
  // The board does not run ahead of the disk; who opens a window looks at the time itself.
  EXPECT_EQ(Get(id).usable_consents_size(), 1);
  EXPECT_EQ(desk_->StoreStatus().state(), v1::CONNECTION_STATE_OFFLINE);
  ASSERT_TRUE(dir_.Resize("50m"));
  Advance(absl::Seconds(1));
  EXPECT_THAT(Get(id).usable_consents(), IsEmpty());
  // Nobody had to call for that.
  EXPECT_EQ(desk_->StoreStatus().state(), v1::CONNECTION_STATE_ONLINE);
}

TEST_F(DeskFullDiskTest, AStartOnAFullDiskShowsWhatIsThere) {
  const std::string id = Tap(Person{}, absl::Minutes(10)).reception_id();
  FillUp();
  desk_.reset();
  clock_.Advance(absl::Hours(20));
  desk_ = std::make_unique<Desk>(options_, *store_, *trail_, hash_, clock_, [this] { ++events_; });
  ASSERT_TRUE(desk_->Start().ok());
  EXPECT_NE(desk_->board().Find(id), nullptr);
  ASSERT_TRUE(dir_.Resize("50m"));
  Advance(absl::Seconds(1));
  EXPECT_EQ(Get(id).state(), v1::RECEPTION_STATE_CLOSED);
  EXPECT_EQ(desk_->board().OpenCount(), 0);
}

}  // namespace
}  // namespace madoguchi::reception
