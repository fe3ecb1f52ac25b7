#include "tests/sim/center.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <list>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/crypto/digest.h"
#include "agent/oqs/document.h"
#include "agent/oqs/web_assumed.h"
#include "tests/sim/answer.h"
#include "tests/sim/card_desk.h"
#include "tests/sim/center_http.h"
#include "tests/sim/center_tls.h"
#include "tests/sim/center_tokens.h"
#include "tests/sim/faults.h"
#include "tests/sim/files.h"
#include "tests/sim/json.h"
#include "tests/sim/requests.h"
#include "tests/sim/tampering.h"

namespace madoguchi::sim {
namespace {

constexpr absl::Duration kTurn = absl::Milliseconds(50);
constexpr absl::Duration kHandshake = absl::Seconds(10);
constexpr absl::Duration kIdle = absl::Seconds(60);
constexpr absl::Duration kFlapEvery = absl::Seconds(1);
constexpr size_t kMostConnections = 64;
constexpr int kSlowPieces = 20;
constexpr absl::Duration kBetweenSlowPieces = absl::Milliseconds(100);

// What happens to an answer on its way.
enum class Way { kPlain, kBroken, kNever, kHeld };

struct Reply {
  HttpResponse response;
  Way way = Way::kPlain;
  // Of the log; empty: it was no question.
  std::optional<SeenRequest> seen = std::nullopt;
};

// The name a file with this question would have, for the code that answers files.
std::string NameOf(const std::string& path) {
  if (path == kDrugPath) return "YZKsiquc01req_1.xml";
  return path == kCheckupPath ? "TKKsiquc01req_1.xml" : "OQSsiquc01req_1.xml";
}

}  // namespace

class Center::Impl {
 public:
  Impl(const Site& site, const CenterOptions& options, std::unique_ptr<CardDesk> cards)
      : site_(site), options_(options), cards_(std::move(cards)) {}

  absl::Status Start() {
    absl::StatusOr<Descriptor> listener = ListenLocally(site_.center_port());
    if (!listener.ok()) return listener.status();
    const absl::StatusOr<std::string> password = ReadFile(site_.PkiFile("center-password"));
    if (!password.ok()) return password.status();
    tokens_.emplace(std::string(absl::StripSuffix(*password, "\n")), options_.token_for);
    thread_ =
        std::thread([this, socket = *std::move(listener)]() mutable { Listen(std::move(socket)); });
    return absl::OkStatus();
  }

  ~Impl() {
    stop_.Notify();
    if (thread_.joinable()) thread_.join();
    for (Connection& connection : connections_) connection.thread.join();
  }

 private:
  struct Connection {
    std::thread thread;
    std::atomic<bool> ended{false};
  };

  bool Stopping() const { return stop_.HasBeenNotified(); }
  bool GivesUp() const { return Stopping() || refuses_.load(); }

  std::vector<ActiveFault> Faults() const {
    absl::StatusOr<std::vector<ActiveFault>> faults = ReadFaults(site_);
    return faults.ok() ? *std::move(faults) : std::vector<ActiveFault>();
  }
  bool Has(Fault fault) const { return HasFault(Faults(), fault, 0); }

  void Listen(Descriptor listener) {
    while (!Stopping()) {
      const std::vector<ActiveFault> faults = Faults();
      const bool flapped_away =
          HasFault(faults, Fault::kLineFlapping, 0) &&
          absl::ToUnixSeconds(absl::Now()) / absl::ToInt64Seconds(kFlapEvery) % 2 == 0;
      refuses_ = flapped_away || HasFault(faults, Fault::kCenterRefuses, 0) ||
                 HasFault(faults, Fault::kExchangeGone, 0);
      if (refuses_) {
        listener = Descriptor();
        stop_.WaitForNotificationWithTimeout(kTurn);
        continue;
      }
      if (!listener.open()) {
        absl::StatusOr<Descriptor> again = ListenLocally(site_.center_port());
        if (again.ok()) listener = *std::move(again);
      }
      CleanUp();
      Descriptor socket = AcceptOne(listener, kTurn);
      if (socket.open() && connections_.size() < kMostConnections) {
        Connection& connection = connections_.emplace_back();
        connection.thread = std::thread([this, &connection, socket = std::move(socket)]() mutable {
          Serve(std::move(socket));
          connection.ended = true;
        });
      }
    }
  }

  void CleanUp() {
    for (auto connection = connections_.begin(); connection != connections_.end();) {
      if (connection->ended) {
        connection->thread.join();
        connection = connections_.erase(connection);
      } else {
        ++connection;
      }
    }
  }

