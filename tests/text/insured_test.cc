#include "agent/text/insured.h"

#include <gtest/gtest.h>

#include <iterator>
#include <random>
#include <string>

#include "agent/base/error.h"

namespace madoguchi::text {
namespace {

constexpr absl::CivilDay kDayOfVisit(2026, 4, 10);

v1::EligibilityQuery Typed() {
  v1::EligibilityQuery query;
  v1::InsuredId& insured = *query.mutable_insured();
  insured.set_insurer_number("06990121");
  insured.set_symbol("見本・１２");
  insured.set_number("3456");
  insured.set_branch("00");
  query.mutable_birth_date()->set_text("S55.1.15");
  return query;
}

// `number field` of the refusal; empty when it is accepted.
std::string Refusal(const v1::EligibilityQuery& typed) {
  const absl::StatusOr<CounterQuery> read = ReadCounterQuery(typed, "query", kDayOfVisit);
  if (read.ok()) return "";
  const v1::ErrorDetail detail = *base::DetailOf(read.status());
  return detail.number() + " " + detail.field();
}

std::string Insurer(absl::string_view typed) {
  const absl::StatusOr<std::string> number = ReadInsurerNumber(typed, "insurer_number");
  return number.ok() ? *number : base::DetailOf(number.status())->number();
}

TEST(Insured, AnAcceptableQuestionComesBackNormalised) {
  v1::EligibilityQuery typed = Typed();
  typed.mutable_insured()->set_insurer_number(" ０６－９９０１２１");
  typed.mutable_insured()->set_symbol("　見本・１２ ");
  typed.mutable_insured()->set_number("３４５６ ");
  typed.mutable_insured()->set_branch("１");
  typed.set_limit_consent_code("1");
  const absl::StatusOr<CounterQuery> read = ReadCounterQuery(typed, "query", kDayOfVisit);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->query.insured().insurer_number(), "06990121");
  EXPECT_EQ(read->query.insured().symbol(), "見本・１２");
  EXPECT_EQ(read->query.insured().number(), "3456");
  EXPECT_EQ(read->query.insured().branch(), "01");
  EXPECT_EQ(read->query.birth_date().text(), "19800115");
  EXPECT_EQ(read->query.birth_date().year(), 1980);
  EXPECT_EQ(read->query.limit_consent_code(), "1");
  EXPECT_TRUE(read->warnings.empty());
}

TEST(Insured, InsurerNumbers) {
  EXPECT_EQ(Insurer("990119"), "990119");
  EXPECT_EQ(Insurer("  990119"), "990119");
  EXPECT_EQ(Insurer("00990119"), "990119");
  EXPECT_EQ(Insurer("９９０１１９"), "990119");
  EXPECT_EQ(Insurer("39 99 101 3"), "39991013");
  EXPECT_EQ(Insurer("9901190"), "MDG-1025");
  EXPECT_EQ(Insurer("099011900"), "MDG-1025");
  EXPECT_EQ(Insurer("99011A"), "MDG-1025");
  EXPECT_EQ(Insurer(std::string(1 << 20, '1')), "MDG-1025");
  EXPECT_EQ(Insurer(" 　"), "MDG-1021");
}

TEST(Insured, CheckDigits) {
  for (const char* const number :
       {"01990019", "06990121", "06990345", "990119", "990127", "990135", "39991013", "12990016"}) {
    EXPECT_TRUE(InsurerCheckDigitFits(number)) << number;
    std::string wrong = number;
    wrong.back() = wrong.back() == '9' ? '0' : static_cast<char>(wrong.back() + 1);
    EXPECT_FALSE(InsurerCheckDigitFits(wrong)) << wrong;
  }
}

TEST(Insured, AWrongCheckDigitIsAWarning) {
  v1::EligibilityQuery typed = Typed();
  typed.mutable_insured()->set_insurer_number("06990122");
  const absl::StatusOr<CounterQuery> read = ReadCounterQuery(typed, "query", kDayOfVisit);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->query.insured().insurer_number(), "06990122");
  ASSERT_EQ(read->warnings.size(), 1u);
  EXPECT_EQ(read->warnings[0].number(), "MDG-1027");
  EXPECT_EQ(read->warnings[0].field(), "query.insured.insurer_number");
  EXPECT_FALSE(read->warnings[0].text_ja().empty());
}

