#include "hl7/v2/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/oqs/any_form.h"
#include "agent/text/jis.h"
#include "hl7/v2/checkups.h"
#include "hl7/v2/drugs.h"
#include "tests/hl7/v2/parsed.h"
#include "tests/oqs/fixtures.h"

namespace madoguchi::hl7::v2 {
namespace {

using testing::ElementsAre;

v1::OqsMessage MessageOf(absl::string_view ending) {
  const oqs::Fixture fixture = oqs::FixtureEndingWith(ending);
  auto message = oqs::ReadAnyForm(fixture.name, fixture.bytes);
  EXPECT_TRUE(message.ok()) << message.status();
  return message.value_or(v1::OqsMessage());
}

std::vector<Message> Converted(const v1::OqsMessage& message, const Options& options = {}) {
  auto messages = Convert(message, options);
  EXPECT_TRUE(messages.ok()) << messages.status();
  return messages.ok() ? *std::move(messages) : std::vector<Message>();
}

// A card read of somebody whose name and address have every trap of the charset.
v1::OqsMessage CardRead() {
  v1::OqsMessage message;
  v1::Confirmation& confirmation = *message.mutable_confirmation();
  confirmation.mutable_header()->set_medical_institution_code("9910000017");
  *confirmation.mutable_header()->mutable_process_execution_time() =
      base::ParseOqsTime("20260410091530");
  confirmation.set_validity(v1::VALIDITY_VALID);
  confirmation.set_validity_code("1");
  v1::Qualification& one = *confirmation.add_qualifications();
  one.set_name("架空　花子");
  one.set_name_kana("ｶｸｳ ﾊﾅｺ");
  one.set_sex1_code("2");
  *one.mutable_birth_date() = base::ParseOqsDate("19800401");
  one.set_post_number("000-0001");
  one.set_address("みほん県架空区見本町１－２－３");
  one.set_reference_number("00001234");
  one.mutable_insured()->set_insurer_number("06990121");
  one.mutable_insured()->set_insurer_number_trimmed("06990121");
  one.mutable_insured()->set_symbol("見本１２");
  one.mutable_insured()->set_number("３４５６");
  one.mutable_insured()->set_branch("01");
  one.set_insurer_name("見本機械健康保険組合");
  *one.mutable_card_valid_from() = base::ParseOqsDate("20250401");
  *one.mutable_card_valid_until() = base::ParseOqsDate("20270331");
  one.set_insured_name("架空　太郎");
  one.set_personal_family_code("2");
  return message;
}

TEST(ConvertV2, ACardReadBecomesAnUpdateOfPersonAndInsurance) {
  const std::vector<Message> messages = Converted(CardRead(), {.control_id = "20260410000001"});
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].type, "ADT^A08");
  EXPECT_EQ(
      messages[0].bytes,
      "MSH|^~\\&|MADOGUCHI|9910000017|||20260410091530||ADT^A08^ADT_A01|20260410000001|P|2.5"
      "||||||UNICODE UTF-8\r"
      "EVN||20260410091530\r"
      "PID|0001||00001234^^^^PI||架空^花子^^^^^L^I~カクウ^ハナコ^^^^^L^P||19800401|F|||"
      "^^^^000-0001^JPN^H^みほん県架空区見本町１－２－３||||||||||||||||||||||20260410091530\r"
      "PV1|0001|O\r"
      "IN1|1|06^組合管掌健康保険^JHSD0001|06990121|見本機械健康保険組合||||||"
      "見本１２~３４５６~01||20250401|20270331|||架空^太郎^^^^^L^I|OTH^その他^HL70063\r"
      "ZOQ|1|validity_code|1\r");
}

TEST(ConvertV2, TheLayoutOfJahisHasTheNumberInAFieldOfItsOwn) {
  const Parsed parsed(Converted(CardRead(), {.in1 = In1Layout::kJahis})[0].bytes);
  EXPECT_EQ(parsed.First("IN1-10"), "見本１２");
  EXPECT_EQ(parsed.First("IN1-10[2]"), "");
  EXPECT_EQ(parsed.First("IN1-11"), "３４５６");
  EXPECT_THAT(parsed.All("ZOQ-2"), testing::Contains("qualifications[1].insured.branch"));
}

TEST(ConvertV2, KanjiStandBetweenEscapesAndDelimitersOutside) {
  const Message message = Converted(CardRead(), {.charset = Charset::kIso2022Jp})[0];
  EXPECT_TRUE(message.replaced.empty());
  EXPECT_TRUE(absl::StrContains(message.bytes, "||||||~ISO IR87||ISO 2022-1994\r"));
  // カ and 空 and 都 hold bytes that are delimiters; each kanji run is closed before one.
  EXPECT_TRUE(absl::StrContains(message.bytes,
                                "||\x1b$B2M6u\x1b(B^\x1b$B2V;R\x1b(B^^^^^L^I~\x1b$B%+%/%&\x1b(B^"));
  const auto decoded = text::DecodeIso2022Jp(message.bytes);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(Parsed(*decoded).First("PID-11.8"), "みほん県架空区見本町１－２－３");
}