  void Serve(Descriptor socket) {
    const std::string pair = Has(Fault::kCenterCertificateExpired) ? "center-expired" : "center";
    const absl::StatusOr<std::unique_ptr<TlsConnection>> connection =
        TlsConnection::Accept(std::move(socket),
                              {.certificate = site_.PkiFile(pair + ".pem"),
                               .key = site_.PkiFile(pair + ".key"),
                               .client_ca = site_.PkiFile("center-ca.pem")},
                              kHandshake, [this] { return GivesUp(); });
    if (!connection.ok()) return;
    std::string bytes;
    HttpRequest request;
    for (;;) {
      HttpParse parse = TakeRequest(bytes, request);
      while (parse == HttpParse::kIncomplete) {
        if (!(*connection)->Read(bytes, kIdle)) return;
        parse = TakeRequest(bytes, request);
      }
      if (parse == HttpParse::kBad || !Answer(**connection, request)) return;
    }
  }

  // False: the connection is over.
  bool Answer(TlsConnection& connection, const HttpRequest& request) {
    if (Has(Fault::kCenterHangs)) {
      LogQuestion(request, "unanswered");
      while (!GivesUp() && Has(Fault::kCenterHangs)) stop_.WaitForNotificationWithTimeout(kTurn);
      return false;
    }
    if (Has(Fault::kCenterResets)) {
      LogQuestion(request, "broken");
      connection.Reset();
      return false;
    }
    if (Has(Fault::kCenterFails)) {
      LogQuestion(request, "failed");
      return connection.Write(ResponseBytes({.status = 503, .body = "{}"}));
    }
    Reply reply = Route(request);
    if (reply.seen.has_value()) LogRequest(site_, *reply.seen).IgnoreError();
    if (!reply.seen.has_value()) return connection.Write(ResponseBytes(reply.response));
    stop_.WaitForNotificationWithTimeout(options_.answer_after);
    return Deliver(connection, reply);
  }

  bool Deliver(TlsConnection& connection, const Reply& reply) {
    const std::string bytes = ResponseBytes(reply.response);
    switch (reply.way) {
      case Way::kNever:
        connection.WaitForEnd();
        return false;
      case Way::kBroken:
        connection.Write(absl::string_view(bytes).substr(0, bytes.size() - 20));
        return false;
      case Way::kHeld:
        while (!GivesUp() && (Has(Fault::kAnswerLate) || Has(Fault::kRequestIgnored))) {
          stop_.WaitForNotificationWithTimeout(kTurn);
        }
        return connection.Write(bytes);
      case Way::kPlain:
        break;
    }
    if (!Has(Fault::kCenterSlow)) return connection.Write(bytes);
    const size_t length = bytes.size() / kSlowPieces + 1;
    for (size_t start = 0; start < bytes.size(); start += length) {
      if (!connection.Write(absl::string_view(bytes).substr(start, length))) return false;
      stop_.WaitForNotificationWithTimeout(kBetweenSlowPieces);
    }
    return true;
  }

  Reply Route(const HttpRequest& request) {
    if (request.method != "POST") return {.response = {.status = 405, .body = "{}"}};
    if (request.path == kLoginPath)
      return {.response =
                  Logged("login", tokens_->Login(request.body, Has(Fault::kCenterLoginRefused)))};
    if (request.path == kRenewPath)
      return {.response = Logged("renew", tokens_->Renew(request.body))};
    const bool asks = request.path == kQueryPath || request.path == kDrugPath ||
                      request.path == kCheckupPath || request.path == kCardPath ||
                      request.path == kEnrolPath;
    if (!asks && request.path != kChallengePath) {
      return {.response = {.status = 404, .body = "{}"}};
    }
    if (!tokens_->Know(request.authorization, Has(Fault::kCenterTokenExpired))) {
      if (asks) LogQuestion(request, "failed");
      return {.response = Logged("refused", {.status = 401, .body = "{}"})};
    }
    if (!asks) return {.response = Logged("challenge", Challenge(request.body))};
    return Question(request);
  }

