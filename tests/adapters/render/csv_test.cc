#include "adapters/render/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"

namespace madoguchi::adapters {
namespace {

using testing::HasSubstr;

class CsvTest : public ::testing::Test {
 protected:
  CsvTest() {
    reception_.set_reception_id("r");
    reception_.mutable_assignment()->set_patient_id("00012");
    auto& answer = *record_.mutable_confirmation();
    answer.set_validity(v1::VALIDITY_VALID);
    *answer.mutable_header()->mutable_process_execution_time() =
        base::ParseOqsTime("20260410091512");
    auto& first = *answer.add_qualifications();
    first.set_name("試験　\"花子\"");
    *first.mutable_birth_date() = base::ParseOqsDate("19800115");
    first.mutable_insured()->set_number("=1+1");
    auto& second = *answer.add_qualifications();
    second.set_name("試験　太郎");
    *second.mutable_birth_date() = base::ParseOqsDate("00000000");
  }
  std::string Write(const CsvOptions& options) const {
    EXPECT_TRUE(CheckCsv(options).ok()) << CheckCsv(options);
    return *WriteCsv(options, reception_, record_);
  }
  static std::string Wrong(const std::string& rows, const std::string& path) {
    const absl::Status status = CheckCsv({.rows = rows, .columns = {{"x", path}}});
    EXPECT_TRUE(base::Is(status, base::ErrorCode::kInvalidField));
    return std::string(status.message());
  }

  v1::Reception reception_;
  v1::OqsMessage record_;
};

TEST_F(CsvTest, ALineForEachEntry) {
  EXPECT_EQ(Write({.rows = "record.confirmation.qualifications",
                   .columns = {{"番号", "reception.assignment.patient_id"},
                               {"氏名", "row.name"},
                               {"生年月日", "row.birth_date"}}}),
            "\"番号\",\"氏名\",\"生年月日\"\r\n"
            "\"00012\",\"試験　\"\"花子\"\"\",\"1980-01-15\"\r\n"
            "\"00012\",\"試験　太郎\",\"00000000\"\r\n");
}

TEST_F(CsvTest, ALineForTheRecord) {
  EXPECT_EQ(Write({.columns = {{"v", "record.confirmation.validity"},
                               {"t", "record.confirmation.header.process_execution_time"},
                               {"n", "record.confirmation.qualifications[1].name"},
                               {"none", "record.confirmation.qualifications[7].name"}}}),
            "\"v\",\"t\",\"n\",\"none\"\r\n"
            "\"VALIDITY_VALID\",\"2026-04-10T09:15:12+09:00\",\"試験　太郎\",\"\"\r\n");
}

TEST_F(CsvTest, NothingIsAFormula) {
  EXPECT_THAT(Write({.columns = {{"n", "record.confirmation.qualifications.insured.number"}}}),
              HasSubstr("\"'=1+1\""));
}

TEST_F(CsvTest, WrongPathsAreNamed) {
  EXPECT_THAT(Wrong("", "row.name"), HasSubstr("`reception.` or `record.`"));
  EXPECT_THAT(Wrong("", "record.confirmation.nothing"), HasSubstr("there are"));
  EXPECT_THAT(Wrong("", "record.confirmation"), HasSubstr("goes on with"));
  EXPECT_THAT(Wrong("", "reception.counter[1]"), HasSubstr("is no list"));
  EXPECT_THAT(Wrong("", "reception.opened_at.seconds"), HasSubstr("ends before that"));
  EXPECT_THAT(Wrong("reception.counter", "row.x"), HasSubstr("is no list"));
}

TEST_F(CsvTest, WithoutEntriesThereIsNothingToSend) {
  record_.mutable_confirmation()->clear_qualifications();
  const auto csv =
      WriteCsv({.rows = "record.confirmation.qualifications", .columns = {{"n", "row.name"}}},
               reception_, record_);
  EXPECT_TRUE(base::Is(csv.status(), base::ErrorCode::kNotRenderable));
}

}  // namespace
}  // namespace madoguchi::adapters
