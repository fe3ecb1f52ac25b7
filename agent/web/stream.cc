#include "agent/web/stream.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "agent/web/curl_handles.h"

namespace madoguchi::web {
namespace {

constexpr size_t kChunk = size_t{16} << 10;
constexpr int64_t kLongestWaitMs = 60'000;

int MillisecondsUntil(absl::Time deadline) {
  const int64_t left =
      absl::ToInt64Milliseconds(absl::Ceil(deadline - absl::Now(), absl::Milliseconds(1)));
  return static_cast<int>(std::clamp<int64_t>(left, 0, kLongestWaitMs));
}

bool IsReadable(int fd) {
  pollfd one{.fd = fd, .events = POLLIN, .revents = 0};
  return fd >= 0 && poll(&one, 1, 0) > 0;
}

}  // namespace

class Stream::Impl {
 public:
  Impl() {
    InitOnce();
    multi_.reset(curl_multi_init());
    easy_.reset(curl_easy_init());
  }
  ~Impl() {
    if (added_) curl_multi_remove_handle(multi_.get(), easy_.get());
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result::Why Connect(const StreamTarget& target, const StreamPatience& patience,
                      std::string& text) {
    if (multi_ == nullptr || easy_ == nullptr) return Result::Why::kBrokenOff;
    const bool bracketed = absl::StrContains(target.host, ":");
    const std::string url = absl::StrCat(target.tls ? "https://" : "http://", bracketed ? "[" : "",
                                         target.host, bracketed ? "]" : "", ":", target.port, "/");
    char words[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(easy_.get(), CURLOPT_ERRORBUFFER, words);
    curl_easy_setopt(easy_.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy_.get(), CURLOPT_PROTOCOLS_STR, target.tls ? "https" : "http");
    curl_easy_setopt(easy_.get(), CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy_.get(), CURLOPT_SSL_ENABLE_ALPN, 0L);
    curl_easy_setopt(easy_.get(), CURLOPT_TCP_KEEPALIVE, 1L);
    SetUpConnection(easy_.get(), target.keys);
    curl_easy_setopt(easy_.get(), CURLOPT_CONNECTTIMEOUT_MS,
                     Milliseconds(patience.deadline - absl::Now()));
    added_ = curl_multi_add_handle(multi_.get(), easy_.get()) == CURLM_OK;
    if (!added_) return Result::Why::kBrokenOff;
    const Result::Why why = AwaitConnection(patience);
    curl_easy_setopt(easy_.get(), CURLOPT_ERRORBUFFER, nullptr);
    if (why == Result::Why::kNone) {
      curl_socket_t socket = CURL_SOCKET_BAD;
      curl_easy_getinfo(easy_.get(), CURLINFO_ACTIVESOCKET, &socket);
      fd_ = socket;
      if (fd_ >= 0) return why;
      return Result::Why::kBrokenOff;
    }
    text = words;
    return why;
  }

  int fd() const { return fd_; }

  // kDone with `moved`: that many; kTooLate: none at the moment.
  Moved TrySend(absl::string_view bytes, size_t& moved) {
    return MovedOf(curl_easy_send(easy_.get(), bytes.data(), bytes.size(), &moved));
  }
  Moved TryReceive(std::string& bytes) {
    char chunk[kChunk];
    size_t moved = 0;
    const CURLcode code = curl_easy_recv(easy_.get(), chunk, sizeof(chunk), &moved);
    const Moved result = code == CURLE_OK && moved == 0 ? Moved::kClosed : MovedOf(code);
    if (result == Moved::kDone) bytes.append(chunk, moved);
    return result;
  }

 private:
  static Moved MovedOf(CURLcode code) {
    if (code == CURLE_AGAIN) return Moved::kTooLate;
    return code == CURLE_OK ? Moved::kDone : Moved::kBroken;
  }

  Result::Why AwaitConnection(const StreamPatience& patience) {
    while (true) {
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      int left = 0;
      if (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
          message != nullptr && message->msg == CURLMSG_DONE) {
        return message->data.result == CURLE_OK ? Result::Why::kNone : WhyOf(message->data.result);
      }
      const int wait = MillisecondsUntil(patience.deadline);
      if (wait == 0) return Result::Why::kTooSlow;
      if (IsReadable(patience.stop_fd)) return Result::Why::kBrokenOff;
      curl_waitfd stop{.fd = patience.stop_fd, .events = CURL_WAIT_POLLIN, .revents = 0};
      curl_multi_poll(multi_.get(), &stop, patience.stop_fd >= 0 ? 1 : 0, wait, nullptr);
    }
  }

  Multi multi_;
  // Goes before the one it is in.
  Easy easy_;
  bool added_ = false;
  int fd_ = -1;
};

namespace {

// kDone when `fd` has one of `events`.
Stream::Moved Await(int fd, int16_t events, const StreamPatience& patience) {
  while (true) {
    const int wait = MillisecondsUntil(patience.deadline);
    pollfd watched[] = {{.fd = patience.stop_fd, .events = POLLIN, .revents = 0},
                        {.fd = fd, .events = events, .revents = 0}};
    const int ready = poll(watched, 2, wait);
    if (ready < 0 && errno != EINTR) return Stream::Moved::kBroken;
    if (ready > 0 && watched[0].revents != 0) return Stream::Moved::kStopped;
    if (ready > 0 && watched[1].revents != 0) return Stream::Moved::kDone;
    if (wait == 0) return Stream::Moved::kTooLate;
  }
}

}  // namespace

Stream::Stream() = default;
Stream::~Stream() = default;

Result::Why Stream::Connect(const StreamTarget& target, const StreamPatience& patience,
                            std::string& text) {
  impl_ = std::make_unique<Impl>();
  const Result::Why why = impl_->Connect(target, patience, text);
  if (why != Result::Why::kNone) impl_.reset();
  return why;
}

void Stream::Close() { impl_.reset(); }

bool Stream::Quiet() {
  if (impl_ == nullptr) return false;
  std::string bytes;
  return impl_->TryReceive(bytes) == Moved::kTooLate;
}

Stream::Moved Stream::Send(absl::string_view bytes, const StreamPatience& patience, size_t& sent) {
  sent = 0;
  while (sent < bytes.size()) {
    if (impl_ == nullptr) return Moved::kClosed;
    size_t moved = 0;
    Moved result = impl_->TrySend(bytes.substr(sent), moved);
    if (result == Moved::kDone) sent += moved;
    if (result == Moved::kTooLate || (result == Moved::kDone && moved == 0)) {
      result = Await(impl_->fd(), POLLOUT, patience);
    }
    if (result != Moved::kDone) return result;
  }
  return Moved::kDone;
}

Stream::Moved Stream::Receive(std::string& bytes, const StreamPatience& patience) {
  while (true) {
    if (impl_ == nullptr) return Moved::kClosed;
    const Moved tried = impl_->TryReceive(bytes);
    if (tried != Moved::kTooLate) return tried;
    if (const Moved waited = Await(impl_->fd(), POLLIN, patience); waited != Moved::kDone) {
      return waited;
    }
  }
}

}  // namespace madoguchi::web
