#include "agent/daemon/daemon.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/version.h"

namespace madoguchi::daemon {
namespace {

// How long the end of the program may take, in parts: systemd's default limit is 90 s, a technician
// waits less.
constexpr absl::Duration kTerminalPatience = absl::Seconds(2);
constexpr absl::Duration kReaderPatience = absl::Seconds(2);
constexpr absl::Duration kClientPatience = absl::Seconds(2);

constexpr absl::Duration kSkewAllowed = absl::Minutes(2);
constexpr absl::Duration kCertificateWarning = absl::Hours(24 * 30);

// The operator of OQS reminds at these (reference 11): days before the client certificate ends.
constexpr int kReminders[] = {7, 15, 30, 60, 90};

// The reminder that has been reached last: a number of days; -1 when it is over; nullopt: none yet.
std::optional<int> WarnedDays(absl::Time ends, absl::Time now) {
  if (ends <= now) return -1;
  for (const int days : kReminders) {
    if (ends - now <= absl::Hours(24) * days) return days;
  }
  return std::nullopt;
}

rpc::ServerOptions ServerOptionsFrom(const Config& config) {
  rpc::ServerOptions options;
  options.unix_path = config.listen.unix_path;
  options.unix_mode = config.listen.unix_mode;
  options.tcp_address = config.listen.tcp;
  options.tls = {config.listen.certificate, config.listen.key, config.listen.client_ca};
  options.tls13_only = config.listen.tls13_only;
  options.clients = config.clients;
  options.counters = config.Counters();
  return options;
}

}  // namespace

Daemon::Daemon(Config config) : config_(std::move(config)), started_at_(clock_.Now()) {}

Daemon::~Daemon() { Stop(); }

absl::Status Daemon::OpenSite() {
  auto lock = SiteLock::Take(config_.state_dir);
  MDG_RETURN_IF_ERROR(lock.status());
  lock_.emplace(*std::move(lock));
  auto store = store::Store::Open(config_.state_dir + "/madoguchi.db");
  MDG_RETURN_IF_ERROR(store.status());
  store_ = *std::move(store);
  auto trail = audit::Trail::Open(config_.state_dir, *store_, clock_);
  MDG_RETURN_IF_ERROR(trail.status());
  trail_ = *std::move(trail);
  auto person_hash = crypto::KeyedHash::LoadOrCreate(config_.state_dir + "/person.key");
  MDG_RETURN_IF_ERROR(person_hash.status());
  person_hash_.emplace(*std::move(person_hash));
  reception::DeskOptions options;
  options.medical_institution_code = config_.institution;
  options.counters = config_.Counters();
  options.keep = absl::Hours(24) * config_.keep_days;
  options.keep_request_ids = absl::Hours(24) * config_.keep_request_ids_days;
  options.answer_within = config_.answer_within;
  options.own_reader_records = config_.cards.medical_consent;
  desk_ = std::make_unique<reception::Desk>(std::move(options), *store_, *trail_, *person_hash_,
                                            clock_, [this] {
                                              server_->NotifyEvent();
                                              server_->NotifyStatus();
                                            });
  return absl::OkStatus();
}

void Daemon::MakeTerminals() {
  for (const eligibility::TerminalConfig& terminal : config_.terminals) {
    terminals_.push_back(std::make_unique<eligibility::Terminal>(
        terminal, config_.institution, clock_,
        [this](eligibility::FacePush push, std::function<void(absl::Status)> done) {
          desk_->OnFacePush(std::move(push), std::move(done));
        },
        [this] { server_->NotifyStatus(); }));
  }
}

void Daemon::MakeLines() {
  std::vector<eligibility::Line*> lines;
  for (const eligibility::LineConfig& config : config_.lines) {
    lines_.push_back(
        std::make_unique<eligibility::FolderLine>(config, clock_, desk_->MakeLineSink()));
    lines.push_back(lines_.back().get());
  }
  if (config_.center.has_value()) {
    auto web =
        std::make_unique<eligibility::WebLine>(*config_.center, clock_, desk_->MakeLineSink());
    web_ = web.get();
    lines_.push_back(std::move(web));
    lines.push_back(web_);
    desk_->UseChallenges([this](eligibility::WebLine::ChallengeDone done) {
      web_->AskChallenge(config_.institution, std::move(done));
    });
  }
  desk_->UseLines(std::move(lines));
}

absl::Status Daemon::MakeReaders() {
  if (config_.readers.empty()) return absl::OkStatus();
  auto readers = Readers::Make(
      config_.cards, config_.readers, clock_,
      [this] {
        server_->NotifyStatus();
        desk_->OnReadersChanged();
      },
      [this](const std::string& holder, const absl::Status& why) {
        desk_->OnCardLost(holder, why);
      });
  MDG_RETURN_IF_ERROR(readers.status());
  readers_ = *std::move(readers);
  desk_->UseCards(readers_->ForDesk());
  return absl::OkStatus();
}

absl::Status Daemon::Start() {
  MDG_RETURN_IF_ERROR(OpenSite());
  MakeTerminals();
  MakeLines();
  MDG_RETURN_IF_ERROR(MakeReaders());
  auto medical =
      Medical::Make(config_.medical, *store_, *trail_, *desk_, clock_, [this] { return Skew(); });
  MDG_RETURN_IF_ERROR(medical.status());
  medical_ = *std::move(medical);
  rpc::ServerOptions options = ServerOptionsFrom(config_);
  options.keeper = &medical_->keeper();
  options.readers = {
      .list = [this] { return readers_ == nullptr ? v1::ListReadersResponse() : readers_->List(); },
      .test =
          [this](const std::string& reader, rpc::ReaderFunctions::TestDone done) {
            if (readers_ != nullptr) return readers_->Test(reader, std::move(done));
            done(base::MakeError(base::ErrorCode::kReaderNotFound,
                                 {.what = "no [[reader]] is configured", .field = "reader"}));
          }};
  server_ = std::make_unique<rpc::Server>(std::move(options), *desk_, *trail_, clock_,
                                          [this] { return Status(); });
  trail_->Start();
  MDG_RETURN_IF_ERROR(desk_->Start());
  if (absl::Status status = server_->Start(); !status.ok()) {
    Stop();
    return status;
  }
  for (auto& terminal : terminals_) terminal->Start();
  for (auto& line : lines_) line->Start();
  if (readers_ != nullptr) readers_->Start();
  medical_->Start();
  base::LogInfo("started", {{"version", kVersion},
                            {"listeners", Listeners()},
                            {"terminals", absl::StrCat(terminals_.size())}});
  return absl::OkStatus();
}

bool Daemon::Stop() {
  if (stopped_) return all_ended_;
  stopped_ = true;
  for (auto& terminal : terminals_) {
    if (!terminal->Stop(kTerminalPatience)) all_ended_ = false;
  }
  if (desk_ != nullptr) desk_->StopWaiting();
  for (auto& line : lines_) {
    if (!line->Stop(kTerminalPatience)) all_ended_ = false;
  }
  if (readers_ != nullptr && !readers_->Stop(kReaderPatience)) all_ended_ = false;
  if (medical_ != nullptr) medical_->Stop();
  if (server_ != nullptr) server_->Stop(kClientPatience);
  if (desk_ != nullptr) desk_->Stop();
  if (trail_ != nullptr) trail_->Stop();
  base::LogInfo("stopped");
  return all_ended_;
}

std::string Daemon::Listeners() const {
  std::string text;
  if (!config_.listen.unix_path.empty()) text = absl::StrCat("unix:", config_.listen.unix_path);
  const std::string tcp = server_->TcpAddress();
  if (!tcp.empty()) absl::StrAppend(&text, text.empty() ? "" : " ", "tls:", tcp);
  return text;
}

void Daemon::AddAudit(v1::SystemStatus& status) const {
  const audit::TrailStatus trail = trail_->Status();
  v1::AuditStatus& audit = *status.mutable_audit();
  audit.set_anchor(audit::AnchorText(trail.head));
  audit.set_number(trail.head.number);
  if (trail.at != absl::InfinitePast()) *audit.mutable_at() = base::ToProto(trail.at);
  audit.set_writable(trail.writable.ok());
  audit.set_damaged(trail.damaged);
  audit.set_waiting(trail.waiting);
  audit.set_lost(trail.lost);
  if (trail.damaged) {
    *status.add_warnings() = base::MakeDetail(base::ErrorCode::kAuditDamaged);
  }
  if (!trail.writable.ok()) {
    *status.add_warnings() =
        base::MakeDetail(base::ErrorCode::kAuditNotWritable,
                         {.what = base::DetailOf(trail.writable)->text_en(), .field = "audit"});
  }
}

absl::Duration Daemon::Skew() const {
  absl::Duration skew = web_ == nullptr ? absl::ZeroDuration() : web_->ClockSkew();
  for (const auto& terminal : terminals_) {
    const absl::Duration one = terminal->ClockSkew();
    if (absl::AbsDuration(one) > absl::AbsDuration(skew)) skew = one;
  }
  return skew;
}

void Daemon::AddReaders(v1::SystemStatus& status) const {
  if (readers_ == nullptr) return;
  v1::ListReadersResponse list = readers_->List();
  status.mutable_readers()->Swap(list.mutable_readers());
  if (list.has_card_service_problem()) {
    *status.mutable_card_service_problem() = std::move(*list.mutable_card_service_problem());
  }
}

void Daemon::AddWebApi(v1::SystemStatus& status) const {
  if (web_ == nullptr) return;
  v1::ConnectionStatus& connection = *status.add_connections();
  connection.set_name(web_->about().name);
  *connection.mutable_line() = web_->Status();
  connection.set_state(connection.line().state());
  *connection.mutable_since() = connection.line().since();
  if (connection.line().has_cause()) *connection.mutable_cause() = connection.line().cause();
  const std::optional<absl::Time> ends = web_->CertificateEnds();
  if (!ends.has_value()) return;
  *connection.mutable_certificate_expires() = base::ToProto(*ends);
  if (const std::optional<int> days = WarnedDays(*ends, clock_.Now()); days.has_value()) {
    *status.add_warnings() =
        base::MakeDetail(base::ErrorCode::kCenterCertificateEnds,
                         {.what = *days < 0 ? "it has ended" : absl::StrCat(*days, " days or less"),
                          .field = "center.certificate"});
  }
}

void Daemon::AddWarnings(v1::SystemStatus& status) const {
  const absl::Duration skew = Skew();
  status.set_clock_skew_seconds(static_cast<int32_t>(absl::ToInt64Seconds(skew)));
  if (absl::AbsDuration(skew) > kSkewAllowed) {
    *status.add_warnings() = base::MakeDetail(
        base::ErrorCode::kClockDiffers,
        {.what = absl::StrCat(absl::ToInt64Seconds(skew), " seconds; allowed are 120")});
  }
  const auto& tcp = status.tcp_listener();
  if (tcp.has_certificate_expires() &&
      base::FromProto(tcp.certificate_expires()) < clock_.Now() + kCertificateWarning) {
    *status.add_warnings() =
        base::MakeDetail(base::ErrorCode::kCertificateExpires, {.field = "listen.certificate"});
  }
}

v1::SystemStatus Daemon::Status() const {
  v1::SystemStatus status;
  status.set_version(kVersion);
  status.set_store_id(store_->Id());
  *status.mutable_started_at() = base::ToProto(started_at_);
  int waiting = 0;
  for (const auto& terminal : terminals_) {
    v1::ConnectionStatus& connection = *status.add_connections();
    connection = terminal->Status();
    for (const auto& line : lines_) {
      if (line->about().name == connection.name()) *connection.mutable_line() = line->Status();
    }
    waiting += terminal->Waiting();
  }
  AddWebApi(status);
  status.set_open_receptions(desk_->board().OpenCount());
  status.set_pending_receptions(desk_->board().PendingCount());
  status.set_watchers(server_->Watchers());
  status.set_cursor(desk_->MakeCursor(desk_->board().Head()));
  *status.mutable_store() = desk_->StoreStatus();
  status.mutable_store()->set_waiting(waiting);
  *status.mutable_unix_listener() = server_->UnixListener();
  *status.mutable_tcp_listener() = server_->TcpListener();
  AddReaders(status);
  AddAudit(status);
  AddWarnings(status);
  return status;
}

}  // namespace madoguchi::daemon
