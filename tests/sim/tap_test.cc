#include "tests/sim/tap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"
#include "agent/base/japan_time.h"
#include "agent/oqs/message.h"
#include "tests/sim/files.h"
#include "tests/sim/push.h"
#include "tests/sim/test_site.h"

namespace madoguchi::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

v1::Confirmation ReadFace(const TempSite& site, const std::string& name) {
  const absl::StatusOr<v1::OqsMessage> message = oqs::ReadMessage(name, site.FaceFile(name));
  EXPECT_TRUE(message.ok()) << message.status();
  return message.ok() ? message->confirmation() : v1::Confirmation();
}

TEST(Tap, WritesAFileLikeTheReader) {
  TempSite site;
  const absl::Time before = absl::Now() - absl::Seconds(1);
  const Tapped tapped = site.Tap({.persona = "valid-with-consents"});
  EXPECT_THAT(site.Names("oqs/face"), ElementsAre(tapped.file));
  EXPECT_THAT(tapped.file,
              testing::MatchesRegex("OQSsiquc01res_face_9910000017[0-9a-f]{20}_[0-9]{14}\\.xml"));
  const absl::Time stamp = *oqs::ParseFileName(tapped.file)->stamp;
  EXPECT_GE(stamp, before);
  EXPECT_LE(stamp, absl::Now());
  const v1::Confirmation answer = ReadFace(site, tapped.file);
  EXPECT_EQ(base::FromProto(answer.header().process_execution_time().time()), stamp);
  const v1::Consent& drug = answer.qualifications(0).consents(0);
  EXPECT_EQ(base::FromProto(drug.given_at().time()), stamp);
  EXPECT_EQ(base::FromProto(drug.available_until().time()), stamp + absl::Hours(24));
}

TEST(Tap, TellsWhatToExpect) {
  TempSite site;
  EXPECT_THAT(
      site.Tap({.persona = "valid-with-consents"}).Json().Str(),
      HasSubstr("\"terminal\":\"terminal-1\",\"counter\":\"front-1\",\"persona\":\"valid-with-"
                "consents\",\"patient\":51,\"faults\":[],\"expected\":{\"state\":\"ANSWERED\","
                "\"validity\":\"VALID\",\"assignment\":\"BY_REFERENCE_NUMBER\",\"patient_id\":"
                "\"900001\",\"qualifications\":1,\"usable_consents\":[\"DRUG\",\"CHECKUP\","
                "\"DIAGNOSIS\",\"OPERATION\"],\"error\":\"\"}}"));
}

TEST(Tap, NamesAreUniqueWithinASecond) {
  TempSite site;
  Tapper tapper(site.site());
  std::set<std::string> names;
  const absl::Time start = absl::Now();
  for (int i = 0; i < 300; ++i) {
    const absl::StatusOr<Tapped> tapped = tapper.Tap({});
    ASSERT_TRUE(tapped.ok()) << tapped.status();
    names.insert(tapped->file);
  }
  // Generous for sanitizers; a tap takes well below a millisecond otherwise.
  EXPECT_LT(absl::Now() - start, absl::Seconds(15));
  EXPECT_EQ(names.size(), 300u);
  EXPECT_EQ(site.Names("oqs/face").size(), 300u);
}

TEST(Tap, AnOrdinaryPatientIsValid) {
  TempSite site({.patients = 5});
  std::set<int> numbers;
  for (int i = 0; i < 60; ++i) {
    const Tapped tapped = site.Tap({});
    EXPECT_EQ(tapped.expected.validity, "VALID");
    EXPECT_EQ(tapped.persona, "");
    numbers.insert(tapped.patient);
  }
  EXPECT_THAT(numbers, testing::IsSubsetOf({1, 2, 3, 4, 5}));
  EXPECT_GT(numbers.size(), 1u);
}

TEST(Tap, GoesToTheTerminalThatWasNamed) {
  TempSite site({.terminals = 2});
  const Tapped tapped = site.Tap({.terminal = 2});
  EXPECT_THAT(site.Names("oqs/face"), IsEmpty());
  EXPECT_THAT(site.Names("oqs2/face"), ElementsAre(tapped.file));
  const absl::Status wrong = Tapper(site.site()).Tap({.terminal = 3}).status();
  EXPECT_THAT(std::string(wrong.message()), HasSubstr("allowed are 1 to 2"));
}

