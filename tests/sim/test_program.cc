#include "tests/sim/test_program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace madoguchi::sim {

Program::Program(std::vector<std::string> words) {
  int out[2];
  EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
  words.insert(words.begin(), MADOGUCHI_SIM_PROGRAM);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    dup2(out[1], STDOUT_FILENO);
    dup2(out[1], STDERR_FILENO);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  close(out[1]);
  out_ = Descriptor(out[0]);
}

Program::~Program() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

bool Program::Says(absl::string_view text) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (said_.find(std::string(text)) == std::string::npos) {
    pollfd waiting{out_.get(), POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(deadline - absl::Now()))) <=
        0) {
      return false;
    }
    char buffer[4096];
    const ssize_t got = read(out_.get(), buffer, sizeof(buffer));
    if (got <= 0) return false;
    said_.append(buffer, static_cast<size_t>(got));
  }
  return true;
}

void Program::Signal(int signal) { kill(pid_, signal); }

int Program::ExitCode() {
  (void)Says("\x01 nothing prints this");
  const Descriptor handle = WatchProcess(pid_);
  pollfd waiting{handle.get(), POLLIN, 0};
  if (poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(kPatience))) <= 0) return -1;
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace madoguchi::sim
