#include "tests/sim/faults.h"

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/base/error.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "tests/sim/files.h"
#include "tests/sim/json.h"
#include "tests/sim/run_state.h"

namespace madoguchi::sim {
namespace {

namespace fs = std::filesystem;

constexpr FaultInfo kFaults[] = {
    {Fault::kPieces, "pieces", "ファイルを５回に分けて書く"},
    {Fault::kTruncated, "truncated", "ファイルが途中で切れる"},
    {Fault::kWrongEncoding, "wrong-encoding", "UTF-8と宣言して中身はCP932"},
    {Fault::kInvalidBytes, "invalid-bytes", "どの文字コードにもないバイト"},
    {Fault::kMovedAway, "moved-away", "別のソフトがすぐにtrashへ移す"},
    {Fault::kDeleted, "deleted", "別のソフトがすぐに消す"},
    {Fault::kWrittenTwice, "written-twice", "同じ内容を２回書く"},
    {Fault::kHuge, "huge", "６MBのファイル"},
    {Fault::kShareGone, "share-gone", "faceフォルダーがなくなる"},
    {Fault::kShareHung, "share-hung", "共有フォルダーが応答しない（run --fuse が必要）"},
    {Fault::kAnswerNever, "answer-never", "要求を受け取り、回答しない", FaultKind::kExchange},
    {Fault::kAnswerLate, "answer-late", "解除するまで回答を止めておく", FaultKind::kExchange},
    {Fault::kAnswerTwice, "answer-twice", "同じ回答を２回書く", FaultKind::kExchange},
    {Fault::kAnswerPieces, "answer-pieces", "回答を５回に分けて書く", FaultKind::kExchange},
    {Fault::kAnswerTruncated, "answer-truncated", "回答が途中で切れる", FaultKind::kExchange},
    {Fault::kAnswerUnreadable, "answer-unreadable", "回答にどの文字コードにもないバイト",
     FaultKind::kExchange},
    {Fault::kAnswerForeign, "answer-foreign", "別の人への回答が同じ名前で来る",
     FaultKind::kExchange},
    {Fault::kAnswerInstitution, "answer-institution", "別の医療機関への回答", FaultKind::kExchange},
    {Fault::kAnswerError, "answer-error", "処理結果区分９（異常終了）", FaultKind::kExchange},
    {Fault::kAnswerTaken, "answer-taken", "別のソフトが回答をすぐに移す", FaultKind::kExchange},
    {Fault::kRequestEaten, "request-eaten", "端末が要求を受け取って失う", FaultKind::kExchange},
    {Fault::kRequestIgnored, "request-ignored", "端末のソフトが止まり、要求が残る",
     FaultKind::kExchange},
    {Fault::kExchangeGone, "exchange-gone", "reqとresのフォルダーがなくなる", FaultKind::kExchange},
    {Fault::kLineFlapping, "line-flapping", "reqとresが１秒ごとに消えたり戻ったりする",
     FaultKind::kExchange},
    {Fault::kRecordOtherPerson, "record-other-person", "別の人の薬剤・健診情報が来る",
     FaultKind::kExchange},
    {Fault::kRecordOtherSex, "record-other-sex", "同姓同名・同じ生年月日で性別の違う人の情報",
     FaultKind::kExchange},
    {Fault::kRecordTwin, "record-twin", "双子のもう一人の情報", FaultKind::kExchange},
    {Fault::kRecordMaruTwin, "record-maru-twin", "双子のもう一人の情報、名前の違う字が●",
     FaultKind::kExchange},
    {Fault::kRecordMaruName, "record-maru-name", "本人の情報、氏名に●", FaultKind::kExchange},
    {Fault::kRecordSmallKana, "record-small-kana", "本人の情報、カナが全角で小書きあり",
     FaultKind::kExchange},
    {Fault::kRecordNoPatient, "record-no-patient", "誰の情報か書かれていない",
     FaultKind::kExchange},
    {Fault::kRecordRefused, "record-refused", "薬剤・健診情報を断られる（ResultCode 2）",
     FaultKind::kExchange},
    {Fault::kCenterRefuses, "center-refuses", "Web APIに接続できない", FaultKind::kExchange},
    {Fault::kCenterHangs, "center-hangs", "Web APIが要求を受け取り、解除するまで答えない",
     FaultKind::kExchange},
    {Fault::kCenterResets, "center-resets", "Web APIが要求のあと接続を切る", FaultKind::kExchange},
    {Fault::kCenterFails, "center-fails", "Web APIがHTTP 503を返す", FaultKind::kExchange},
    {Fault::kCenterGarbage, "center-garbage", "Web APIが意味のないバイトを返す",
     FaultKind::kExchange},
    {Fault::kCenterOtherPerson, "center-other-person", "Web APIが別の人の回答を返す",
     FaultKind::kExchange},
    {Fault::kCenterTokenExpired, "center-token-expired", "発行済みのトークンが失効する",
     FaultKind::kExchange},
    {Fault::kCenterLoginRefused, "center-login-refused", "Web APIがログインを断る",
     FaultKind::kExchange},
    {Fault::kCenterCertificateExpired, "center-certificate-expired",
     "Web APIのサーバー証明書の期限切れ", FaultKind::kExchange},
    {Fault::kCenterSlow, "center-slow", "Web APIの回答に２秒ほどかかる", FaultKind::kExchange},
    {Fault::kCardRevoked, "card-revoked", "カードの電子証明書が失効している", FaultKind::kExchange},
    {Fault::kCardSuspended, "card-suspended", "カードが一時停止されている", FaultKind::kExchange},
    {Fault::kCardNotEnrolled, "card-not-enrolled", "どのカードも保険証利用の登録がない",
     FaultKind::kExchange},
    {Fault::kConsentLost, "consent-lost", "回答に同意が書かれていない", FaultKind::kExchange},
};
constexpr absl::string_view kExchangeParts[] = {"req", "res"};

std::string FaultsFile(const Site& site) { return absl::StrCat(site.SimFolder(), "/faults.json"); }

// A folder leaves the share. It is kept, and files written meanwhile wait in it.
absl::Status TakeAway(const Site& site, int terminal, absl::string_view part) {
  const std::string gone = site.GoneFolder(terminal, part);
  if (Exists(gone)) return absl::OkStatus();
  return Rename(absl::StrCat(site.DiskFolder(terminal), "/", part), gone);
}

// Comes back all at once as another folder with the same files.
absl::Status BringBack(const Site& site, int terminal, absl::string_view part) {
  const std::string gone = site.GoneFolder(terminal, part);
  if (!Exists(gone)) return absl::OkStatus();
  const std::string fresh = absl::StrCat(site.SimFolder(), "/back-", terminal);
  MDG_RETURN_IF_ERROR(MakeFolder(fresh));
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(gone, error)) {
    MDG_RETURN_IF_ERROR(
        Rename(entry.path().string(), absl::StrCat(fresh, "/", entry.path().filename().string())));
  }
  if (error) {
    return absl::UnavailableError(absl::StrCat("cannot read ", gone, ": ", error.message()));
  }
  MDG_RETURN_IF_ERROR(Rename(fresh, absl::StrCat(site.DiskFolder(terminal), "/", part)));
  fs::remove(gone, error);
  return absl::OkStatus();
}

absl::Status NeedFuse(const Site& site) {
  if (ReadRunState(site).has_value() && ReadRunState(site)->fuse) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "fault share-hung: allowed only while `madoguchi-sim run DIR --fuse` serves this site");
}

