#include "agent/rpc/accept/accept_loop.h"

#include <fcntl.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_posix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/log.h"

namespace madoguchi::rpc {
namespace {

// What an epoll event is about; a connection's tag is its id plus kFirstConnection.
constexpr uint64_t kWakeTag = 0;
constexpr uint64_t kUnixTag = 1;
constexpr uint64_t kTcpTag = 2;
constexpr uint64_t kFirstConnection = 16;

// Per listener and turn: a flood on one listener must not keep the other one waiting.
constexpr int kAcceptsPerTurn = 16;
constexpr int kCutsWhenShort = 8;
constexpr absl::Duration kLongestWaiting = absl::Seconds(1);
constexpr absl::Duration kShortestSweep = absl::Milliseconds(1);
constexpr absl::Duration kLongestSweep = absl::Milliseconds(100);
constexpr absl::Duration kLongestWait = absl::Seconds(5);

std::string OwnerOf(uid_t uid) { return absl::StrCat("uid:", uid); }

Fd OpenSpare() { return Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool OutOfDescriptors(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// True when the peer has already gone: giving it to gRPC would only cost time.
bool HasHungUp(int fd) {
  pollfd look{fd, POLLRDHUP, 0};
  return ::poll(&look, 1, 0) == 1 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

bool AddToEpoll(int epoll, int fd, uint64_t tag, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

AcceptLoop::AcceptLoop(Parts parts, AcceptListeners listeners)
    : parts_(std::move(parts)),
      listeners_(std::move(listeners)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      spare_(OpenSpare()),
      sweep_interval_(kShortestSweep),
      next_reload_(parts_.now() + parts_.reload_every) {}

absl::StatusOr<std::unique_ptr<AcceptLoop>> AcceptLoop::Start(Parts parts,
                                                              AcceptListeners listeners) {
  std::unique_ptr<AcceptLoop> loop(new AcceptLoop(std::move(parts), std::move(listeners)));
  MDG_RETURN_IF_ERROR(loop->Prepare());
  loop->thread_ = std::thread([raw = loop.get()] { raw->Run(); });
  return loop;
}

absl::Status AcceptLoop::Prepare() {
  const bool unix_watched = listeners_.local.fd() < 0 ||
                            AddToEpoll(epoll_.get(), listeners_.local.fd(), kUnixTag, EPOLLIN);
  const bool tcp_watched =
      !listeners_.tcp.valid() || AddToEpoll(epoll_.get(), listeners_.tcp.get(), kTcpTag, EPOLLIN);
  if (!epoll_.valid() || !wake_.valid() || !spare_.valid() || !unix_watched || !tcp_watched ||
      !AddToEpoll(epoll_.get(), wake_.get(), kWakeTag, EPOLLIN)) {
    return base::MakeError(base::ErrorCode::kCannotListen, {.what = std::strerror(errno)});
  }
  return absl::OkStatus();
}

void AcceptLoop::Wake() {
  const uint64_t one = 1;
  // Full means that a wake is on its way already.
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof(one));
}

void AcceptLoop::StopListening() {
  if (!thread_.joinable()) {
    listeners_.local.Close();
    listeners_.tcp.Reset();
    return;
  }
  stop_listening_ = true;
  Wake();
  const absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(
      +[](bool* listening) { return !*listening; }, &listening_));
}

void AcceptLoop::Stop() {
  if (!thread_.joinable()) return;
  StopListening();
  stop_ = true;
  Wake();
  thread_.join();
}

void AcceptLoop::Run() {
  ::pthread_setname_np(::pthread_self(), "accept");
  while (!stop_) {
    HandleEvents(TimeoutMs());
    CheckListening();
    Sweep();
    GiveWaiting();
    ReloadTls();
  }
}

int AcceptLoop::TimeoutMs() const {
  const absl::Duration now = parts_.now();
  absl::Duration wait = std::min(kLongestWait, parts_.table->NextDeadline() - now);
  if (waiting_for_grpc_ > 0 || paused_ || !waiting_.empty()) wait = std::min(wait, sweep_interval_);
  if (parts_.tls != nullptr) wait = std::min(wait, next_reload_ - now);
  // Rounded up: a wait that ends just too early would spin.
  return static_cast<int>(absl::ToInt64Milliseconds(
      absl::Ceil(std::max(wait, absl::ZeroDuration()), absl::Milliseconds(1))));
}

void AcceptLoop::HandleEvents(int timeout_ms) {
  std::array<epoll_event, 64> events;
  const int count =
      ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
  for (int i = 0; i < count; ++i) HandleEvent(events[i].data.u64, events[i].events);
}

void AcceptLoop::HandleEvent(uint64_t tag, uint32_t events) {
  uint64_t count = 0;
  if (tag == kWakeTag) {
    [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &count, sizeof(count));
  } else if (tag == kUnixTag) {
    Accept(listeners_.local.fd(), &AcceptLoop::TakeUnix);
  } else if (tag == kTcpTag) {
    Accept(listeners_.tcp.get(), &AcceptLoop::TakeTcp);
  } else if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    parts_.table->End(tag - kFirstConnection);
  } else if (!GiveToGrpc(tag - kFirstConnection)) {
    waiting_.push_back({tag - kFirstConnection, parts_.now()});
  }
}

void AcceptLoop::CheckListening() {
  if (!stop_listening_) return;
  listeners_.local.Close();
  listeners_.tcp.Reset();
  const absl::MutexLock lock(&mu_);
  listening_ = false;
}

void AcceptLoop::Sweep() {
  size_t released = 0;
  const size_t before = waiting_for_grpc_;
  waiting_for_grpc_ = parts_.table->Sweep(parts_.now(), released);
  if (!spare_.valid()) spare_ = OpenSpare();
  // gRPC closes within a few milliseconds, unless a call of the connection has not ended yet.
  const bool progress = released > 0 || waiting_for_grpc_ != before;
  const bool idle = waiting_for_grpc_ == 0 && waiting_.empty() && !paused_;
  sweep_interval_ =
      progress || idle ? kShortestSweep : std::min(sweep_interval_ * 2, kLongestSweep);
  if (paused_) Pause(!parts_.table->HasSpace() || !spare_.valid());
}

void AcceptLoop::ReloadTls() {
  const absl::Duration now = parts_.now();
  if (parts_.tls == nullptr || now < next_reload_) return;
  next_reload_ = now + parts_.reload_every;
  parts_.tls->ReloadIfChanged();
}

void AcceptLoop::Pause(bool pause) {
  if (pause == paused_) return;
  paused_ = pause;
  epoll_event event{};
  event.events = pause ? 0U : static_cast<uint32_t>(EPOLLIN);
  if (listeners_.local.fd() >= 0) {
    event.data.u64 = kUnixTag;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listeners_.local.fd(), &event);
  }
  if (listeners_.tcp.valid()) {
    event.data.u64 = kTcpTag;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listeners_.tcp.get(), &event);
  }
}

void AcceptLoop::Accept(int listener, void (AcceptLoop::*take)(Fd)) {
  if (listener < 0) return;
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    if (!parts_.table->HasSpace()) {
      Pause(true);
      return;
    }
    Fd fd(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) {
      // Else the queue is empty, or a connection was given up in it: the next turn goes on.
      if (OutOfDescriptors(errno) && !MakeDescriptors()) TurnAwayOne(listener);
      return;
    }
    if (!HasHungUp(fd.get())) (this->*take)(std::move(fd));
  }
}

bool AcceptLoop::MakeDescriptors() {
  Pause(true);
  bool cut = false;
  for (int i = 0; i < kCutsWhenShort && parts_.table->CutOneUnproven(); ++i) cut = true;
  // Those that were cut before may still be on their way out.
  return cut || waiting_for_grpc_ > 0;
}

void AcceptLoop::TurnAwayOne(int listener) {
  spare_.Reset();
  const Fd unwanted(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (unwanted.valid()) parts_.table->CountRefused();
}

void AcceptLoop::TakeUnix(Fd fd) {
  ucred who{};
  socklen_t size = sizeof(who);
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return;
  ConnectionTable::Arrival arrival;
  arrival.kind = ConnectionTable::Kind::kUnix;
  arrival.owner = OwnerOf(who.uid);
  arrival.peer.kind = Peer::Kind::kUnix;
  arrival.peer.uid = who.uid;
  arrival.peer.pid = who.pid;
  Keep(arrival, std::move(fd));
}

void AcceptLoop::TakeTcp(Fd fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getpeername(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return;
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const RemoteAddress remote = ToRemoteAddress(address);
  ConnectionTable::Arrival arrival;
  arrival.kind = ConnectionTable::Kind::kTcp;
  arrival.owner = remote.host;
  arrival.address_key = AddressKey(remote);
  Keep(arrival, std::move(fd));
}

void AcceptLoop::Keep(const ConnectionTable::Arrival& arrival, Fd fd) {
  const absl::Duration now = parts_.now();
  if (!parts_.table->MakeRoomFor(arrival.owner, now)) {
    parts_.table->CountRefused();
    return;
  }
  ConnectionTable::Arrival kept = arrival;
  kept.kept_fd = fd.Release();
  const uint64_t id = parts_.table->Add(kept, now);
  // One-shot: armed again when gRPC has it, and an ended connection is looked at by the sweep.
  if (!AddToEpoll(epoll_.get(), kept.kept_fd, id + kFirstConnection,
                  EPOLLIN | EPOLLRDHUP | EPOLLONESHOT)) {
    parts_.table->End(id);
  }
}

bool AcceptLoop::GiveToGrpc(uint64_t id) {
  const ConnectionTable::HandOver handed = parts_.table->Give(id, parts_.now());
  if (handed.gone) return true;
  if (handed.grpc_fd < 0) {
    if (OutOfDescriptors(handed.error)) {
      MakeDescriptors();
    } else if (waiting_for_grpc_ == 0) {
      parts_.table->CutOneUnprovenOf(handed.owner);
    }
    return false;
  }
  if (handed.kind == ConnectionTable::Kind::kUnix) {
    grpc::AddInsecureChannelFromFd(parts_.server, handed.grpc_fd);
  } else {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
    parameters.fd = handed.grpc_fd;
    parts_.acceptor->HandleNewConnection(&parameters);
  }
  epoll_event event{};
  event.events = EPOLLRDHUP | EPOLLONESHOT;
  event.data.u64 = id + kFirstConnection;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, handed.kept_fd, &event) != 0) parts_.table->End(id);
  return true;
}

void AcceptLoop::GiveWaiting() {
  const absl::Duration now = parts_.now();
  while (!waiting_.empty()) {
    const Waiting first = waiting_.front();
    const bool given = GiveToGrpc(first.id);
    if (!given && now - first.since <= kLongestWaiting) return;
    waiting_.pop_front();
    if (given) continue;
    parts_.table->CountRefused();
    parts_.table->End(first.id);
  }
}

}  // namespace madoguchi::rpc
