#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "agent/base/japan_time.h"
#include "agent/cli/labels.h"
#include "agent/cli/present.h"
#include "agent/cli/table.h"

namespace madoguchi::cli {
namespace {

const char* YesNo(bool yes) { return yes ? "使える" : "使えない"; }

std::string Attempts(const v1::TestReaderResponse& report) {
  if (report.pin_attempts_left() == 0) {
    return "0 回（ロックされているか、暗証番号のないカード。目視で確認します）";
  }
  return absl::StrCat(report.pin_attempts_left(), " 回");
}

}  // namespace

void PrintReaders(const v1::ListReadersResponse& list, std::ostream& out) {
  if (list.has_card_service_problem()) PrintCause(list.card_service_problem(), out);
  if (list.readers().empty()) {
    out << "  窓口のカードリーダーはありません\n";
    return;
  }
  Table table({"リーダー", "窓口", "状態", "受付ID"});
  for (const v1::Reader& reader : list.readers()) {
    table.Add({reader.name(), reader.counter(), Label(reader.state()), reader.reception_id()});
  }
  table.Print(out);
  for (const v1::Reader& reader : list.readers()) PrintCause(reader.problem(), out);
}

void PrintReaderTest(const v1::TestReaderResponse& report, std::ostream& out) {
  Table table({});
  table.Add({"カードリーダーとカードの通信", "正常"});
  table.Add({"カード", Label(report.card_kind())});
  table.Add({"電子証明書", report.has_certificate_problem() ? report.certificate_problem().text_ja()
                                                            : std::string("確認できました")});
  if (report.has_certificate_expires()) {
    table.Add({"電子証明書の期限",
               absl::FormatTime("%Y-%m-%d", base::FromProto(report.certificate_expires()),
                                base::Japan())});
  }
  table.Add({"暗証番号の残り回数", Attempts(report)});
  table.Add(
      {"暗証番号の入力", report.pin_pad() ? "リーダーのキーで入力します" : "画面で入力します"});
  table.Add({"長い応答 (拡張長)", YesNo(report.extended_length())});
  table.Add({"短いファイル番号", YesNo(report.short_file_ids())});
  table.Add({"カードとのやりとり",
             absl::StrCat(report.exchanges(), " 回  ", report.milliseconds(), " ms")});
  table.Print(out);
  if (report.has_certificate_problem()) PrintCause(report.certificate_problem(), out);
  out << "暗証番号は送っていません。\n";
}

}  // namespace madoguchi::cli
