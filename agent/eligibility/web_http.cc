#include "agent/eligibility/web_http.h"

#include <curl/curl.h>

#include <algorithm>
#include <list>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/crypto/digest.h"

namespace madoguchi::eligibility {
namespace {

// One connection that has been idle for longer may be dead at the other end, and a request that is
// written into a dead one has an unknown outcome.
constexpr long kIdleSeconds = 10;
constexpr size_t kMostHeaderBytes = size_t{64} << 10;
constexpr long kMostConnections = 32;

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

// Once for the process; libcurl is used by one room only.
void InitOnce() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(done);
}

void Add(Headers& headers, const std::string& line) {
  if (curl_slist* longer = curl_slist_append(headers.get(), line.c_str()); longer != nullptr) {
    static_cast<void>(headers.release());
    headers.reset(longer);
  }
}

WebResult::Why WhyOf(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
      return WebResult::Why::kUnreachable;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
      return WebResult::Why::kNotSecure;
    case CURLE_OPERATION_TIMEDOUT:
      return WebResult::Why::kTooSlow;
    default:
      return WebResult::Why::kBrokenOff;
  }
}

struct Transfer {
  WebRequest request;
  WebHttp::Done done;
  Headers headers;
  WebResult result;
  size_t header_bytes = 0;
  char words[CURL_ERROR_SIZE] = "";
  // before_bytes was asked, and said yes.
  bool asked = false;
  bool may_leave = false;
  // Last: it uses what is above until it is gone.
  Easy easy;
};

int BeforeRequest(void* context, char*, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(context);
  if (transfer.request.before_bytes == nullptr) {
    transfer.may_leave = true;
    return CURL_PREREQFUNC_OK;
  }
  // libcurl tries another connection by itself when one that was kept turns out to be dead; what
  // was written into the first may have arrived all the same.
  if (std::exchange(transfer.asked, true)) return CURL_PREREQFUNC_ABORT;
  transfer.may_leave = transfer.request.before_bytes();
  return transfer.may_leave ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

size_t TakeHeader(char*, size_t size, size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  transfer.header_bytes += size * count;
  if (transfer.header_bytes <= kMostHeaderBytes) return size * count;
  transfer.result.why = WebResult::Why::kTooLarge;
  return 0;
}

size_t TakeBody(char* data, size_t size, size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  std::string& body = transfer.result.body;
  if (body.size() + size * count > transfer.request.most_bytes) {
    transfer.result.why = WebResult::Why::kTooLarge;
    return 0;
  }
  body.append(data, size * count);
  return size * count;
}

long Milliseconds(absl::Duration duration) {
  return std::max(1L, static_cast<long>(absl::ToInt64Milliseconds(duration)));
}

void SetUp(Transfer& transfer, const WebKeys& keys) {
  CURL* const easy = transfer.easy.get();
  const WebRequest& request = transfer.request;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.words);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // A name server that does not answer must not hold up the end of the program.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_CAINFO, keys.ca.c_str());
  // Without this the machine's own roots would count, too.
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_SSLCERT, keys.certificate.c_str());
  curl_easy_setopt(easy, CURLOPT_SSLKEY, keys.key.c_str());
  // Otherwise a key with a password would ask for it on the terminal.
  curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(request.connect_within));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, Milliseconds(request.within));
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, kIdleSeconds);
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
  Add(transfer.headers, "Content-Type: application/json;charset=UTF-8");
  Add(transfer.headers, "Accept: application/json");
  Add(transfer.headers, "Expect:");
  for (const std::string& header : request.headers) Add(transfer.headers, header);
  if (!request.token.empty()) {
    std::string line = absl::StrCat(request.token_header, ": ", request.token);
    Add(transfer.headers, line);
    crypto::Wipe(line);
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, BeforeRequest);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, TakeHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, TakeBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
}

}  // namespace