  HttpResponse Logged(absl::string_view what, HttpResponse response) {
    JsonObject line;
    line.Text("what", what).Number("status", response.status);
    const std::string path = site_.SimFolder() + "/center.jsonl";
    const absl::MutexLock lock(&mu_);
    const Descriptor file(
        open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (file.open()) WriteAll(file.get(), absl::StrCat(line.Str(), "\n"), path).IgnoreError();
    return response;
  }

  HttpResponse Challenge(const std::string& body) {
    if (!oqs::ReadWebChallengeRequest(body).ok()) return {.status = 400, .body = "{}"};
    std::string challenge = oqs::WriteWebChallenge(cards_->GiveChallenge(absl::Now()));
    if (Has(Fault::kCenterGarbage)) challenge = crypto::RandomBytes(challenge.size());
    return {.body = std::move(challenge)};
  }

  // A question whose answer is not even looked for.
  void LogQuestion(const HttpRequest& request, const std::string& outcome) {
    if (request.path == kLoginPath || request.path == kRenewPath ||
        request.path == kChallengePath) {
      return;
    }
    SeenRequest seen = Seen(request);
    seen.outcome = outcome;
    LogRequest(site_, seen).IgnoreError();
  }

  static SeenRequest Seen(const HttpRequest& request) {
    SeenRequest seen{.file = "", .terminal = 0, .at = absl::Now()};
    if (request.path == kCardPath || request.path == kEnrolPath) {
      seen.family = request.path == kCardPath ? "card" : "enrol";
      const absl::StatusOr<oqs::WebCardQuestion> card = oqs::ReadWebCard(request.body);
      if (card.ok()) seen.identifier = card->identifier;
    } else {
      FillQuestion(NameOf(request.path), request.body, seen);
    }
    return seen;
  }

  Reply Question(const HttpRequest& request) {
    const std::vector<ActiveFault> faults = Faults();
    SeenRequest seen = Seen(request);
    absl::StatusOr<sim::Answer> answer =
        request.path == kCardPath || request.path == kEnrolPath
            ? AnswerCard(request, faults)
            : AnswerRequest(site_, GetRegistry(), NameOf(request.path), request.body,
                            {.now = absl::Now(),
                             .encoding = oqs::Encoding::kUtf8,
                             .tampering = TamperingOf(faults, 0),
                             .json = true});
    Reply reply;
    reply.way = WayOf(faults, seen.outcome);
    if (!answer.ok()) {
      reply.response = {.status = absl::IsInvalidArgument(answer.status()) ? 400 : 500,
                        .body = "{}"};
      seen.outcome = "failed";
    } else {
      seen.patient = answer->person;
      reply.response.body = std::move(answer->bytes);
      if (oqs::LooksLikePdf(reply.response.body)) reply.response.type = "application/pdf";
    }
    if (HasFault(faults, Fault::kCenterGarbage, 0)) {
      reply.response.body = crypto::RandomBytes(reply.response.body.size());
    }
    if (HasFault(faults, Fault::kAnswerUnreadable, 0)) {
      reply.response.body.insert(reply.response.body.size() / 2, "\xFD");
    }
    reply.seen = std::move(seen);
    return reply;
  }

  static Way WayOf(const std::vector<ActiveFault>& faults, std::string& outcome) {
    const auto has = [&](Fault fault) { return HasFault(faults, fault, 0); };
    outcome = "answered";
    if (has(Fault::kRequestEaten)) {
      outcome = "eaten";
      return Way::kNever;
    }
    if (has(Fault::kAnswerNever)) {
      outcome = "unanswered";
      return Way::kNever;
    }
    if (has(Fault::kAnswerLate) || has(Fault::kRequestIgnored)) {
      outcome = "held";
      return Way::kHeld;
    }
    if (has(Fault::kAnswerTruncated)) {
      outcome = "broken";
      return Way::kBroken;
    }
    return Way::kPlain;
  }

  absl::StatusOr<sim::Answer> AnswerCard(const HttpRequest& request,
                                         const std::vector<ActiveFault>& faults) {
    absl::StatusOr<oqs::WebCardQuestion> question = oqs::ReadWebCard(request.body);
    if (!question.ok()) return question.status();
    const bool enrols = question->card.purpose() == kept::v1::CardQuestion::PURPOSE_ENROL;
    if (enrols != (request.path == kEnrolPath)) {
      return absl::InvalidArgumentError("the purpose is another path's");
    }
    return cards_->AnswerCard(
        *question, {.faults = faults, .consent_for = options_.consent_for, .now = absl::Now()});
  }

  // Read with the first question.
  const Registry& GetRegistry() {
    absl::MutexLock lock(&mu_);
    if (!registry_.has_value()) {
      absl::StatusOr<Registry> registry = Registry::Load(site_);
      registry_ = registry.ok() ? *std::move(registry) : Registry();
    }
    return *registry_;
  }

  const Site& site_;
  const CenterOptions options_;
  const std::unique_ptr<CardDesk> cards_;
  // Set by Start.
  std::optional<CenterTokens> tokens_;
  absl::Notification stop_;
  std::atomic<bool> refuses_{false};
  absl::Mutex mu_;
  std::optional<Registry> registry_ ABSL_GUARDED_BY(mu_);
  // Of the listening thread.
  std::list<Connection> connections_;
  std::thread thread_;
};

Center::Center(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Center::~Center() = default;

absl::StatusOr<std::unique_ptr<Center>> Center::Start(const Site& site,
                                                      const CenterOptions& options) {
  absl::StatusOr<std::unique_ptr<CardDesk>> cards = CardDesk::Make(site);
  if (!cards.ok()) return cards.status();
  // Clients close while something is written to them.
  std::signal(SIGPIPE, SIG_IGN);
  auto impl = std::make_unique<Impl>(site, options, *std::move(cards));
  MDG_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Center>(new Center(std::move(impl)));
}

}  // namespace madoguchi::sim
