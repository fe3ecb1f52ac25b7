#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/oqs/message.h"
#include "tests/oqs/fixtures.h"

namespace madoguchi::oqs {
namespace {

v1::OqsMessage Read(absl::string_view name, absl::string_view bytes) {
  const absl::StatusOr<v1::OqsMessage> message = ReadMessage(name, bytes);
  EXPECT_TRUE(message.ok()) << message.status();
  return message.value_or(v1::OqsMessage());
}

v1::OqsMessage ReadFixture(absl::string_view ending) {
  const Fixture fixture = FixtureEndingWith(ending);
  return Read(fixture.name, fixture.bytes);
}

TEST(Batch, AsksForManyPeople) {
  const v1::OqsMessage message = ReadFixture("OQSmuquc01req_202604100001.xml");
  EXPECT_EQ(message.request_header().confirmation_date().text(), "20260411");
  ASSERT_EQ(message.batch_request().queries_size(), 3);
  const v1::EligibilityQuery& query = message.batch_request().queries(0);
  EXPECT_EQ(query.arbitrary_identifier(), "000101_1");
  EXPECT_EQ(query.insured().insurer_number_trimmed(), "06990121");
  EXPECT_FALSE(query.has_day());
}

TEST(Batch, AsksForARangeOfDaysAndForResults) {
  const auto home = ReadFixture("OQSmuhvq01req_202604100001.xml").batch_request();
  ASSERT_EQ(home.queries_size(), 1);
  EXPECT_EQ(home.queries(0).consent_to().text(), "20260331");
  EXPECT_EQ(ReadFixture("OQSmuhvq02req_202604100002.xml").batch_request().reception_number(),
            "SYN202604100000000011");
}

TEST(Batch, IsAcceptedUnderANumber) {
  const v1::BatchAnswer answer = ReadFixture("OQSmuquc01res_202604100001.xml").batch_answer();
  EXPECT_EQ(answer.reception_number(), "SYN202604100000000001");
  EXPECT_EQ(answer.reception_time().text(), "20260410180005");
  EXPECT_EQ(ReadFixture("OQSmuonq01res_202604100011.xml").batch_answer().processing_result_status(),
            v1::PROCESSING_RESULT_STATUS_NORMAL);
}

TEST(Batch, MayStillBeAtWork) {
  const v1::BatchAnswer answer = ReadFixture("OQSmuquc02res_202604100002.xml").batch_answer();
  EXPECT_EQ(answer.header().segment_of_result_code(), "2");
  EXPECT_EQ(answer.units_size(), 0);
}

TEST(Batch, HasOneConfirmationPerPerson) {
  const v1::BatchAnswer answer = ReadFixture("OQSmuquc02res_202604100003.xml").batch_answer();
  EXPECT_EQ(answer.header().number_of_results(), "3");
  ASSERT_EQ(answer.units_size(), 3);
  const v1::Confirmation& first = answer.units(0).confirmation();
  EXPECT_EQ(first.query().arbitrary_identifier(), "000101_1");
  EXPECT_EQ(first.validity(), v1::VALIDITY_VALID);
  ASSERT_EQ(first.qualifications_size(), 1);
  EXPECT_EQ(first.qualifications(0).name_kana_full_width(), "カクウ　タロウ");
  ASSERT_EQ(first.reference_numbers_size(), 1);
  EXPECT_EQ(first.reference_numbers(0), "000101");
  EXPECT_EQ(answer.units(1).confirmation().reference_numbers_size(), 0);
  EXPECT_EQ(answer.units(2).confirmation().validity(), v1::VALIDITY_NOT_FOUND);
  EXPECT_EQ(answer.units(2).confirmation().qualifications_size(), 0);
  EXPECT_FALSE(answer.units(2).has_registration());
}

// The number of the second must not move to the first.
TEST(Batch, KeepsThePlacesOfReferenceNumbers) {
  const std::string xml =
      "<XmlMsg><MessageBody><BulkConfirmUnit>"
      "<ResultOfQualificationConfirmation><Name>甲</Name></ResultOfQualificationConfirmation>"
      "<ReferenceNumber></ReferenceNumber>"
      "<ResultOfQualificationConfirmation><Name>乙</Name></ResultOfQualificationConfirmation>"
      "<ReferenceNumber>000202</ReferenceNumber></BulkConfirmUnit></MessageBody></XmlMsg>";
  const v1::OqsMessage message = Read("OQSmuquc02res_1.xml", xml);
  const v1::Confirmation& unit = message.batch_answer().units(0).confirmation();
  ASSERT_EQ(unit.qualifications_size(), 2);
  ASSERT_EQ(unit.reference_numbers_size(), 2);
  EXPECT_EQ(unit.reference_numbers(0), "");
  EXPECT_EQ(unit.reference_numbers(1), "000202");
  const auto written = WriteMessage(message, Encoding::kUtf8);
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(Read("OQSmuquc02res_1.xml", *written).batch_answer().SerializeAsString(),
            message.batch_answer().SerializeAsString());
}

TEST(Registration, HasAnOutcomeOfItsOwn) {
  const auto one = ReadFixture("OQSsiimm01res_202604100002.xml").registration_answer();
  EXPECT_EQ(one.header().segment_of_result_code(), "1");
  EXPECT_EQ(one.registration().reference_number(), "000999");
  EXPECT_EQ(one.registration().processing_result_status(), v1::PROCESSING_RESULT_STATUS_ERROR);
  EXPECT_EQ(one.registration().processing_result().code(), "SYN-E0401");
  EXPECT_EQ(ReadFixture("OQSsiimm01res_202604100001.xml")
                .registration_answer()
                .registration()
                .insured()
                .insurer_number_trimmed(),
            "990119");

  const auto many = ReadFixture("OQSmuimm02res_202604100004.xml").batch_answer();
  ASSERT_EQ(many.units_size(), 2);
  EXPECT_EQ(many.units(0).registration().reference_number(), "000101");
  EXPECT_EQ(many.units(1).registration().processing_result().code(), "SYN-E0402");
  EXPECT_FALSE(many.units(1).has_confirmation());
}

TEST(Batch, IsRecognizedByItsContent) {
  const std::pair<const char*, v1::MessageFamily> cases[] = {
      {"OQSmuquc01req_202604100001.xml", v1::MESSAGE_FAMILY_OQSMUQUC01},
      {"OQSmuquc01res_202604100001.xml", v1::MESSAGE_FAMILY_OQSMUQUC01},
      {"OQSmuquc02req_202604100002.xml", v1::MESSAGE_FAMILY_OQSMUQUC02},
      {"OQSmuquc02res_202604100002.xml", v1::MESSAGE_FAMILY_OQSMUQUC02},
      {"OQSmuquc02res_202604100003.xml", v1::MESSAGE_FAMILY_OQSMUQUC02},
      {"OQSsiimm01req_202604100001.xml", v1::MESSAGE_FAMILY_OQSSIIMM01},
      {"OQSsiimm01res_202604100001.xml", v1::MESSAGE_FAMILY_OQSSIIMM01},
      {"OQSmuimm01req_202604100003.xml", v1::MESSAGE_FAMILY_OQSMUIMM01},
      {"OQSmuimm02res_202604100004.xml", v1::MESSAGE_FAMILY_OQSMUIMM02}};
  for (const auto& [ending, family] : cases) {
    const Fixture fixture = FixtureEndingWith(ending);
    const v1::OqsMessage message = Read("renamed.xml", fixture.bytes);
    EXPECT_EQ(message.family(), family) << ending;
    EXPECT_EQ(message.role() == v1::MESSAGE_ROLE_REQUEST, absl::StrContains(ending, "req_"))
        << ending;
  }
}

TEST(Batch, IsNotWrittenWithUnitsOfAnotherKind) {
  v1::OqsMessage message = ReadFixture("OQSmuquc02res_202604100003.xml");
  message.set_family(v1::MESSAGE_FAMILY_OQSMUIMM02);
  EXPECT_TRUE(
      base::Is(WriteMessage(message, Encoding::kUtf8).status(), base::ErrorCode::kNotWritable));
  message.set_family(v1::MESSAGE_FAMILY_OQSMUQUC02);
  message.mutable_batch_answer()->mutable_units(1)->mutable_registration();
  EXPECT_TRUE(
      base::Is(WriteMessage(message, Encoding::kUtf8).status(), base::ErrorCode::kNotWritable));
}

}  // namespace
}  // namespace madoguchi::oqs
