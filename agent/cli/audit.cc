#include <unistd.h>

#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/cli/day.h"
#include "agent/cli/json.h"
#include "agent/cli/labels.h"
#include "agent/cli/report.h"
#include "agent/cli/session.h"
#include "agent/cli/table.h"
#include "madoguchi/v1/audit_service.grpc.pb.h"
#include "madoguchi/v1/system_service.grpc.pb.h"

namespace madoguchi::cli {
namespace {

using Stub = v1::AuditService::Stub;

constexpr int kPageSize = 500;
// As many as the daemon takes in one call; of more, the newest count.
constexpr size_t kMostAnchors = 1000;
constexpr size_t kLongestLine = 300;

template <typename Request>
absl::Status AddDays(const AuditOptions& options, Request& request) {
  if (!options.from.empty()) {
    const auto day = ParseDay(options.from, "--from");
    MDG_RETURN_IF_ERROR(day.status());
    *request.mutable_from() = *day;
  }
  if (!options.to.empty()) {
    const auto day = ParseDay(options.to, "--to");
    MDG_RETURN_IF_ERROR(day.status());
    *request.mutable_to() = *day;
  }
  return absl::OkStatus();
}

absl::Status PrintJson(const google::protobuf::Message& message) {
  const auto json = ToJson(message);
  MDG_RETURN_IF_ERROR(json.status());
  std::cout << *json << '\n';
  return absl::OkStatus();
}

std::string Who(const v1::AuditEntry& entry) {
  if (entry.identity().empty()) return "窓口サービス";
  return entry.person().empty() ? entry.identity()
                                : absl::StrCat(entry.person(), "@", entry.identity());
}

std::string What(const v1::AuditEntry& entry) {
  if (entry.unreadable()) return "読めない記録です";
  std::string text = entry.text_ja();
  if (entry.count() != 1) absl::StrAppend(&text, " ", entry.count(), " 件");
  return text;
}

// The pages of a listing, one after the other; `show` gets each.
template <typename Request, typename Response>
absl::Status ForEachPage(const Global& global,
                         grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                      Response*),
                         Request request,
                         const std::function<absl::Status(const Response&)>& show) {
  const auto channel = Connect(global);
  MDG_RETURN_IF_ERROR(channel.status());
  const auto stub = v1::AuditService::NewStub(*channel);
  request.set_page_size(kPageSize);
  do {
    Response response;
    MDG_RETURN_IF_ERROR(Call(global, *stub, method, request, response));
    MDG_RETURN_IF_ERROR(show(response));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty() && std::cout.good());
  return absl::OkStatus();
}

absl::Status List(const Global& global, const AuditOptions& options) {
  v1::ListAuditEntriesRequest request;
  MDG_RETURN_IF_ERROR(AddDays(options, request));
  request.set_reception_id(options.reception_id);
  request.set_identity(options.identity);
  request.mutable_kinds()->Add(options.kinds.begin(), options.kinds.end());
  Table table({"番号", "時刻", "内容", "利用者", "受付ID", "結果", "詳細"});
  int64_t count = 0;
  const absl::Status listed =
      ForEachPage<v1::ListAuditEntriesRequest, v1::ListAuditEntriesResponse>(
          global, &Stub::ListAuditEntries, request, [&](const v1::ListAuditEntriesResponse& page) {
            for (const v1::AuditEntry& entry : page.entries()) {
              ++count;
              if (global.json) {
                MDG_RETURN_IF_ERROR(PrintJson(entry));
              } else {
                table.Add({absl::StrCat(entry.number()), Show(entry.at()), What(entry), Who(entry),
                           entry.reception_id(), entry.outcome(), entry.detail()});
              }
            }
            return absl::OkStatus();
          });
  MDG_RETURN_IF_ERROR(listed);
  if (global.json) return absl::OkStatus();
  table.Print(std::cout);
  std::cout << count << " 件\n";
  return absl::OkStatus();
}

absl::StatusOr<v1::AuditStatus> GetAnchor(const Global& global) {
  const auto channel = Connect(global);
  MDG_RETURN_IF_ERROR(channel.status());
  const auto stub = v1::SystemService::NewStub(*channel);
  v1::GetStatusResponse response;
  MDG_RETURN_IF_ERROR(
      Call(global, *stub, &v1::SystemService::Stub::GetStatus, v1::GetStatusRequest(), response));
  return response.status().audit();
}

// Lines of a file, or of standard input for `-`; empty ones and those that begin with # are notes.
absl::StatusOr<std::vector<std::string>> ReadAnchors(const std::string& path) {
  std::vector<std::string> anchors;
  if (path.empty()) return anchors;
  std::ifstream file;
  if (path != "-") {
    file.open(path);
    if (!file.is_open()) {
      return base::MakeError(base::ErrorCode::kInvalidField,
                             {.what = "the file cannot be read", .field = "--anchors"});
    }
  }
  std::istream& in = path == "-" ? std::cin : file;
  for (std::string line; std::getline(in, line);) {
    absl::StripAsciiWhitespace(&line);
    if (line.empty() || line[0] == '#') continue;
    if (line.size() > kLongestLine) {
      return base::MakeError(base::ErrorCode::kInvalidField,
                             {.what = "a line is no anchor", .field = "--anchors"});
    }
    anchors.push_back(std::move(line));
    if (anchors.size() > kMostAnchors) anchors.erase(anchors.begin());
  }
  return anchors;
}

std::string Label(v1::AuditProblem problem) {
  switch (problem) {
    case v1::AUDIT_PROBLEM_MISSING:
      return "この番号から先の記録がありません";
    case v1::AUDIT_PROBLEM_CHANGED:
      return "この記録か、ひとつ前の記録が書き換えられています";
    case v1::AUDIT_PROBLEM_FORGED:
      return "窓口サービスの鍵で書かれた記録ではありません";
    case v1::AUDIT_PROBLEM_UNREADABLE:
      return "読めない記録です";
    case v1::AUDIT_PROBLEM_NEW_KEY:
      return "ここから別の鍵です（鍵のファイルがなくなったか、合わなかった）";
    case v1::AUDIT_PROBLEM_HEAD_DIFFERS:
      return "最新の記録が、窓口サービスの書いたものと違います";
    case v1::AUDIT_PROBLEM_ANCHOR_DIFFERS:
      return "控えと違います";
    case v1::AUDIT_PROBLEM_ANCHOR_MISSING:
      return "控えより前で記録が終わっています";
    default:
      return absl::StrCat("不明 (", static_cast<int>(problem), ")");
  }
}

void PrintVerdict(const v1::VerifyAuditTrailResponse& verdict) {
  std::cout << "監査記録: "
            << (verdict.intact() ? "改ざんの跡は見つかりませんでした"
                                 : "改ざんまたは欠落が見つかりました")
            << "\n  記録 " << verdict.entries() << " 件  鍵で確かめた記録 "
            << verdict.tags_checked() << " 件  比べた控え " << verdict.anchors() << " 件\n";
  Table table{{}};
  for (const v1::AuditFinding& finding : verdict.findings()) {
    table.Add({"  番号", absl::StrCat(finding.number()), Label(finding.problem())});
  }
  table.Print(std::cout);
  if (verdict.more()) std::cout << "  ほかにもあります\n";
  if (verdict.tags_checked() < verdict.entries()) {
    std::cout << "  サイトの鍵 (audit-site.key) がないため、鍵では確かめていない記録があります\n";
  }
  if (verdict.anchors() == 0) {
    std::cout
        << "  控えと比べていないため、データベースと鍵をまとめて古いものに戻す、または鍵を手に\n"
           "  入れて後ろから書き直す改ざんは見つけられません。madoguchi audit anchor の行を\n"
           "  別の場所に残し、--anchors で渡してください (docs/ja/audit.md)\n";
  } else {
    std::cout << "  最後の控えより後の記録は、控えと比べていません\n";
  }
  std::cout << "  いまの控え: " << base::Printable(verdict.anchor(), kLongestLine) << '\n';
}

absl::StatusOr<bool> Verify(const Global& global, const AuditOptions& options) {
  auto anchors = ReadAnchors(options.anchors);
  MDG_RETURN_IF_ERROR(anchors.status());
  v1::VerifyAuditTrailRequest request;
  for (std::string& anchor : *anchors) request.add_anchors(std::move(anchor));
  const auto channel = Connect(global);
  MDG_RETURN_IF_ERROR(channel.status());
  const auto stub = v1::AuditService::NewStub(*channel);
  v1::VerifyAuditTrailResponse response;
  MDG_RETURN_IF_ERROR(Call(global, *stub, &Stub::VerifyAuditTrail, request, response));
  if (global.json) {
    MDG_RETURN_IF_ERROR(PrintJson(response));
  } else {
    PrintVerdict(response);
  }
  return response.intact();
}

// From the flag, or one line of standard input; asked for when a person sits at the keyboard.
std::string IdentityFrom(const AuditOptions& options) {
  if (!options.identity.empty()) return options.identity;
  if (::isatty(STDIN_FILENO) == 1)
    std::cerr << "利用者 (設定ファイルの client の name): " << std::flush;
  std::string line;
  std::getline(std::cin, line);
  absl::StripAsciiWhitespace(&line);
  return line;
}

std::vector<std::string> Row(const v1::AuditDisclosure& disclosure) {
  const v1::AuditEntry& entry = disclosure.entry();
  const v1::AuditSubject& subject = disclosure.subject();
  const std::string name = disclosure.has_problem()
                               ? absl::StrCat("開けません ", disclosure.problem().number())
                               : subject.name();
  return {absl::StrCat(entry.number()),
          Show(entry.at()),
          What(entry),
          entry.detail(),
          entry.person(),
          name,
          Show(subject.birth_date()),
          subject.patient_id(),
          subject.insured().number(),
          entry.reception_id()};
}

absl::Status Disclose(const Global& global, const AuditOptions& options) {
  v1::DiscloseAuditSubjectsRequest request;
  MDG_RETURN_IF_ERROR(AddDays(options, request));
  request.set_identity(IdentityFrom(options));
  request.set_person(options.person);
  request.mutable_kinds()->Add(options.kinds.begin(), options.kinds.end());
  Table table({"番号", "時刻", "内容", "詳細", "操作した人", "氏名", "生年月日", "カルテ", "番号",
               "受付ID"});
  int64_t count = 0;
  const absl::Status listed =
      ForEachPage<v1::DiscloseAuditSubjectsRequest, v1::DiscloseAuditSubjectsResponse>(
          global, &Stub::DiscloseAuditSubjects, request,
          [&](const v1::DiscloseAuditSubjectsResponse& page) {
            for (const v1::AuditDisclosure& disclosure : page.disclosures()) {
              ++count;
              if (global.json) {
                MDG_RETURN_IF_ERROR(PrintJson(disclosure));
              } else {
                table.Add(Row(disclosure));
              }
            }
            return absl::OkStatus();
          });
  MDG_RETURN_IF_ERROR(listed);
  if (global.json) return absl::OkStatus();
  table.Print(std::cout);
  std::cout << count << " 件\n";
  return absl::OkStatus();
}

}  // namespace

int AuditList(const Global& global, const AuditOptions& options) {
  return Report(global, List(global, options));
}

int AuditAnchor(const Global& global, const AuditOptions& /*options*/) {
  const auto anchor = GetAnchor(global);
  if (!anchor.ok()) return Report(global, anchor.status());
  if (global.json) return Report(global, PrintJson(*anchor));
  std::cout << base::Printable(anchor->anchor(), kLongestLine) << '\n';
  return kSuccess;
}

int AuditVerify(const Global& global, const AuditOptions& options) {
  const auto intact = Verify(global, options);
  if (!intact.ok()) return Report(global, intact.status());
  return *intact ? kSuccess : kAnswerIsNo;
}

int AuditDisclose(const Global& global, const AuditOptions& options) {
  return Report(global, Disclose(global, options));
}

}  // namespace madoguchi::cli
