#include "tests/sim/card_behaviour.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace madoguchi::sim {
namespace {

using testing::HasSubstr;

TEST(CardBehaviour, IsAListOfParts) {
  const absl::StatusOr<CardBehaviour> behaviour = ParseCardBehaviour(
      "label=android,expired,wrong-key,tries=0,slow=20ms,yank-during=4,back=100ms,"
      "swap=valid-with-consents,hang=7,atr=3B8080");
  ASSERT_TRUE(behaviour.ok()) << behaviour.status();
  EXPECT_EQ(behaviour->label, "JPKIAPGPSETOKEN");
  EXPECT_TRUE(behaviour->phone);
  EXPECT_EQ(behaviour->certificate, CardCertificate::kExpired);
  EXPECT_TRUE(behaviour->wrong_key);
  EXPECT_EQ(behaviour->tries, 0);
  EXPECT_EQ(behaviour->slow, absl::Milliseconds(20));
  EXPECT_EQ(behaviour->yank_during, 4);
  EXPECT_EQ(behaviour->yank_before, 0);
  EXPECT_EQ(behaviour->back, absl::Milliseconds(100));
  EXPECT_EQ(behaviour->swap, "valid-with-consents");
  EXPECT_EQ(behaviour->hang, 7);
  EXPECT_EQ(behaviour->atr, "\x3B\x80\x80");
}

TEST(CardBehaviour, NoneIsAnOrdinaryCard) {
  for (const absl::string_view list : {"", "none"}) {
    const absl::StatusOr<CardBehaviour> behaviour = ParseCardBehaviour(list);
    ASSERT_TRUE(behaviour.ok());
    EXPECT_EQ(behaviour->label, "JPKIAPICCTOKEN2");
    EXPECT_EQ(behaviour->tries, std::nullopt);
    EXPECT_EQ(behaviour->atr.size(), 13u);
  }
}

TEST(CardBehaviour, NamesThePartThatIsWrong) {
  for (const absl::string_view list :
       {"gremlins", "expired=1", "slow", "slow=-1s", "slow=2h", "tries=4", "yank-before=0",
        "label=gold", "atr=3B8", "swap=", "hang=x"}) {
    const absl::Status status = ParseCardBehaviour(list).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << list;
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(list)));
    EXPECT_THAT(std::string(status.message()), HasSubstr("allowed are label=plastic|"));
  }
}

}  // namespace
}  // namespace madoguchi::sim
