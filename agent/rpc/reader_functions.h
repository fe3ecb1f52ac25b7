#ifndef MADOGUCHI_AGENT_RPC_READER_FUNCTIONS_H_
#define MADOGUCHI_AGENT_RPC_READER_FUNCTIONS_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "madoguchi/v1/system_service.pb.h"

namespace madoguchi::rpc {

// What the services ask of the card readers of this machine.
struct ReaderFunctions {
  // From memory, any thread.
  std::function<v1::ListReadersResponse()> list;
  // Any thread; `done` once, on any thread.
  using TestDone = std::function<void(absl::StatusOr<v1::TestReaderResponse>)>;
  std::function<void(const std::string& reader, TestDone done)> test;
};

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_READER_FUNCTIONS_H_