absl::Status ApplyToAll(const Site& site, const std::vector<ActiveFault>& faults) {
  for (int terminal = 1; terminal <= site.terminals(); ++terminal) {
    MDG_RETURN_IF_ERROR(ApplyToShare(site, faults, terminal));
  }
  return absl::OkStatus();
}

// Without `gone` for `terminal` (0: all). A fault that is on for every terminal and goes for one
// stays on for the others.
std::vector<ActiveFault> Without(const Site& site, const std::vector<ActiveFault>& faults,
                                 Fault gone, int terminal) {
  std::vector<ActiveFault> kept;
  for (const ActiveFault& active : faults) {
    if (active.fault != gone ||
        (terminal != 0 && active.terminal != 0 && active.terminal != terminal)) {
      kept.push_back(active);
    } else if (active.terminal == 0 && terminal != 0) {
      for (int other = 1; other <= site.terminals(); ++other) {
        if (other != terminal) kept.push_back({gone, other});
      }
    }
  }
  return kept;
}

}  // namespace

std::span<const FaultInfo> AllFaults() { return kFaults; }

absl::string_view FaultName(Fault fault) {
  for (const FaultInfo& info : kFaults) {
    if (info.fault == fault) return info.name;
  }
  return "";
}

absl::StatusOr<Fault> ParseFault(absl::string_view name) {
  for (const FaultInfo& info : kFaults) {
    if (info.name == name) return info.fault;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("fault ", name, ": allowed are ",
                   absl::StrJoin(kFaults, ", ", [](std::string* out, const FaultInfo& info) {
                     absl::StrAppend(out, info.name);
                   })));
}

