#include "agent/records/person_match.h"

#include <gtest/gtest.h>

#include <string>

#include "agent/base/japan_time.h"

namespace madoguchi::records {
namespace {

v1::Qualification Asked(const std::string& name, const std::string& kana,
                        const std::string& birth = "19800115", const std::string& sex = "1") {
  v1::Qualification asked;
  asked.set_name(name);
  asked.set_name_kana(kana);
  *asked.mutable_birth_date() = base::ParseOqsDate(birth);
  asked.set_sex1_code(sex);
  asked.set_sex1(sex == "3" ? v1::SEX_NOT_SET : sex == "2" ? v1::SEX_FEMALE : v1::SEX_MALE);
  return asked;
}

PatientFacts Answered(const std::string& name, const std::string& kana,
                      const std::string& birth = "19800115", const std::string& sex = "1") {
  return {
      .name = name, .name_kana = kana, .birth_date = base::ParseOqsDate(birth), .sex_code = sex};
}

TEST(PersonMatchTest, TheSamePersonInWhateverWriting) {
  const v1::Qualification asked = Asked("窓口　翔一", "ﾏﾄﾞｸﾞﾁ ｼﾖｳｲﾁ");
  for (const char* kana : {"ﾏﾄﾞｸﾞﾁ ｼﾖｳｲﾁ", "ﾏﾄﾞｸﾞﾁ ｼｮｳｲﾁ", "マドグチ　ショウイチ", "ﾏﾄﾞｸﾞﾁｼﾖｳｲﾁ",
                           "まどぐち しょういち"}) {
    EXPECT_EQ(MatchPerson(asked, Answered("", kana)), PersonMatch::kSame) << kana;
    // Kanji that are written differently at another insurer.
    EXPECT_EQ(MatchPerson(asked, Answered("窗口　翔一", kana)), PersonMatch::kSame) << kana;
  }
  EXPECT_EQ(MatchPerson(asked, Answered("窓口 翔一", "")), PersonMatch::kSame);
  // The same name read in another way.
  EXPECT_EQ(MatchPerson(asked, Answered("窓口翔一", "ﾏﾄﾞｸﾞﾁ ﾄﾓｶｽﾞ")), PersonMatch::kSame);
}

TEST(PersonMatchTest, BirthDateAndSexMustBeEqual) {
  const v1::Qualification asked = Asked("窓口　太郎", "ﾏﾄﾞｸﾞﾁ ﾀﾛｳ");
  EXPECT_EQ(MatchPerson(asked, Answered("窓口　太郎", "ﾏﾄﾞｸﾞﾁ ﾀﾛｳ", "19800116")),
            PersonMatch::kOtherBirthDate);
  EXPECT_EQ(MatchPerson(asked, Answered("窓口　太郎", "ﾏﾄﾞｸﾞﾁ ﾀﾛｳ", "19800115", "2")),
            PersonMatch::kOtherSex);
}

TEST(PersonMatchTest, TwinsAreTwoPeople) {
  const v1::Qualification asked = Asked("窓口　花子", "ﾏﾄﾞｸﾞﾁ ﾊﾅｺ", "20150303", "2");
  EXPECT_EQ(MatchPerson(asked, Answered("窓口　桃子", "ﾏﾄﾞｸﾞﾁ ﾓﾓｺ", "20150303", "2")),
            PersonMatch::kOtherName);
  // The character that tells them apart is ●: the kana still do.
  EXPECT_EQ(MatchPerson(asked, Answered("窓口　●子", "ﾏﾄﾞｸﾞﾁ ﾓﾓｺ", "20150303", "2")),
            PersonMatch::kOtherName);
  const v1::Qualification unreadable = Asked("窓口　●子", "ﾏﾄﾞｸﾞﾁ ﾊﾅｺ", "20150303", "2");
  EXPECT_EQ(MatchPerson(unreadable, Answered("窓口　桃子", "ﾏﾄﾞｸﾞﾁ ﾓﾓｺ", "20150303", "2")),
            PersonMatch::kOtherName);
}

TEST(PersonMatchTest, APlaceholderStandsForOneCharacter) {
  const v1::Qualification asked = Asked("●口　太郎", "");
  EXPECT_EQ(MatchPerson(asked, Answered("窓口　太郎", "ﾏﾄﾞｸﾞﾁ ﾀﾛｳ")), PersonMatch::kSame);
  EXPECT_EQ(MatchPerson(asked, Answered("窓口　太●", "")), PersonMatch::kSame);
  EXPECT_EQ(MatchPerson(asked, Answered("大窓口　太郎", "")), PersonMatch::kOtherName);
  EXPECT_EQ(MatchPerson(asked, Answered("窓口　次郎", "")), PersonMatch::kOtherName);
  EXPECT_EQ(MatchPerson(Asked("●●●●", ""), Answered("窓口太郎", "")), PersonMatch::kOtherName);
  EXPECT_EQ(MatchPerson(Asked("●●太郎", "ﾏﾄﾞｸﾞﾁ ﾀﾛｳ"), Answered("窓口●●", "ﾏﾄﾞｸﾞﾁ ﾀﾛｳ")),
            PersonMatch::kSame);
}

TEST(PersonMatchTest, MissingItemsNeverMatch) {
  const v1::Qualification asked = Asked("窓口　太郎", "ﾏﾄﾞｸﾞﾁ ﾀﾛｳ");
  EXPECT_EQ(MatchPerson(asked, Answered("", "")), PersonMatch::kIncomplete);
  EXPECT_EQ(MatchPerson(asked, Answered("窓口　太郎", "ﾏﾄﾞｸﾞﾁ ﾀﾛｳ", "")), PersonMatch::kIncomplete);
  EXPECT_EQ(MatchPerson(asked, Answered("窓口　太郎", "ﾏﾄﾞｸﾞﾁ ﾀﾛｳ", "00000000")),
            PersonMatch::kIncomplete);
  EXPECT_EQ(MatchPerson(asked, Answered("窓口　太郎", "ﾏﾄﾞｸﾞﾁ ﾀﾛｳ", "19800115", "")),
            PersonMatch::kIncomplete);
  EXPECT_EQ(MatchPerson(Asked("", "", "", ""), Answered("", "", "", "")), PersonMatch::kIncomplete);
  EXPECT_EQ(MatchPerson(Asked("窓口　太郎", ""), Answered("", "ﾏﾄﾞｸﾞﾁ ﾀﾛｳ")),
            PersonMatch::kOtherName);
}

TEST(PersonMatchTest, TheSecondSexCountsWhereTheFirstIsNotSet) {
  v1::Qualification asked = Asked("窓口　薫", "ﾏﾄﾞｸﾞﾁ ｶｵﾙ", "19800115", "3");
  asked.set_sex2_code("2");
  EXPECT_EQ(MatchPerson(asked, Answered("", "ﾏﾄﾞｸﾞﾁ ｶｵﾙ", "19800115", "2")), PersonMatch::kSame);
  EXPECT_EQ(MatchPerson(asked, Answered("", "ﾏﾄﾞｸﾞﾁ ｶｵﾙ", "19800115", "3")), PersonMatch::kSame);
  EXPECT_EQ(MatchPerson(asked, Answered("", "ﾏﾄﾞｸﾞﾁ ｶｵﾙ", "19800115", "1")),
            PersonMatch::kOtherSex);
  asked.set_sex1_code("1");
  asked.set_sex1(v1::SEX_MALE);
  EXPECT_EQ(MatchPerson(asked, Answered("", "ﾏﾄﾞｸﾞﾁ ｶｵﾙ", "19800115", "2")),
            PersonMatch::kOtherSex);
}

}  // namespace
}  // namespace madoguchi::records
