#include "adapters/destination/http_destination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "adapters/destination/fhir_transaction.h"
#include "agent/base/error.h"
#include "tests/adapters/destination/parcels.h"
#include "tests/adapters/destination/peer.h"
#include "tests/store/temp_dir.h"

namespace madoguchi::adapters {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kBundle[] =
    R"({"resourceType":"Bundle","type":"collection","entry":[)"
    R"({"fullUrl":"urn:uuid:p1","resource":{"resourceType":"Patient","id":"p1",)"
    R"("identifier":[{"system":"urn:oid:1.2","value":"00042"},{"system":"x","value":"y"}]}},)"
    R"({"fullUrl":"urn:uuid:c1","resource":{"resourceType":"Coverage","id":"c1","order":1.10,)"
    R"("contained":[{"resourceType":"X","id":"no"}],"beneficiary":{"reference":"urn:uuid:p1"}}}]})";
constexpr char kFineAnswer[] =
    R"({"resourceType":"Bundle","type":"transaction-response","entry":[)"
    R"({"response":{"status":"201 Created"}},{"response":{"status":"200"}}]})";

// Reads one request; head and body.
std::string TakeRequest(PeerConnection& connection) {
  std::string request = connection.ReadUntil("\r\n\r\n");
  size_t length = 0;
  if (const size_t at = request.find("Content-Length: "); at != std::string::npos) {
    const size_t from = at + sizeof("Content-Length: ") - 1;
    static_cast<void>(
        absl::SimpleAtoi(request.substr(from, request.find('\r', from) - from), &length));
  }
  return request + connection.Read(length);
}

std::string AnswerOf(const std::string& status, const std::string& body = "",
                     const std::string& more = "") {
  return absl::StrCat("HTTP/1.1 ", status, "\r\n", more, "Content-Length: ", body.size(),
                      "\r\n\r\n", body);
}

struct Asked {
  Delivered delivered;
  std::string request;
};

Asked AnsweredWith(const std::string& answer, HttpConfig config, const Parcel& parcel) {
  Asked asked;
  Peer peer([&](PeerConnection& connection, int) {
    const std::string request = TakeRequest(connection);
    if (!request.empty()) asked.request = request;
    connection.Write(answer);
  });
  config.url = absl::StrCat("http://127.0.0.1:", peer.port(), config.url);
  config.plain = true;
  config.answer_within = absl::Seconds(5);
  const auto destination = HttpDestination::Make(config).value();
  asked.delivered = destination->Deliver(parcel, Within(kLong));
  return asked;
}

TEST(HttpDestination, PostsWhatItIsGiven) {
  const Asked asked =
      AnsweredWith(AnswerOf("204 No Content"), {.url = "/in?a=b"}, ParcelOf("body"));
  EXPECT_EQ(asked.delivered.kind, Delivered::Kind::kDone) << asked.delivered.why;
  EXPECT_THAT(asked.request, HasSubstr("POST /in?a=b HTTP/1.1\r\n"));
  EXPECT_THAT(asked.request, HasSubstr("\r\nContent-Type: text/plain\r\n"));
  EXPECT_THAT(asked.request, HasSubstr("\r\nIdempotency-Key: M0000000000000000001\r\n"));
  EXPECT_THAT(asked.request, Not(HasSubstr("Authorization")));
  EXPECT_TRUE(absl::EndsWith(asked.request, "\r\n\r\nbody"));
}

TEST(HttpDestination, PutsUnderAnAddressOfItsOwn) {
  HttpConfig config{.url = "/in/{message_id}-{label}", .method = "PUT"};
  config.headers = {"X-Site: 9"};
  const Asked asked = AnsweredWith(AnswerOf("201 Created"), config, ParcelOf("body"));
  EXPECT_EQ(asked.delivered.kind, Delivered::Kind::kDone);
  EXPECT_THAT(asked.request, HasSubstr("PUT /in/M0000000000000000001-1 HTTP/1.1\r\n"));
  EXPECT_THAT(asked.request, HasSubstr("\r\nX-Site: 9\r\n"));
}

TEST(HttpDestination, LogsInWithWhatTheFileSays) {
  const store::TempDir dir;
  WriteText(dir / "secret", "open sesame\n");
  HttpConfig config{.url = "/"};
  config.login = {.kind = HttpLogin::Kind::kBasic, .user = "clinic", .file = dir / "secret"};
  EXPECT_THAT(AnsweredWith(AnswerOf("200 OK"), config, ParcelOf("x")).request,
              HasSubstr("\r\nAuthorization: Basic Y2xpbmljOm9wZW4gc2VzYW1l\r\n"));
  config.login.kind = HttpLogin::Kind::kBearer;
  EXPECT_THAT(AnsweredWith(AnswerOf("200 OK"), config, ParcelOf("x")).request,
              HasSubstr("\r\nAuthorization: Bearer open sesame\r\n"));
  for (const char* wrong : {"", "\n", "two\nlines"}) {
    WriteText(dir / "secret", wrong);
    const Asked asked = AnsweredWith(AnswerOf("200 OK"), config, ParcelOf("x"));
    EXPECT_TRUE(base::Is(asked.delivered.why, base::ErrorCode::kDestinationLoginRefused));
    EXPECT_EQ(asked.request, "");
  }
}

TEST(HttpDestination, JudgesAnswers) {
  using Kind = Delivered::Kind;
  struct Case {
    std::string answer;
    Kind kind;
    base::ErrorCode code;
  };
  const Case cases[] = {
      {AnswerOf("401 U"), Kind::kTryAgain, base::ErrorCode::kDestinationLoginRefused},
      {AnswerOf("403 F"), Kind::kTryAgain, base::ErrorCode::kDestinationLoginRefused},
      {AnswerOf("408 T"), Kind::kTryAgain, base::ErrorCode::kDestinationBusy},
      {AnswerOf("500 E", "Yamada"), Kind::kTryAgain, base::ErrorCode::kDestinationBusy},
      {AnswerOf("400 B", "Yamada"), Kind::kRefused, base::ErrorCode::kDestinationRefused},
      {AnswerOf("422 B"), Kind::kRefused, base::ErrorCode::kDestinationRefused},
      {AnswerOf("302 Found", "", "Location: http://127.0.0.1:1/\r\n"), Kind::kRefused,
       base::ErrorCode::kDestinationRefused},
      {"garbage\r\n\r\n", Kind::kTryAgain, base::ErrorCode::kDestinationAnswerUnusable},
      {"", Kind::kTryAgain, base::ErrorCode::kDestinationSilent},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", Kind::kTryAgain,
       base::ErrorCode::kDestinationSilent},
      {absl::StrCat("HTTP/1.1 200 OK\r\nX: ", std::string(100'000, 'x'), "\r\n\r\n"),
       Kind::kTryAgain, base::ErrorCode::kDestinationAnswerUnusable},
  };
  for (const Case& one : cases) {
    const Delivered delivered = AnsweredWith(one.answer, {.url = "/"}, ParcelOf("x")).delivered;
    EXPECT_EQ(delivered.kind, one.kind) << one.answer.substr(0, 60);
    EXPECT_TRUE(base::Is(delivered.why, one.code)) << delivered.why;
    EXPECT_THAT(std::string(delivered.why.message()), Not(HasSubstr("Yamada")));
  }
}

TEST(HttpDestination, WaitsAsLongAsItIsAskedTo) {
  const auto waits = [](const std::string& seconds) {
    return AnsweredWith(AnswerOf("429 Slow", "", absl::StrCat("Retry-After: ", seconds, "\r\n")),
                        {.url = "/"}, ParcelOf("x"))
        .delivered.wait;
  };
  EXPECT_EQ(waits("120"), absl::Seconds(120));
  EXPECT_EQ(waits("99999999"), absl::Hours(1));
  EXPECT_EQ(waits("soon"), absl::ZeroDuration());
}

TEST(HttpDestination, MakesTransactions) {
  Parcel parcel = ParcelOf(kBundle);
  parcel.media_type = "application/fhir+json";
  const HttpConfig config{.url = "/fhir", .fhir = true};
  const Asked asked = AnsweredWith(AnswerOf("200 OK", kFineAnswer), config, parcel);
  EXPECT_EQ(asked.delivered.kind, Delivered::Kind::kDone) << asked.delivered.why;
  EXPECT_THAT(asked.request, HasSubstr(R"("type":"transaction")"));
  EXPECT_THAT(asked.request, HasSubstr(R"("request":{"method":"PUT","url":"Patient/p1"})"));
  EXPECT_THAT(asked.request, HasSubstr(R"("request":{"method":"PUT","url":"Coverage/c1"})"));
  EXPECT_THAT(asked.request, HasSubstr(R"("order":1.10)"));

  EXPECT_EQ(AnsweredWith(AnswerOf("200 OK", "{}"), config, parcel).delivered.kind,
            Delivered::Kind::kTryAgain);
  EXPECT_EQ(AnsweredWith(AnswerOf("200 OK"), config, ParcelOf("no json")).delivered.kind,
            Delivered::Kind::kRefused);
}

TEST(FhirTransaction, FindsThePatientByItsFirstIdentifier) {
  const Transaction transaction = TransactionOf(kBundle, true).value();
  EXPECT_THAT(transaction.json,
              HasSubstr(R"("request":{"method":"POST","url":"Patient",)"
                        R"("ifNoneExist":"identifier=urn%3Aoid%3A1.2%7C00042"})"));
  EXPECT_EQ(transaction.entries, 2);
}

TEST(FhirTransaction, LooksAtEachEntryOfTheAnswer) {
  EXPECT_TRUE(CheckTransactionAnswer(kFineAnswer, 2).ok());
  for (const char* wrong :
       {"", "[]", "{}", R"({"resourceType":"Bundle","type":"transaction-response"})",
        R"({"resourceType":"OperationOutcome"})",
        R"({"resourceType":"Bundle","type":"transaction-response","entry":[{},{}]})",
        R"({"resourceType":"Bundle","type":"transaction-response","entry":[
            {"response":{"status":"2"}},{"response":{"status":"200"}}]})"}) {
    EXPECT_TRUE(
        base::Is(CheckTransactionAnswer(wrong, 2), base::ErrorCode::kDestinationAnswerUnusable))
        << wrong;
  }
  EXPECT_FALSE(CheckTransactionAnswer(kFineAnswer, 3).ok());
  EXPECT_TRUE(base::Is(
      CheckTransactionAnswer(R"({"resourceType":"Bundle","type":"transaction-response","entry":[
            {"response":{"status":"201"}},{"response":{"status":"422 No"}}]})",
                             2),
      base::ErrorCode::kDestinationRefused));
}

