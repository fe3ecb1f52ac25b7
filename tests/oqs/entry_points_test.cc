#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/oqs/any_form.h"
#include "agent/oqs/archive.h"
#include "agent/oqs/family.h"
#include "agent/oqs/json_form.h"
#include "agent/oqs/limits.h"
#include "agent/oqs/message.h"
#include "tests/oqs/fixtures.h"
#include "tests/oqs/pack.h"

// The same hostile input at every door a file comes in by: as XML, in an archive, as JSON, under
// the name of a PDF, under an odd name.
namespace madoguchi::oqs {
namespace {

using base::ErrorCode;

constexpr char kXmlName[] = "YZKsiquc01res_1.xml";
constexpr char kPdfName[] = "YZKsiquc01res_1.pdf";
constexpr char kZipName[] = "OQSmuhvq02res_1.zip";
constexpr char kEntryName[] = "OQSmuhvq02res_1.xml";

std::string Repeat(absl::string_view piece, size_t times) {
  std::string text;
  text.reserve(piece.size() * times);
  for (size_t i = 0; i < times; ++i) absl::StrAppend(&text, piece);
  return text;
}

std::string Xml(absl::string_view inside) {
  return absl::StrCat("<XmlMsg><MessageBody>", inside, "</MessageBody></XmlMsg>");
}

struct Hostile {
  const char* what;
  std::string bytes;
  ErrorCode code;
};

std::vector<Hostile> HostileXml() {
  std::string attributes;
  for (int i = 0; i < 100; ++i) absl::StrAppend(&attributes, " a", i, "=''");
  std::string bomb = "<!DOCTYPE XmlMsg [<!ENTITY a0 \"ha\">";
  for (int i = 1; i < 30; ++i) {
    absl::StrAppend(&bomb, "<!ENTITY a", i, " \"&a", i - 1, ";&a", i - 1, ";\">");
  }
  std::string utf16;
  for (const char c : Xml("")) utf16 += {c, '\0'};
  const std::string huge(kBulkLimits.bytes, 'x');
  return {
      {"a bomb of entities", absl::StrCat(bomb, "]>", Xml("&a29;")), ErrorCode::kDtdForbidden},
      {"a DTD of elsewhere", "<!DOCTYPE XmlMsg SYSTEM \"file:///etc/passwd\">" + Xml(""),
       ErrorCode::kDtdForbidden},
      {"an unknown entity", Xml("<Name>&a;</Name>"), ErrorCode::kNotXml},
      {"levels", Xml(Repeat("<a>", 100'000)), ErrorCode::kTooDeep},
      {"elements", Xml(Repeat("<a/>", kBulkLimits.elements)), ErrorCode::kTooDeep},
      {"attributes", Xml(absl::StrCat("<a", attributes, "/>")), ErrorCode::kTooDeep},
      {"an attribute with a huge name", Xml(absl::StrCat("<a ", huge.substr(0, 100'000), "=''/>")),
       ErrorCode::kTooDeep},
      {"an attribute without end", absl::StrCat("<XmlMsg a='", huge.substr(0, 1'000'000)),
       ErrorCode::kIncompleteMessage},
      {"a < in an attribute", Xml(absl::StrCat("<a b='", huge.substr(0, 100'000), "<'/>")),
       ErrorCode::kNotXml},
      {"size", Xml(huge), ErrorCode::kMessageTooLarge},
      {"NUL", Xml(absl::string_view("<Name>a\0b</Name>", 16)), ErrorCode::kNotXml},
      {"bytes of no encoding", Xml("<Name>\xFF\xFE</Name>"), ErrorCode::kBadEncoding},
      {"UTF-16", utf16, ErrorCode::kBadEncoding},
      {"CP932 that says it is UTF-16", "<?xml version='1.0' encoding='UTF-16'?>" + Xml("\x89\xCB"),
       ErrorCode::kBadEncoding},
      {"the end missing", "<XmlMsg><MessageBody></MessageBody>", ErrorCode::kIncompleteMessage},
      {"nothing", "", ErrorCode::kIncompleteMessage},
  };
}

TEST(EntryPoints, HostileXmlIsRefusedForTheSameReasonWhateverItComesAs) {
  for (const Hostile& hostile : HostileXml()) {
    const std::string stored = Zip({{kEntryName, hostile.bytes}}, ZIP_CM_STORE);
    for (const auto& message :
         {ReadMessage(kXmlName, hostile.bytes), ReadAnyForm(kXmlName, hostile.bytes),
          ReadAnyForm(kPdfName, hostile.bytes), ReadAnyForm("OQSsiquc01res_1.json", hostile.bytes),
          ReadAnyForm(kZipName, hostile.bytes), ReadArchive(kZipName, stored),
          ReadAnyForm(kXmlName, Zip({{kXmlName, hostile.bytes}}, ZIP_CM_STORE))}) {
      ASSERT_FALSE(message.ok()) << hostile.what;
      EXPECT_TRUE(base::Is(message.status(), hostile.code))
          << hostile.what << ": " << message.status();
    }
    // Packed, the larger ones are refused as bombs before they are looked at.
    const auto packed = ReadArchive(kZipName, Zip({{kEntryName, hostile.bytes}}));
    EXPECT_TRUE(base::Is(packed.status(), hostile.code) ||
                base::Is(packed.status(), ErrorCode::kMessageTooLarge))
        << hostile.what << ": " << packed.status();
  }
}

// Large is not wrong: it is kept as it is.
TEST(EntryPoints, AHugeAttributeIsKeptWhereTheFormHasAttributes) {
  const std::string value(1'000'000, 'v');
  const std::string bytes = Xml(absl::StrCat("<New a='", value, "'>x</New>"));
  for (const auto& message : {ReadMessage(kEntryName, bytes), ReadAnyForm(kEntryName, bytes),
                              ReadArchive(kZipName, Zip({{kEntryName, bytes}}, ZIP_CM_STORE))}) {
    ASSERT_TRUE(message.ok()) << message.status();
    const auto& unknown = message->batch_answer().unknown_elements();
    ASSERT_EQ(unknown.size(), 2);
    EXPECT_EQ(unknown[1].path(), "XmlMsg/MessageBody/New/@a");
    EXPECT_EQ(unknown[1].text(), value);
  }
}

std::string Json(absl::string_view members) {
  return absl::StrCat(R"({"XmlMsg":{"MessageBody":{)", members, "}}}");
}

TEST(EntryPoints, HostileJsonIsRefused) {
  std::string utf16;
  for (const char c : Json("")) utf16 += {c, '\0'};
  const std::string huge(kBulkLimits.bytes, 'x');
  const Hostile cases[] = {
      {"levels", R"({"XmlMsg":)" + Repeat(R"({"a":)", 100'000), ErrorCode::kTooDeep},
      {"members", Json(R"("a":[)" + Repeat("1,", kBulkLimits.elements) + "1]"),
       ErrorCode::kTooDeep},
      {"an attribute", Json(R"("@a":"1")"), ErrorCode::kNotJson},
      {"a DTD as a name", Json(R"("!DOCTYPE a":"1")"), ErrorCode::kNotJson},
      {"a huge name", Json(absl::StrCat("\"", huge.substr(0, 100'000), "\":1")),
       ErrorCode::kNotJson},
      {"size", Json(absl::StrCat("\"a\":\"", huge, "\"")), ErrorCode::kMessageTooLarge},
      {"NUL", Json(absl::string_view("\"a\":\"\0\"", 7)), ErrorCode::kNotJson},
      {"NUL as a reference", Json(R"("a":"\u0000")"), ErrorCode::kNotJson},
      {"CP932", Json("\"a\":\"\x89\xCB\x8B\xF3\""), ErrorCode::kBadEncoding},
      {"the end missing", R"({"XmlMsg":{"MessageBody":{})", ErrorCode::kIncompleteMessage},
  };
  for (const Hostile& hostile : cases) {
    for (const auto& message :
         {ReadJson("YZKsiquc01res_1.json", hostile.bytes), ReadAnyForm(kXmlName, hostile.bytes),
          ReadAnyForm(kPdfName, hostile.bytes)}) {
      ASSERT_FALSE(message.ok()) << hostile.what;
      EXPECT_TRUE(base::Is(message.status(), hostile.code))
          << hostile.what << ": " << message.status();
    }
  }
  for (const auto& message :
       {ReadJson("YZKsiquc01res_1.json", utf16), ReadAnyForm("YZKsiquc01res_1.json", utf16)}) {
    ASSERT_FALSE(message.ok());
    EXPECT_EQ(base::DetailOf(message.status())->number().substr(0, 6), "MDG-13");
  }
  // An archive holds XML and nothing else.
  EXPECT_TRUE(base::Is(ReadArchive(kZipName, Zip({{kEntryName, Json("\"a\":1")}})).status(),
                       ErrorCode::kNotXml));
}

// In JSON a DTD and a reference are text like any other.
TEST(EntryPoints, TextThatLooksLikeADtdStaysTextInJson) {
  const std::string text = "<!DOCTYPE x [<!ENTITY e 'y'>]>&e;&amp;]]>";
  const auto message = ReadAnyForm(kEntryName, Json(absl::StrCat("\"New\":\"", text, "\"")));
  ASSERT_TRUE(message.ok()) << message.status();
  ASSERT_EQ(message->batch_answer().unknown_elements_size(), 1);
  EXPECT_EQ(message->batch_answer().unknown_elements(0).text(), text);
}

// A PDF is carried, never looked into.
TEST(EntryPoints, APdfIsBoundedAndWhatItHoldsHarmsNothing) {
  for (const Hostile& hostile : HostileXml()) {
    const std::string bytes = absl::StrCat("%PDF-1.4\n", hostile.bytes, "\n%%EOF\n");
    const auto message = ReadAnyForm(kPdfName, bytes);
    if (bytes.size() > kMaxDocumentBytes) {
      EXPECT_TRUE(base::Is(message.status(), ErrorCode::kMessageTooLarge)) << hostile.what;
      continue;
    }
    ASSERT_TRUE(message.ok()) << hostile.what << ": " << message.status();
    EXPECT_EQ(message->document().content(), bytes) << hostile.what;
    v1::OqsMessage parsed;
    EXPECT_TRUE(parsed.ParseFromString(message->SerializeAsString()));
  }
}

TEST(EntryPoints, OddNamesLeadNowhereInAnyForm) {
  const std::string xml = FixtureEndingWith("OQSsiquc01res_202604100001.xml").bytes;
  const std::string forms[] = {xml, Zip({{"OQSsiquc01res_1.xml", xml}}),
                               R"({"XmlMsg":{"MessageBody":{"ProcessingResultStatus":"1"}}})",
                               "%PDF-1.4\n%%EOF\n"};
  for (const std::string& name :
       {std::string(), std::string("../OQSsiquc01res_1.xml"), std::string("/etc/passwd"),
        std::string("C:\\OQS\\res\\OQSsiquc01res_1.xml"), std::string("OQSsiquc01res_a\0b.xml", 21),
        std::string("OQSsiquc01res_\xFF.xml"), std::string("OQSsiquc01res_\xED\xA0\x80.xml"),
        std::string("OQSsiquc01res_\x1B[2J.xml"), std::string("CIPsiquc01res_/../x\n.xml"),
        std::string("OQSsiquc01res_") + std::string(100'000, '1') + ".xml",
        std::string(100'000, '/'), std::string("OQSsiquc01res_<!DOCTYPE a>&e;.xml")}) {
    for (const std::string& bytes : forms) {
      const auto message = ReadAnyForm(name, bytes);
      if (!message.ok()) {
        EXPECT_EQ(base::DetailOf(message.status())->number().substr(0, 6), "MDG-13");
        continue;
      }
      EXPECT_EQ(message->file_name().find_first_of(std::string("/\n\x1B\0", 4)), std::string::npos);
      EXPECT_LE(message->file_name().size(), 1000U);
      v1::OqsMessage parsed;
      EXPECT_TRUE(parsed.ParseFromString(message->SerializeAsString()));
    }
  }
}

// Batches come in archives too.
TEST(EntryPoints, AnArchiveCutAnywhereIsRefused) {
  const std::vector<Fixture> archives = FixturesOf(".zip");
  ASSERT_FALSE(archives.empty());
  for (const Fixture& archive : archives) {
    for (size_t size = 0; size < archive.bytes.size(); ++size) {
      const auto message = ReadAnyForm(archive.name, archive.bytes.substr(0, size));
      ASSERT_FALSE(message.ok()) << archive.path << " cut at " << size;
      ASSERT_EQ(base::DetailOf(message.status())->number().substr(0, 6), "MDG-13");
    }
    EXPECT_TRUE(ReadAnyForm(archive.name, archive.bytes).ok());
  }
}

}  // namespace
}  // namespace madoguchi::oqs
