#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "agent/base/error.h"
#include "agent/oqs/message.h"
#include "agent/text/cp932.h"
#include "tests/oqs/fixtures.h"

namespace madoguchi::oqs {
namespace {

constexpr char kName[] = "OQSsiquc01res_1.xml";
constexpr char kBom[] = "\xEF\xBB\xBF";

std::string Document(absl::string_view declaration, absl::string_view patient) {
  return absl::StrCat(
      declaration, "<XmlMsg><MessageBody><ResultList><ResultOfQualificationConfirmation><Name>",
      patient, "</Name></ResultOfQualificationConfirmation></ResultList></MessageBody></XmlMsg>");
}

std::string Declaration(absl::string_view encoding) {
  return absl::StrCat("<?xml version=\"1.0\" encoding=\"", encoding, "\" standalone=\"no\"?>\n");
}

std::string Cp932(absl::string_view utf8) { return text::Utf8ToCp932(utf8).value(); }

void ExpectRead(const std::string& bytes, absl::string_view declared, absl::string_view actual,
                absl::string_view patient) {
  const auto message = ReadMessage(kName, bytes);
  ASSERT_TRUE(message.ok()) << message.status() << "\n" << bytes;
  EXPECT_EQ(message->declared_encoding(), declared);
  EXPECT_EQ(message->actual_encoding(), actual);
  EXPECT_EQ(message->confirmation().qualifications(0).name(), patient);
}

void ExpectRefused(const std::string& bytes, base::ErrorCode code, absl::string_view field) {
  const auto message = ReadMessage(kName, bytes);
  ASSERT_FALSE(message.ok()) << bytes;
  EXPECT_TRUE(base::Is(message.status(), code)) << message.status();
  EXPECT_EQ(base::DetailOf(message.status())->field(), field);
}

constexpr char kPatient[] = "架空　髙﨑①";

TEST(Encoding, FollowsTheDeclaration) {
  ExpectRead(Document(Declaration("UTF-8"), kPatient), "UTF-8", "UTF-8", kPatient);
  ExpectRead(Document("<?xml version='1.0' encoding='utf-8'?>", kPatient), "utf-8", "UTF-8",
             kPatient);
  ExpectRead(Document("<?xml version='1.0'?>", kPatient), "", "UTF-8", kPatient);
  ExpectRead(Document("", kPatient), "", "UTF-8", kPatient);
  for (const char* name :
       {"Shift_JIS", "shift-jis", "SJIS", "Windows-31J", "CP932", "MS932", "x-sjis"}) {
    ExpectRead(Document(Declaration(name), Cp932(kPatient)), name, "CP932", kPatient);
  }
}

TEST(Encoding, BytesWinOverTheDeclaration) {
  ExpectRead(Document(Declaration("UTF-8"), Cp932(kPatient)), "UTF-8", "CP932", kPatient);
  ExpectRead(Document("", Cp932(kPatient)), "", "CP932", kPatient);
  ExpectRead(Document(Declaration("Shift_JIS"), "\U00020BB7田"), "Shift_JIS", "UTF-8",
             "\U00020BB7田");
}

// Most Japanese in UTF-8 is also valid CP932 by accident, which must not make a mess of a name.
TEST(Encoding, KnowsUtf8ThatCouldBeCp932) {
  const std::string patient = "架空";
  ASSERT_FALSE(text::DecodeCp932(patient)->bad_offset) << "the accident this test is about";
  ExpectRead(Document(Declaration("Shift_JIS"), patient), "Shift_JIS", "UTF-8", patient);
  // Half-width kana in CP932 may look like two-byte UTF-8; the declaration decides.
  ASSERT_TRUE(text::DecodeCp932("\xC3\xB1")->utf8 == "ﾃｱ");
  ExpectRead(Document(Declaration("Shift_JIS"), "\xC3\xB1\xC3\xB1\xC3\xB1"), "Shift_JIS", "CP932",
             "ﾃｱﾃｱﾃｱ");
}

TEST(Encoding, AByteOrderMarkMeansUtf8) {
  ExpectRead(kBom + Document("", kPatient), "", "UTF-8", kPatient);
  ExpectRead(kBom + Document(Declaration("UTF-8"), kPatient), "UTF-8", "UTF-8", kPatient);
  ExpectRead(kBom + Document(Declaration("Shift_JIS"), kPatient), "Shift_JIS", "UTF-8", kPatient);
  const std::string mixed = kBom + Document("", Cp932(kPatient));
  EXPECT_TRUE(base::Is(ReadMessage(kName, mixed).status(), base::ErrorCode::kBadEncoding));
}

TEST(Encoding, NeverAsksTheCharacterCodeIdentifier) {
  for (const char* identifier : {"0", "1", "2", "9"}) {
    const std::string head = absl::StrCat("<XmlMsg><MessageHeader><CharacterCodeIdentifier>",
                                          identifier, "</CharacterCodeIdentifier></MessageHeader>");
    ExpectRead(absl::StrReplaceAll(Document("", kPatient), {{"<XmlMsg>", head}}), "", "UTF-8",
               kPatient);
  }
}

TEST(Encoding, RefusesUtf16) {
  std::string little = "\xFF\xFE";
  std::string big = "\xFE\xFF";
  std::string no_mark;
  for (const char c : Document("", "x")) {
    little += {c, '\0'};
    big += {'\0', c};
    no_mark += {c, '\0'};
  }
  for (const std::string& bytes :
       {little, big, no_mark, big.substr(2), Document(Declaration("UTF-16"), "x")}) {
    ExpectRefused(bytes, base::ErrorCode::kBadEncoding, "byte 0");
  }
}

TEST(Encoding, RefusesOtherEncodingsUnlessTheBytesAreUtf8) {
  ExpectRead(Document(Declaration("EUC-JP"), "abc"), "EUC-JP", "UTF-8", "abc");
  // 架空 in EUC-JP would be half-width kana in CP932.
  const std::string head = Declaration("EUC-JP");
  const std::string bytes = Document(head, "\xB2\xCD\xB6\xF5");
  ExpectRefused(bytes, base::ErrorCode::kBadEncoding, absl::StrCat("byte ", bytes.find('\xB2')));
}

TEST(Encoding, SaysWhereBytesFitNothing) {
  const std::string neither = Document(Declaration("UTF-8"), "\xE3\x81\x82\xFF");
  ExpectRefused(neither, base::ErrorCode::kBadEncoding,
                absl::StrCat("byte ", neither.find('\xFF')));
  const std::string cp932 = Document(Declaration("Shift_JIS"), Cp932("架") + "\x80");
  ExpectRefused(cp932, base::ErrorCode::kBadEncoding, absl::StrCat("byte ", cp932.find('\x80')));
}

TEST(Encoding, TakesLineEndsAndPaddingAsTheyCome) {
  const Fixture fixture = FixtureEndingWith("091512.xml");
  const auto plain = ReadMessage(fixture.name, fixture.bytes);
  ASSERT_TRUE(plain.ok());
  const std::string crlf = absl::StrReplaceAll(fixture.bytes, {{"\n", "\r\n"}});
  for (const std::string& bytes :
       {crlf, kBom + crlf, fixture.bytes + std::string(1000, '\0'), fixture.bytes + "\r\n \t\n",
        absl::StrReplaceAll(fixture.bytes, {{"\n", ""}, {"  ", ""}}), "\n" + fixture.bytes}) {
    const auto message = ReadMessage(fixture.name, bytes);
    ASSERT_TRUE(message.ok()) << message.status();
    EXPECT_EQ(message->SerializeAsString(), plain->SerializeAsString());
  }
}

TEST(Encoding, RefusesNulBytesInTheMiddle) {
  std::string bytes = Document("", "a_b");
  const size_t at = bytes.find('_');
  bytes[at] = '\0';
  ExpectRefused(bytes, base::ErrorCode::kNotXml, absl::StrCat("byte ", at));
}

TEST(Encoding, RefusesCharactersXmlForbids) {
  for (const char bad : {'\x01', '\x1B', '\x0C', '\0'}) {
    std::string cp932 = Document(Declaration("Shift_JIS"), "\x89\xCB#\x8B\xF3");
    const size_t at = cp932.find('#');
    cp932[at] = bad;
    ExpectRefused(cp932, base::ErrorCode::kNotXml, absl::StrCat("byte ", at));
  }
  for (const char* bad : {"\x01", "\x1B", "\x0C", "\xEF\xBF\xBF"}) {
    const std::string bytes = Document("", absl::StrCat("架", bad));
    ExpectRefused(bytes, base::ErrorCode::kNotXml, absl::StrCat("byte ", bytes.find("架") + 3));
  }
  for (const char* bad :
       {"&#0;", "&#1;", "&#x1F;", "&#xD800;", "&#xFFFE;", "&#x110000;", "&#99999999;"}) {
    ExpectRefused(Document("\n\n", bad), base::ErrorCode::kNotXml, "line 3");
  }
}

}  // namespace
}  // namespace madoguchi::oqs
