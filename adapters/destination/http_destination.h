#ifndef MADOGUCHI_ADAPTERS_DESTINATION_HTTP_DESTINATION_H_
#define MADOGUCHI_ADAPTERS_DESTINATION_HTTP_DESTINATION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/destination/destination.h"
#include "agent/web/http.h"

namespace madoguchi::adapters {

// How to log in; files are read again for each request, so that they can be replaced.
struct HttpLogin {
  enum class Kind : uint8_t { kNone, kBasic, kBearer };
  Kind kind = Kind::kNone;
  // For basic; no colon.
  std::string user = {};
  // The password or the token: one line of at most 4 KB. From the root.
  std::string file = {};
};

struct HttpConfig {
  // https://HOST[:PORT]/PATH; http:// only with `plain`. `{message_id}` and `{label}` are filled
  // in. For `fhir`: the base of the server.
  std::string url = {};
  // Without TLS: only where nobody else is on the line.
  bool plain = false;
  // POST, or PUT for a `url` with `{message_id}`.
  std::string method = "POST";
  // Each record as one FHIR transaction; the route's format has to be FHIR, the method POST.
  bool fhir = false;
  // See TransactionOf.
  bool find_patient = false;
  // `ca` for https; `certificate` and `key` where the server asks for them (mutual TLS).
  web::Keys keys = {};
  HttpLogin login = {};
  // Carries the message id, so that the receiver can drop repeats; empty: none.
  std::string id_header = "Idempotency-Key";
  // More of them, each `NAME: VALUE`; at most 16.
  std::vector<std::string> headers = {};
  // 1 s to 5 min each.
  absl::Duration connect_within = absl::Seconds(10);
  absl::Duration answer_within = absl::Seconds(60);
};

// One request for each piece, in order; connections are kept. What an answer means:
//   2xx            done; of a transaction, when each entry succeeded
//   401, 403       MDG-2307, tried again: it is about us, not about the record
//   408 425 429 5xx   MDG-2304, tried again, not before what Retry-After says
//   3xx and other 4xx   MDG-2305, refused; redirects are not followed
//   no HTTP        MDG-2306; no whole answer MDG-2303; no connection MDG-2301 or 2302: tried again
class HttpDestination final : public Destination {
 public:
  // MDG-1001 with the field of HttpConfig.
  static absl::StatusOr<std::unique_ptr<HttpDestination>> Make(HttpConfig config);
  ~HttpDestination() override;

  Delivered Deliver(const Parcel& parcel, const Patience& patience) override;
  // Of a FHIR server: GET metadata. Of others: connects, with TLS, and asks nothing.
  absl::Status Probe(const Patience& patience) override;

 private:
  explicit HttpDestination(HttpConfig config);

  Delivered DeliverPiece(const Parcel& parcel, const Piece& piece, const Patience& patience);
  absl::Status ProbeFhir(const Patience& patience);

  const HttpConfig config_;
  std::unique_ptr<web::Http> http_;
};

// Parts of http[s]://HOST[:PORT][/PATH].
struct UrlParts {
  bool tls = false;
  std::string host;
  int port = 0;
};
// MDG-1001 with `url` in `field` for anything else, also for one with a user in it.
absl::StatusOr<UrlParts> PartsOf(absl::string_view url);
// `Basic ...` or `Bearer ...`, empty for none. MDG-2307 when the file cannot be read.
absl::StatusOr<std::string> AuthorizationOf(const HttpLogin& login);
absl::Status CheckLogin(const HttpLogin& login);
// One request, until it is answered, broken off or stopped; `http` is made anew after the latter.
web::Result Ask(std::unique_ptr<web::Http>& http, const web::Keys& keys, web::Request request,
                const Patience& patience);
// What is made of an answer by its status alone, and of none.
Delivered JudgeHttp(const web::Result& result, const std::string& where);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_DESTINATION_HTTP_DESTINATION_H_
