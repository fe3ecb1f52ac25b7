#include "agent/oqs/limits.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/oqs/message.h"

namespace madoguchi::oqs {
namespace {

std::string MedicalAnswer(size_t lines) {
  std::string xml =
      "<XmlMsg><MessageHeader><ResultCode>1</ResultCode></MessageHeader><MessageBody>"
      "<MeTrMonthInf><MeTrMonth>202604</MeTrMonth><DiDateInfs><DiDateInf><DrugInfs>";
  for (size_t i = 0; i < lines; ++i) {
    absl::StrAppend(&xml, "<DrugInf><DrugC>", 600000000 + i,
                    "</DrugC><DrugN>架空の薬</DrugN><IngreN>成分</IngreN><Qua1>3</Qua1>"
                    "<Unit>錠</Unit><UsageN>毎食後</UsageN><Times>14</Times></DrugInf>");
  }
  return xml + "</DrugInfs></DiDateInf></DiDateInfs></MeTrMonthInf></MessageBody></XmlMsg>";
}

TEST(Limits, TakeTenThousandMedicineLinesThereAndBack) {
  for (const char* name : {"YZKsiquc01res_1.xml", "renamed.xml"}) {
    const auto message = ReadMessage(name, MedicalAnswer(10'000));
    ASSERT_TRUE(message.ok()) << message.status();
    EXPECT_EQ(message->medical_record().drug_history().drug_lines_size(), 10'000);
    const auto written = WriteMessage(*message, Encoding::kUtf8);
    ASSERT_TRUE(written.ok()) << written.status();
    EXPECT_TRUE(ReadMessage(name, *written).ok());
  }
  EXPECT_TRUE(base::Is(ReadMessage("OQSsiquc01res_1.xml", MedicalAnswer(10'000)).status(),
                       base::ErrorCode::kTooDeep));
}

TEST(Limits, OfMedicalDataAreLimitsAllTheSame) {
  EXPECT_TRUE(base::Is(ReadMessage("YZKsiquc01res_1.xml", MedicalAnswer(40'000)).status(),
                       base::ErrorCode::kTooDeep));
  EXPECT_TRUE(base::Is(
      ReadMessage("YZKsiquc01res_1.xml", MedicalAnswer(1) + std::string(kBulkLimits.bytes, ' '))
          .status(),
      base::ErrorCode::kMessageTooLarge));
}

TEST(Limits, ComeFromTheName) {
  EXPECT_EQ(kMaxMessageBytes, kPersonLimits.bytes);
  EXPECT_EQ(MaxMessageBytes("OQSsiquc01req_1.xml"), kMaxMessageBytes);
  EXPECT_EQ(MaxMessageBytes("OQSsiquc01res_face_1.xml"), kMaxMessageBytes);
  EXPECT_EQ(MaxMessageBytes("YZKsiquc01res_1.xml"), size_t{16} << 20);
  EXPECT_EQ(MaxMessageBytes("tkksiquc01RES_1.xml"), size_t{16} << 20);
  EXPECT_EQ(MaxMessageBytes("anything"), size_t{16} << 20);
  EXPECT_EQ(MaxMessageBytes(""), size_t{16} << 20);
}

}  // namespace
}  // namespace madoguchi::oqs