TEST(HttpDestination, ProbesWithoutSendingARecord) {
  std::vector<std::string> seen;
  {
    Peer peer([&](PeerConnection& connection, int index) {
      if (index == 0) return;
      seen.push_back(TakeRequest(connection));
      connection.Write(AnswerOf(index == 1 ? "200 OK" : "401 U", "{}"));
    });
    HttpConfig config{.url = absl::StrCat("http://127.0.0.1:", peer.port(), "/fhir/"),
                      .plain = true};
    EXPECT_TRUE(HttpDestination::Make(config).value()->Probe(Within(kLong)).ok());
    config.fhir = true;
    EXPECT_TRUE(HttpDestination::Make(config).value()->Probe(Within(kLong)).ok());
    EXPECT_TRUE(base::Is(HttpDestination::Make(config).value()->Probe(Within(kLong)),
                         base::ErrorCode::kDestinationLoginRefused));
  }
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_THAT(seen[0], HasSubstr("GET /fhir/metadata HTTP/1.1"));
}

TEST(HttpConfig, IsChecked) {
  const auto ok = [](const HttpConfig& config) { return HttpDestination::Make(config).ok(); };
  EXPECT_TRUE(ok({.url = "https://a/b", .keys = {.ca = "/ca"}}));
  EXPECT_TRUE(ok({.url = "https://[::1]:8443/b", .keys = {.ca = "/ca"}}));
  EXPECT_FALSE(ok({.url = "https://a/b"}));
  EXPECT_FALSE(ok({.url = "http://a/b"}));
  EXPECT_TRUE(ok({.url = "http://a/b", .plain = true}));
  for (const char* wrong : {"", "ftp://a/", "http://", "http://a:0/", "http://u:p@a/",
                            "http://a/ b", "http://a:b/", "a/b"}) {
    EXPECT_FALSE(ok({.url = wrong, .plain = true})) << wrong;
  }
  EXPECT_FALSE(ok({.url = "http://a/", .plain = true, .method = "DELETE"}));
  EXPECT_FALSE(ok({.url = "http://a/", .plain = true, .method = "PUT"}));
  EXPECT_FALSE(ok({.url = "http://a/", .plain = true, .find_patient = true}));
  EXPECT_FALSE(ok({.url = "http://a/", .plain = true, .headers = {"X: a\r\nY: b"}}));
  EXPECT_FALSE(
      ok({.url = "http://a/", .plain = true, .login = {.kind = HttpLogin::Kind::kBearer}}));
  EXPECT_FALSE(ok({.url = "https://a/", .keys = {.certificate = "/c", .ca = "/ca"}}));
}

}  // namespace
}  // namespace madoguchi::adapters
