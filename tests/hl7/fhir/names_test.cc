#include "hl7/fhir/names.h"

#include <gtest/gtest.h>

#include "agent/oqs/code_tables.h"
#include "hl7/fhir/quantity.h"

namespace madoguchi::hl7::fhir {
namespace {

template <typename Enum>
void ExpectNames(const oqs::CodeTable& table) {
  for (const oqs::CodeRow& row : table.rows) {
    EXPECT_EQ(NameOf(static_cast<Enum>(row.value)), row.meaning_ja) << table.name << row.code;
  }
  EXPECT_EQ(NameOf(static_cast<Enum>(0)), "");
}

TEST(Names, AreThoseOfTheTablesOfOqs) {
  ExpectNames<v1::Validity>(oqs::kValidityCodes);
  ExpectNames<v1::ReasonOfLoss>(oqs::kReasonOfLossCodes);
  ExpectNames<v1::LimitCertificateKind>(oqs::kLimitCertificateKindCodes);
  ExpectNames<v1::LimitCategory>(oqs::kLimitCategoryCodes);
  ExpectNames<v1::SpecificDisease>(oqs::kSpecificDiseaseCodes);
  ExpectNames<v1::TicketType>(oqs::kTicketTypeCodes);
  ExpectNames<v1::MedicalTreatmentType>(oqs::kMedicalTreatmentTypeCodes);
}

// 05 has changed its meaning, so it has no name.
TEST(Names, OfCertificatesLackTheOneThatIsAmbiguous) {
  for (const oqs::CodeRow& row : oqs::kInsuredCardClassificationCodes.rows) {
    const auto name = NameOf(static_cast<v1::InsuredCardClassification>(row.value));
    EXPECT_EQ(name, row.code == "05" ? absl::string_view() : row.meaning_ja);
  }
}

TEST(Units, OfMedicinesAndCheckups) {
  EXPECT_EQ(Merit9Code("錠"), "TAB");
  EXPECT_EQ(Merit9Code("枚"), "SHT");
  EXPECT_EQ(Merit9Code("袋詰め"), "");
  EXPECT_EQ(UcumCode("mmHg"), "mm[Hg]");
  EXPECT_EQ(UcumCode("歩"), "");
}

}  // namespace
}  // namespace madoguchi::hl7::fhir
