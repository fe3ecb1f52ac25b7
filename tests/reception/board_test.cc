#include "agent/reception/board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace madoguchi::reception {
namespace {

using testing::ElementsAre;

Event MakeEvent(int64_t number, const std::string& id,
                v1::ReceptionState state = v1::RECEPTION_STATE_ANSWERED) {
  auto reception = std::make_shared<v1::Reception>();
  reception->set_reception_id(id);
  reception->set_state(state);
  reception->mutable_confirmation()->set_confirmation_id("c-" + id);
  return {number, reception};
}

std::vector<int64_t> Numbers(const Board& board) {
  std::vector<int64_t> numbers;
  for (const Event& event : board.All()) numbers.push_back(event.number);
  return numbers;
}

TEST(Board, HoldsTheNewestOfEach) {
  Board board;
  EXPECT_EQ(board.Head(), 0);
  EXPECT_FALSE(board.Next(0).has_value());
  board.Reset(4, 2, {MakeEvent(1, "a"), MakeEvent(3, "b"), MakeEvent(4, "c")});
  EXPECT_EQ(board.Head(), 4);
  EXPECT_EQ(board.Floor(), 2);
  board.Publish({MakeEvent(5, "b")});
  EXPECT_EQ(board.Head(), 5);
  EXPECT_THAT(Numbers(board), ElementsAre(1, 4, 5));
  EXPECT_EQ(board.Next(1)->number, 4);
  EXPECT_EQ(board.Next(4)->reception->reception_id(), "b");
  EXPECT_FALSE(board.Next(5).has_value());
  EXPECT_EQ(board.FindByConfirmation("c-b"), board.Find("b"));
  EXPECT_EQ(board.Find("x"), nullptr);
}

TEST(Board, CountsWhatIsOpenAndForgetsWhatIsDropped) {
  Board board;
  board.Reset(2, 0, {MakeEvent(1, "a"), MakeEvent(2, "b")});
  EXPECT_EQ(board.OpenCount(), 2);
  board.Publish({MakeEvent(3, "a", v1::RECEPTION_STATE_CLOSED)});
  EXPECT_EQ(board.OpenCount(), 1);
  board.Drop("a");
  board.Drop("a");
  EXPECT_EQ(board.OpenCount(), 1);
  EXPECT_EQ(board.Floor(), 3);
  EXPECT_EQ(board.Head(), 3);
  EXPECT_EQ(board.Find("a"), nullptr);
  EXPECT_EQ(board.FindByConfirmation("c-a"), nullptr);
  EXPECT_THAT(Numbers(board), ElementsAre(2));
}

TEST(Board, WhatIsOnItsWayToTheDiskIsNotShownAsItWas) {
  Board board;
  board.Reset(1, 0, {MakeEvent(1, "a")});
  board.Hold({"a", "b"});
  EXPECT_EQ(board.FindSettled("a", absl::ZeroDuration()), std::nullopt);
  EXPECT_EQ(board.FindSettled("b", absl::ZeroDuration()), std::nullopt);
  EXPECT_EQ(board.FindSettled("c", absl::ZeroDuration()), std::make_optional(ReceptionPtr()));
  std::thread waits([&board] {
    const auto found = board.FindSettled("a", absl::Seconds(20));
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ((*found)->state(), v1::RECEPTION_STATE_CANCELLED);
  });
  board.Publish({MakeEvent(2, "a", v1::RECEPTION_STATE_CANCELLED)});
  waits.join();
  // Nothing came of it.
  board.Hold({"a"});
  board.Release();
  EXPECT_TRUE(board.FindSettled("a", absl::ZeroDuration()).has_value());
}

}  // namespace
}  // namespace madoguchi::reception
