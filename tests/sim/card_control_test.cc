#include "tests/sim/card_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/sim/test_site.h"

namespace madoguchi::sim {
namespace {

using testing::HasSubstr;

TEST(CardChange, GoesThroughTheWire) {
  const CardChange change{.person = 7, .behaviour = "slow=20ms,expired", .put = true};
  const absl::StatusOr<CardChange> read = ParseCardChange(EncodeCardChange(change));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->person, 7);
  EXPECT_EQ(read->behaviour, "slow=20ms,expired");
  EXPECT_TRUE(read->put);
  EXPECT_FALSE(read->take);
  for (const absl::string_view text : {"person x", "dance", "take\nput", "take\nperson 3"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseCardChange(text).status())) << text;
  }
}

TEST(CardControl, AnswersWhoeverAsks) {
  const TempSite site;
  constexpr int kPort = 4711;
  EXPECT_THAT(std::string(ChangeCard(site.site(), kPort, {.take = true}).message()),
              HasSubstr("no card of this site is there"));
  const absl::StatusOr<CardControl> control = CardControl::Listen(site.site(), kPort);
  ASSERT_TRUE(control.ok()) << control.status();
  for (const absl::Status& answer :
       {absl::OkStatus(), absl::InvalidArgumentError("not that"), absl::UnavailableError("gone")}) {
    absl::Status got;
    std::thread asker([&] { got = ChangeCard(site.site(), kPort, {.person = 3}); });
    std::optional<CardRequest> request = control->Accept();
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(request->change().person, 3);
    {
      const CardRequest answered = *std::move(request);
      answered.Answer(answer);
    }
    asker.join();
    EXPECT_EQ(got, answer);
  }
  const absl::Status second = CardControl::Listen(site.site(), kPort).status();
  EXPECT_TRUE(absl::IsInvalidArgument(second));
  EXPECT_THAT(std::string(second.message()), HasSubstr("is there already"));
  EXPECT_FALSE(control->Accept().has_value());
}

}  // namespace
}  // namespace madoguchi::sim
