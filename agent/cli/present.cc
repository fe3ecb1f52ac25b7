#include "agent/cli/present.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/cli/labels.h"

namespace madoguchi::cli {
namespace {

// The person, as the first qualification names them.
const v1::Qualification& First(const v1::Reception& reception) {
  return reception.confirmation().qualifications_size() == 0
             ? v1::Qualification::default_instance()
             : reception.confirmation().qualifications(0);
}

std::string Consents(const v1::Reception& reception) {
  std::vector<std::string> names;
  for (const v1::UsableConsent& consent : reception.usable_consents()) {
    names.push_back(Label(consent.category()));
  }
  return absl::StrJoin(names, "・");
}

// Where each kind of record stands, with the number of what went wrong.
std::string Records(const v1::Reception& reception) {
  std::vector<std::string> states;
  for (const v1::RecordStatus& status : reception.records()) {
    std::string state = absl::StrCat(Label(status.category()), " ", Label(status.state()));
    if (status.has_error()) absl::StrAppend(&state, " ", status.error().number());
    states.push_back(std::move(state));
  }
  return absl::StrJoin(states, "、");
}

std::string Chart(const v1::Assignment& assignment) {
  if (assignment.state() == v1::ASSIGNMENT_STATE_CONFLICT) {
    return absl::StrCat(Label(assignment.state()), ": ",
                        absl::StrJoin(assignment.conflicting_patient_ids(), " / "));
  }
  if (assignment.patient_id().empty()) return Label(assignment.state());
  return absl::StrCat(assignment.patient_id(), " (", Label(assignment.state()), ")");
}

std::string ValidityOf(const v1::Reception& reception) {
  const v1::Confirmation& confirmation = reception.confirmation();
  return Label(confirmation.validity(), confirmation.validity_code());
}

std::vector<std::string> Row(const v1::Reception& reception) {
  const v1::Qualification& first = First(reception);
  return {Show(reception.opened_at()),   reception.counter(), Label(reception.state()),
          ValidityOf(reception),         first.name(),        Show(first.birth_date()),
          Chart(reception.assignment()), Consents(reception), reception.reception_id()};
}

// Label and value, nothing when the value is empty.
class Lines {
 public:
  void Add(const std::string& label, const std::string& value) {
    if (!value.empty()) table_.Add({"  " + label, value});
  }
  void Print(std::ostream& out) const { table_.Print(out); }

