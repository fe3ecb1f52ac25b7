#include "hl7/v2/mllp.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/text/jis.h"

namespace madoguchi::hl7::v2 {
namespace {

using base::ErrorCode;

constexpr char kHead[] = "MSH|^~\\&|HIS|R|MADOGUCHI|9910000017|20260410||ACK|1|P|2.5\r";

std::string FieldOf(const absl::Status& status) {
  EXPECT_TRUE(base::Is(status, ErrorCode::kNotHl7)) << status;
  const auto detail = base::DetailOf(status);
  return detail ? detail->field() : "";
}

TEST(Mllp, FramesAndIsReadHoweverItArrives) {
  const std::string frame = MllpFrame("MSH|1\r").value();
  EXPECT_EQ(frame, "\x0bMSH|1\r\x1c\r");
  const std::string stream = frame + "\r\n" + MllpFrame("MSH|2\r").value();
  for (size_t piece = 1; piece <= stream.size(); ++piece) {
    MllpReader reader(100);
    for (size_t at = 0; at < stream.size(); at += piece) {
      ASSERT_TRUE(reader.Take(absl::string_view(stream).substr(at, piece)).ok());
    }
    EXPECT_EQ(reader.Next(), "MSH|1\r");
    EXPECT_EQ(reader.Next(), "MSH|2\r");
    EXPECT_EQ(reader.Next(), std::nullopt);
    EXPECT_FALSE(reader.InsideFrame());
  }
}

TEST(Mllp, AMessageThatFramesIsRefused) {
  EXPECT_EQ(FieldOf(MllpFrame("a\x1c").status()), "message");
  EXPECT_EQ(FieldOf(MllpFrame("\x0b").status()), "message");
}

TEST(Mllp, WhatIsNoFrameIsRefusedWithItsPlaceAndForGood) {
  const std::pair<absl::string_view, absl::string_view> cases[] = {{"MSH", "byte 0"},
                                                                   {"\r\nx", "byte 2"},
                                                                   {"\x0b"
                                                                    "a\x0b",
                                                                    "byte 2"},
                                                                   {"\x0b"
                                                                    "a\x1c\n",
                                                                    "byte 3"},
                                                                   {"\x0b"
                                                                    "12345678901",
                                                                    "byte 11"}};
  for (const auto& [bytes, place] : cases) {
    MllpReader reader(10);
    EXPECT_EQ(FieldOf(reader.Take(bytes)), place);
    EXPECT_EQ(FieldOf(reader.Take("\x0bok\x1c\r")), place);
    EXPECT_EQ(reader.Next(), std::nullopt);
  }
}

TEST(Mllp, AFrameMayBeAsLargeAsAllowed) {
  MllpReader reader(10);
  ASSERT_TRUE(reader
                  .Take("\x0b"
                        "1234567890\x1c\r")
                  .ok());
  EXPECT_EQ(reader.Next(), "1234567890");
  ASSERT_TRUE(reader
                  .Take("\x0b"
                        "12")
                  .ok());
  EXPECT_TRUE(reader.InsideFrame());
}

TEST(Acks, ReadsWhatReceiversSay) {
  const auto accepted = ParseAck(absl::StrCat(kHead, "MSA|AA|M01\r"));
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  EXPECT_EQ(accepted->code, Ack::Code::kAccepted);
  EXPECT_EQ(accepted->control_id, "M01");
  const auto erred =
      ParseAck(absl::StrCat(kHead, "MSA|AE|M02|a\\F\\b\\E\\\\Z\\\rERR|||101^Required^HL70357|E\r"));
  ASSERT_TRUE(erred.ok()) << erred.status();
  EXPECT_EQ(erred->code, Ack::Code::kError);
  EXPECT_EQ(erred->text, "a|b\\\\Z\\");
  EXPECT_EQ(erred->error_code, "101");
  // LF as line end, delimiters of one's own, text in ERR.
  const auto rejected = ParseAck("MSH#*~\\&#A\nMSA#CR#7\nERR########why\n");
  ASSERT_TRUE(rejected.ok()) << rejected.status();
  EXPECT_EQ(rejected->code, Ack::Code::kRejected);
  EXPECT_EQ(rejected->text, "why");
}

TEST(Acks, ReadsIso2022Jp) {
  const std::string message = absl::StrCat(kHead, "MSA|AR|1|患者が見つかりません|都\r");
  const auto ack = ParseAck(text::EncodeIso2022Jp(message)->bytes);
  ASSERT_TRUE(ack.ok()) << ack.status();
  EXPECT_EQ(ack->text, "患者が見つかりません");
  EXPECT_EQ(ParseAck(message)->text, "患者が見つかりません");
}

TEST(Acks, RefusesWhatIsNone) {
  EXPECT_EQ(FieldOf(ParseAck("").status()), "MSH");
  EXPECT_EQ(FieldOf(ParseAck("MSH|^~\\").status()), "MSH");
  EXPECT_EQ(FieldOf(ParseAck("MSA|AA|1\r").status()), "MSH");
  EXPECT_EQ(FieldOf(ParseAck(kHead).status()), "MSA");
  EXPECT_EQ(FieldOf(ParseAck(absl::StrCat(kHead, "MSA|XX|1\r")).status()), "MSA-1");
  EXPECT_EQ(FieldOf(ParseAck(absl::StrCat(kHead, "MSA|AA|\r")).status()), "MSA-2");
  EXPECT_EQ(FieldOf(ParseAck(absl::StrCat(kHead, "MSA|AA|1\rMSA|AR|1\r")).status()), "MSA");
  EXPECT_EQ(FieldOf(ParseAck(absl::StrCat(kHead, "MSA|AA|1|\xff\r")).status()), "message");
  EXPECT_EQ(FieldOf(ParseAck(absl::StrCat(kHead, "MSA|AA|1|\x1b(I\r")).status()), "message");
  EXPECT_EQ(FieldOf(ParseAck(kHead + std::string(kMaxAckBytes, 'x')).status()), "message");
}

TEST(Acks, LongTextsAreCutWhereACharacterEnds) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "見";
  const auto ack = ParseAck(absl::StrCat(kHead, "MSA|AA|1|", text, "\r"));
  ASSERT_TRUE(ack.ok());
  EXPECT_EQ(ack->text, text.substr(0, 1002));
}

}  // namespace
}  // namespace madoguchi::hl7::v2
