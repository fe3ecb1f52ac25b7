#include "agent/rpc/accept/accept_loop.h"

#include <fcntl.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_posix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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
constexpr absl::Duration kShortestSweep = absl::Milliseconds(1);
constexpr absl::Duration kLongestSweep = absl::Milliseconds(100);
constexpr absl::Duration kLongestWait = absl::Seconds(5);

std::string OwnerOf(uid_t uid) { return absl::StrCat("uid:", uid); }

Fd OpenSpare() { return Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool OutOfDescriptors(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
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
    ReloadTls();
  }
}

int AcceptLoop::TimeoutMs() const {
  const absl::Duration now = parts_.now();
  absl::Duration wait = std::min(kLongestWait, parts_.table->NextDeadline() - now);
  if (waiting_for_grpc_ > 0 || paused_) wait = std::min(wait, sweep_interval_);
  if (parts_.tls != nullptr) wait = std::min(wait, next_reload_ - now);
  // Rounded up: a wait that ends just too early would spin.
  return static_cast<int>(absl::ToInt64Milliseconds(
      absl::Ceil(std::max(wait, absl::ZeroDuration()), absl::Milliseconds(1))));
}

void AcceptLoop::HandleEvents(int timeout_ms) {
  std::array<epoll_event, 64> events;
  const int count =
      ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
  for (int i = 0; i < count; ++i) HandleEvent(events[i].data.u64);
}

void AcceptLoop::HandleEvent(uint64_t tag) {
  uint64_t count = 0;
  if (tag == kWakeTag) {
    [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &count, sizeof(count));
  } else if (tag == kUnixTag) {
    Accept(listeners_.local.fd(), &AcceptLoop::TakeUnix);
  } else if (tag == kTcpTag) {
    Accept(listeners_.tcp.get(), &AcceptLoop::TakeTcp);
  } else {
    parts_.table->End(tag - kFirstConnection);
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
  const bool idle = waiting_for_grpc_ == 0 && !paused_;
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

void AcceptLoop::Accept(int listener, Outcome (AcceptLoop::*take)(Fd)) {
  if (listener < 0) return;
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    if (!parts_.table->HasSpace()) {
      Pause(true);
      return;
    }
    Fd fd(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid() && OutOfDescriptors(errno)) {
      TurnAwayOne(listener);
      return;
    }
    // Also a connection that was given up in the queue: the next turn goes on.
    if (!fd.valid()) return;
    if ((this->*take)(std::move(fd)) == Outcome::kPause) {
      parts_.table->CountRefused();
      Pause(true);
      return;
    }
  }
}

void AcceptLoop::TurnAwayOne(int listener) {
  spare_.Reset();
  const Fd unwanted(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (unwanted.valid()) parts_.table->CountRefused();
  parts_.table->CutOneUnproven();
  Pause(true);
}

void AcceptLoop::Watch(uint64_t id, int fd) {
  // One-shot: an ended connection is looked at by the sweep from then on.
  if (!AddToEpoll(epoll_.get(), fd, id + kFirstConnection, EPOLLRDHUP | EPOLLONESHOT)) {
    parts_.table->End(id);
  }
}

AcceptLoop::Outcome AcceptLoop::TakeUnix(Fd fd) {
  const absl::Duration now = parts_.now();
  ucred who{};
  socklen_t size = sizeof(who);
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return Outcome::kNothing;
  ConnectionTable::Arrival arrival;
  arrival.kind = ConnectionTable::Kind::kUnix;
  arrival.owner = OwnerOf(who.uid);
  arrival.peer.kind = Peer::Kind::kUnix;
  arrival.peer.uid = who.uid;
  arrival.peer.pid = who.pid;
  if (!parts_.table->MakeRoomFor(arrival.owner, now)) {
    parts_.table->CountRefused();
    return Outcome::kNothing;
  }
  const std::optional<int> number = parts_.table->TakeNumber(who.uid, now);
  if (!number.has_value()) return Outcome::kPause;
  Fd given(::fcntl(fd.get(), F_DUPFD_CLOEXEC, *number));
  if (given.get() != *number) {
    // Another part of the program happens to have the number; it rests and is tried again later.
    parts_.table->ReturnNumber(*number, who.uid, now);
    return given.valid() ? Outcome::kNothing : Outcome::kPause;
  }
  arrival.number = *number;
  arrival.kept_fd = fd.get();
  const uint64_t id = parts_.table->Add(arrival, given.get(), now);
  const int kept = fd.Release();
  grpc::AddInsecureChannelFromFd(parts_.server, given.Release());
  Watch(id, kept);
  return Outcome::kTaken;
}

AcceptLoop::Outcome AcceptLoop::TakeTcp(Fd fd) {
  const absl::Duration now = parts_.now();
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getpeername(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return Outcome::kNothing;
  }
  const RemoteAddress remote = ToRemoteAddress(address);
  ConnectionTable::Arrival arrival;
  arrival.kind = ConnectionTable::Kind::kTcp;
  arrival.owner = remote.host;
  arrival.address_key = AddressKey(remote);
  if (!parts_.table->MakeRoomFor(arrival.owner, now)) {
    parts_.table->CountRefused();
    return Outcome::kNothing;
  }
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  Fd given(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
  if (!given.valid()) return Outcome::kPause;
  arrival.kept_fd = fd.get();
  const uint64_t id = parts_.table->Add(arrival, given.get(), now);
  const int kept = fd.Release();
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.listener_fd = -1;
  parameters.fd = given.Release();
  parts_.acceptor->HandleNewConnection(&parameters);
  Watch(id, kept);
  return Outcome::kTaken;
}

}  // namespace madoguchi::rpc
