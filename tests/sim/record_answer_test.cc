#include "tests/sim/record_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "agent/oqs/document.h"
#include "tests/sim/request_file.h"
#include "tests/sim/test_site.h"

namespace madoguchi::sim {
namespace {

using testing::IsEmpty;
using testing::Not;

constexpr auto kMedicine = v1::MESSAGE_FAMILY_YZKSIQUC01;
constexpr auto kCheckup = v1::MESSAGE_FAMILY_TKKSIQUC01;

class RecordAnswerTest : public testing::Test {
 protected:
  RecordAnswerTest() : registry_(*Registry::Load(site_.site())) {}

  v1::Confirmation Template(absl::string_view persona) const {
    return site_.site().LoadPerson(*site_.site().NumberOfPersona(persona))->answer;
  }

  Answer Give(const v1::OqsMessage& request, const AnswerFacts& facts) const {
    const bool checkup = request.family() == kCheckup;
    const absl::StatusOr<Answer> answer =
        AnswerRequest(site_.site(), registry_, absl::StrCat(checkup ? "TKK" : "YZK", kRest),
                      RequestBytes(request), facts);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *answer : Answer();
  }

  v1::OqsMessage Read(const Answer& answer) const {
    const absl::StatusOr<v1::OqsMessage> read = oqs::ReadMessage(answer.file_name, answer.bytes);
    EXPECT_TRUE(read.ok()) << read.status() << answer.file_name;
    return read.ok() ? *read : v1::OqsMessage();
  }

  v1::MedicalRecord Medicines(const v1::OqsMessage& request, Tampering tampering = {}) const {
    return Read(Give(request, {.now = absl::Now(), .tampering = tampering})).medical_record();
  }

  v1::OqsMessage Ask(absl::string_view file_category,
                     absl::string_view persona = "valid-with-consents") const {
    return MakeRecordRequest(kMedicine, Template(persona), std::string(file_category), "MDG-1");
  }