TEST(Tap, ConsentsAreThoseOfThisRead) {
  TempSite site;
  const Tapped tapped = site.Tap({.persona = "valid-without-consents",
                                  .consents = ParseConsents("drug,operation").value(),
                                  .consent_for = absl::Seconds(20)});
  EXPECT_THAT(tapped.expected.usable_consents, ElementsAre("DRUG", "OPERATION"));
  const v1::Confirmation answer = ReadFace(site, tapped.file);
  EXPECT_THAT(Expect(answer, kInstitution, absl::Now()).usable_consents,
              ElementsAre("DRUG", "OPERATION"));
  EXPECT_THAT(Expect(answer, kInstitution, absl::Now() + absl::Seconds(20)).usable_consents,
              IsEmpty());
}

TEST(Tap, ConsentOfTwoQualificationsIsThatOfTheInsurance) {
  TempSite site;
  const Tapped tapped =
      site.Tap({.persona = "two-qualifications", .consents = ParseConsents("checkup").value()});
  const v1::Confirmation answer = ReadFace(site, tapped.file);
  EXPECT_THAT(tapped.expected.usable_consents, ElementsAre("CHECKUP"));
  EXPECT_EQ(answer.qualifications(1).consents_size(), 0);
}

TEST(Tap, WordsOfConsent) {
  EXPECT_EQ(ParseConsents("all")->size(), 4u);
  EXPECT_THAT(*ParseConsents("none"), IsEmpty());
  EXPECT_THAT(*ParseConsents("drug"), ElementsAre(v1::CONSENT_CATEGORY_DRUG));
  for (const absl::string_view wrong : {"", "drugs", "drug,", "all,drug", "DRUG"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseConsents(wrong).status())) << wrong;
  }
}

TEST(Tap, WritesInTheEncodingOfTheSite) {
  TempSite utf8;
  EXPECT_THAT(utf8.FaceFile(utf8.Tap({.persona = "lost"}).file), HasSubstr("encoding=\"UTF-8\""));
  TempSite sjis({.encoding = SiteEncoding::kShiftJis});
  EXPECT_THAT(sjis.FaceFile(sjis.Tap({.persona = "lost"}).file),
              HasSubstr("encoding=\"Shift_JIS\""));
  TempSite mixed({.encoding = SiteEncoding::kMixed});
  int in_utf8 = 0;
  for (int i = 0; i < 40; ++i) {
    const std::string bytes = mixed.FaceFile(mixed.Tap({}).file);
    in_utf8 += bytes.find("UTF-8") != std::string::npos ? 1 : 0;
  }
  EXPECT_GT(in_utf8, 0);
  EXPECT_LT(in_utf8, 40);
}

TEST(Replay, DeliversTheBytesAsTheyAre) {
  TempSite site({.encoding = SiteEncoding::kShiftJis});
  const TempFolder folder;
  const Tapped first = site.Tap({.persona = "lost"});
  const std::string kept = absl::StrCat(folder.path(), "/kept.xml");
  std::ofstream(kept) << site.FaceFile(first.file);
  const Tapped again = site.Tap({.replay = kept});
  EXPECT_NE(again.file, first.file);
  EXPECT_EQ(site.FaceFile(again.file), site.FaceFile(first.file));
  EXPECT_EQ(again.expected.Json().Str(), first.expected.Json().Str());
}

TEST(Replay, ExpectsNothingOfRubbish) {
  TempSite site;
  const TempFolder folder;
  const std::string rubbish = absl::StrCat(folder.path(), "/rubbish");
  std::ofstream(rubbish) << "<NotXmlMsg></NotXmlMsg>";
  const Tapped tapped = site.Tap({.replay = rubbish});
  EXPECT_EQ(tapped.expected.state, "NONE");
  EXPECT_EQ(tapped.expected.error, "MDG-1306");
  EXPECT_TRUE(absl::IsInvalidArgument(
      Tapper(site.site()).Tap({.replay = absl::StrCat(folder.path(), "/missing")}).status()));
}

}  // namespace
}  // namespace madoguchi::sim