TEST(Insured, EachRefusalNamesItsField) {
  EXPECT_EQ(Refusal(Typed()), "");
  v1::EligibilityQuery typed = Typed();
  typed.mutable_insured()->clear_insurer_number();
  EXPECT_EQ(Refusal(typed), "MDG-1021 query.insured.insurer_number");
  typed.mutable_insured()->set_insurer_number("123");
  EXPECT_EQ(Refusal(typed), "MDG-1025 query.insured.insurer_number");
  typed = Typed();
  typed.mutable_insured()->set_number("　");
  EXPECT_EQ(Refusal(typed), "MDG-1021 query.insured.number");
  typed.mutable_insured()->set_number("1\t2");
  EXPECT_EQ(Refusal(typed), "MDG-1026 query.insured.number");
  typed = Typed();
  typed.clear_birth_date();
  EXPECT_EQ(Refusal(typed), "MDG-1021 query.birth_date");
  typed.mutable_birth_date()->set_text("きのう");
  EXPECT_EQ(Refusal(typed), "MDG-1022 query.birth_date");
}

TEST(Insured, TextsAreBounded) {
  v1::EligibilityQuery typed = Typed();
  std::string twenty;
  for (int i = 0; i < 20; ++i) twenty += "見";
  typed.mutable_insured()->set_symbol(twenty);
  EXPECT_EQ(Refusal(typed), "");
  typed.mutable_insured()->set_symbol(twenty + "見");
  EXPECT_EQ(Refusal(typed), "MDG-1026 query.insured.symbol");
  typed = Typed();
  typed.mutable_insured()->set_symbol(
      "a\xC2\x85"
      "b");
  EXPECT_EQ(Refusal(typed), "MDG-1026 query.insured.symbol");
  typed = Typed();
  typed.mutable_insured()->clear_symbol();
  EXPECT_EQ(Refusal(typed), "");
  for (const char* const branch : {"123", "1a", "-1"}) {
    typed.mutable_insured()->set_branch(branch);
    EXPECT_EQ(Refusal(typed), "MDG-1026 query.insured.branch") << branch;
  }
}

// Whatever is typed is read or refused by one of the numbers of this room, and what was read is
// read again as itself.
TEST(Insured, AnythingMayBeTyped) {
  const std::string pieces[] = {"昭和", "S", "５５", "1",  ".",  "年", "月",
                                "日",   " ", "　",   "-",  "元", "ー", "\x80",
                                "\n",   "0", "6",    "99", "ｶﾞ", "·",  "\xEF\xBC"};
  std::mt19937 chance(1);
  const auto typed = [&] {
    std::string text;
    for (size_t count = chance() % 9; count > 0; --count) {
      text += pieces[chance() % std::size(pieces)];
    }
    return text;
  };
  int taken = 0;
  for (int i = 0; i < 50000; ++i) {
    v1::EligibilityQuery query = Typed();
    if (i % 4 == 0) query.mutable_insured()->set_insurer_number(typed());
    if (i % 4 == 1) query.mutable_insured()->set_number(typed());
    if (i % 4 == 2) query.mutable_insured()->set_branch(typed());
    if (i % 4 == 3) query.mutable_birth_date()->set_text(typed());
    const absl::StatusOr<CounterQuery> read = ReadCounterQuery(query, "query", kDayOfVisit);
    if (!read.ok()) {
      const std::string number = base::DetailOf(read.status())->number();
      ASSERT_TRUE(number >= "MDG-1021" && number <= "MDG-1026") << read.status();
      continue;
    }
    ++taken;
    const absl::StatusOr<CounterQuery> again = ReadCounterQuery(read->query, "query", kDayOfVisit);
    ASSERT_TRUE(again.ok()) << again.status();
    ASSERT_EQ(again->query.SerializeAsString(), read->query.SerializeAsString());
  }
  EXPECT_GT(taken, 1000);
}

}  // namespace
}  // namespace madoguchi::text
