#include "adapters/render/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/oqs/message.h"

namespace madoguchi::adapters {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class RenderTest : public ::testing::Test {
 protected:
  RenderTest() {
    parcel_.message_id = "ABCDEFGHIJKLMNOPQRST";
    v1::Reception& reception = parcel_.reception;
    reception.set_reception_id("r");
    reception.set_revision(3);
    reception.set_origin(v1::RECEPTION_ORIGIN_FACE_READER);
    reception.mutable_assignment()->set_patient_id("77");
    v1::Confirmation& answer = *reception.mutable_confirmation();
    *answer.mutable_header()->mutable_process_execution_time() =
        base::ParseOqsTime("20260410091512");
    answer.mutable_header()->set_medical_institution_code("9910000000");
    answer.mutable_header()->set_arbitrary_file_identifier("QWJjMTIz");
    answer.set_validity_code("1");
    answer.set_validity(v1::VALIDITY_VALID);
    v1::Qualification& person = *answer.add_qualifications();
    person.set_name("試験　花子𠮟");
    person.set_insured_card_classification_code("01");
    person.set_insured_card_classification(v1::INSURED_CARD_CLASSIFICATION_GENERAL);
    *person.mutable_birth_date() = base::ParseOqsDate("19800115");
    parcel_.record = MessageOf(reception);
    parcel_.record.set_file_name(OqsFileName(parcel_.record, parcel_.message_id));
  }
  std::string Bytes(const FormatOptions& options) {
    const absl::Status status = Render(options, parcel_);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_FALSE(parcel_.pieces.empty());
    return parcel_.pieces.empty() ? "" : parcel_.pieces[0].bytes;
  }

  Parcel parcel_;
};

TEST_F(RenderTest, EveryFormatHasANameAndAForm) {
  for (const char* name :
       {"fhir", "fhir-1.1", "hl7v2", "ssmix2", "oqs-xml", "oqs-json", "reception-json"}) {
    const auto format = FormatNamed(name);
    ASSERT_TRUE(format.has_value()) << name;
    const std::string bytes = Bytes({.format = *format});
    EXPECT_FALSE(bytes.empty()) << name;
    EXPECT_FALSE(parcel_.media_type.empty());
    EXPECT_FALSE(parcel_.file_extension.empty());
    EXPECT_THAT(FormatNames(), HasSubstr(name));
    EXPECT_EQ(Bytes({.format = *format}), bytes) << name;
  }
  EXPECT_FALSE(FormatNamed("fax").has_value());
}

TEST_F(RenderTest, Hl7v2HasTheMessageIdAndTheChart) {
  const std::string bytes = Bytes({.format = Format::kHl7v2, .receiving_application = "EMR"});
  EXPECT_THAT(bytes, StartsWith("MSH|"));
  EXPECT_THAT(bytes, HasSubstr("|ABCDEFGHIJKLMNOPQRST|"));
  EXPECT_THAT(bytes, HasSubstr("|EMR|"));
  EXPECT_THAT(bytes, HasSubstr("77"));
  EXPECT_EQ(parcel_.media_type, "x-application/hl7-v2+er7; charset=utf-8");
}

TEST_F(RenderTest, TheXmlIsOneThatIsReadBackAsTheSame) {
  const std::string bytes = Bytes({.format = Format::kOqsXml});
  const auto read = oqs::ReadMessage(parcel_.record.file_name(), bytes);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->confirmation().qualifications(0).name(), "試験　花子𠮟");
  EXPECT_EQ(read->confirmation().header().arbitrary_file_identifier(), "QWJjMTIz");
}

TEST_F(RenderTest, AFaceFileHasTheNameTheTerminalGaveIt) {
  EXPECT_EQ(parcel_.record.file_name(), "OQSsiquc01res_face_9910000000Abc123_20260410091512.xml");
  parcel_.record.mutable_confirmation()->mutable_header()->set_arbitrary_file_identifier("../x");
  EXPECT_EQ(OqsFileName(parcel_.record, "ID"), "OQSsiquc01res_ID.xml");
}

TEST_F(RenderTest, WhatCp932LacksIsShownAsMissingInATable) {
  const std::string bytes =
      Bytes({.format = Format::kCsv,
             .encoding = oqs::Encoding::kShiftJis,
             .csv = {.columns = {{"n", "record.confirmation.qualifications.name"}}}});
  EXPECT_THAT(bytes, HasSubstr("\x81\xA1\""));
  EXPECT_EQ(parcel_.media_type, "text/csv; charset=Shift_JIS; header=present");
}

TEST_F(RenderTest, ReceptionJsonDoesNotChangeWithTheRevision) {
  const std::string bytes = Bytes({.format = Format::kReceptionJson});
  parcel_.reception.set_revision(4);
  parcel_.reception.set_state(v1::RECEPTION_STATE_CLOSED);
  EXPECT_EQ(Bytes({.format = Format::kReceptionJson}), bytes);
}

TEST_F(RenderTest, WhatHasNoFormSaysSo) {
  EXPECT_TRUE(
      base::Is(Render({.format = Format::kJahis}, parcel_), base::ErrorCode::kNotRenderable));
  parcel_.reception.clear_assignment();
  EXPECT_TRUE(
      base::Is(Render({.format = Format::kSsmix2}, parcel_), base::ErrorCode::kNotAssignedYet));
  parcel_.record.mutable_confirmation()->clear_qualifications();
  EXPECT_TRUE(
      base::Is(Render({.format = Format::kHl7v2}, parcel_), base::ErrorCode::kNotRenderable));
}

}  // namespace
}  // namespace madoguchi::adapters
