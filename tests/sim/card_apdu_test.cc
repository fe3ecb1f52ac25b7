#include "tests/sim/card_apdu.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace madoguchi::sim {
namespace {

std::optional<CommandApdu> Parse(absl::string_view digits) {
  return ParseApdu(absl::HexStringToBytes(digits));
}

TEST(CardApdu, SevenCases) {
  EXPECT_EQ(Parse("00200098")->le, 0u);
  EXPECT_EQ(Parse("00B0000000")->le, 256u);
  EXPECT_EQ(Parse("00B00000FF")->le, 255u);
  EXPECT_EQ(Parse("0020009804AABBCCDD")->data.size(), 4u);
  EXPECT_EQ(Parse("0020009804AABBCCDD")->le, 0u);
  EXPECT_EQ(Parse("802A009701AA00")->le, 256u);
  EXPECT_EQ(Parse("802A009701AA00")->data, "\xAA");
  EXPECT_EQ(Parse("00B08A00000000")->le, 65536u);
  EXPECT_EQ(Parse("00B08A00000800")->le, 2048u);
  EXPECT_TRUE(Parse("00B08A00000800")->extended);
  EXPECT_EQ(Parse("0020009800000141")->data, "A");
  EXPECT_EQ(Parse("802A0097000001AA0100")->le, 256u);
  EXPECT_FALSE(Parse("802A009701AA00")->extended);
}

TEST(CardApdu, LengthsThatDoNotFit) {
  for (const absl::string_view digits :
       {"", "00B000", "00B08A000000", "0020009804AABBCC", "0020009804AABBCCDD0000",
        "00200098000000AA", "00200098000002AA", "802A0097000001AA00"}) {
    EXPECT_FALSE(Parse(digits).has_value()) << digits;
  }
}

TEST(CardApdu, StatusWords) {
  EXPECT_EQ(ApduAnswer(0x63C2), "\x63\xC2");
  EXPECT_EQ(StatusWordOf(ApduAnswer(0x9000, "data")), 0x9000);
  EXPECT_EQ(StatusWordOf("\x90"), 0);
}

}  // namespace
}  // namespace madoguchi::sim
