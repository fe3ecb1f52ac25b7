#include "tests/sim/exchange.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/crypto/digest.h"
#include "tests/sim/files.h"
#include "tests/sim/push.h"
#include "tests/sim/requests.h"
#include "tests/sim/tampering.h"

namespace madoguchi::sim {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kFlapEvery = absl::Seconds(1);
constexpr int kAnswerPiecesCount = 5;
constexpr absl::Duration kBetweenAnswerPieces = absl::Milliseconds(120);
constexpr absl::Duration kBeforeSecondAnswer = absl::Milliseconds(300);

// Names of requests in a folder, oldest name first; files still without a name of ours are others'.
std::vector<std::string> RequestsIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    std::string name = entry.path().filename().string();
    const std::optional<oqs::FileName> parsed = oqs::ParseFileName(name);
    if (parsed.has_value() && parsed->role == v1::MESSAGE_ROLE_REQUEST &&
        parsed->extension == "xml") {
      names.push_back(std::move(name));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string OutcomeOf(const Delivery& delivery) {
  if (delivery.Has(Fault::kRequestEaten)) return "eaten";
  if (delivery.Has(Fault::kAnswerNever)) return "unanswered";
  return delivery.Has(Fault::kAnswerLate) ? "held" : "answered";
}

std::string DamagedAnswer(const Delivery& delivery, std::string bytes) {
  if (delivery.Has(Fault::kAnswerUnreadable)) bytes = WithInvalidByte(bytes);
  return delivery.Has(Fault::kAnswerTruncated) ? CutOff(std::move(bytes)) : bytes;
}

}  // namespace

Exchange::Exchange(const Site& site, absl::Duration answer_after)
    : site_(site), answer_after_(answer_after) {}

absl::Status Exchange::Turn(absl::Time now) {
  absl::StatusOr<std::vector<ActiveFault>> faults = ReadFaults(site_);
  if (!faults.ok()) return faults.status();
  faults_ = *std::move(faults);
  MDG_RETURN_IF_ERROR(Flap(now));
  // While this is held no folder goes away or comes back.
  const absl::StatusOr<SiteLock> lock = SiteLock::Take(site_.SimFolder(), SiteLock::Mode::kShared);
  if (!lock.ok()) return lock.status();
  for (int terminal = 1; terminal <= site_.terminals(); ++terminal) {
    MDG_RETURN_IF_ERROR(TakeRequests(terminal, now));
  }
  ReleaseHeld(now);
  return WriteDue(now);
}

absl::Status Exchange::Flap(absl::Time now) {
  const bool flapping = std::any_of(faults_.begin(), faults_.end(), [](const ActiveFault& active) {
    return active.fault == Fault::kLineFlapping;
  });
  if (!flapping || now < next_flap_) return absl::OkStatus();
  next_flap_ = now + kFlapEvery;
  const absl::StatusOr<SiteLock> lock = SiteLock::Take(site_.SimFolder(), SiteLock::Mode::kAlone);
  if (!lock.ok()) return lock.status();
  // It may have been cleared while we waited.
  const absl::StatusOr<std::vector<ActiveFault>> faults = ReadFaults(site_);
  if (!faults.ok()) return faults.status();
  for (int terminal = 1; terminal <= site_.terminals(); ++terminal) {
    if (!HasFault(*faults, Fault::kLineFlapping, terminal)) continue;
    const bool away = Exists(site_.GoneFolder(terminal, "req"));
    MDG_RETURN_IF_ERROR(away ? BringExchangeBack(site_, terminal)
                             : TakeExchangeAway(site_, terminal));
  }
  return absl::OkStatus();
}

absl::Status Exchange::TakeRequests(int terminal, absl::Time now) {
  if (HasFault(faults_, Fault::kRequestIgnored, terminal)) return absl::OkStatus();
  for (const std::string& name : RequestsIn(site_.OwnFolder(terminal, "req"))) {
    MDG_RETURN_IF_ERROR(TakeOne(terminal, name, now));
  }
  return absl::OkStatus();
}

absl::Status Exchange::TakeOne(int terminal, const std::string& name, absl::Time now) {
  const std::string path = absl::StrCat(site_.OwnFolder(terminal, "req"), "/", name);
  const absl::StatusOr<std::string> bytes = ReadFile(path);
  // Its writer took it back, or has not finished.
  if (!bytes.ok() || !oqs::LooksComplete(*bytes)) return absl::OkStatus();
  if (unlink(path.c_str()) != 0) {
    return errno == ENOENT ? absl::OkStatus() : FileError("cannot delete", path);
  }
  if (!registry_.has_value()) {
    absl::StatusOr<Registry> registry = Registry::Load(site_);
    if (!registry.ok()) return registry.status();
    registry_ = *std::move(registry);
  }
  // Anew: a fault that was set before this was asked counts, also when the look began before both.
  absl::StatusOr<std::vector<ActiveFault>> faults = ReadFaults(site_);
  if (!faults.ok()) return faults.status();
  faults_ = *std::move(faults);
  const Delivery delivery{.site = site_, .faults = faults_, .terminal = terminal};
  const AnswerFacts facts{
      .now = now,
      .encoding = FileEncoding(site_.encoding(), crypto::RandomBytes(1).front()),
      .tampering = TamperingOf(delivery.faults, terminal)};
  const absl::StatusOr<Answer> answer = AnswerRequest(site_, *registry_, name, *bytes, facts);
  if (!answer.ok()) return answer.status();
  SeenRequest seen{.file = name,
                   .terminal = terminal,
                   .at = now,
                   .patient = answer->person,
                   .outcome = OutcomeOf(delivery)};
  FillQuestion(name, *bytes, seen);
  MDG_RETURN_IF_ERROR(LogRequest(site_, seen));
  if (seen.outcome == "eaten" || seen.outcome == "unanswered") return absl::OkStatus();
  for (Held& held : Plan(delivery, *answer)) {
    if (seen.outcome == "held") {
      held_.push_back(std::move(held));
    } else {
      steps_.emplace(now + answer_after_ + held.after, std::move(held.step));
    }
  }
  return absl::OkStatus();
}

std::vector<Exchange::Held> Exchange::Plan(const Delivery& delivery, const Answer& answer) const {
  std::vector<Held> plan;
  const std::string bytes = DamagedAnswer(delivery, answer.bytes);
  const int pieces = delivery.Has(Fault::kAnswerPieces) ? kAnswerPiecesCount : 1;
  const size_t length = bytes.size() / static_cast<size_t>(pieces) + 1;
  for (int piece = 0; piece < pieces; ++piece) {
    const size_t start = std::min(bytes.size(), static_cast<size_t>(piece) * length);
    plan.push_back({piece * kBetweenAnswerPieces,
                    {.kind = piece == 0 ? Step::Kind::kCreate : Step::Kind::kAppend,
                     .terminal = delivery.terminal,
                     .file = answer.file_name,
                     .bytes = bytes.substr(start, length)}});
  }
  const absl::Duration end = plan.back().after;
  if (delivery.Has(Fault::kAnswerTwice)) {
    plan.push_back({end + kBeforeSecondAnswer,
                    {.kind = Step::Kind::kCreate,
                     .terminal = delivery.terminal,
                     .file = answer.file_name,
                     .bytes = bytes}});
  }
  if (delivery.Has(Fault::kAnswerTaken)) {
    plan.push_back({end,
                    {.kind = Step::Kind::kTakeAway,
                     .terminal = delivery.terminal,
                     .file = answer.file_name,
                     .bytes = {}}});
  }
  return plan;
}

void Exchange::ReleaseHeld(absl::Time now) {
  std::erase_if(held_, [&](Held& held) {
    if (HasFault(faults_, Fault::kAnswerLate, held.step.terminal)) return false;
    steps_.emplace(now + held.after, std::move(held.step));
    return true;
  });
}

absl::Status Exchange::WriteDue(absl::Time now) {
  while (!steps_.empty() && steps_.begin()->first <= now) {
    MDG_RETURN_IF_ERROR(Write(steps_.begin()->second));
    steps_.erase(steps_.begin());
  }
  return absl::OkStatus();
}

absl::Status Exchange::Write(const Step& step) const {
  const std::string path = absl::StrCat(site_.OwnFolder(step.terminal, "res"), "/", step.file);
  if (step.kind == Step::Kind::kTakeAway) {
    const absl::Status moved =
        Rename(path, absl::StrCat(site_.DiskFolder(step.terminal), "/trash/", step.file));
    // The daemon was quicker.
    return Exists(path) ? moved : absl::OkStatus();
  }
  const bool appends = step.kind == Step::Kind::kAppend;
  const Descriptor file(open(
      path.c_str(), (appends ? O_APPEND : O_CREAT | O_TRUNC) | O_WRONLY | O_CLOEXEC | O_NOFOLLOW,
      S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH));
  // Somebody took the beginning away; the rest has no place any more.
  if (!file.open() && appends && errno == ENOENT) return absl::OkStatus();
  if (!file.open()) return FileError("cannot write", path);
  return WriteAll(file.get(), step.bytes, path);
}

}  // namespace madoguchi::sim
