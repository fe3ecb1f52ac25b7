#include "agent/rpc/accept/connection_table.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "agent/base/log.h"

namespace madoguchi::rpc {
namespace {

constexpr absl::Duration kCallWindow = absl::Seconds(2);

}  // namespace

ConnectionTable::ConnectionTable(const AcceptLimits& limits, int most_open)
    : limits_(limits),
      most_open_(static_cast<size_t>(std::max(most_open, limits.total))),
      numbers_(limits.first_number, limits.numbers, limits.quarantine) {}

ConnectionTable::~ConnectionTable() {
  const absl::MutexLock lock(&mu_);
  for (const auto& [id, connection] : connections_) {
    ::shutdown(connection->arrival.kept_fd, SHUT_RDWR);
    ::close(connection->arrival.kept_fd);
  }
}

bool ConnectionTable::MakeRoomFor(const std::string& owner, absl::Duration now) {
  const absl::MutexLock lock(&mu_);
  // Whoever is due anyway goes first.
  CutSilent(now);
  const auto found = owners_.find(owner);
  if (found != owners_.end() && found->second.open >= limits_.per_owner && !CutOldestOf(owner)) {
    return false;
  }
  if (open_unix_ + open_tcp_ >= limits_.total && !CutOldestOf(owner) && !CutOldestOfBusiest()) {
    return false;
  }
  if (UnprovenCount() >= limits_.unproven) CutOldestOfBusiest();
  return true;
}

std::set<uint64_t>& ConnectionTable::UnprovenOf(Kind kind) {
  return unproven_[static_cast<size_t>(kind)];
}

int ConnectionTable::UnprovenCount() const {
  return static_cast<int>(unproven_[0].size() + unproven_[1].size());
}

bool ConnectionTable::CutOneUnproven() {
  const absl::MutexLock lock(&mu_);
  return CutOldestOfBusiest();
}

void ConnectionTable::CutOneUnprovenOf(const std::string& owner) {
  const absl::MutexLock lock(&mu_);
  CutOldestOf(owner);
}

bool ConnectionTable::CutOldestOf(const std::string& owner) {
  const auto found = owners_.find(owner);
  if (found == owners_.end() || found->second.unproven.empty()) return false;
  ++totals_.cut_for_room;
  EndLocked(*connections_.at(*found->second.unproven.begin()));
  return true;
}

bool ConnectionTable::CutOldestOfBusiest() {
  const auto busiest =
      std::max_element(owners_.begin(), owners_.end(), [](const auto& a, const auto& b) {
        return a.second.unproven.size() < b.second.unproven.size();
      });
  if (busiest == owners_.end()) return false;
  // By value: ending the owner's last connection destroys the entry.
  const std::string owner = busiest->first;
  return CutOldestOf(owner);
}

bool ConnectionTable::HasSpace() const {
  const absl::MutexLock lock(&mu_);
  return connections_.size() < most_open_;
}

int ConnectionTable::DuplicateUnix(uid_t uid, int fd, absl::Duration now) {
  // Near the limit other descriptors reach into the private range.
  for (int i = 0; i < limits_.numbers; ++i) {
    const std::optional<int> number = numbers_.Take(uid, now);
    if (!number.has_value()) {
      errno = EBUSY;
      return -1;
    }
    const int given = ::fcntl(fd, F_DUPFD_CLOEXEC, *number);
    if (given == *number) return given;
    numbers_.PutBack(*number, uid);
    // EINVAL: the number is above a limit that was lowered meanwhile.
    if (given < 0 && errno != EINVAL) return -1;
    if (given >= 0) ::close(given);
  }
  errno = EMFILE;
  return -1;
}

uint64_t ConnectionTable::Add(const Arrival& arrival, absl::Duration now) {
  auto connection = std::make_unique<Connection>();
  connection->arrival = arrival;
  connection->silent_until =
      now + (arrival.kind == Kind::kUnix ? limits_.unproven_unix : limits_.unproven_tcp);
  struct stat info {};
  if (::fstat(arrival.kept_fd, &info) == 0) {
    connection->device = info.st_dev;
    connection->inode = info.st_ino;
  }

  const absl::MutexLock lock(&mu_);
  const uint64_t id = next_id_++;
  connection->id = id;
  ++(arrival.kind == Kind::kUnix ? open_unix_ : open_tcp_);
  Owner& owner = owners_[arrival.owner];
  ++owner.open;
  owner.unproven.insert(id);
  UnprovenOf(arrival.kind).insert(id);
  ++totals_.accepted;
  connections_.emplace(id, std::move(connection));
  return id;
}

ConnectionTable::HandOver ConnectionTable::Give(uint64_t id, absl::Duration now) {
  const absl::MutexLock lock(&mu_);
  const auto found = connections_.find(id);
  HandOver out;
  if (found == connections_.end() || found->second->ended || found->second->grpc_fd >= 0) {
    out.gone = true;
    return out;
  }
  Connection& connection = *found->second;
  const Arrival& arrival = connection.arrival;
  out.kind = arrival.kind;
  out.owner = arrival.owner;
  out.kept_fd = arrival.kept_fd;
  out.grpc_fd = arrival.kind == Kind::kUnix ? DuplicateUnix(arrival.peer.uid, arrival.kept_fd, now)
                                            : ::fcntl(arrival.kept_fd, F_DUPFD_CLOEXEC, 0);
  if (out.grpc_fd < 0) {
    out.error = errno;
    return out;
  }
  connection.grpc_fd = out.grpc_fd;
  if (arrival.kind == Kind::kUnix) {
    by_number_[out.grpc_fd] = &connection;
  } else {
    by_address_[arrival.address_key] = &connection;
  }
  return out;
}

void ConnectionTable::ForgetUnproven(Connection& connection) {
  UnprovenOf(connection.arrival.kind).erase(connection.id);
  owners_.at(connection.arrival.owner).unproven.erase(connection.id);
}

void ConnectionTable::EndLocked(Connection& connection) {
  if (connection.ended) return;
  connection.ended = true;
  // gRPC's number is the same socket: it reads the end of the stream and closes.
  ::shutdown(connection.arrival.kept_fd, SHUT_RDWR);
  ended_.insert(connection.id);
  ForgetUnproven(connection);
  const auto owner = owners_.find(connection.arrival.owner);
  if (--owner->second.open == 0) owners_.erase(owner);
  if (connection.arrival.kind == Kind::kUnix) {
    // The number stays known until gRPC closes it: calls that already came may still ask.
    --open_unix_;
    return;
  }
  --open_tcp_;
  const auto known = by_address_.find(connection.arrival.address_key);
  if (known != by_address_.end() && known->second == &connection) by_address_.erase(known);
}

void ConnectionTable::End(uint64_t id) {
  const absl::MutexLock lock(&mu_);
  const auto found = connections_.find(id);
  if (found != connections_.end()) EndLocked(*found->second);
}

void ConnectionTable::EndAll() {
  const absl::MutexLock lock(&mu_);
  for (const auto& [id, connection] : connections_) EndLocked(*connection);
}

bool ConnectionTable::GrpcHolds(const Connection& connection) {
  struct stat info {};
  return connection.grpc_fd >= 0 && ::fstat(connection.grpc_fd, &info) == 0 &&
         info.st_dev == connection.device && info.st_ino == connection.inode;
}

void ConnectionTable::Close(Connection& connection, absl::Duration now) {
  ::close(connection.arrival.kept_fd);
  if (connection.arrival.kind != Kind::kUnix || connection.grpc_fd < 0) return;
  by_number_.erase(connection.grpc_fd);
  numbers_.Release(connection.grpc_fd, connection.arrival.peer.uid, now);
}

void ConnectionTable::CutSilent(absl::Duration now) {
  // Within a kind, the oldest connection is due first.
  for (std::set<uint64_t>& kind : unproven_) {
    while (!kind.empty()) {
      Connection& oldest = *connections_.at(*kind.begin());
      if (oldest.silent_until > now) break;
      ++totals_.cut_silent;
      EndLocked(oldest);
    }
  }
}

size_t ConnectionTable::Sweep(absl::Duration now, size_t& released) {
  const absl::MutexLock lock(&mu_);
  CutSilent(now);
  released = 0;
  for (auto next = ended_.begin(); next != ended_.end();) {
    const auto found = connections_.find(*next);
    if (GrpcHolds(*found->second)) {
      ++next;
      continue;
    }
    Close(*found->second, now);
    connections_.erase(found);
    next = ended_.erase(next);
    ++released;
  }
  return ended_.size();
}

absl::Duration ConnectionTable::NextDeadline() const {
  const absl::ReaderMutexLock lock(&mu_);
  absl::Duration next = absl::InfiniteDuration();
  for (const std::set<uint64_t>& kind : unproven_) {
    if (!kind.empty()) next = std::min(next, connections_.at(*kind.begin())->silent_until);
  }
  return next;
}

std::optional<Peer> ConnectionTable::FindUnix(int number) const {
  const absl::ReaderMutexLock lock(&mu_);
  const auto found = by_number_.find(number);
  if (found == by_number_.end()) return std::nullopt;
  return found->second->arrival.peer;
}

bool ConnectionTable::CountCall(Connection& connection, absl::Duration now) const {
  const int64_t at = absl::ToInt64Nanoseconds(now);
  int64_t start = connection.window_start.load(std::memory_order_relaxed);
  if (at - start > absl::ToInt64Nanoseconds(kCallWindow) &&
      connection.window_start.compare_exchange_strong(start, at, std::memory_order_relaxed)) {
    connection.calls.store(0, std::memory_order_relaxed);
  }
  const int calls = connection.calls.fetch_add(1, std::memory_order_relaxed) + 1;
  return calls > limits_.calls_per_second * 2 || !connection.proven.load(std::memory_order_relaxed);
}

void ConnectionTable::NoteCall(int number, absl::Duration now) {
  uint64_t id = 0;
  {
    const absl::ReaderMutexLock lock(&mu_);
    const auto found = by_number_.find(number);
    if (found == by_number_.end() || !CountCall(*found->second, now)) return;
    id = found->second->id;
  }
  ProveOrCut(id);
}

void ConnectionTable::NoteCall(const std::string& address_key, absl::Duration now) {
  uint64_t id = 0;
  {
    const absl::ReaderMutexLock lock(&mu_);
    const auto found = by_address_.find(address_key);
    if (found == by_address_.end() || !CountCall(*found->second, now)) return;
    id = found->second->id;
  }
  ProveOrCut(id);
}

void ConnectionTable::ProveOrCut(uint64_t id) {
  const absl::MutexLock lock(&mu_);
  const auto found = connections_.find(id);
  if (found == connections_.end() || found->second->ended) return;
  Connection& connection = *found->second;
  if (!connection.proven.exchange(true, std::memory_order_relaxed)) ForgetUnproven(connection);
  if (connection.calls.load(std::memory_order_relaxed) <= limits_.calls_per_second * 2) return;
  ++totals_.cut_excessive;
  base::LogWarning("connection_cut",
                   {{"reason", "too many calls a second"}, {"from", connection.arrival.owner}});
  EndLocked(connection);
}

AcceptStatus ConnectionTable::Status() const {
  const absl::ReaderMutexLock lock(&mu_);
  AcceptStatus status = totals_;
  status.unix_connections = open_unix_;
  status.tcp_connections = open_tcp_;
  status.unproven = UnprovenCount();
  status.refused = refused_.load(std::memory_order_relaxed);
  return status;
}

}  // namespace madoguchi::rpc
