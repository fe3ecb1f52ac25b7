#ifndef MADOGUCHI_ADAPTERS_DESTINATION_HOOK_PROCESS_H_
#define MADOGUCHI_ADAPTERS_DESTINATION_HOOK_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "adapters/destination/outcome.h"
#include "adapters/destination/safe_folder.h"

namespace madoguchi::adapters {

struct HookCommand {
  std::string program;
  std::vector<std::string> arguments;
  // `NAME=VALUE`, the whole environment.
  std::vector<std::string> environment;
  // To become another user first.
  bool change_user = false;
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups = {};
};

// A program with a process group of its own, which ends with this. Its output goes nowhere.
class HookProcess {
 public:
  HookProcess() = default;
  ~HookProcess();
  HookProcess(const HookProcess&) = delete;
  HookProcess& operator=(const HookProcess&) = delete;

  // An errno.
  int Start(const HookCommand& command);
  // Gives it `input`, and waits for its end. kReady: it has ended.
  Waited Feed(absl::string_view input, const Patience& patience);
  // Ends what is left of it. Its wait status (see wait(2)).
  int End();

 private:
  pid_t pid_ = -1;
  Descriptor ended_;
  Descriptor input_;
};

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_DESTINATION_HOOK_PROCESS_H_