 private:
  Table table_{{}};
};

std::string Period(const v1::Date& from, const v1::Date& until) {
  if (from.text().empty() && until.text().empty()) return "";
  return absl::StrCat(Show(from), " ～ ", Show(until));
}

std::string Percent(int percent, const std::string& code) {
  if (code.empty()) return "";
  return percent % 10 == 0 && percent > 0 ? absl::StrCat(percent / 10, "割") : code;
}

void AddConsents(const v1::Qualification& qualification, Lines& lines) {
  for (const v1::Consent& consent : qualification.consents()) {
    std::string value = Label(consent.flag(), consent.flag_code());
    if (consent.has_available_until()) {
      absl::StrAppend(&value, " (", Show(consent.available_until().time()), " まで)");
    }
    lines.Add(absl::StrCat("同意 ", Label(consent.category())), value);
  }
}

void AddCertificates(const v1::Qualification& from, Lines& lines) {
  if (from.has_elderly_certificate()) {
    const v1::ElderlyCertificate& card = from.elderly_certificate();
    lines.Add("高齢受給者証",
              absl::StrCat(Percent(card.contribution_percent(), card.contribution_ratio_code()),
                           " ", Period(card.valid_from(), card.valid_until())));
  }
  if (from.has_limit_certificate()) {
    const v1::LimitCertificate& card = from.limit_certificate();
    lines.Add("限度額区分", absl::StrCat(Label(card.category(), card.category_code()), " ",
                                         Period(card.valid_from(), card.valid_until())));
  }
  for (const v1::SpecificDiseaseCertificate& card : from.specific_disease_certificates()) {
    lines.Add("特定疾病", absl::StrCat(card.disease_code(), " 自己負担 ", card.self_pay(), "円 ",
                                       Period(card.valid_from(), card.valid_until())));
  }
  for (const v1::MedicalTicket& ticket : from.medical_tickets()) {
    lines.Add("医療券・調剤券", absl::StrCat(Show(ticket.treatment_month()), " ",
                                             Period(ticket.valid_from(), ticket.valid_until())));
  }
}

void PrintQualification(const v1::Qualification& from, std::ostream& out) {
  Lines lines;
  lines.Add("氏名", from.name());
  lines.Add("カナ", from.name_kana_full_width());
  if (from.contains_placeholder_character()) {
    lines.Add("注意", "表示できない文字(●)があります。カルテの氏名と見比べてください。");
  }
  lines.Add("生年月日", Show(from.birth_date()));
  lines.Add("性別", Label(from.sex1(), from.sex1_code()));
  lines.Add("区分",
            Label(from.insured_card_classification(), from.insured_card_classification_code()));
  lines.Add("保険者",
            absl::StrCat(from.insured().insurer_number_trimmed(), " ", from.insurer_name()));
  lines.Add("記号・番号・枝番", absl::StrCat(from.insured().symbol(), "・", from.insured().number(),
                                             "・", from.insured().branch()));
  lines.Add("本人・家族", Label(from.personal_family(), from.personal_family_code()));
  lines.Add("負担割合", Percent(from.contribution_percent(), from.contribution_ratio_code()));
  lines.Add("住所", absl::StrCat(from.post_number(), " ", from.address()));
  lines.Add("資格取得日", Show(from.qualification_date()));
  lines.Add("資格喪失日", Show(from.disqualification_date()));
  lines.Add("喪失事由", Label(from.reason_of_loss(), from.reason_of_loss_code()));
  lines.Add("有効期間", Period(from.card_valid_from(), from.card_valid_until()));
  AddCertificates(from, lines);
  AddConsents(from, lines);
  lines.Add("照会番号", from.reference_number());
  lines.Print(out);
}

void PrintQualifications(const v1::Confirmation& confirmation, std::ostream& out) {
  for (int i = 0; i < confirmation.qualifications_size(); ++i) {
    out << "資格 " << i + 1 << '\n';
    PrintQualification(confirmation.qualifications(i), out);
  }
}

// What was written down of a person who is, or is to be, asked about.
void AddNote(const v1::PendingNote& note, Lines& lines) {
  const v1::InsuredId& insured = note.insured();
  lines.Add("控え 氏名", note.name());
  lines.Add("控え 保険者番号", insured.insurer_number());
  if (!insured.number().empty()) {
    lines.Add("控え 記号・番号・枝番",
              absl::StrCat(insured.symbol(), "・", insured.number(), "・", insured.branch()));
  }
  lines.Add("控え 生年月日", Show(note.birth_date()));
  lines.Add("控え 住所", note.address());
}

// What OQS says besides: a notice, or why it did not answer the question.
void AddResult(const v1::Confirmation& confirmation, Lines& lines) {
  if (!confirmation.has_processing_result()) return;
  lines.Add(confirmation.is_notice() ? "お知らせ" : "OQSの結果",
            absl::StrCat(confirmation.processing_result().code(), " ",
                         confirmation.processing_result().message()));
}

void PrintProblems(const google::protobuf::RepeatedPtrField<v1::FileProblem>& problems,
                   std::ostream& out) {
  for (const v1::FileProblem& problem : problems) {
    out << "    " << Show(problem.at()) << "  " << problem.problem().number() << "  "
        << base::Printable(problem.file_name()) << '\n'
        << "              " << problem.problem().text_ja() << '\n';
  }
}

// The way by which questions go out and answers come.
void PrintLineStatus(const v1::LineStatus& line, std::ostream& out) {
  out << "    問い合わせ: " << Label(line.state());
  if (line.has_since()) out << "  " << Show(line.since()) << " から";
  out << "  送信 " << line.asked() << " 件  回答 " << line.answered() << " 件  回答なし "
      << line.unanswered() << " 件  回答待ち " << line.in_flight() << " 件  送信待ち "
      << line.queued() << " 件\n";
  PrintCause(line.cause(), out);
  PrintProblems(line.problems(), out);
}

void PrintConnection(const v1::ConnectionStatus& terminal, std::ostream& out) {
  out << "  " << terminal.name() << " (" << terminal.counter() << "): " << Label(terminal.state())
      << "  " << Show(terminal.since()) << " から\n";
  PrintCause(terminal.cause(), out);
  out << "    最後の読み取り "
      << (terminal.has_last_answer() ? Show(terminal.last_answer()) : "なし") << "  受付 "
      << terminal.files_taken() << " 件  他の日のファイル " << terminal.leftovers_skipped()
      << " 件  " << (terminal.file_events() ? "通知あり" : "定期確認のみ") << '\n';
  PrintProblems(terminal.problems(), out);
  if (terminal.has_line()) PrintLineStatus(terminal.line(), out);
}

void PrintListener(const std::string& label, const v1::ListenerStatus& listener,
                   std::ostream& out) {
  if (listener.address().empty()) return;
  out << "  " << label << " " << base::Printable(listener.address()) << "  接続 "
      << listener.connections() << "  切断 " << listener.cut();
  if (listener.has_certificate_expires()) {
    out << "  証明書の期限 "
        << absl::FormatTime("%Y-%m-%d", base::FromProto(listener.certificate_expires()),
                            base::Japan());
  }
  out << '\n';
}

void PrintAudit(const v1::AuditStatus& audit, std::ostream& out) {
  out << "監査記録: " << (audit.writable() ? "正常" : "書けません") << "  " << audit.number()
      << " 件  書き込み待ち " << audit.waiting() << " 件  失われた記録 " << audit.lost() << " 件\n"
      << "  控え " << base::Printable(audit.anchor(), 200) << '\n';
}

}  // namespace

void PrintCause(const v1::ErrorDetail& cause, std::ostream& out) {
  if (cause.number().empty()) return;
  out << "    " << cause.number() << "  " << cause.text_ja() << '\n';
  if (!cause.field().empty()) out << "              (" << base::Printable(cause.field()) << ")\n";
  out << "              → " << cause.next_step_ja() << '\n';
}

void PrintReceptions(const std::vector<v1::Reception>& receptions, std::ostream& out) {
  Table table({"時刻", "窓口", "状態", "資格", "氏名", "生年月日", "カルテ", "閲覧同意", "受付ID"});
  for (const v1::Reception& reception : receptions) table.Add(Row(reception));
  table.Print(out);
  out << receptions.size() << " 件\n";
}

void PrintLine(const v1::Reception& reception, std::ostream& out) {
  std::vector<std::string> cells = Row(reception);
  for (std::string& cell : cells) cell = cell.empty() ? "-" : base::Printable(cell);
  out << absl::StrJoin(cells, "  ") << '\n';
}

void PrintReception(const v1::Reception& reception, std::ostream& out) {
  const v1::Confirmation& confirmation = reception.confirmation();
  out << "受付 " << reception.reception_id() << "  (第" << reception.revision() << "版)\n";
  Lines lines;
  lines.Add("状態", Label(reception.state()));
  lines.Add("次にすること", reception.next_step().text_ja());
  lines.Add("資格", ValidityOf(reception));
  lines.Add("窓口", reception.terminal().empty()
                        ? reception.counter()
                        : absl::StrCat(reception.counter(), " (", reception.terminal(), ")"));
  lines.Add("カードリーダー", reception.reader());
  lines.Add("本人確認", Label(reception.identity_method()));
  lines.Add("確認した人", reception.identified_by());
  lines.Add("受付時刻", Show(reception.opened_at()));
  lines.Add("カルテ", Chart(reception.assignment()));
  lines.Add("結び付けた人", reception.assignment().assigned_by());
  lines.Add("閲覧できる情報", Consents(reception));
  lines.Add("情報の取得", Records(reception));
  lines.Add("新しい受付", reception.superseded_by());
  AddResult(confirmation, lines);
  AddNote(reception.pending_note(), lines);
  lines.Print(out);
  if (reception.has_ended_because()) PrintCause(reception.ended_because(), out);
  PrintQualifications(confirmation, out);
}

void PrintConfirmation(const v1::Confirmation& confirmation, std::ostream& out) {
  out << "資格確認結果 " << confirmation.confirmation_id() << '\n';
  Lines lines;
  lines.Add("資格", Label(confirmation.validity(), confirmation.validity_code()));
  AddResult(confirmation, lines);
  if (!confirmation.header().error().code().empty()) {
    lines.Add("OQSのエラー", absl::StrCat(confirmation.header().error().code(), " ",
                                          confirmation.header().error().message()));
  }
  lines.Print(out);
  PrintQualifications(confirmation, out);
}

v1::ListReadersResponse ReadersIn(const v1::SystemStatus& status) {
  v1::ListReadersResponse list;
  *list.mutable_readers() = status.readers();
  if (status.has_card_service_problem()) {
    *list.mutable_card_service_problem() = status.card_service_problem();
  }
  return list;
}

void PrintStatus(const v1::SystemStatus& status, std::ostream& out) {
  out << "窓口 (madoguchi) " << status.version() << "  起動 " << Show(status.started_at())
      << "  受付中 " << status.open_receptions() << " 件  監視 " << status.watchers() << "\n";
  if (status.pending_receptions() > 0) {
    out << "回線を待っている受付 " << status.pending_receptions() << " 件\n";
  }
  out << "端末\n";
  for (const v1::ConnectionStatus& terminal : status.connections()) PrintConnection(terminal, out);
  out << "保存: " << Label(status.store().state()) << "  保存待ち " << status.store().waiting()
      << " 件\n";
  PrintCause(status.store().cause(), out);
  if (status.has_audit()) PrintAudit(status.audit(), out);
  if (status.readers_size() > 0 || status.has_card_service_problem()) {
    out << "カードリーダー\n";
    PrintReaders(ReadersIn(status), out);
  }
  out << "接続\n";
  PrintListener("UNIX", status.unix_listener(), out);
  PrintListener("TCP ", status.tcp_listener(), out);
  if (status.warnings_size() > 0) out << "注意\n";
  for (const v1::ErrorDetail& warning : status.warnings()) PrintCause(warning, out);
}

}  // namespace madoguchi::cli
