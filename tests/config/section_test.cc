#include "agent/config/section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/config/checks.h"
#include "agent/config/file.h"

namespace madoguchi::config {
namespace {

using ::testing::HasSubstr;

TEST(Section, NamesFileLineKeyValueAndWhatIsAllowed) {
  auto top = Section::Parse("[[route]]\nname = \"a\"\n[route.to]\nkind = \"fax\"\n", "/x/a.toml");
  ASSERT_TRUE(top.ok());
  auto routes = top->Tables("route");
  ASSERT_EQ(routes.size(), 1U);
  EXPECT_EQ(routes[0].Text("name", AnyName(), "", true), "a");
  auto to = routes[0].Table("to", true);
  ASSERT_TRUE(to.has_value());
  to->Text("kind", OneOf({"folder", "mllp"}), "", true);
  EXPECT_THAT(std::string(top->status().message()),
              HasSubstr("/x/a.toml:4: route.to.kind = 'fax': allowed is \"folder\", \"mllp\""));
}

TEST(Section, AMisspeltKeyIsNamedRatherThanTheOneThatIsMissing) {
  auto top = Section::Parse("[site]\nadress = \"x\"\n", "a.toml");
  ASSERT_TRUE(top.ok());
  auto site = top->Table("site", true);
  site->Text("address", AnyPath(), "", true);
  site->RefuseUnknown();
  EXPECT_THAT(std::string(top->status().message()), HasSubstr("a.toml:2: site.adress"));
}

TEST(Section, TheFirstProblemCounts) {
  auto top = Section::Parse("a = 1\nb = true\nc = \"2h\"\n", "a.toml");
  ASSERT_TRUE(top.ok());
  EXPECT_EQ(top->Number("a", 2, 9, 5), 5);
  EXPECT_TRUE(top->Flag("b", false));
  EXPECT_EQ(top->Time("c", absl::Seconds(1), absl::Hours(3), absl::Seconds(2)), absl::Hours(2));
  EXPECT_THAT(std::string(top->status().message()), HasSubstr("a.toml:1: a = 1"));
}

TEST(Section, WhatIsNoTomlIsRefusedWithItsLine) {
  EXPECT_THAT(std::string(Section::Parse("a = 1\nb = [\n", "a.toml").status().message()),
              HasSubstr("a.toml:"));
}

TEST(ReadText, AMissingFileAndAFolderAreRefused) {
  EXPECT_THAT(std::string(ReadText("/does/not/exist.toml").status().message()),
              HasSubstr("MDG-1601"));
  EXPECT_FALSE(ReadText("/").ok());
}

}  // namespace
}  // namespace madoguchi::config