class WebHttp::Impl {
 public:
  explicit Impl(WebKeys keys) : keys_(std::move(keys)) {
    InitOnce();
    multi_.reset(curl_multi_init());
    curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kMostConnections);
  }

  ~Impl() {
    for (Transfer& transfer : transfers_) {
      curl_multi_remove_handle(multi_.get(), transfer.easy.get());
      crypto::Wipe(transfer.request.token);
    }
  }

  void Start(WebRequest request, Done done) {
    Transfer& transfer = transfers_.emplace_back();
    transfer.request = std::move(request);
    transfer.done = std::move(done);
    transfer.easy.reset(curl_easy_init());
    if (transfer.easy == nullptr) {
      refused_ = true;
      return;
    }
    SetUp(transfer, keys_);
    if (curl_multi_add_handle(multi_.get(), transfer.easy.get()) != CURLM_OK) {
      transfer.easy.reset();
      refused_ = true;
    }
  }

  void Turn(absl::Duration wait, int wake_up) {
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    // What waits for that may go on now.
    if (Finish()) return;
    curl_waitfd waker{.fd = wake_up, .events = CURL_WAIT_POLLIN, .revents = 0};
    curl_multi_poll(
        multi_.get(), &waker, 1,
        static_cast<int>(std::clamp<int64_t>(absl::ToInt64Milliseconds(wait), 0, 60000)), nullptr);
    curl_multi_perform(multi_.get(), &running);
    Finish();
  }

  int Running() const { return static_cast<int>(transfers_.size()); }

 private:
  bool Finish() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      Transfer* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      const CURLcode code = message->data.result;
      curl_multi_remove_handle(multi_.get(), message->easy_handle);
      Judge(*transfer, code);
      End(*transfer);
      any = true;
    }
    if (!std::exchange(refused_, false)) return any;
    for (auto transfer = transfers_.begin(); transfer != transfers_.end();) {
      Transfer& one = *transfer++;
      if (one.easy != nullptr) continue;
      one.result.why = WebResult::Why::kBrokenOff;
      one.result.text = "no memory";
      End(one);
    }
    return true;
  }

  static void Judge(Transfer& transfer, CURLcode code) {
    WebResult& result = transfer.result;
    if (code == CURLE_OK) {
      long status = 0;
      curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
      result.kind = WebResult::Kind::kAnswered;
      result.status = static_cast<int>(status);
      return;
    }
    result.kind = transfer.may_leave ? WebResult::Kind::kBroken : WebResult::Kind::kNotSent;
    if (result.why == WebResult::Why::kNone) result.why = WhyOf(code);
    result.text = transfer.words[0] != '\0' ? transfer.words : curl_easy_strerror(code);
    // With TLS 1.3 the other side refuses our certificate only after the handshake.
    if (result.why == WebResult::Why::kBrokenOff && absl::StrContains(result.text, " alert ")) {
      result.why = WebResult::Why::kNotSecure;
    }
    result.body.clear();
  }

  void End(Transfer& transfer) {
    const auto found = std::find_if(transfers_.begin(), transfers_.end(),
                                    [&](const Transfer& one) { return &one == &transfer; });
    // Out of the list first: `done` may start another one.
    std::list<Transfer> ended;
    ended.splice(ended.begin(), transfers_, found);
    crypto::Wipe(transfer.request.token);
    transfer.done(std::move(transfer.result));
  }

  const WebKeys keys_;
  // Destroyed after the handles that were in it.
  Multi multi_;
  std::list<Transfer> transfers_;
  bool refused_ = false;
};

WebHttp::WebHttp(WebKeys keys) : impl_(std::make_unique<Impl>(std::move(keys))) {}
WebHttp::~WebHttp() = default;
void WebHttp::Start(WebRequest request, Done done) {
  impl_->Start(std::move(request), std::move(done));
}
void WebHttp::Turn(absl::Duration wait, int wake_up) { impl_->Turn(wait, wake_up); }
int WebHttp::Running() const { return impl_->Running(); }

}  // namespace madoguchi::eligibility