TEST(ConvertV2, WhatTheCharsetDoesNotHaveIsReplacedAndReportedWithItsPlace) {
  v1::OqsMessage message = CardRead();
  v1::Qualification& one = *message.mutable_confirmation()->mutable_qualifications(0);
  one.set_name("髙橋　花子");
  one.set_insurer_name("㈱見本");
  const Message converted = Converted(message, {.charset = Charset::kIso2022Jp})[0];
  ASSERT_EQ(converted.replaced.size(), 2U);
  EXPECT_EQ(converted.replaced_count, 2U);
  EXPECT_EQ(converted.replaced[0].character, U'髙');
  EXPECT_EQ(converted.replaced[0].by, "■");
  EXPECT_EQ(converted.replaced[0].where, "PID-5");
  EXPECT_EQ(converted.replaced[1].by, "(株)");
  EXPECT_EQ(converted.replaced[1].where, "IN1-4");
  EXPECT_EQ(Parsed(*text::DecodeIso2022Jp(converted.bytes)).First("PID-5"), "■橋");
}

TEST(ConvertV2, WhatIsNotValidBecomesNobodysInsurance) {
  for (const v1::Validity validity :
       {v1::VALIDITY_UNSPECIFIED, v1::VALIDITY_INVALID, v1::VALIDITY_INVALID_NEWER_EXISTS,
        v1::VALIDITY_NOT_FOUND, v1::VALIDITY_SEVERAL_MATCH, v1::VALIDITY_VALID_UNREGISTERED}) {
    v1::OqsMessage message = CardRead();
    message.mutable_confirmation()->set_validity(validity);
    const Parsed parsed(Converted(message)[0].bytes);
    EXPECT_EQ(parsed.Count("IN1"), 0U);
    EXPECT_EQ(parsed.First("PID-5"), "架空");
    EXPECT_THAT(parsed.All("ZOQ-3"), testing::Contains("見本機械健康保険組合"));
  }
}

TEST(ConvertV2, PublicAssistanceIsAFurtherInsurance) {
  const Parsed parsed(Converted(MessageOf("_20260410094503.xml"))[0].bytes);
  EXPECT_THAT(parsed.All("IN1-1"), ElementsAre("1", "2"));
  EXPECT_EQ(parsed.All("IN1-2")[1], "12");
}

TEST(ConvertV2, TheCallerMayGiveTimeChartReceiverAndTrigger) {
  const Parsed parsed(Converted(CardRead(), {.registers = true,
                                             .patient_id = "77",
                                             .time = "20260411000000",
                                             .receiving_application = "HIS",
                                             .receiving_facility = "R&D"})[0]
                          .bytes);
  EXPECT_EQ(parsed.First("MSH-5"), "HIS");
  EXPECT_EQ(parsed.First("MSH-6"), "R&D");
  EXPECT_EQ(parsed.First("MSH-7"), "20260411000000");
  EXPECT_EQ(parsed.First("MSH-9.2"), "A04");
  EXPECT_EQ(parsed.First("EVN-2"), "20260411000000");
  EXPECT_EQ(parsed.First("PID-3"), "77");
  EXPECT_EQ(parsed.First("PID-33"), "20260410091530");
  EXPECT_THAT(parsed.All("ZOQ-3"), testing::Contains("00001234"));
}

TEST(ConvertV2, IdsAreMadeOfTheContent) {
  const auto id = [](const v1::OqsMessage& message) {
    return Parsed(Converted(message)[0].bytes).First("MSH-10");
  };
  v1::OqsMessage other = CardRead();
  other.mutable_confirmation()->mutable_qualifications(0)->set_address("ほか");
  EXPECT_EQ(id(CardRead()), id(CardRead()));
  EXPECT_NE(id(CardRead()), id(other));
  EXPECT_THAT(id(CardRead()), testing::MatchesRegex("M[0-9A-F]{16}"));
  const std::vector<Message> checkups = Converted(MessageOf("TKKsiquc01res_022604100950000101.xml"),
                                                  {.control_id = "12345678901234567890"});
  ASSERT_EQ(checkups.size(), 2U);
  EXPECT_EQ(Parsed(checkups[0].bytes).First("MSH-10"), "12345678901234567890");
  EXPECT_EQ(Parsed(checkups[1].bytes).First("MSH-10"), "123456789012345678-2");
}

