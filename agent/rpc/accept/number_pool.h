#ifndef MADOGUCHI_AGENT_RPC_ACCEPT_NUMBER_POOL_H_
#define MADOGUCHI_AGENT_RPC_ACCEPT_NUMBER_POOL_H_

#include <sys/types.h>

#include <deque>
#include <map>
#include <optional>

#include "absl/time/time.h"

namespace madoguchi::rpc {

// Descriptor numbers for UNIX connections. gRPC says of a call only "fd:<number>", and a call may
// still wait to run when its connection is gone: a number given to somebody else too early would
// lend him the wrong name. So a released number rests; while it rests only its former uid may have
// it again, and no uid keeps more than half of all numbers from the others. Not thread-safe.
class NumberPool {
 public:
  NumberPool(int first, int count, absl::Duration rest);

  // A number for a connection of `uid`; nullopt when it must wait. `now` never goes back.
  std::optional<int> Take(uid_t uid, absl::Duration now);
  // The number cannot be used now, because another part of the program has it: it goes to the end
  // of the queue without having been anybody's.
  void PutBack(int number, uid_t uid);
  // gRPC has closed the number.
  void Release(int number, uid_t uid, absl::Duration now);

 private:
  struct Resting {
    int number;
    uid_t uid;
    absl::Duration until;
  };

  void Ripen(absl::Duration now);
  void Forget(uid_t uid);

  const size_t share_;
  const absl::Duration rest_;
  std::deque<int> free_;
  std::deque<Resting> resting_;
  // In use or resting.
  std::map<uid_t, size_t> held_;
};

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_ACCEPT_NUMBER_POOL_H_
