#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "agent/base/error.h"
#include "agent/oqs/message.h"
#include "tests/oqs/fixtures.h"

namespace madoguchi::oqs {
namespace {

using google::protobuf::util::MessageDifferencer;

v1::OqsMessage Read(const Fixture& fixture) {
  absl::StatusOr<v1::OqsMessage> message = ReadMessage(fixture.name, fixture.bytes);
  EXPECT_TRUE(message.ok()) << fixture.path << ": " << message.status();
  return message.ok() ? *std::move(message) : v1::OqsMessage();
}

TEST(ReadMessage, ReadsAFacePush) {
  const v1::OqsMessage message = Read(FixtureEndingWith("091512.xml"));
  EXPECT_EQ(message.family(), v1::MESSAGE_FAMILY_OQSSIQUC01_FACE);
  EXPECT_EQ(message.role(), v1::MESSAGE_ROLE_PUSH);
  EXPECT_EQ(message.declared_encoding(), "UTF-8");
  EXPECT_EQ(message.actual_encoding(), "UTF-8");
  const v1::Confirmation& confirmation = message.confirmation();
  EXPECT_EQ(confirmation.header().medical_institution_code(), "9910000017");
  EXPECT_EQ(confirmation.header().segment_of_result(), v1::SEGMENT_OF_RESULT_NORMAL);
  EXPECT_EQ(confirmation.validity(), v1::VALIDITY_VALID);
  EXPECT_EQ(confirmation.prescription_issue_select(), v1::PRESCRIPTION_ISSUE_ELECTRONIC);
  EXPECT_FALSE(confirmation.is_notice());
  ASSERT_EQ(confirmation.qualifications_size(), 1);
  EXPECT_THAT(confirmation.unknown_elements(), testing::IsEmpty());
}

TEST(WriteMessage, RoundTripsEveryFixture) {
  for (const Fixture& fixture : AllFixtures()) {
    const v1::OqsMessage message = Read(fixture);
    const Encoding encoding =
        message.actual_encoding() == "CP932" ? Encoding::kShiftJis : Encoding::kUtf8;
    const absl::StatusOr<std::string> written = WriteMessage(message, encoding);
    ASSERT_TRUE(written.ok()) << fixture.path << ": " << written.status();
    EXPECT_EQ(*written, fixture.bytes) << fixture.path;
    const absl::StatusOr<v1::OqsMessage> again = ReadMessage(fixture.name, *written);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(MessageDifferencer::Equals(message, *again)) << fixture.path;
  }
}

}  // namespace
}  // namespace madoguchi::oqs