v1::OqsMessage OneMedicine(absl::string_view kind) {
  v1::OqsMessage message;
  v1::MedicalRecord& record = *message.mutable_medical_record();
  record.mutable_patient()->set_name("架空　太郎");
  v1::DrugLine& line = *record.mutable_drug_history()->add_drug_lines();
  line.set_source(v1::DRUG_SOURCE_RECEIPT);
  line.mutable_provider()->set_code("9940000012");
  line.mutable_provider()->set_name("まどぐち薬局");
  line.mutable_prescriber()->set_code("9910000025");
  line.mutable_prescriber()->set_name("架空医院");
  *line.mutable_dispensed_on() = base::ParseOqsDate("20260205");
  *line.mutable_prescribed_on() = base::ParseOqsDate("20260204");
  line.set_duplicate_of(7);
  v1::DrugItem& drug = *line.mutable_drug();
  drug.set_treatment_class_code(std::string(kind));
  drug.set_drug_code("699900002");
  drug.set_drug_name("架空錠");
  drug.set_amount("3");
  drug.set_unit("錠");
  drug.set_usage("毎食後");
  drug.set_special_instruction("粉砕");
  drug.set_times("14");
  return message;
}

TEST(ConvertV2, AmountsMeanWhatTheClassSays) {
  const Parsed a_day(Converted(OneMedicine("21"))[0].bytes);
  EXPECT_EQ(a_day.Names(), "MSH PID ORC RXE TQ1 RXR ZOL");
  EXPECT_EQ(a_day.First("RXE-3"), "");
  EXPECT_EQ(a_day.First("RXE-19"), "3");
  EXPECT_EQ(a_day.First("RXE-19.2.2"), "錠");
  EXPECT_EQ(a_day.First("TQ1-6"), "14");
  EXPECT_EQ(a_day.First("TQ1-6.2.2"), "日");
  EXPECT_EQ(a_day.First("RXR-1"), "PO");
  const Parsed a_time(Converted(OneMedicine("22"))[0].bytes);
  EXPECT_EQ(a_time.First("RXE-3"), "3");
  EXPECT_EQ(a_time.First("RXE-5.2"), "錠");
  EXPECT_EQ(a_time.First("TQ1-14"), "14");
  const Parsed all(Converted(OneMedicine("23"))[0].bytes);
  EXPECT_EQ(all.First("RXE-10"), "3");
  EXPECT_EQ(all.First("RXE-11.2"), "錠");
  EXPECT_EQ(all.First("RXR-1"), "OTH");
}

TEST(ConvertV2, AHistoryTellsAndOrdersNothing) {
  const Parsed parsed(Converted(OneMedicine("21"))[0].bytes);
  EXPECT_EQ(parsed.First("ORC-1"), "SC");
  EXPECT_EQ(parsed.First("ORC-5"), "CM");
  EXPECT_EQ(parsed.First("ORC-9"), "20260205");
  EXPECT_EQ(parsed.First("ORC-21"), "架空医院");
  EXPECT_EQ(parsed.First("ORC-21.10"), "9910000025");
  EXPECT_EQ(parsed.First("RXE-32"), "20260204");
  EXPECT_EQ(parsed.First("RXE-40.2"), "まどぐち薬局");
  EXPECT_EQ(parsed.First("ZOL-14"), "7");
  EXPECT_EQ(parsed.First("MSH-7"), "20260205");
}

TEST(ConvertV2, OrdersHaveOneNumberEachAndTheSameInTheNextAnswer) {
  v1::OqsMessage message = OneMedicine("21");
  v1::DrugHistory& history = *message.mutable_medical_record()->mutable_drug_history();
  *history.add_drug_lines() = history.drug_lines(0);
  history.mutable_drug_lines(1)->mutable_drug()->set_usage("ほか");
  *history.add_drug_lines() = history.drug_lines(0);
  *history.mutable_drug_lines(2)->mutable_dispensed_on() = base::ParseOqsDate("20260301");
  *history.add_drug_lines() = history.drug_lines(0);
  const std::vector<DrugOrder> orders = OrdersOf(history);
  ASSERT_EQ(orders.size(), 3U);
  EXPECT_EQ(orders[0].count, 2U);
  EXPECT_NE(orders[0].number, orders[1].number);
  EXPECT_NE(orders[0].number, orders[2].number);
  EXPECT_EQ(orders[0].number.size(), 15U);
  EXPECT_EQ(orders[0].number,
            OrdersOf(OneMedicine("21").medical_record().drug_history())[0].number);
  const Parsed parsed(Converted(message)[0].bytes);
  EXPECT_EQ(parsed.All("ORC-4")[0], absl::StrCat(orders[0].number, "_01_001"));
  EXPECT_EQ(parsed.All("ORC-4")[1], absl::StrCat(orders[0].number, "_02_001"));
}

