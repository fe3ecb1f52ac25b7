#include "tests/sim/card_link.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace madoguchi::sim {
namespace {

TEST(VpcdMessages, AreCutWhateverThePieces) {
  const std::string command(300, 'c');
  const std::string stream = absl::StrCat(VpcdMessage("\x04"), VpcdMessage(command),
                                          VpcdMessage(""), VpcdMessage(std::string(65535, 'x')));
  for (const size_t piece : {1u, 2u, 7u, 1000u, 100'000u}) {
    VpcdMessages messages;
    std::vector<std::string> got;
    for (size_t at = 0; at < stream.size(); at += piece) {
      messages.Add(absl::string_view(stream).substr(at, piece));
      while (std::optional<std::string> message = messages.Next()) got.push_back(*message);
    }
    ASSERT_EQ(got.size(), 4u);
    EXPECT_EQ(got[0], "\x04");
    EXPECT_EQ(got[1], command);
    EXPECT_EQ(got[2], "");
    EXPECT_EQ(got[3].size(), 65535u);
  }
}

TEST(VpcdLink, NeedsAReader) {
  // Port 1 is nobody's.
  EXPECT_TRUE(absl::IsUnavailable(VpcdLink::Connect(1).status()));
}

}  // namespace
}  // namespace madoguchi::sim
