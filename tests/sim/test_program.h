#ifndef MADOGUCHI_TESTS_SIM_TEST_PROGRAM_H_
#define MADOGUCHI_TESTS_SIM_TEST_PROGRAM_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/sim/files.h"

namespace madoguchi::sim {

// How long any wait of a test may take.
inline constexpr absl::Duration kPatience = absl::Seconds(30);

// madoguchi-sim itself as a child; killed at the end at the latest.
class Program {
 public:
  explicit Program(std::vector<std::string> words);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Reads until `text` was printed or the program ended.
  bool Says(absl::string_view text);
  void Signal(int signal);
  // -1 when it does not end.
  int ExitCode();
  const std::string& said() const { return said_; }

 private:
  pid_t pid_ = 0;
  Descriptor out_;
  std::string said_;
};

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_TEST_PROGRAM_H_
