#include <gtest/gtest.h>

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "agent/oqs/message.h"
#include "tests/oqs/fixtures.h"
#include "tests/oqs/generate.h"
#include "tests/oqs/leaves.h"

namespace madoguchi::oqs {
namespace {

TEST(RoundTrip, EveryFixtureIsWrittenAsItWas) {
  for (const Fixture& fixture : AllFixtures()) {
    const absl::StatusOr<v1::OqsMessage> message = ReadMessage(fixture.name, fixture.bytes);
    ASSERT_TRUE(message.ok()) << fixture.path << ": " << message.status();
    const Encoding encoding =
        message->actual_encoding() == "CP932" ? Encoding::kShiftJis : Encoding::kUtf8;
    const absl::StatusOr<std::string> written = WriteMessage(*message, encoding);
    ASSERT_TRUE(written.ok()) << fixture.path << ": " << written.status();
    // An element that is there but empty counts as absent.
    const std::string expected = absl::StrReplaceAll(
        fixture.bytes,
        {{"\t\t\t\t\t\t\t<Unit></Unit>\r\n", ""}, {"\t\t\t\t\t\t\t<UsageN></UsageN>\r\n", ""}});
    EXPECT_EQ(*written, expected) << fixture.path;
  }
}

TEST(RoundTrip, EveryFixtureIsTheSameRecordInTheOtherEncoding) {
  for (const Fixture& fixture : AllFixtures()) {
    const absl::StatusOr<v1::OqsMessage> message = ReadMessage(fixture.name, fixture.bytes);
    ASSERT_TRUE(message.ok()) << fixture.path << ": " << message.status();
    const Encoding other =
        message->actual_encoding() == "CP932" ? Encoding::kUtf8 : Encoding::kShiftJis;
    const absl::StatusOr<std::string> written = WriteMessage(*message, other);
    ASSERT_TRUE(written.ok()) << fixture.path << ": " << written.status();
    absl::StatusOr<v1::OqsMessage> again = ReadMessage(fixture.name, *written);
    ASSERT_TRUE(again.ok()) << fixture.path << ": " << again.status();
    EXPECT_NE(again->actual_encoding(), message->actual_encoding());
    again->set_actual_encoding(message->actual_encoding());
    again->set_declared_encoding(message->declared_encoding());
    EXPECT_EQ(Difference(*message, *again), "") << fixture.path;
  }
}

void ExpectGeneratedRoundTrip(Encoding encoding, uint32_t first_seed) {
  for (uint32_t seed = first_seed; seed < first_seed + 5000; ++seed) {
    const v1::OqsMessage message = GenerateMessage(seed, encoding);
    const absl::StatusOr<std::string> written = WriteMessage(message, encoding);
    ASSERT_TRUE(written.ok()) << "seed " << seed << ": " << written.status();
    absl::StatusOr<v1::OqsMessage> again = ReadMessage(message.file_name(), *written);
    ASSERT_TRUE(again.ok()) << "seed " << seed << ": " << again.status();
    if (again->has_medical_record()) {
      again->mutable_medical_record()->clear_drug_history();
      again->mutable_medical_record()->clear_diagnosis_history();
    }
    ASSERT_EQ(Difference(message, *again), "") << "seed " << seed << "\n" << *written;
  }
}

TEST(RoundTrip, GeneratedRecordsInUtf8) { ExpectGeneratedRoundTrip(Encoding::kUtf8, 0); }

TEST(RoundTrip, GeneratedRecordsInCp932) { ExpectGeneratedRoundTrip(Encoding::kShiftJis, 100000); }

void CollectSet(const google::protobuf::Message& message, std::set<std::string>& names) {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  const auto& reflection = *message.GetReflection();
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    names.insert(field->full_name());
    if (field->type() != google::protobuf::FieldDescriptor::TYPE_MESSAGE) continue;
    for (int i = 0; field->is_repeated() && i < reflection.FieldSize(message, field); ++i) {
      CollectSet(reflection.GetRepeatedMessage(message, field, i), names);
    }
    if (!field->is_repeated()) CollectSet(reflection.GetMessage(message, field), names);
  }
}

void CollectAll(const google::protobuf::Descriptor& descriptor, std::set<std::string>& names) {
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const auto& field = *descriptor.field(i);
    // Made by the daemon; and an element whose name is not public.
    if (field.name() == "confirmation_id" || field.name() == "received_at" ||
        field.name() == "asked_for" || absl::StartsWith(field.name(), "lapse_reason")) {
      continue;
    }
    // Derived from the month blocks.
    if (absl::EndsWith(field.name(), "_history") && descriptor.name() == "MedicalRecord") continue;
    names.insert(field.full_name());
    if (field.message_type() != nullptr) CollectAll(*field.message_type(), names);
  }
}

bool IsOfOtherForm(absl::string_view name) {
  return absl::StartsWith(name, "madoguchi.v1.Document.") ||
         absl::StartsWith(name, "madoguchi.v1.OpaqueMessage.") ||
         name == "madoguchi.v1.OqsMessage.archive_entry" ||
         name == "madoguchi.v1.OqsMessage.document" || name == "madoguchi.v1.OqsMessage.opaque";
}

// The generator reaches what it should.
TEST(RoundTrip, TheGeneratorFillsEveryField) {
  std::set<std::string> filled;
  for (uint32_t seed = 0; seed < 400; ++seed) {
    CollectSet(GenerateMessage(seed, Encoding::kUtf8), filled);
  }
  std::set<std::string> all;
  CollectAll(*v1::OqsMessage::descriptor(), all);
  EXPECT_GT(all.size(), 150U);
  for (const std::string& name : all) {
    // Fractions of a second do not occur; other forms have no XML.
    if (name == "google.protobuf.Timestamp.nanos" || IsOfOtherForm(name)) continue;
    EXPECT_EQ(filled.count(name), 1U) << name;
  }
}

}  // namespace
}  // namespace madoguchi::oqs
