#include <gtest/gtest.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/oqs/limits.h"
#include "agent/oqs/message.h"
#include "agent/text/utf8.h"
#include "tests/oqs/fixtures.h"
#include "tests/oqs/leaves.h"

namespace madoguchi::oqs {
namespace {

using base::ErrorCode;

constexpr char kName[] = "OQSsiquc01res_1.xml";

void ExpectRefused(absl::string_view bytes, ErrorCode code) {
  const auto message = ReadMessage(kName, bytes);
  ASSERT_FALSE(message.ok()) << bytes.substr(0, 200);
  EXPECT_TRUE(base::Is(message.status(), code)) << message.status() << "\n" << bytes.substr(0, 200);
}

std::string Body(absl::string_view inside) {
  return absl::StrCat("<XmlMsg><MessageBody>", inside, "</MessageBody></XmlMsg>");
}

std::string Repeat(absl::string_view piece, size_t times) {
  std::string text;
  text.reserve(piece.size() * times);
  for (size_t i = 0; i < times; ++i) absl::StrAppend(&text, piece);
  return text;
}

TEST(Hostile, DtdsAreRefusedInWhateverForm) {
  std::string bomb = "<!DOCTYPE XmlMsg [<!ENTITY a0 \"ha\">";
  for (int i = 1; i < 30; ++i) {
    absl::StrAppend(&bomb, "<!ENTITY a", i, " \"&a", i - 1, ";&a", i - 1, ";\">");
  }
  absl::StrAppend(&bomb, "]>", Body("&a29;"));
  for (const std::string& bytes :
       {bomb, "<?xml version=\"1.0\"?>\n" + bomb,
        "<!DOCTYPE XmlMsg SYSTEM \"file:///etc/passwd\">" + Body(""),
        "<!-- c -->\n<!doctype XmlMsg>" + Body(""), Body("<!ENTITY a \"b\">"), Body("<!DOCTYPE a>"),
        "<![INCLUDE[<a/>]]>" + Body(""), Body("<!ELEMENT a ANY>"), Body("<!ATTLIST a>"),
        "\xEF\xBB\xBF" + bomb}) {
    ExpectRefused(bytes, ErrorCode::kDtdForbidden);
  }
  ExpectRefused(Body("<ProcessingResultStatus>&unknown;</ProcessingResultStatus>"),
                ErrorCode::kNotXml);
  // Inside a comment or CDATA it is only text.
  EXPECT_TRUE(ReadMessage(kName, Body("<!-- <!DOCTYPE a> --><![CDATA[<!ENTITY a>]]>")).ok());
}

TEST(Hostile, SizeIsBounded) {
  ExpectRefused(std::string(size_t{100} << 20, 'x'), ErrorCode::kMessageTooLarge);
  ExpectRefused(std::string(size_t{100} << 20, '\0'), ErrorCode::kMessageTooLarge);
  std::string most = Body("<ProcessingResultStatus>1</ProcessingResultStatus>");
  most += std::string(kMaxMessageBytes - most.size(), '\n');
  EXPECT_TRUE(ReadMessage(kName, most).ok());
  ExpectRefused(most + "\n", ErrorCode::kMessageTooLarge);
}

TEST(Hostile, DepthIsBounded) {
  const std::string deep = Repeat("<a>", 1'000'000);
  ExpectRefused(deep, ErrorCode::kTooDeep);
  ExpectRefused("<XmlMsg>" + Repeat("<a>", 500'000) + Repeat("</a>", 500'000) + "</XmlMsg>",
                ErrorCode::kTooDeep);
  // XmlMsg and MessageBody are two levels.
  const size_t inner = kMaxDepth - 2;
  EXPECT_TRUE(ReadMessage(kName, Body(Repeat("<a>", inner) + Repeat("</a>", inner))).ok());
  ExpectRefused(Body(Repeat("<a>", inner + 1) + Repeat("</a>", inner + 1)), ErrorCode::kTooDeep);
  EXPECT_TRUE(
      ReadMessage(kName, Body(Repeat("<a>", inner - 1) + "<b/>" + Repeat("</a>", inner - 1))).ok());
}

TEST(Hostile, NumbersAreBounded) {
  EXPECT_TRUE(ReadMessage(kName, Body(Repeat("<a/>", kPersonLimits.elements - 2))).ok());
  ExpectRefused(Body(Repeat("<a/>", kPersonLimits.elements - 1)), ErrorCode::kTooDeep);
  ExpectRefused(Body(Repeat("<Name/>", 500'000)), ErrorCode::kTooDeep);
  std::string attributes = "<a";
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&attributes, " b", i, "=''");
  ExpectRefused(Body(attributes + "/>"), ErrorCode::kTooDeep);
  const std::string long_name(kMaxNameBytes + 1, 'n');
  ExpectRefused(Body(absl::StrCat("<", long_name, "/>")), ErrorCode::kTooDeep);
  ExpectRefused(Body(absl::StrCat("<a ", long_name, "=''/>")), ErrorCode::kTooDeep);
}

// Paths of leftovers repeat the names of all parents.
TEST(Hostile, LeftoversDoNotGrowBeyondBounds) {
  const std::string name(kMaxNameBytes, 'n');
  const std::string open = absl::StrCat("<", name, ">");
  const std::string close = absl::StrCat("</", name, ">");
  const size_t levels = kMaxDepth - 3;
  ExpectRefused(Body(Repeat(open, levels) + Repeat("<a/>", 40'000) + Repeat(close, levels)),
                ErrorCode::kTooDeep);
}

// Shapes that cost quadratic time in a careless reader: they take milliseconds here.
TEST(Hostile, NoShapeIsSlow) {
  for (const std::string& inside :
       {Repeat("<Name>x</Name>", kPersonLimits.elements / 2),
        Repeat("<ProcessingResultStatus>1</ProcessingResultStatus>", kPersonLimits.elements / 2),
        Repeat("<New>x</New>", kPersonLimits.elements / 2), Repeat("x<!-- -->", 300'000),
        "<Name>" + Repeat("x<![CDATA[y]]>", 200'000) + "</Name>", Repeat("&amp;", 500'000),
        "<ResultList>" +
            Repeat("<ResultOfQualificationConfirmation><Name>x</Name>"
                   "</ResultOfQualificationConfirmation>",
                   kPersonLimits.elements / 4) +
            "</ResultList>"}) {
    const auto message = ReadMessage(kName, Body(inside));
    ASSERT_TRUE(message.ok()) << message.status();
    EXPECT_EQ(TextsOfRecord(*message), TextsOfXml(Body(inside)));
    EXPECT_TRUE(WriteMessage(*message, Encoding::kUtf8).ok());
  }
}

TEST(Hostile, WhatIsNotWellFormedIsRefused) {
  for (const char* bytes : {"<XmlMsg><MessageBody></MessageHeader></XmlMsg>",
                            "<XmlMsg></XmlMsg><XmlMsg></XmlMsg>",
                            "text<XmlMsg></XmlMsg>",
                            "<XmlMsg></XmlMsg>text",
                            "<XmlMsg><a b></a></XmlMsg>",
                            "<XmlMsg><a b=c></a></XmlMsg>",
                            "<XmlMsg><a b='1'c='2'/></XmlMsg>",
                            "<XmlMsg><a b='<'/></XmlMsg>",
                            "<XmlMsg>< a/></XmlMsg>",
                            "<XmlMsg><1a/></XmlMsg>",
                            "<XmlMsg><a /b></XmlMsg>",
                            "<XmlMsg>&;</XmlMsg>",
                            "<XmlMsg>& </XmlMsg>",
                            "<XmlMsg>&#;</XmlMsg>",
                            "<XmlMsg>&#x;</XmlMsg>",
                            "<XmlMsg>&#1a;</XmlMsg>",
                            "<XmlMsg>&amp</XmlMsg>",
                            "</XmlMsg>",
                            "hello",
                            "{\"XmlMsg\":{}}",
                            "<XmlMsg><? ?></XmlMsg>",
                            "<XmlMsg><?xml version='1.0'?></XmlMsg>",
                            "<XmlMsg><!x></XmlMsg>",
                            "<XmlMsg><a></a b></XmlMsg>",
                            "<XmlMsg><MessageBody a='1' a='2'/></XmlMsg>",
                            "<![CDATA[x]]><XmlMsg></XmlMsg>"}) {
    ExpectRefused(bytes, ErrorCode::kNotXml);
  }
}

TEST(Hostile, NothingIsIncomplete) {
  for (const char* bytes :
       {"", " \r\n", "\xEF\xBB\xBF", "<", "<?xml version=\"1.0\"", "<!-- a", "<XmlMsg"}) {
    ExpectRefused(bytes, ErrorCode::kIncompleteMessage);
  }
  ExpectRefused(absl::string_view("\0\0\0\0", 4), ErrorCode::kIncompleteMessage);
}

TEST(Hostile, AMessageCutAnywhereIsIncomplete) {
  for (const char* ending : {"res_202604100010.xml", "094503.xml", "093001.xml",
                             "req_202604100008.xml", "OQSmuquc01req_202604100001.xml",
                             "OQSmuquc01res_202604100004.xml", "OQSmuquc02res_202604100003.xml",
                             "OQSmutic02res_202604100022.xml", "OQSmuimm01req_202604100003.xml",
                             "OQSmuimm02res_202604100004.xml", "OQSsiimm01res_202604100002.xml"}) {
    const Fixture fixture = FixtureEndingWith(ending);
    const size_t end = fixture.bytes.rfind("</XmlMsg>") + std::string("</XmlMsg>").size();
    for (size_t size = 0; size < end; ++size) {
      const absl::string_view cut = absl::string_view(fixture.bytes).substr(0, size);
      ASSERT_FALSE(LooksComplete(cut)) << size;
      const auto message = ReadMessage(fixture.name, cut);
      ASSERT_TRUE(base::Is(message.status(), ErrorCode::kIncompleteMessage))
          << fixture.path << " cut at " << size << ": " << message.status();
    }
    EXPECT_TRUE(LooksComplete(absl::string_view(fixture.bytes).substr(0, end)));
    EXPECT_TRUE(ReadMessage(fixture.name, absl::string_view(fixture.bytes).substr(0, end)).ok());
  }
}

// Errors must not say what the message says.
TEST(Hostile, ErrorsNameThePlaceAndNoValue) {
  const std::string secret = "kakuutarou";
  for (const std::string& bytes :
       {Body(absl::StrCat("<Name>", secret, "&", secret, ";</Name>")),
        Body(absl::StrCat("<Name>", secret, "</Nam>")),
        Body(absl::StrCat("<Name>", secret, "\xFF</Name>")),
        Body(absl::StrCat("<Name ", secret, ">")), absl::StrCat("<XmlMsg>", secret),
        absl::StrCat("<", secret, "/>"), Body(absl::StrCat("<!DOCTYPE ", secret, ">")),
        Body(absl::StrCat("<?xml ", secret, "?>"))}) {
    const auto message = ReadMessage(kName, bytes);
    ASSERT_FALSE(message.ok()) << bytes;
    EXPECT_EQ(message.status().ToString().find(secret), std::string::npos) << message.status();
    EXPECT_FALSE(base::DetailOf(message.status())->field().empty()) << bytes;
  }
}

// Whatever the bytes: an error of the catalogue, or a record that is valid, complete and comes
// back.
void ExpectSane(absl::string_view name, absl::string_view bytes) {
  const auto message = ReadMessage(name, bytes);
  if (!message.ok()) {
    const auto detail = base::DetailOf(message.status());
    ASSERT_TRUE(detail);
    ASSERT_EQ(detail->number().substr(0, 6), "MDG-13") << message.status();
    return;
  }
  v1::OqsMessage parsed;
  ASSERT_TRUE(parsed.ParseFromString(message->SerializeAsString())) << "a string that is not UTF-8";
  const auto written = WriteMessage(*message, Encoding::kUtf8);
  ASSERT_TRUE(written.ok()) << written.status() << "\n" << bytes;
  auto again = ReadMessage(name, *written);
  ASSERT_TRUE(again.ok()) << again.status() << "\n" << *written;
  again->set_declared_encoding(message->declared_encoding());
  again->set_actual_encoding(message->actual_encoding());
  ASSERT_EQ(again->SerializeAsString(), message->SerializeAsString()) << bytes;
}

TEST(Hostile, MutatedMessagesAreReadOrRefused) {
  const std::vector<Fixture> fixtures = AllFixtures();
  std::mt19937 random(20260410);
  static constexpr const char* kPieces[] = {
      "<",    ">",      "&",       "/",  "</", "\"", "'",     "<!--", "-->",  "<![CDATA[",
      "]]>",  "<?",     "?>",      "&#", ";",  "\0", "\xFF",  "\x81", "\xE3", "<a>",
      "</a>", "<Name>", "</Name>", "\r", "\n", " ",  "a='b'", "●"};
  for (int i = 0; i < 10'000; ++i) {
    const Fixture& fixture = fixtures[random() % fixtures.size()];
    std::string bytes = fixture.bytes;
    const int changes = 1 + static_cast<int>(random() % 4);
    for (int change = 0; change < changes && !bytes.empty(); ++change) {
      const size_t at = random() % bytes.size();
      switch (random() % 5) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + random() % 60);
          break;
        case 2:
          bytes.insert(at, kPieces[random() % std::size(kPieces)]);
          break;
        case 3: {
          const size_t from = random() % bytes.size();
          bytes.insert(at, bytes.substr(from, random() % 200));
          break;
        }
        default:
          bytes.resize(at + 1);
      }
    }
    ExpectSane(fixture.name, bytes);
    if (testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace madoguchi::oqs
