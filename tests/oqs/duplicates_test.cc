#include "agent/oqs/duplicates.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace madoguchi::oqs {
namespace {

using v1::DRUG_SOURCE_DISPENSING;
using v1::DRUG_SOURCE_PRESCRIPTION;
using v1::DRUG_SOURCE_RECEIPT;

v1::DrugLine& Add(v1::DrugHistory& history, v1::DrugSource source,
                  absl::string_view code = "699900002") {
  v1::DrugLine& line = *history.add_drug_lines();
  line.set_source(source);
  line.mutable_prescriber()->set_code("9910000025");
  line.mutable_prescribed_on()->set_text("20260407");
  line.mutable_drug()->set_drug_code(std::string(code));
  line.mutable_drug()->set_amount("3");
  line.mutable_drug()->set_unit("錠");
  line.mutable_drug()->set_times("7");
  return line;
}

std::vector<int> Marks(v1::DrugHistory& history) {
  MarkDuplicates(history);
  std::vector<int> marks;
  for (const v1::DrugLine& line : history.drug_lines()) {
    marks.push_back(line.duplicate_of());
    EXPECT_EQ(line.duplicate_of() == 0, line.duplicate_reason().empty());
  }
  return marks;
}

TEST(MarkDuplicates, RanksReceiptOverDispensingOverPrescription) {
  v1::DrugHistory history;
  Add(history, DRUG_SOURCE_PRESCRIPTION);
  Add(history, DRUG_SOURCE_DISPENSING);
  EXPECT_EQ(Marks(history), (std::vector<int>{2, 0}));
  EXPECT_EQ(history.drug_lines(0).duplicate_reason(),
            "処方元・処方日・薬剤・数量・日数が同じ行が電子処方箋の調剤情報にあります");
  Add(history, DRUG_SOURCE_RECEIPT);
  EXPECT_EQ(Marks(history), (std::vector<int>{3, 3, 0}));
  EXPECT_EQ(history.drug_lines(1).duplicate_reason(),
            "処方元・処方日・薬剤・数量・日数が同じ行がレセプトにあります");
}

TEST(MarkDuplicates, PairsOneToOne) {
  v1::DrugHistory history;
  Add(history, DRUG_SOURCE_RECEIPT);
  Add(history, DRUG_SOURCE_RECEIPT);
  for (int i = 0; i < 3; ++i) Add(history, DRUG_SOURCE_DISPENSING);
  for (int i = 0; i < 4; ++i) Add(history, DRUG_SOURCE_PRESCRIPTION);
  // Two of each report the claims, the third prescription the third dispensing; the fourth stands.
  EXPECT_EQ(Marks(history), (std::vector<int>{0, 0, 1, 2, 0, 1, 2, 5, 0}));
}

TEST(MarkDuplicates, LeavesLinesOfOneSourceAlone) {
  for (const auto source : {DRUG_SOURCE_RECEIPT, DRUG_SOURCE_DISPENSING, DRUG_SOURCE_PRESCRIPTION,
                            v1::DRUG_SOURCE_UNSPECIFIED}) {
    v1::DrugHistory history;
    Add(history, source);
    Add(history, source);
    EXPECT_EQ(Marks(history), (std::vector<int>{0, 0}));
  }
}

TEST(MarkDuplicates, NeedsTheSameInEveryPoint) {
  const std::vector<void (*)(v1::DrugLine&)> changes = {
      [](v1::DrugLine& line) { line.mutable_prescriber()->set_code("9910000033"); },
      [](v1::DrugLine& line) { line.mutable_prescribed_on()->set_text("20260408"); },
      [](v1::DrugLine& line) { line.mutable_drug()->set_drug_code("699900003"); },
      [](v1::DrugLine& line) { line.mutable_drug()->set_amount("2"); },
      [](v1::DrugLine& line) { line.mutable_drug()->set_unit("枚"); },
      [](v1::DrugLine& line) { line.mutable_drug()->set_times("14"); },
      [](v1::DrugLine& line) { line.clear_prescriber(); },
      [](v1::DrugLine& line) { line.clear_prescribed_on(); },
      [](v1::DrugLine& line) { line.mutable_drug()->clear_drug_code(); }};
  for (size_t i = 0; i < changes.size(); ++i) {
    v1::DrugHistory history;
    Add(history, DRUG_SOURCE_RECEIPT);
    changes[i](Add(history, DRUG_SOURCE_DISPENSING));
    EXPECT_EQ(Marks(history), (std::vector<int>{0, 0})) << i;
  }
}

TEST(MarkDuplicates, LinesThatLackWhatTellsThemApartAreNoDuplicates) {
  const std::vector<void (*)(v1::DrugLine&)> changes = {
      [](v1::DrugLine& line) { line.clear_prescriber(); },
      [](v1::DrugLine& line) { line.clear_prescribed_on(); },
      [](v1::DrugLine& line) { line.mutable_drug()->clear_drug_code(); }};
  for (const auto& change : changes) {
    v1::DrugHistory history;
    change(Add(history, DRUG_SOURCE_RECEIPT));
    change(Add(history, DRUG_SOURCE_DISPENSING));
    EXPECT_EQ(Marks(history), (std::vector<int>{0, 0}));
  }
}

TEST(MarkDuplicates, TakesTheNameWithoutACodeAndTheDayOfDispensingWithoutTheOther) {
  v1::DrugHistory history;
  for (const auto source : {DRUG_SOURCE_RECEIPT, DRUG_SOURCE_DISPENSING}) {
    v1::DrugLine& line = Add(history, source, "");
    line.mutable_drug()->set_drug_name("架空の薬");
    if (source == DRUG_SOURCE_RECEIPT) line.clear_prescribed_on();
    line.mutable_dispensed_on()->set_text("20260408");
  }
  EXPECT_EQ(Marks(history), (std::vector<int>{0, 1}));
  EXPECT_EQ(history.drug_lines(1).duplicate_reason(),
            "処方元・調剤日・薬剤・数量・日数が同じ行がレセプトにあります");
}

// A pharmacy may dispense two prescriptions of different days on one day.
TEST(MarkDuplicates, TellsPrescriptionsOfDifferentDaysApartThoughDispensedOnOneDay) {
  v1::DrugHistory history;
  Add(history, DRUG_SOURCE_RECEIPT).mutable_dispensed_on()->set_text("20260409");
  v1::DrugLine& other = Add(history, DRUG_SOURCE_DISPENSING);
  other.mutable_prescribed_on()->set_text("20260408");
  other.mutable_dispensed_on()->set_text("20260409");
  EXPECT_EQ(Marks(history), (std::vector<int>{0, 0}));
}

TEST(MarkDuplicates, MakesMarksAnewWhenLinesWereTakenOut) {
  v1::DrugHistory history;
  Add(history, DRUG_SOURCE_RECEIPT);
  Add(history, DRUG_SOURCE_DISPENSING);
  EXPECT_EQ(Marks(history), (std::vector<int>{0, 1}));
  history.mutable_drug_lines()->DeleteSubrange(0, 1);
  EXPECT_EQ(Marks(history), (std::vector<int>{0}));
}

v1::DrugHistory AnyLines(std::mt19937& random) {
  v1::DrugHistory history;
  for (unsigned i = random() % 40; i > 0; --i) {
    v1::DrugLine& line =
        Add(history, static_cast<v1::DrugSource>(random() % 4), absl::StrCat(random() % 3));
    if (random() % 4 == 0) line.clear_prescribed_on();
    if (random() % 2 == 0) line.mutable_dispensed_on()->set_text(absl::StrCat(random() % 2));
  }
  return history;
}

// Whatever the lines: all stay as they were, a mark names a line of a better source that has none
// itself, and no line has two duplicates of one source.
TEST(MarkDuplicates, HoldsItsPromisesForAnyLines) {
  std::mt19937 random(20260410);
  for (int round = 0; round < 500; ++round) {
    const v1::DrugHistory history = AnyLines(random);
    v1::DrugHistory marked = history;
    MarkDuplicates(marked);
    std::set<std::pair<int, int>> used;
    for (v1::DrugLine& line : *marked.mutable_drug_lines()) {
      if (line.duplicate_of() == 0) continue;
      ASSERT_LE(line.duplicate_of(), marked.drug_lines_size());
      const v1::DrugLine& partner = marked.drug_lines(line.duplicate_of() - 1);
      EXPECT_LT(partner.source(), line.source());
      EXPECT_NE(partner.source(), v1::DRUG_SOURCE_UNSPECIFIED);
      EXPECT_EQ(partner.drug().drug_code(), line.drug().drug_code());
      EXPECT_TRUE(used.insert({line.duplicate_of(), line.source()}).second);
    }
    for (const v1::DrugLine& line : marked.drug_lines()) {
      if (line.duplicate_of() == 0) continue;
      EXPECT_EQ(marked.drug_lines(line.duplicate_of() - 1).duplicate_of(), 0);
    }
    for (v1::DrugLine& line : *marked.mutable_drug_lines()) {
      line.clear_duplicate_of();
      line.clear_duplicate_reason();
    }
    EXPECT_EQ(marked.SerializeAsString(), history.SerializeAsString());
  }
}

}  // namespace
}  // namespace madoguchi::oqs
