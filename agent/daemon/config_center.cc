#include "agent/daemon/config_center.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace madoguchi::daemon {
namespace {

using config::AnyName;
using config::AnyPath;
using config::Check;
using config::Section;
using eligibility::Topic;

// What a public client was seen to use (reference 1).
constexpr char kLogin[] = "/oqs-api-pro/MSA12020/ILI12020SV01/auth";
constexpr char kQuery[] = "/oqs-api-pro/MSA01030/ILI01030SV01/search";
constexpr size_t kMostText = 2000;

bool IsPlain(absl::string_view text) {
  return text.size() <= kMostText && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isgraph(static_cast<unsigned char>(c));
         });
}

// https://HOST or https://HOST:PORT, without anything behind it.
bool IsOrigin(const std::string& text) {
  absl::string_view rest = text;
  return absl::ConsumePrefix(&rest, "https://") && !rest.empty() && IsPlain(rest) &&
         rest.find_first_of("/?#@\\") == absl::string_view::npos;
}

// A path, or a whole address.
bool IsPlace(const std::string& text) {
  if (!IsPlain(text) || absl::StrContains(text, "#")) return false;
  if (absl::StartsWith(text, "/")) return true;
  const size_t path = text.find('/', std::string("https://").size());
  return path != std::string::npos && IsOrigin(text.substr(0, path));
}

bool IsHeaderName(const std::string& text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
  });
}

bool IsHeader(const std::string& text) {
  const size_t colon = text.find(": ");
  return colon != std::string::npos && IsHeaderName(text.substr(0, colon)) &&
         text.size() <= kMostText && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isprint(static_cast<unsigned char>(c));
         });
}

bool IsTopic(const std::string& text) {
  return text == "identifiers" || text == "cards" || text == "records";
}

Topic TopicOf(const std::string& text) {
  if (text == "cards") return Topic::kCards;
  return text == "records" ? Topic::kRecords : Topic::kIdentifiers;
}

}  // namespace

eligibility::WebConfig ReadCenter(Section& from,
                                  const std::function<std::string(const std::string&)>& absolute) {
  eligibility::WebConfig to;
  to.name = from.Text("name", AnyName(), to.name);
  const std::string url =
      from.Text("url", {IsOrigin, "https://HOST or https://HOST:PORT"}, "", true);
  const auto place = [&](const char* key, const std::string& fallback, bool required) {
    std::string text =
        from.Text(key, {IsPlace, "a path that begins with /, or a whole https:// address"},
                  fallback, required);
    return absl::StartsWith(text, "/") ? url + text : text;
  };
  for (const std::string& text :
       from.List("answers", {IsTopic, "\"identifiers\", \"cards\" and \"records\""}, true)) {
    to.answers.push_back(TopicOf(text));
  }
  if (to.answers.empty()) {
    from.RefuseKey("answers", "at least one of \"identifiers\", \"cards\" and \"records\"");
  }
  to.counters = from.List("counters", AnyName(), false);
  const auto answers = [&](Topic topic) {
    return std::find(to.answers.begin(), to.answers.end(), topic) != to.answers.end();
  };
  to.login_url = place("login", kLogin, false);
  to.renew_url = place("renew", "", false);
  to.query_url = place("query", kQuery, false);
  to.drug_url = place("drug", "", answers(Topic::kRecords));
  to.checkup_url = place("checkup", "", answers(Topic::kRecords));
  to.challenge_url = place("challenge", "", answers(Topic::kCards));
  to.card_url = place("card", "", answers(Topic::kCards));
  to.enrol_url = place("enrol", "", answers(Topic::kCards));
  to.token_header =
      from.Text("token_header", {IsHeaderName, "the name of a header: letters, digits, - and _"},
                to.token_header);
  to.headers = from.List("headers", {IsHeader, "headers, each `NAME: VALUE`"}, false);
  to.keys.certificate = absolute(from.Text("certificate", AnyPath(), "", true));
  to.keys.key = absolute(from.Text("key", AnyPath(), "", true));
  to.keys.ca = absolute(from.Text("ca", AnyPath(), "", true));
  to.account = from.Text(
      "account",
      {[](const std::string& text) { return !text.empty() && text.size() <= 128 && IsPlain(text); },
       "1 to 128 printable characters of ASCII"},
      "", true);
  to.password_file = absolute(from.Text("password_file", AnyPath(), "", true));
  to.token_lifetime =
      from.Time("token_lifetime", absl::Seconds(1), absl::Hours(24), to.token_lifetime);
  to.connect_within =
      from.Time("connect_within", absl::Milliseconds(100), absl::Minutes(1), to.connect_within);
  to.answer_within =
      from.Time("answer_within", absl::Seconds(1), absl::Minutes(5), to.answer_within);
  to.most_in_flight = static_cast<int>(from.Number("sessions", 1, 32, to.most_in_flight));
  to.try_again_after =
      from.Time("try_again_after", absl::Seconds(1), absl::Hours(1), to.try_again_after);
  from.RefuseUnknown();
  return to;
}

}  // namespace madoguchi::daemon
