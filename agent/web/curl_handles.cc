#include "agent/web/curl_handles.h"

#include <algorithm>

namespace madoguchi::web {

void InitOnce() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(done);
}

Result::Why WhyOf(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
      return Result::Why::kUnreachable;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
      return Result::Why::kNotSecure;
    case CURLE_OPERATION_TIMEDOUT:
      return Result::Why::kTooSlow;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return Result::Why::kNoHttp;
    default:
      return Result::Why::kBrokenOff;
  }
}

long Milliseconds(absl::Duration duration) {
  return std::max(1L, static_cast<long>(absl::ToInt64Milliseconds(duration)));
}

void SetUpConnection(CURL* easy, const Keys& keys) {
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // A name server that does not answer must not hold up the end of the program.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_CAINFO, keys.ca.c_str());
  // Without this the machine's own roots would count, too.
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  if (!keys.certificate.empty()) {
    curl_easy_setopt(easy, CURLOPT_SSLCERT, keys.certificate.c_str());
    curl_easy_setopt(easy, CURLOPT_SSLKEY, keys.key.c_str());
  }
  // Otherwise a key with a password would ask for it on the terminal.
  curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");
}

}  // namespace madoguchi::web
