#include "agent/cli/record_views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "agent/base/japan_time.h"

namespace madoguchi::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

v1::DrugLine& AddDrug(v1::DrugSource source, const std::string& day, const std::string& name,
                      v1::GetDrugHistoryResponse& to) {
  v1::DrugLine& line = *to.mutable_drug_history()->add_drug_lines();
  line.set_source(source);
  if (source != v1::DRUG_SOURCE_PRESCRIPTION) {
    line.mutable_provider()->set_name("まどぐち薬局");
    *line.mutable_dispensed_on() = base::ParseOqsDate(day);
  }
  line.mutable_prescriber()->set_name("架空医院");
  *line.mutable_prescribed_on() = base::ParseOqsDate(day);
  line.mutable_drug()->set_treatment_class_code("21");
  line.mutable_drug()->set_drug_name(name);
  line.mutable_drug()->set_amount("3");
  line.mutable_drug()->set_unit("錠");
  line.mutable_drug()->set_usage("１日３回毎食後服用");
  line.mutable_drug()->set_times("14");
  return line;
}

template <typename Response>
std::string Shown(void (*print)(const Response&, std::ostream&), const Response& response) {
  std::ostringstream out;
  print(response, out);
  return out.str();
}

std::string ShownDrugs(const v1::GetDrugHistoryResponse& response, bool every_line = false) {
  std::ostringstream out;
  PrintDrugs(response, every_line, out);
  return out.str();
}

TEST(PrintDrugs, NewestDayFirstUnderItsInstitution) {
  v1::GetDrugHistoryResponse response;
  AddDrug(v1::DRUG_SOURCE_RECEIPT, "20260205", "架空錠Ａ", response);
  AddDrug(v1::DRUG_SOURCE_RECEIPT, "20260305", "架空カプセルＢ", response)
      .mutable_drug()
      ->set_special_instruction("食直後");
  EXPECT_EQ(ShownDrugs(response),
            "2026-03-05  まどぐち薬局  処方 架空医院\n"
            "   内服  架空カプセルＢ  3錠  １日３回毎食後服用（食直後）  14日分  レセプト\n"
            "2026-02-05  まどぐち薬局  処方 架空医院\n"
            "   内服  架空錠Ａ        3錠  １日３回毎食後服用            14日分  レセプト\n"
            "取得 \n");
}

TEST(PrintDrugs, FoldsWhatOtherSourcesRepeat) {
  v1::GetDrugHistoryResponse response;
  AddDrug(v1::DRUG_SOURCE_RECEIPT, "20260205", "架空錠Ａ", response);
  for (const v1::DrugSource source : {v1::DRUG_SOURCE_DISPENSING, v1::DRUG_SOURCE_PRESCRIPTION}) {
    v1::DrugLine& again = AddDrug(source, "20260205", "架空錠Ａ", response);
    again.set_duplicate_of(1);
    again.set_duplicate_reason("レセプトと同じ");
  }
  const std::string folded = ShownDrugs(response);
  EXPECT_THAT(folded, HasSubstr("レセプト＋調剤＋処方"));
  EXPECT_THAT(folded, HasSubstr("重複する 2 行は、上の行にまとめました。"));
  EXPECT_THAT(folded, Not(HasSubstr("レセプトと同じ")));
  const std::string all = ShownDrugs(response, true);
  EXPECT_THAT(all, HasSubstr("レセプトと同じ"));
  EXPECT_THAT(all, Not(HasSubstr("重複する")));
}

TEST(PrintDrugs, NothingFromOutsideDrivesTheTerminal) {
  v1::GetDrugHistoryResponse response;
  v1::DrugLine& line =
      AddDrug(v1::DRUG_SOURCE_RECEIPT, "2026\x1b[2J", "a\x1b]0;x\x07\nb", response);
  line.mutable_provider()->set_name("p\x1b[31m\r");
  line.mutable_drug()->set_times("\xC2\x9B");
  const std::string shown = ShownDrugs(response, true);
  // The last is CSI in one character, as UTF-8.
  for (const std::string control : {"\x1b", "\x07", "\r", "\xC2\x9B"}) {
    EXPECT_THAT(shown, Not(HasSubstr(control)));
  }
}

TEST(PrintDrugs, SaysWhenThereIsNothing) {
  v1::GetDrugHistoryResponse response;
  *response.mutable_fetched_at() = base::ToProto(absl::FromUnixSeconds(1775000000));
  *response.mutable_usable_until() = base::ToProto(absl::FromUnixSeconds(1775086400));
  EXPECT_EQ(ShownDrugs(response),
            "この期間の記録はありません。\n"
            "取得 04-01 08:33:20  閲覧期限 04-02 08:33:20\n");
}

void AddItem(const std::string& code, const std::string& name, const std::string& value,
             v1::Checkup& checkup) {
  v1::CheckupItem& item = *checkup.add_items();
  item.set_item_code(code);
  item.set_item_name(name);
  item.set_data_value(value);
}

TEST(PrintCheckups, YearsStandSideBySide) {
  v1::GetCheckupsResponse response;
  v1::Checkup& older = *response.mutable_checkup_history()->add_checkups();
  *older.mutable_examined_on() = base::ParseOqsDate("20240910");
  AddItem("1", "体重", "74.0", older);
  AddItem("9", "医師の診断", "血圧と脂質は経過観察が必要です。", older);
  v1::Checkup& newer = *response.mutable_checkup_history()->add_checkups();
  *newer.mutable_examined_on() = base::ParseOqsDate("20250918");
  AddItem("1", "体重", "74.8", newer);
  AddItem("1", "体重", "75.0", newer);
  newer.mutable_items(0)->set_unit("kg");
  newer.mutable_items(1)->set_unit("kg");
  older.mutable_items(0)->set_unit("kg");
  AddItem("2", "尿糖", "1", newer);
  newer.mutable_items(2)->set_data_value_name("－");
  EXPECT_EQ(Shown(PrintCheckups, response),
            "項目  2025-09-18   2024-09-10  単位\n"
            "体重  74.8 / 75.0  74.0        kg\n"
            "尿糖  －                       \n"
            "医師の診断\n"
            "  2024-09-10  血圧と脂質は経過観察が必要です。\n"
            "取得 \n");
}

TEST(PrintDiagnoses, CountsWhatIsWithheld) {
  v1::GetDiagnosisHistoryResponse response;
  v1::TreatmentLine& line = *response.mutable_diagnosis_history()->add_treatment_lines();
  line.mutable_provider()->set_name("みほん市立病院");
  *line.mutable_day() = base::ParseOqsDate("20260312");
  line.mutable_treatment()->set_treatment_class_code("60");
  line.mutable_treatment()->set_treatment_name("架空末梢血液一般検査");
  line.mutable_treatment()->set_amount("1");
  line.mutable_treatment()->set_times("1");
  response.set_withheld_lines(3);
  EXPECT_EQ(Shown(PrintDiagnoses, response),
            "2026-03-12  みほん市立病院\n"
            "   検査  架空末梢血液一般検査  1  ×1\n"
            "閲覧の同意がない 3 行は表示していません。\n"
            "取得 \n");
}

}  // namespace
}  // namespace madoguchi::cli
