#include "agent/cli/identifiers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "agent/base/error.h"

namespace madoguchi::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Asked {
  absl::Status status;
  Identifiers identifiers;
  std::string shown;
};

Asked Ask(Identifiers given, const std::string& typed) {
  std::istringstream in(typed);
  std::ostringstream out;
  Asked asked;
  asked.identifiers = std::move(given);
  asked.status = AskForMissing(asked.identifiers, absl::CivilDay(2026, 4, 10), in, out);
  asked.shown = out.str();
  return asked;
}

std::string Number(const Asked& asked) {
  return asked.status.ok() ? "" : base::DetailOf(asked.status)->number();
}

Identifiers All() {
  return {.insurer_number = "06990121", .number = "3456", .birth_date = "S55.1.15"};
}

TEST(Identifiers, NothingIsAskedWhenNothingIsMissing) {
  const Asked asked = Ask(All(), "");
  EXPECT_TRUE(asked.status.ok()) << asked.status;
  EXPECT_THAT(asked.shown, IsEmpty());
}

TEST(Identifiers, EverythingIsAskedInTheOrderOfTheCertificate) {
  const Asked asked = Ask({}, "０６９９０１２１\n見本・１２\n3456\n\n昭和55年1月15日\n");
  EXPECT_TRUE(asked.status.ok()) << asked.status;
  EXPECT_EQ(asked.identifiers.insurer_number, "０６９９０１２１");
  EXPECT_EQ(asked.identifiers.symbol, "見本・１２");
  EXPECT_EQ(asked.identifiers.number, "3456");
  EXPECT_EQ(asked.identifiers.branch, "");
  EXPECT_EQ(asked.identifiers.birth_date, "昭和55年1月15日");
}

TEST(Identifiers, OnlyWhatIsMissingIsAsked) {
  Identifiers given = All();
  given.birth_date.clear();
  const Asked asked = Ask(given, "19800115\n");
  EXPECT_TRUE(asked.status.ok()) << asked.status;
  EXPECT_THAT(asked.shown, HasSubstr("生年月日"));
  EXPECT_THAT(asked.shown, Not(HasSubstr("番号")));
}

TEST(Identifiers, AskedAgainWithTheReason) {
  Identifiers given = All();
  given.birth_date.clear();
  const Asked asked = Ask(given, "S55.2.30\n55.1.15\nS55.1.15\n");
  EXPECT_TRUE(asked.status.ok()) << asked.status;
  EXPECT_EQ(asked.identifiers.birth_date, "S55.1.15");
  EXPECT_THAT(asked.shown, HasSubstr("MDG-1023"));
  EXPECT_THAT(asked.shown, HasSubstr("MDG-1022"));
}

TEST(Identifiers, GivesUpAfterThreeTriesOrAtTheEnd) {
  EXPECT_EQ(Number(Ask({}, "1\n2\n3\n06990121\n")), "MDG-1025");
  EXPECT_EQ(Number(Ask({}, "")), "MDG-1021");
  Identifiers given = All();
  given.number.clear();
  EXPECT_EQ(Number(Ask(given, "\n\n\n\n")), "MDG-1021");
  EXPECT_EQ(Number(Ask(given, "\n1\n12x\n123\n1a\n")), "MDG-1026");
  // The last line without its end is one all the same.
  const Asked ended = Ask(given, "\n1\n2");
  EXPECT_TRUE(ended.status.ok()) << ended.status;
  EXPECT_EQ(ended.identifiers.branch, "2");
}

}  // namespace
}  // namespace madoguchi::cli