TEST(ConvertV2, ResultsWithASpecimenAreApartFromThoseWithout) {
  const std::vector<Message> messages =
      Converted(MessageOf("TKKsiquc01res_022604100950000101.xml"));
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].type, "ORU^R01");
  EXPECT_EQ(messages[1].type, "OUL^R22");
  const Parsed body(messages[0].bytes);
  EXPECT_EQ(body.Count("SPM"), 0U);
  EXPECT_EQ(body.Count("OBR"), 2U);
  EXPECT_EQ(body.First("OBX-2"), "NM");
  EXPECT_EQ(body.First("OBX-3"), "9N001000000000001");
  EXPECT_EQ(body.First("OBX-5"), "171.2");
  EXPECT_EQ(body.First("OBX-6"), "cm");
  EXPECT_EQ(body.First("OBX-14"), "20250918");
  const Parsed blood(messages[1].bytes);
  EXPECT_THAT(blood.All("SPM-4"), testing::Contains("023"));
  EXPECT_EQ(body.Count("OBX") + blood.Count("OBX"), 36U);
}

TEST(ConvertV2, CodedResultsCarryTheirTableAndOddNumbersAreText) {
  v1::OqsMessage message;
  v1::Checkup& checkup = *message.mutable_checkup_history()->add_checkups();
  const auto add = [&checkup](const char* type, const char* value) -> v1::CheckupItem& {
    v1::CheckupItem& item = *checkup.add_items();
    item.set_item_code("9N501000000000011");
    item.set_data_type(type);
    item.set_data_value(value);
    return item;
  };
  v1::CheckupItem& coded = add("CD", "1");
  coded.set_oid("1.2.392.200119.6.1008");
  coded.set_data_value_name("基準該当");
  for (const char* value : {"-1.5", "5,4", "1.", "", "<5"}) add("PQ", value);
  add("ST", "12");
  const Parsed parsed(Converted(message)[0].bytes);
  EXPECT_THAT(parsed.All("OBX-2"), ElementsAre("CWE", "NM", "ST", "ST", "ST", "ST", "ST"));
  EXPECT_EQ(parsed.First("OBX-5.2"), "基準該当");
  EXPECT_EQ(parsed.First("OBX-5.3"), "1.2.392.200119.6.1008");
}

TEST(ConvertV2, MaterialsAreThoseOfItemCodes) {
  EXPECT_EQ(MaterialOf("3F015000002327101"), "023");
  EXPECT_EQ(MaterialOf("9N001000000000001"), "");
  EXPECT_EQ(MaterialOf("3F01500000232710"), "");
  EXPECT_EQ(MaterialOf("3F0150000|2327101"), "");
}

TEST(ConvertV2, ForTheStorageOfSsmix2ThereAreStandardSegmentsOnly) {
  const Options storage{.ssmix2 = true};
  const Parsed person(*text::DecodeIso2022Jp(Converted(CardRead(), storage)[0].bytes));
  EXPECT_EQ(person.Names(), "MSH EVN PID PV1 IN1");
  EXPECT_EQ(person.First("MSH-21"), "SS-MIX2_1.20");
  EXPECT_EQ(person.First("MSH-21.3"), "1.2.392.200250.2.1.100.1.2.120");
  const Parsed drug(*text::DecodeIso2022Jp(Converted(OneMedicine("21"), storage)[0].bytes));
  EXPECT_EQ(drug.Names(), "MSH PID ORC RXE TQ1 RXR");
  EXPECT_EQ(drug.First("ORC-1"), "NW");
}

TEST(ConvertV2, WhatHasNoMessageIsRefusedWithTheReason) {
  v1::OqsMessage message;
  const auto refused = [&message] {
    const auto messages = Convert(message, {});
    EXPECT_TRUE(base::Is(messages.status(), base::ErrorCode::kNoSuchForm));
    return std::string(messages.status().message());
  };
  EXPECT_TRUE(absl::StrContains(refused(), "only answers about people"));
  message.mutable_confirmation();
  EXPECT_TRUE(absl::StrContains(refused(), "names nobody"));
  message.mutable_medical_record();
  EXPECT_TRUE(absl::StrContains(refused(), "no medicines"));
  message.mutable_checkup_history()->add_checkups();
  EXPECT_TRUE(absl::StrContains(refused(), "no items"));
  message.mutable_batch_answer()->add_units();
  EXPECT_TRUE(absl::StrContains(refused(), "no unit"));
}

}  // namespace
}  // namespace madoguchi::hl7::v2
