#include "adapters/destination/http_destination.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "adapters/destination/checks.h"
#include "adapters/destination/fhir_transaction.h"
#include "adapters/destination/outcome.h"
#include "agent/web/stream.h"

namespace madoguchi::adapters {
namespace {

constexpr size_t kMostHeaders = 16;
constexpr size_t kMostHeaderBytes = 1024;
// Of an answer: a transaction's has an entry for each of ours.
constexpr size_t kMostAnswerBytes = size_t{16} << 20;
constexpr char kFhirJson[] = "application/fhir+json";
constexpr char kMessageId[] = "{message_id}";

bool IsHeaderName(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_';
  });
}

bool IsHeader(absl::string_view line) {
  const size_t colon = line.find(':');
  return line.size() <= kMostHeaderBytes && colon != absl::string_view::npos &&
         IsHeaderName(line.substr(0, colon)) &&
         std::none_of(line.begin(), line.end(),
                      [](unsigned char c) { return absl::ascii_iscntrl(c); });
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpDestination>> HttpDestination::Make(HttpConfig config) {
  const absl::StatusOr<UrlParts> parts = PartsOf(config.url);
  if (!parts.ok()) return parts.status();
  if (!parts->tls && !config.plain) {
    return NotAllowed("url", "https://; http:// needs plain = true");
  }
  if (parts->tls) MDG_RETURN_IF_ERROR(CheckKeys(config.keys));
  if (config.method != "POST" && config.method != "PUT") {
    return NotAllowed("method", "POST, PUT");
  }
  if (config.method == "PUT" && (config.fhir || !absl::StrContains(config.url, kMessageId))) {
    return NotAllowed("method", "PUT only for a url with {message_id}, and not for FHIR");
  }
  if (config.find_patient && !config.fhir) {
    return NotAllowed("find_patient", "true only with fhir = true");
  }
  MDG_RETURN_IF_ERROR(CheckLogin(config.login));
  if (!config.id_header.empty() && !IsHeaderName(config.id_header)) {
    return NotAllowed("id_header", "the name of a header");
  }
  if (config.headers.size() > kMostHeaders ||
      !std::all_of(config.headers.begin(), config.headers.end(), IsHeader)) {
    return NotAllowed("headers", "up to 16 of NAME: VALUE");
  }
  MDG_RETURN_IF_ERROR(CheckTime("connect_within", config.connect_within));
  MDG_RETURN_IF_ERROR(CheckTime("answer_within", config.answer_within));
  return std::unique_ptr<HttpDestination>(new HttpDestination(std::move(config)));
}

HttpDestination::HttpDestination(HttpConfig config)
    : config_(std::move(config)), http_(std::make_unique<web::Http>(config_.keys)) {}

HttpDestination::~HttpDestination() = default;

Delivered HttpDestination::Deliver(const Parcel& parcel, const Patience& patience) {
  for (const Piece& piece : parcel.pieces) {
    Delivered delivered = DeliverPiece(parcel, piece, patience);
    if (delivered.kind != Delivered::Kind::kDone) return delivered;
  }
  return Done();
}

Delivered HttpDestination::DeliverPiece(const Parcel& parcel, const Piece& piece,
                                        const Patience& patience) {
  web::Request request;
  request.url =
      absl::StrReplaceAll(config_.url, {{kMessageId, parcel.message_id}, {"{label}", piece.label}});
  request.plain = config_.plain;
  request.method = config_.method;
  request.content_type = parcel.media_type;
  request.accept = config_.fhir ? kFhirJson : "*/*";
  int entries = 0;
  if (config_.fhir) {
    absl::StatusOr<Transaction> transaction = TransactionOf(piece.bytes, config_.find_patient);
    if (!transaction.ok()) {
      return {.kind = Delivered::Kind::kRefused, .why = transaction.status()};
    }
    request.body = std::move(transaction->json);
    entries = transaction->entries;
  } else {
    request.body = piece.bytes;
  }
  request.headers = config_.headers;
  if (!config_.id_header.empty()) {
    const std::string id = parcel.pieces.size() == 1
                               ? parcel.message_id
                               : absl::StrCat(parcel.message_id, "-", piece.label);
    request.headers.push_back(absl::StrCat(config_.id_header, ": ", id));
  }
  absl::StatusOr<std::string> authorization = AuthorizationOf(config_.login);
  if (!authorization.ok()) {
    return {.kind = Delivered::Kind::kTryAgain, .why = authorization.status()};
  }
  request.token_header = "Authorization";
  request.token = *std::move(authorization);
  request.connect_within = config_.connect_within;
  request.within = config_.answer_within;
  request.most_bytes = kMostAnswerBytes;
  const web::Result result = Ask(http_, config_.keys, std::move(request), patience);
  Delivered judged = JudgeHttp(result, config_.url);
  if (!config_.fhir || judged.kind != Delivered::Kind::kDone) return judged;
  absl::Status answer = CheckTransactionAnswer(result.body, entries);
  if (answer.ok()) return Done();
  const bool refused = base::Is(answer, base::ErrorCode::kDestinationRefused);
  return {.kind = refused ? Delivered::Kind::kRefused : Delivered::Kind::kTryAgain,
          .why = std::move(answer)};
}

absl::Status HttpDestination::Probe(const Patience& patience) {
  if (absl::Status login = AuthorizationOf(config_.login).status(); !login.ok()) return login;
  if (config_.fhir) return ProbeFhir(patience);
  const absl::StatusOr<UrlParts> parts = PartsOf(config_.url);
  if (!parts.ok()) return parts.status();
  web::Stream stream;
  std::string text;
  const web::Result::Why why = stream.Connect(
      {.host = parts->host, .port = parts->port, .tls = parts->tls, .keys = config_.keys},
      {.deadline = std::min(patience.deadline, absl::Now() + config_.connect_within),
       .stop_fd = patience.stop_fd},
      text);
  if (why == web::Result::Why::kNone) return absl::OkStatus();
  return base::MakeError(why == web::Result::Why::kNotSecure
                             ? base::ErrorCode::kDestinationNotSecure
                             : base::ErrorCode::kDestinationUnreachable,
                         {.what = std::move(text), .field = config_.url});
}

absl::Status HttpDestination::ProbeFhir(const Patience& patience) {
  web::Request request;
  request.url = absl::StrCat(absl::StripSuffix(config_.url, "/"), "/metadata");
  request.plain = config_.plain;
  request.method = "GET";
  request.accept = kFhirJson;
  request.headers = config_.headers;
  request.token_header = "Authorization";
  request.token = AuthorizationOf(config_.login).value_or("");
  request.connect_within = config_.connect_within;
  request.within = config_.answer_within;
  request.most_bytes = kMostAnswerBytes;
  return JudgeHttp(Ask(http_, config_.keys, std::move(request), patience), config_.url).why;
}

}  // namespace madoguchi::adapters
