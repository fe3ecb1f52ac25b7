#include "hl7/v2/law.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace madoguchi::hl7::v2 {
namespace {

constexpr Law kLaws[] = {
    {"01", "全国健康保険協会管掌健康保険"},
    {"02", "船員保険"},
    {"03", "日雇特例被保険者（一般療養）"},
    {"04", "日雇特例被保険者（特別療養費）"},
    {"06", "組合管掌健康保険"},
    {"07", "防衛省職員給与法による自衛官等の療養の給付"},
    {"12", "生活保護法による医療扶助"},
    {"31", "国家公務員共済組合"},
    {"32", "地方公務員等共済組合"},
    {"33", "警察共済組合"},
    {"34", "公立学校共済組合、日本私立学校振興・共済事業団"},
    {"39", "高齢者の医療の確保に関する法律による療養の給付"},
    {"63", "特定健康保険組合（特例退職被保険者）"},
    {"67", "国民健康保険法による退職者医療"},
    {"C0", "国民健康保険"},
};

}  // namespace

Law LawOf(absl::string_view insurer_number) {
  const bool digits =
      std::all_of(insurer_number.begin(), insurer_number.end(), absl::ascii_isdigit);
  if (!digits || (insurer_number.size() != 6 && insurer_number.size() != 8)) return {};
  const absl::string_view code =
      insurer_number.size() == 6 ? absl::string_view("C0") : insurer_number.substr(0, 2);
  for (const Law& each : kLaws) {
    if (each.code == code) return each;
  }
  return {code, ""};
}

}  // namespace madoguchi::hl7::v2
