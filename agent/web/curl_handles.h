#ifndef MADOGUCHI_AGENT_WEB_CURL_HANDLES_H_
#define MADOGUCHI_AGENT_WEB_CURL_HANDLES_H_

#include <curl/curl.h>

#include <memory>

#include "absl/time/time.h"
#include "agent/web/http.h"

// For the files of this room only.
namespace madoguchi::web {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* handle) const {
    Free(handle);
  }
};
using Easy = std::unique_ptr<CURL, Freed<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, Freed<curl_multi_cleanup>>;
using Headers = std::unique_ptr<curl_slist, Freed<curl_slist_free_all>>;

// Once for the process.
void InitOnce();
Result::Why WhyOf(CURLcode code);
// At least 1.
long Milliseconds(absl::Duration duration);
// Who is trusted, and that nothing of the environment counts.
void SetUpConnection(CURL* easy, const Keys& keys);

}  // namespace madoguchi::web

#endif  // MADOGUCHI_AGENT_WEB_CURL_HANDLES_H_
