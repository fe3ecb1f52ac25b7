#ifndef MADOGUCHI_TESTS_RPC_ACCEPT_HELPER_PROCESS_H_
#define MADOGUCHI_TESTS_RPC_ACCEPT_HELPER_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace madoguchi::rpc {

// accept_helper, which lies beside the test, with pipes to its input and output.
class HelperProcess {
 public:
  explicit HelperProcess(const std::vector<std::string>& arguments);
  // Closes its input and waits for its end.
  ~HelperProcess();
  HelperProcess(const HelperProcess&) = delete;
  HelperProcess& operator=(const HelperProcess&) = delete;

  // The next line it prints; empty at its end or after `within`.
  std::string ReadLine(absl::Duration within = absl::Seconds(20));
  // Sends an empty line and reads the answer.
  std::string Ask();
  // Exit code; -1 when it was killed by a signal.
  int Finish();
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::string buffer_;
};

// The number after `word` in a line of words; -1 without it.
int64_t NumberAfter(const std::string& line, const std::string& word);

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_TESTS_RPC_ACCEPT_HELPER_PROCESS_H_
