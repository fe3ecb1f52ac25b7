#include "agent/web/http.h"

#include <algorithm>
#include <list>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/crypto/digest.h"
#include "agent/web/curl_handles.h"

namespace madoguchi::web {
namespace {

// One connection that has been idle for longer may be dead at the other end, and a request that is
// written into a dead one has an unknown outcome.
constexpr long kIdleSeconds = 10;
constexpr size_t kMostHeaderBytes = size_t{64} << 10;
constexpr long kMostConnections = 32;

void Add(Headers& headers, const std::string& line) {
  if (curl_slist* longer = curl_slist_append(headers.get(), line.c_str()); longer != nullptr) {
    static_cast<void>(headers.release());
    headers.reset(longer);
  }
}

struct Transfer {
  Request request;
  Http::Done done;
  Headers headers;
  Result result;
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
  transfer.result.why = Result::Why::kTooLarge;
  return 0;
}

size_t TakeBody(char* data, size_t size, size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  std::string& body = transfer.result.body;
  if (body.size() + size * count > transfer.request.most_bytes) {
    transfer.result.why = Result::Why::kTooLarge;
    return 0;
  }
  body.append(data, size * count);
  return size * count;
}

void SetUp(Transfer& transfer, const Keys& keys) {
  CURL* const easy = transfer.easy.get();
  const Request& request = transfer.request;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.words);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, request.plain ? "http,https" : "https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  SetUpConnection(easy, keys);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(request.connect_within));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, Milliseconds(request.within));
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, kIdleSeconds);
  if (request.method == "GET") {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  } else {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    Add(transfer.headers, "Content-Type: " + request.content_type);
  }
  Add(transfer.headers, "Accept: " + request.accept);
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

class Http::Impl {
 public:
  explicit Impl(Keys keys) : keys_(std::move(keys)) {
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

  void Start(Request request, Done done) {
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
      one.result.why = Result::Why::kBrokenOff;
      one.result.text = "no memory";
      End(one);
    }
    return true;
  }

  static void Judge(Transfer& transfer, CURLcode code) {
    Result& result = transfer.result;
    if (code == CURLE_OK) {
      long status = 0;
      curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
      result.kind = Result::Kind::kAnswered;
      result.status = static_cast<int>(status);
      curl_off_t seconds = 0;
      curl_easy_getinfo(transfer.easy.get(), CURLINFO_RETRY_AFTER, &seconds);
      result.retry_after = absl::Seconds(static_cast<int64_t>(seconds));
      return;
    }
    result.kind = transfer.may_leave ? Result::Kind::kBroken : Result::Kind::kNotSent;
    if (result.why == Result::Why::kNone) result.why = WhyOf(code);
    result.text = transfer.words[0] != '\0' ? transfer.words : curl_easy_strerror(code);
    // With TLS 1.3 the other side refuses our certificate only after the handshake.
    if (result.why == Result::Why::kBrokenOff && absl::StrContains(result.text, " alert ")) {
      result.why = Result::Why::kNotSecure;
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

  const Keys keys_;
  // Destroyed after the handles that were in it.
  Multi multi_;
  std::list<Transfer> transfers_;
  bool refused_ = false;
};

Http::Http(Keys keys) : impl_(std::make_unique<Impl>(std::move(keys))) {}
Http::~Http() = default;
void Http::Start(Request request, Done done) { impl_->Start(std::move(request), std::move(done)); }
void Http::Turn(absl::Duration wait, int wake_up) { impl_->Turn(wait, wake_up); }
int Http::Running() const { return impl_->Running(); }

}  // namespace madoguchi::web
