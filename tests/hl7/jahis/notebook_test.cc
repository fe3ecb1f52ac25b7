#include "hl7/jahis/notebook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/oqs/mapping.h"
#include "agent/oqs/message.h"
#include "agent/text/cp932.h"
#include "tests/oqs/fixtures.h"
#include "tests/oqs/generate.h"

namespace madoguchi::hl7::jahis {
namespace {

using Row = std::vector<std::string>;

// The lines of a file as a receiver reads them.
std::vector<Row> RowsOf(const Notebook& notebook) {
  const auto text = text::Cp932ToUtf8(notebook.bytes);
  EXPECT_TRUE(text.ok()) << text.status();
  std::vector<Row> rows;
  EXPECT_TRUE(absl::EndsWith(notebook.bytes, "\r\n"));
  const std::vector<std::string> lines = absl::StrSplit(*text, "\r\n", absl::SkipEmpty());
  for (const std::string& line : lines) {
    EXPECT_EQ(line.find_first_of("\r\n\t"), std::string::npos) << line;
    rows.push_back(absl::StrSplit(line, ','));
  }
  return rows;
}

v1::OqsMessage ReadFixture(absl::string_view ending) {
  const oqs::Fixture fixture = oqs::FixtureEndingWith(ending);
  return oqs::ReadMessage(fixture.name, fixture.bytes).value();
}

// Fields behind the number of a line, as the format has them (output-standards 3.3).
size_t FieldsOf(const std::string& record) {
  if (record == "JAHISTC08") return 1;
  if (record == "1") return 10;
  if (record == "5" || record == "501") return 2;
  if (record == "11" || record == "301") return 8;
  if (record == "51") return 5;
  if (record == "201") return 10;
  EXPECT_EQ(record, "311");
  return 3;
}

TEST(Notebook, HasTheLinesOfTheFormat) {
  v1::MedicalRecord record;
  record.mutable_patient()->set_name("架空　花子");
  record.mutable_patient()->set_name_kana("ｶｸｳ ﾊﾅｺ");
  record.mutable_patient()->set_sex_code("2");
  *record.mutable_patient()->mutable_birth_date() = base::ParseOqsDate("19800401");
  v1::DrugLine& line = *record.mutable_drug_history()->add_drug_lines();
  line.set_source(v1::DRUG_SOURCE_RECEIPT);
  line.mutable_provider()->set_name("架空薬局");
  line.mutable_provider()->set_code("9949999998");
  line.mutable_prescriber()->set_name("架空クリニック");
  line.mutable_prescriber()->set_code("9919999999");
  *line.mutable_dispensed_on() = base::ParseOqsDate("20260410");
  v1::DrugItem& drug = *line.mutable_drug();
  drug.set_treatment_class_code("21");
  drug.set_drug_code("699900001");
  drug.set_drug_name("見本錠６０ｍｇ");
  drug.set_ingredient_name("見本");
  drug.set_amount("3");
  drug.set_unit("錠");
  drug.set_usage("１日３回毎食後");
  drug.set_times("14");
  drug.set_special_instruction("粉砕");
  const auto notebook = ConvertDrugHistory(record);
  ASSERT_TRUE(notebook.ok()) << notebook.status();
  EXPECT_EQ(text::Cp932ToUtf8(notebook->bytes).value(),
            "JAHISTC08,1\r\n"
            "1,架空　花子,2,19800401,,,,,,,カクウ　ハナコ\r\n"
            "5,20260410,1\r\n"
            "11,架空薬局,99,4,9999998,,,,1\r\n"
            "51,架空クリニック,99,1,9999999,1\r\n"
            "201,1,見本錠６０ｍｇ,3,錠,2,699900001,1,見本,1,\r\n"
            "301,1,１日３回毎食後,14,日分,1,1,,1\r\n"
            "311,1,粉砕,1\r\n"
            "501,オンライン資格確認等システムの薬剤情報から作成,1\r\n");
  EXPECT_EQ(notebook->change_count, 0U);
}

TEST(Notebook, MedicinesThatShareUsageShareANumber) {
  const auto rows = RowsOf(Convert(ReadFixture("YZKsiquc01res_022604100920000101.xml")).value());
  int drugs = 0;
  int usages = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(rows[i].size(), FieldsOf(rows[i][0]) + 1) << rows[i][0];
    if (rows[i][0] == "201") ++drugs;
    if (rows[i][0] != "301") continue;
    ++usages;
    // It closes the medicines of its number.
    EXPECT_EQ(rows[i - 1][0], "201");
    EXPECT_EQ(rows[i - 1][1], rows[i][1]);
  }
  EXPECT_GT(drugs, usages);
}

TEST(Notebook, WhatIsNoDispensingIsLeftOutAndCounted) {
  v1::OqsMessage message = ReadFixture("YZKsiquc01res_022604100920000101.xml");
  auto& lines = *message.mutable_medical_record()->mutable_drug_history()->mutable_drug_lines();
  ASSERT_GT(lines.size(), 5);
  int prescriptions = 0;
  int duplicates = 0;
  for (const v1::DrugLine& line : lines) {
    if (line.source() == v1::DRUG_SOURCE_PRESCRIPTION) {
      ++prescriptions;
    } else if (line.duplicate_of() > 0) {
      ++duplicates;
    }
  }
  lines[0].clear_dispensed_on();
  lines[0].clear_prescribed_on();
  const Notebook notebook = Convert(message).value();
  EXPECT_EQ(notebook.prescriptions, prescriptions);
  EXPECT_EQ(notebook.duplicates, duplicates);
  EXPECT_EQ(notebook.without_day, 1);
  EXPECT_GT(prescriptions + duplicates, 0);
  int drugs = 0;
  for (const Row& row : RowsOf(notebook)) drugs += row[0] == "201" ? 1 : 0;
  EXPECT_EQ(drugs, lines.size() - prescriptions - duplicates - 1);
}

TEST(Notebook, WhatTheFormatCannotHoldIsChangedAndReported) {
  v1::OqsMessage message = ReadFixture("YZKsiquc01res_022604100920000101.xml");
  v1::MedicalRecord& record = *message.mutable_medical_record();
  record.mutable_patient()->set_name("髙,橋");
  record.mutable_drug_history()->mutable_drug_lines(0)->mutable_drug()->set_unit("1234567890\n123");
  const Notebook notebook = Convert(message).value();
  const std::vector<Row> rows = RowsOf(notebook);
  EXPECT_EQ(rows[1][1], "■，橋");
  ASSERT_EQ(notebook.change_count, 4U);
  EXPECT_EQ(notebook.changes[0].line, 2);
  EXPECT_EQ(notebook.changes[0].record, "1");
  EXPECT_EQ(notebook.changes[0].by, "，");
  EXPECT_EQ(notebook.changes[1].character, U'\n');
  EXPECT_EQ(notebook.changes[1].record, "201");
  EXPECT_EQ(notebook.changes[2].character, char32_t{0});
  EXPECT_EQ(notebook.changes[3].line, 2);
  EXPECT_EQ(notebook.changes[3].character, U'髙');
}

// What the format makes of a text: no commas and control characters, JIS only.
std::string Fitted(const std::string& text) {
  return absl::StrReplaceAll(text, {{",", "，"}, {"\t", " "}, {"\n", " "}, {"\r", " "}});
}

TEST(Notebook, EveryLineOfEveryFixtureIsReadBack) {
  int converted = 0;
  for (const oqs::Fixture& fixture : oqs::AllFixtures()) {
    const auto message = oqs::ReadMessage(fixture.name, fixture.bytes);
    if (!message.ok()) continue;
    const auto notebook = Convert(*message);
    if (!notebook.ok()) {
      EXPECT_TRUE(base::Is(notebook.status(), base::ErrorCode::kNoSuchForm));
      continue;
    }
    ++converted;
    std::vector<Row> rows;
    for (const Row& row : RowsOf(*notebook)) {
      if (row[0] == "201") rows.push_back(row);
    }
    size_t next = 0;
    for (const v1::DrugLine& line : message->medical_record().drug_history().drug_lines()) {
      if (line.source() == v1::DRUG_SOURCE_PRESCRIPTION || line.duplicate_of() > 0) continue;
      ASSERT_LT(next, rows.size());
      const Row& row = rows[next++];
      EXPECT_EQ(row[2], Fitted(line.drug().drug_name()));
      EXPECT_EQ(row[3], line.drug().amount());
      EXPECT_EQ(row[4], line.drug().unit());
      EXPECT_EQ(row[6], line.drug().drug_code());
      EXPECT_EQ(row[8], Fitted(line.drug().ingredient_name()));
    }
    EXPECT_EQ(next, rows.size());
  }
  EXPECT_GE(converted, 2);
}

TEST(Notebook, GeneratedRecordsKeepTheShapeOfTheFormatAndAreStable) {
  int converted = 0;
  for (uint32_t seed = 0; seed < 400; ++seed) {
    const v1::OqsMessage made = oqs::GenerateMessage(seed, oqs::Encoding::kUtf8);
    const auto bytes = oqs::WriteMessage(made, oqs::Encoding::kUtf8);
    if (!bytes.ok()) continue;
    const auto message = oqs::ReadMessage(made.file_name(), *bytes);
    ASSERT_TRUE(message.ok());
    const auto notebook = Convert(*message);
    if (!notebook.ok()) continue;
    ++converted;
    EXPECT_EQ(notebook->bytes, Convert(*message)->bytes);
    for (const Row& row : RowsOf(*notebook)) {
      EXPECT_EQ(row.size(), FieldsOf(row[0]) + 1) << row[0];
    }
  }
  EXPECT_GT(converted, 20);
}

TEST(Notebook, EveryElementOfMedicinesIsInTheTable) {
  std::set<std::string> known;
  for (const Field& field : Fields()) {
    EXPECT_TRUE(known.insert(std::string(field.record)).second) << field.record;
    EXPECT_TRUE(!field.target.empty() || !field.note.empty()) << field.record;
  }
  for (const oqs::MappingRow& row : oqs::MedicalMapping()) {
    if (row.field.empty() || row.kind == "group" || row.kind == "repeated") continue;
    const std::string field = absl::StrReplaceAll(row.field, {{"receipt_months", "months"},
                                                              {"dispensing_months", "months"},
                                                              {"prescription_months", "months"}});
    EXPECT_EQ(known.count(field), 1U) << field;
  }
}

TEST(Notebook, OtherAnswersAreRefused) {
  EXPECT_TRUE(base::Is(Convert(v1::OqsMessage()).status(), base::ErrorCode::kNoSuchForm));
  v1::OqsMessage message;
  message.mutable_medical_record();
  EXPECT_TRUE(base::Is(Convert(message).status(), base::ErrorCode::kNoSuchForm));
}

}  // namespace
}  // namespace madoguchi::hl7::jahis
