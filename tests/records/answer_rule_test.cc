#include "agent/records/answer_rule.h"

#include <gtest/gtest.h>

#include "agent/base/error.h"
#include "tests/records/receptions.h"

namespace madoguchi::records {
namespace {

using base::ErrorCode;

Question Asked(Kind kind = Kind::kDrug) {
  return {.reception_id = "r1",
          .kind = kind,
          .counter = "main",
          .terminal = "t1",
          .medical_institution_code = "9910000017",
          .qualification = MakeReception().confirmation().qualifications(0),
          .qualification_index = 0,
          .months = {}};
}

// As it would be for `reading`, whose name was found under the request's.
absl::Status CheckAnswer(const Question& question, const Reading& reading) {
  return CheckAnswer(question, Answer{.file_name = "f", .identifier = "id", .bytes = ""}, reading);
}

Reading Good(const std::string& family = "YZK") {
  Reading reading;
  reading.family = family;
  reading.medical_institution_code = "9910000017";
  reading.identifier = "id";
  reading.result.set_code("1");
  reading.success = true;
  reading.patient = {.name = "架空　太郎",
                     .name_kana = "ｶｸｳ ﾀﾛｳ",
                     .birth_date = base::ParseOqsDate("19800115"),
                     .sex_code = "1"};
  reading.body = "record";
  return reading;
}

void ExpectError(const absl::Status& status, ErrorCode code) {
  EXPECT_TRUE(base::Is(status, code)) << status;
  // Nothing of anybody is in what goes to logs and clients.
  for (const char* personal : {"架空", "太郎", "ｶｸｳ", "19800115"}) {
    EXPECT_EQ(status.message().find(personal), absl::string_view::npos);
  }
}

TEST(AnswerRuleTest, TheRecordThatWasAskedFor) {
  EXPECT_TRUE(CheckAnswer(Asked(), Good()).ok());
  EXPECT_TRUE(CheckAnswer(Asked(Kind::kCheckup), Good("TKK")).ok());
}

TEST(AnswerRuleTest, AnotherPersonsIsNeverKept) {
  Reading twin = Good();
  twin.patient.name = "架空　次郎";
  twin.patient.name_kana = "ｶｸｳ ｼﾞﾛｳ";
  ExpectError(CheckAnswer(Asked(), twin), ErrorCode::kWrongPatient);
  Reading born = Good();
  born.patient.birth_date = base::ParseOqsDate("19800116");
  ExpectError(CheckAnswer(Asked(), born), ErrorCode::kWrongPatient);
  Reading sex = Good();
  sex.patient.sex_code = "2";
  ExpectError(CheckAnswer(Asked(), sex), ErrorCode::kWrongPatient);
  Reading nobody = Good();
  nobody.patient = {};
  ExpectError(CheckAnswer(Asked(), nobody), ErrorCode::kWrongPatient);
}

TEST(AnswerRuleTest, AnotherFamilyOrInstitutionIsNoAnswer) {
  ExpectError(CheckAnswer(Asked(), Good("TKK")), ErrorCode::kRecordUnusable);
  ExpectError(CheckAnswer(Asked(), Good("")), ErrorCode::kRecordUnusable);
  Reading foreign = Good();
  foreign.medical_institution_code = "9910000025";
  ExpectError(CheckAnswer(Asked(), foreign), ErrorCode::kRecordUnusable);
  foreign.medical_institution_code = "";
  ExpectError(CheckAnswer(Asked(), foreign), ErrorCode::kRecordUnusable);
}

TEST(AnswerRuleTest, TheAnswerToAnotherQuestionIsNone) {
  for (const char* identifier : {"", "other"}) {
    Reading other = Good();
    other.identifier = identifier;
    ExpectError(CheckAnswer(Asked(), other), ErrorCode::kRecordUnusable);
  }
}

TEST(AnswerRuleTest, WhatOqsRefusesKeepsItsWords) {
  Reading refused = Good();
  refused.success = false;
  refused.result.set_code("2");
  refused.result.set_message("SYN-0001");
  const absl::Status status = CheckAnswer(Asked(), refused);
  ExpectError(status, ErrorCode::kRecordRefused);
  EXPECT_EQ(base::DetailOf(status)->oqs().code(), "2");
  EXPECT_EQ(base::DetailOf(status)->oqs().message(), "SYN-0001");
  // Also for a document, and when it does not say why.
  ExpectError(CheckAnswer(Asked(Kind::kDrugDocument), refused), ErrorCode::kRecordRefused);
  refused.result.Clear();
  ExpectError(CheckAnswer(Asked(), refused), ErrorCode::kRecordRefused);
}

TEST(AnswerRuleTest, ADocumentForADocumentOnly) {
  Reading pdf;
  pdf.document = true;
  pdf.body = "%PDF-1.4";
  for (const Kind kind : kKinds) {
    EXPECT_EQ(CheckAnswer(Asked(kind), pdf).ok(), FactsOf(kind).document);
    const Reading record = Good(std::string(FactsOf(kind).family));
    EXPECT_EQ(CheckAnswer(Asked(kind), record).ok(), !FactsOf(kind).document);
  }
}

}  // namespace
}  // namespace madoguchi::records
