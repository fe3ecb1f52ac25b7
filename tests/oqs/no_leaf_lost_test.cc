#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "agent/oqs/mapping.h"
#include "agent/oqs/message.h"
#include "agent/text/cp932.h"
#include "tests/oqs/fixtures.h"
#include "tests/oqs/leaves.h"

namespace madoguchi::oqs {
namespace {

std::string Utf8Of(const Fixture& fixture) {
  if (fixture.bytes.find("Shift_JIS") == std::string::npos) return fixture.bytes;
  return text::Cp932ToUtf8(fixture.bytes).value();
}

v1::OqsMessage Read(absl::string_view name, absl::string_view bytes) {
  absl::StatusOr<v1::OqsMessage> message = ReadMessage(name, bytes);
  EXPECT_TRUE(message.ok()) << name << ": " << message.status();
  return message.value_or(v1::OqsMessage());
}

TEST(NoLeafLost, InAnyFixture) {
  const std::vector<Fixture> fixtures = AllFixtures();
  EXPECT_EQ(fixtures.size(), 76U);
  size_t leaves = 0;
  for (const Fixture& fixture : fixtures) {
    const Texts sent = TextsOfXml(Utf8Of(fixture));
    const v1::OqsMessage message = Read(fixture.name, fixture.bytes);
    EXPECT_EQ(TextsOfRecord(message), sent) << fixture.path;
    // They use nothing but elements of the table.
    EXPECT_EQ(message.confirmation().unknown_elements_size() + message.unknown_elements_size() +
                  message.medical_record().unknown_elements_size() +
                  message.batch_answer().unknown_elements_size() +
                  message.registration_answer().unknown_elements_size() +
                  message.checkup_history().unknown_elements_size(),
              0)
        << fixture.path;
    leaves += sent.size();
  }
  // The counting counts: some 20 leaves a file.
  EXPECT_GT(leaves, 1000U);
}

// The comparison above fails when a leaf is lost, changed or made up.
TEST(NoLeafLost, TheCheckCanFail) {
  const Fixture fixture = FixtureEndingWith("094503.xml");
  const Texts sent = TextsOfXml(Utf8Of(fixture));
  v1::OqsMessage message = Read(fixture.name, fixture.bytes);
  ASSERT_EQ(TextsOfRecord(message), sent);

  v1::OqsMessage lost = message;
  // Another leaf of the same text remains: only counting notices.
  ASSERT_EQ(message.confirmation().qualifications(0).name(),
            message.confirmation().qualifications(1).name());
  lost.mutable_confirmation()->mutable_qualifications(1)->clear_name();
  EXPECT_NE(TextsOfRecord(lost), sent);

  v1::OqsMessage changed = message;
  changed.mutable_confirmation()->mutable_header()->set_segment_of_result_code("2");
  EXPECT_NE(TextsOfRecord(changed), sent);

  v1::OqsMessage lost_date = message;
  lost_date.mutable_confirmation()->mutable_qualifications(0)->clear_birth_date();
  EXPECT_NE(TextsOfRecord(lost_date), sent);

  const std::string planted = absl::StrReplaceAll(
      Utf8Of(fixture), {{"<MessageBody>", "<MessageBody><NewThing>new</NewThing>"}});
  EXPECT_NE(TextsOfXml(planted), sent);
  v1::OqsMessage with_new = Read(fixture.name, planted);
  EXPECT_EQ(TextsOfRecord(with_new), TextsOfXml(planted));
  with_new.mutable_confirmation()->clear_unknown_elements();
  EXPECT_NE(TextsOfRecord(with_new), TextsOfXml(planted));
}

// Trees of known and unknown names at any place, in any order and number, with attributes.
class RandomTree {
 public:
  explicit RandomTree(uint32_t seed) : random_(seed) {
    for (const auto& rows : AllMappings()) {
      for (const MappingRow& row : rows) {
        names_.push_back(row.element.substr(row.element.rfind('/') + 1));
      }
    }
    for (const char* other : {"NewThing", "名前", "x-y.z", "a:b"}) names_.emplace_back(other);
  }

  std::string Document() {
    std::string xml = "<XmlMsg>";
    absl::StrAppend(&xml, "<MessageHeader>", Children(1), "</MessageHeader>");
    absl::StrAppend(&xml, "<MessageBody>", Children(1));
    if (Chance(70)) {
      absl::StrAppend(&xml, "<ResultList><ResultOfQualificationConfirmation>", Children(2),
                      "</ResultOfQualificationConfirmation>", Children(3), "</ResultList>");
    }
    for (const char* unit : {"BulkConfirmUnit", "BulkRegistrationUnit"}) {
      if (Chance(70)) continue;
      absl::StrAppend(&xml, "<", unit, ">", Children(2), "<ReferenceNumber> </ReferenceNumber>",
                      Children(2), "</", unit, "><", unit, ">", Children(2), "</", unit, ">");
    }
    absl::StrAppend(&xml, Children(2), "</MessageBody>", Children(3), "</XmlMsg>");
    return xml;
  }

 private:
  bool Chance(int percent) { return static_cast<int>(random_() % 100) < percent; }

  std::string Children(int depth) {
    std::string xml;
    const int count = static_cast<int>(random_() % 8);
    for (int i = 0; i < count; ++i) xml += Element(depth);
    return xml;
  }

  std::string Element(int depth) {
    const std::string& name = names_[random_() % names_.size()];
    std::string xml = absl::StrCat(Chance(20) ? "\n " : "", "<", name);
    if (Chance(10)) absl::StrAppend(&xml, " a='", random_() % 50, "'");
    if (Chance(5)) absl::StrAppend(&xml, " b='", random_() % 50, "'");
    if (Chance(10)) return xml + "/>";
    xml += ">";
    if (depth < 6 && Chance(30)) {
      xml += Children(depth + 1);
    } else if (Chance(80)) {
      absl::StrAppend(&xml, Chance(20) ? " " : "", "値", random_() % 50,
                      Chance(10) ? "<!-- -->" : "", Chance(10) ? "<![CDATA[<&]]>" : "",
                      Chance(20) ? "&#x3042;&amp; " : "");
    }
    absl::StrAppend(&xml, "</", name, ">");
    return xml;
  }

  std::mt19937 random_;
  std::vector<std::string> names_;
};

TEST(NoLeafLost, InAnyTreeAndBackAgain) {
  for (uint32_t seed = 0; seed < 2000; ++seed) {
    const std::string xml = RandomTree(seed).Document();
    static constexpr const char* kNames[] = {
        "OQSsiquc01res_1.xml", "OQSsiquc01req_1.xml", "YZKsiquc01res_1.xml", "TKKsiquc01res_1.xml",
        "YZKsiquc01req_1.xml", "OQSmuquc01req_1.xml", "OQSmuquc02res_1.xml", "OQSmuimm02res_1.xml",
        "OQSsiimm01res_1.xml", "OQSsiimm01req_1.xml"};
    const char* name = kNames[seed % std::size(kNames)];
    const v1::OqsMessage message = Read(name, xml);
    ASSERT_EQ(TextsOfRecord(message), TextsOfXml(xml)) << seed << xml;

    const absl::StatusOr<std::string> written = WriteMessage(message, Encoding::kUtf8);
    ASSERT_TRUE(written.ok()) << written.status() << xml;
    v1::OqsMessage again = Read(name, *written);
    again.clear_declared_encoding();
    ASSERT_EQ(Difference(message, again), "") << xml << "\n" << *written;
  }
}

}  // namespace
}  // namespace madoguchi::oqs