  static constexpr char kRest[] = "siquc01req_202604100001.xml";
  TempSite site_;
  Registry registry_;
};

TEST_F(RecordAnswerTest, NamesThePersonAndTheQuestion) {
  const v1::Qualification person = Template("valid-with-consents").qualifications(0);
  const v1::MedicalRecord record = Medicines(Ask("2"));
  EXPECT_EQ(record.result().code(), "1");
  EXPECT_EQ(record.header().medical_institution_code(), kInstitution);
  EXPECT_EQ(record.header().arbitrary_file_identifier(), "MDG-1");
  EXPECT_EQ(record.patient().name(), person.name());
  EXPECT_EQ(record.patient().name_kana(), person.name_kana());
  EXPECT_EQ(record.patient().birth_date().text(), person.birth_date().text());
  EXPECT_EQ(record.patient().sex_code(), person.sex1_code());
  EXPECT_GT(record.drug_history().drug_lines_size(), 0);
  EXPECT_THAT(record.diagnosis_history().treatment_lines(), IsEmpty());
}

TEST_F(RecordAnswerTest, FileCategoryFourHasTreatments) {
  EXPECT_THAT(Medicines(Ask("4")).diagnosis_history().treatment_lines(), Not(IsEmpty()));
}

TEST_F(RecordAnswerTest, NothingIsLeftOverForAnybody) {
  for (int number = 1; number <= site_.site().people(); ++number) {
    const v1::Confirmation person = site_.site().LoadPerson(number)->answer;
    if (person.qualifications().empty()) continue;
    for (const oqs::Encoding encoding : {oqs::Encoding::kUtf8, oqs::Encoding::kShiftJis}) {
      const AnswerFacts facts{.now = absl::Now(), .encoding = encoding};
      const v1::OqsMessage medicines =
          Read(Give(MakeRecordRequest(kMedicine, person, "4", "MDG-1"), facts));
      EXPECT_THAT(medicines.medical_record().unknown_elements(), IsEmpty());
      EXPECT_EQ(medicines.medical_record().result().code(), "1");
      const v1::OqsMessage checkups =
          Read(Give(MakeRecordRequest(kCheckup, person, "2", "MDG-1"), facts));
      EXPECT_THAT(checkups.checkup_history().unknown_elements(), IsEmpty());
      EXPECT_EQ(checkups.checkup_history().result().code(), "1");
      EXPECT_EQ(checkups.checkup_history().patient().birth_date().text(),
                person.qualifications(0).birth_date().text());
    }
  }
}

TEST_F(RecordAnswerTest, MonthsAreHonoured) {
  const std::string month = Medicines(Ask("2")).receipt_months(5).month().text();
  v1::OqsMessage request = Ask("2");
  *request.mutable_information_query()->mutable_from_month() = base::ParseOqsDate(month);
  *request.mutable_information_query()->mutable_to_month() = base::ParseOqsDate(month);
  const v1::MedicalRecord record = Medicines(request);
  EXPECT_THAT(record.receipt_months(), Not(IsEmpty()));
  for (const v1::MonthBlock& block : record.receipt_months()) {
    EXPECT_EQ(block.month().text(), month);
  }
  *request.mutable_information_query()->mutable_from_month() = base::ParseOqsDate("199001");
  *request.mutable_information_query()->mutable_to_month() = base::ParseOqsDate("199012");
  EXPECT_THAT(Medicines(request).drug_history().drug_lines(), IsEmpty());
}

TEST_F(RecordAnswerTest, PrescriptionsOnlyWhenAskedFor) {
  EXPECT_THAT(Medicines(Ask("2")).prescription_months(), Not(IsEmpty()));
  v1::OqsMessage request = Ask("2");
  request.mutable_information_query()->set_prescription_dispensing_code("0");
  const v1::MedicalRecord record = Medicines(request);
  EXPECT_THAT(record.prescription_months(), IsEmpty());
  EXPECT_THAT(record.dispensing_months(), IsEmpty());
}

TEST_F(RecordAnswerTest, DocumentsComeUnderTheSameBaseName) {
  const AnswerFacts facts{.now = absl::Now()};
  for (const absl::string_view category : {"1", "3"}) {
    const Answer answer = Give(Ask(category), facts);
    EXPECT_EQ(answer.file_name, "YZKsiquc01res_202604100001.pdf");
    EXPECT_TRUE(oqs::ReadPdf(answer.file_name, answer.bytes).ok());
  }
  const Answer checkup =
      Give(MakeRecordRequest(kCheckup, Template("valid-with-consents"), "1", "MDG-1"), facts);
  EXPECT_EQ(checkup.file_name, "TKKsiquc01res_202604100001.pdf");
  EXPECT_TRUE(oqs::LooksLikePdf(checkup.bytes));
}

TEST_F(RecordAnswerTest, RefusalsAreXmlEvenOfADocument) {
  const Answer answer = Give(Ask("1"), {.now = absl::Now(), .tampering = {.record_refused = true}});
  EXPECT_EQ(answer.file_name, "YZKsiquc01res_202604100001.xml");
  const v1::MedicalRecord record = Read(answer).medical_record();
  EXPECT_EQ(record.result().code(), "2");
  EXPECT_THAT(record.result().message(), Not(IsEmpty()));
  EXPECT_FALSE(record.has_patient());
  EXPECT_THAT(record.drug_history().drug_lines(), IsEmpty());
}

TEST_F(RecordAnswerTest, WhatCannotBeAnsweredIsRefused) {
  EXPECT_EQ(Medicines(Ask("9")).result().code(), "2");
  EXPECT_EQ(Medicines(Ask("2"), {.error = true}).result().code(), "2");
  v1::OqsMessage request = Ask("2");
  request.mutable_information_query()->mutable_insured()->set_number("0");
  EXPECT_EQ(Medicines(request).result().code(), "2");
  request = Ask("2");
  request.mutable_information_query()->set_medical_institution_code("9910000099");
  EXPECT_EQ(Medicines(request).result().code(), "2");
  const absl::StatusOr<Answer> unreadable =
      AnswerRequest(site_.site(), registry_, absl::StrCat("TKK", kRest), "<XmlMsg>?</XmlMsg>",
                    {.now = absl::Now()});
  ASSERT_TRUE(unreadable.ok());
  EXPECT_EQ(Read(*unreadable).checkup_history().result().code(), "2");
}

TEST_F(RecordAnswerTest, AnswersOfOthersAreThat) {
  EXPECT_EQ(Medicines(Ask("2"), {.other_institution = true}).header().medical_institution_code(),
            kOtherInstitution);
  const v1::MedicalRecord foreign = Medicines(Ask("2"), {.other_question = true});
  EXPECT_EQ(foreign.header().arbitrary_file_identifier(), "XMDG-1");
  EXPECT_NE(foreign.patient().name_kana(), Medicines(Ask("2")).patient().name_kana());
}

TEST_F(RecordAnswerTest, WhoItIsAboutInstead) {
  const auto patient = [&](RecordTwist twist, absl::string_view persona = "valid-with-consents") {
    return Medicines(Ask("2", persona), {.record = twist}).patient();
  };
  const v1::PatientBlock right = patient(RecordTwist::kNone);
  EXPECT_NE(patient(RecordTwist::kOtherPerson).name(), right.name());

  const v1::PatientBlock other_sex = patient(RecordTwist::kOtherSex);
  EXPECT_EQ(other_sex.name(), right.name());
  EXPECT_EQ(other_sex.sex_code(), "2");

  const v1::PatientBlock twin = patient(RecordTwist::kTwin);
  EXPECT_EQ(twin.name(), "架空　双児");
  EXPECT_EQ(twin.name_kana(), "ｶｸｳ ﾌﾀｺﾞ");
  EXPECT_EQ(twin.birth_date().text(), right.birth_date().text());
  EXPECT_EQ(twin.sex_code(), right.sex_code());

  EXPECT_EQ(patient(RecordTwist::kMaruTwin).name(), "架空　●●");
  EXPECT_EQ(patient(RecordTwist::kMaruTwin).name_kana(), "ｶｸｳ ﾌﾀｺﾞ");
  EXPECT_EQ(patient(RecordTwist::kMaruName).name(), "●空　太郎");
  EXPECT_EQ(patient(RecordTwist::kMaruName).name_kana(), right.name_kana());
  EXPECT_EQ(patient(RecordTwist::kSmallKana, "electronic-prescription").name_kana(),
            "カクウ　ショウ");
  EXPECT_EQ(patient(RecordTwist::kNoPatient).name(), "");
}

TEST_F(RecordAnswerTest, OfTwinsWithoutBranchTheFirstIsAnswered) {
  EXPECT_EQ(Medicines(Ask("2", "twins-no-branch-b")).patient().name(), "雛形　一郎");
}

}  // namespace
}  // namespace madoguchi::sim
