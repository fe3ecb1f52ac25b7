// The configuration and the keys of a simulated site.
#include <sys/stat.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/crypto/pki.h"
#include "tests/sim/center.h"
#include "tests/sim/files.h"
#include "tests/sim/site.h"

namespace madoguchi::sim {
namespace {

constexpr absl::string_view kClients[] = {"emr", "dispensing", "desk", "technician", "auditor"};
// When the authority of the web API was made, and a certificate that is over.
constexpr absl::Duration kOld = absl::Hours(24 * 10);
constexpr mode_t kPublic = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH;
constexpr mode_t kSecret = S_IRUSR | S_IWUSR;

std::string ListenSection(const std::string& listen) {
  const absl::string_view hash = listen.empty() ? "# " : "";
  return absl::StrCat(
      "[listen]\n"
      "# このパソコンの中からの接続\n"
      "unix = \"madoguchi.sock\"\n"
      "# 他のパソコンからの接続（相互TLS）",
      listen.empty() ? "。使うときは下の４行の # を外します\n" : "\n",        //
      hash, "tcp = \"", listen.empty() ? "127.0.0.1:50443" : listen, "\"\n",  //
      hash, "certificate = \"pki/server.pem\"\n",                             //
      hash, "key = \"pki/server.key\"\n",                                     //
      hash, "client_ca = \"pki/ca.pem\"\n",                                   //
      "# TLS 1.2 しか話せない古い Windows を断るとき\n"
      "# tls13_only = true\n\n");
}

std::string TerminalSection(int terminal, bool asks) {
  const std::string oqs = terminal == 1 ? "oqs" : absl::StrCat("oqs", terminal);
  return absl::StrCat(
      "[[terminal]]\nname = \"", Site::TerminalName(terminal), "\"\ncounter = \"",
      Site::CounterName(terminal), "\"\nface = \"", oqs, "/face\"\nextra_folders = [\"", oqs,
      "/trash\"]\n", asks ? absl::StrCat("req = \"", oqs, "/req\"\nres = \"", oqs, "/res\"\n") : "",
      "\n");
}

// Any reader belongs to the first counter; the cards are those of `madoguchi-sim card`.
std::string ReaderSections(const InitOptions& options) {
  return absl::StrCat(
      "# カードリーダー。match は名前（madoguchi readers で分かります）、最後の * "
      "は「その後は何でも」\n"
      "[[reader]]\nmatch = \"*\"\ncounter = \"",
      Site::CounterName(1),
      "\"\n\n"
      "# 信頼するカード。test_hierarchy は本番では使わないでください\n"
      "[cards]\nroots = [\"pki/jpki-user-root.pem\"",
      options.trust_card_ca.empty() ? "" : ", \"pki/trust-card-ca.pem\"",
      "]\ntest_hierarchy = true\n"
      "# このリーダーでの閲覧の同意を使う（本番では確認してから）\nmedical_consent = true\n\n");
}

// The web API. What no public source shows has paths of our own (agent/oqs/web_assumed.h).
std::string CenterSection(const InitOptions& options) {
  return absl::StrCat(
      "# オンライン資格確認の Web API。answers は何を問い合わせるか\n"
      "[center]\nurl = \"https://localhost:",
      options.center_port, "\"\nanswers = [",
      options.asks_by_web ? "\"identifiers\", \"cards\", \"records\"" : "\"cards\"",
      "]\nlogin = \"", kLoginPath, "\"\nrenew = \"", kRenewPath, "\"\nquery = \"", kQueryPath,
      "\"\ndrug = \"", kDrugPath, "\"\ncheckup = \"", kCheckupPath, "\"\nchallenge = \"",
      kChallengePath, "\"\ncard = \"", kCardPath, "\"\nenrol = \"", kEnrolPath,
      "\"\ncertificate = \"pki/center-client.pem\"\nkey = \"pki/center-client.key\"\n"
      "ca = \"pki/center-ca.pem\"\naccount = \"",
      kCenterAccount, "\"\npassword_file = \"pki/center-password\"\n\n");
}

std::string ClientSection(absl::string_view name) {
  return absl::StrCat("[[client]]\nname = \"", name, "\"\ncertificate = \"", name,
                      "\"\nroles = [\"", name, "\"]\ncounters = [\"*\"]\n\n");
}

absl::Status WritePair(const std::string& folder, absl::string_view name,
                       const crypto::KeyPair& pair) {
  MDG_RETURN_IF_ERROR(crypto::WritePemFile(absl::StrCat(folder, "/", name, ".pem"),
                                           pair.certificate, kPublic, false));
  return crypto::WritePemFile(absl::StrCat(folder, "/", name, ".key"), pair.key, kSecret, false);
}

}  // namespace

std::string ConfigurationText(const InitOptions& options, unsigned uid) {
  std::string text = absl::StrCat(
      "# madoguchi-sim が作った模擬サイトの設定です。相対パスはこのファイルの場所が基準です。\n\n"
      "[site]\n"
      "# 医療機関コード（10桁）\n"
      "institution = \"",
      kInstitution,
      "\"\n"
      "# データベースの置き場所\n"
      "state_dir = \"state\"\n"
      "# 受付を残す日数\n"
      "keep_days = 14\n\n",
      ListenSection(options.listen),
      "# 資格確認端末。face は共有フォルダーの中の face、extra_folders は電子カルテが\n"
      "# ファイルを移す先です。req と res は番号で問い合わせるときの共有フォルダーです。\n"
      "# 任意: rescan = \"1s\", hang_after = \"5s\", incomplete_after = \"10s\",\n"
      "# suffix_first = 5000, suffix_last = 9999（問い合わせのファイル名に使う番号。他のソフトと\n"
      "# 重ならないように）, request_encoding = \"Shift_JIS\", try_again_after = \"30s\",\n"
      "# prefetch = [\"drug\", \"checkup\"]（カードの読み取りと同時に取り寄せるもの）\n");
  for (int terminal = 1; terminal <= options.terminals; ++terminal) {
    absl::StrAppend(&text, TerminalSection(terminal, !options.asks_by_web));
  }
  absl::StrAppend(&text, CenterSection(options), ReaderSections(options),
                  "# このサイトを作った利用者（uid）は、このパソコンからすべての操作ができます\n"
                  "[[client]]\nname = \"local\"\nuid = ",
                  uid,
                  "\nroles = [\"emr\", \"receipt\", \"dispensing\", \"adapter\", \"desk\", "
                  "\"patient_terminal\", \"technician\", \"auditor\"]\ncounters = [\"*\"]\n\n"
                  "# 相互TLSの接続元。certificate は証明書の名前（CN）、鍵は pki/ にあります\n");
  for (const absl::string_view name : kClients) absl::StrAppend(&text, ClientSection(name));
  text.pop_back();
  return text;
}

absl::Status WriteKeys(const std::string& pki_folder, const std::string& listen_host,
                       absl::Time now) {
  const absl::StatusOr<crypto::KeyPair> ca = crypto::MakeCa("madoguchi-sim", now);
  if (!ca.ok()) return ca.status();
  MDG_RETURN_IF_ERROR(WritePair(pki_folder, "ca", *ca));
  crypto::ServerNames names{.dns = {"localhost"}, .ip = {"127.0.0.1", "::1"}};
  const bool is_known = listen_host.empty() || listen_host == "localhost" ||
                        listen_host == "127.0.0.1" || listen_host == "[::1]";
  if (!is_known && listen_host.find_first_not_of("0123456789.") == std::string::npos) {
    names.ip.push_back(listen_host);
  } else if (!is_known && !absl::StartsWith(listen_host, "[")) {
    names.dns.push_back(listen_host);
  }
  const absl::StatusOr<crypto::KeyPair> server = crypto::IssueServer(*ca, "localhost", names, now);
  if (!server.ok()) return server.status();
  MDG_RETURN_IF_ERROR(WritePair(pki_folder, "server", *server));
  for (const absl::string_view name : kClients) {
    const absl::StatusOr<crypto::KeyPair> client = crypto::IssueClient(*ca, name, now);
    if (!client.ok()) return client.status();
    MDG_RETURN_IF_ERROR(WritePair(pki_folder, name, *client));
  }
  return absl::OkStatus();
}

absl::Status WriteCenterKeys(const std::string& pki_folder, absl::Time now) {
  const absl::StatusOr<crypto::KeyPair> ca = crypto::MakeCa("madoguchi-sim-center", now - kOld);
  if (!ca.ok()) return ca.status();
  MDG_RETURN_IF_ERROR(WritePair(pki_folder, "center-ca", *ca));
  const crypto::ServerNames names{.dns = {"localhost"}, .ip = {"127.0.0.1"}};
  const absl::StatusOr<crypto::KeyPair> server = crypto::IssueServer(*ca, "localhost", names, now);
  if (!server.ok()) return server.status();
  MDG_RETURN_IF_ERROR(WritePair(pki_folder, "center", *server));
  const absl::StatusOr<crypto::KeyPair> expired =
      crypto::IssueServer(*ca, "localhost", names, now - kOld, 1);
  if (!expired.ok()) return expired.status();
  MDG_RETURN_IF_ERROR(WritePair(pki_folder, "center-expired", *expired));
  const absl::StatusOr<crypto::KeyPair> client = crypto::IssueClient(*ca, "center-client", now);
  if (!client.ok()) return client.status();
  MDG_RETURN_IF_ERROR(WritePair(pki_folder, "center-client", *client));
  return crypto::WritePemFile(absl::StrCat(pki_folder, "/center-password"),
                              absl::StrCat(crypto::GeneratePassword(), "\n"), kSecret, false);
}

}  // namespace madoguchi::sim