absl::StatusOr<std::vector<ActiveFault>> ReadFaults(const Site& site) {
  std::vector<ActiveFault> faults;
  if (!Exists(FaultsFile(site))) return faults;
  const absl::StatusOr<std::string> json = ReadFile(FaultsFile(site));
  if (!json.ok()) return json.status();
  google::protobuf::Struct document;
  if (!google::protobuf::util::JsonStringToMessage(*json, &document).ok() ||
      !document.fields().contains("faults")) {
    return absl::UnavailableError(
        absl::StrCat(FaultsFile(site), " is damaged: allowed is {\"faults\":[...]}"));
  }
  for (const auto& value : document.fields().at("faults").list_value().values()) {
    const auto& fields = value.struct_value().fields();
    if (!fields.contains("name") || !fields.contains("terminal")) continue;
    const absl::StatusOr<Fault> fault = ParseFault(fields.at("name").string_value());
    if (!fault.ok()) return fault.status();
    faults.push_back({*fault, static_cast<int>(fields.at("terminal").number_value())});
  }
  return faults;
}

absl::Status WriteFaults(const Site& site, const std::vector<ActiveFault>& faults) {
  std::vector<JsonObject> list;
  for (const ActiveFault& active : faults) {
    JsonObject one;
    one.Text("name", FaultName(active.fault)).Number("terminal", active.terminal);
    list.push_back(one);
  }
  JsonObject document;
  document.Objects("faults", list);
  return ReplaceFile(FaultsFile(site), absl::StrCat(document.Str(), "\n"));
}

bool HasFault(const std::vector<ActiveFault>& faults, Fault fault, int terminal) {
  return std::any_of(faults.begin(), faults.end(), [&](const ActiveFault& active) {
    return active.fault == fault && (active.terminal == 0 || active.terminal == terminal);
  });
}

absl::Status TakeExchangeAway(const Site& site, int terminal) {
  for (const absl::string_view part : kExchangeParts) {
    MDG_RETURN_IF_ERROR(TakeAway(site, terminal, part));
  }
  return absl::OkStatus();
}

absl::Status BringExchangeBack(const Site& site, int terminal) {
  for (const absl::string_view part : kExchangeParts) {
    MDG_RETURN_IF_ERROR(BringBack(site, terminal, part));
  }
  return absl::OkStatus();
}

absl::Status ApplyToShare(const Site& site, const std::vector<ActiveFault>& faults, int terminal) {
  if (HasFault(faults, Fault::kShareGone, terminal)) {
    MDG_RETURN_IF_ERROR(TakeAway(site, terminal, "face"));
  } else {
    MDG_RETURN_IF_ERROR(BringBack(site, terminal, "face"));
  }
  if (HasFault(faults, Fault::kExchangeGone, terminal)) {
    MDG_RETURN_IF_ERROR(TakeExchangeAway(site, terminal));
  } else if (!HasFault(faults, Fault::kLineFlapping, terminal)) {
    MDG_RETURN_IF_ERROR(BringExchangeBack(site, terminal));
  }
  const std::optional<RunState> run = ReadRunState(site);
  if (!run.has_value() || !run->fuse) return absl::OkStatus();
  const bool hung = HasFault(faults, Fault::kShareHung, terminal);
  return SignalShare(*run, terminal, hung ? SIGSTOP : SIGCONT);
}

absl::Status SetFault(const Site& site, Fault fault, int terminal) {
  if (terminal != 0) MDG_RETURN_IF_ERROR(site.CheckTerminal(terminal));
  const absl::StatusOr<SiteLock> lock = SiteLock::Take(site.SimFolder(), SiteLock::Mode::kAlone);
  if (!lock.ok()) return lock.status();
  if (fault == Fault::kShareHung) MDG_RETURN_IF_ERROR(NeedFuse(site));
  absl::StatusOr<std::vector<ActiveFault>> faults = ReadFaults(site);
  if (!faults.ok()) return faults.status();
  const ActiveFault added{fault, terminal};
  if (std::find(faults->begin(), faults->end(), added) == faults->end()) faults->push_back(added);
  MDG_RETURN_IF_ERROR(ApplyToAll(site, *faults));
  return WriteFaults(site, *faults);
}

absl::Status ClearFaults(const Site& site, absl::string_view only, int terminal) {
  if (terminal != 0) MDG_RETURN_IF_ERROR(site.CheckTerminal(terminal));
  const absl::StatusOr<SiteLock> lock = SiteLock::Take(site.SimFolder(), SiteLock::Mode::kAlone);
  if (!lock.ok()) return lock.status();
  absl::StatusOr<std::vector<ActiveFault>> faults = ReadFaults(site);
  if (!faults.ok()) return faults.status();
  for (const FaultInfo& info : kFaults) {
    if (only.empty() || info.name == only) {
      *faults = Without(site, *faults, info.fault, terminal);
    }
  }
  MDG_RETURN_IF_ERROR(ApplyToAll(site, *faults));
  return WriteFaults(site, *faults);
}

}  // namespace madoguchi::sim
