#include "tests/rpc/accept/helper_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace madoguchi::rpc {

HelperProcess::HelperProcess(const std::vector<std::string>& arguments) {
  const std::string program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "accept_helper";
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  int input[2];
  int output[2];
  // A socket: writing to a helper that has ended must not end the test by SIGPIPE.
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input), 0);
  EXPECT_EQ(::pipe2(output, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  EXPECT_EQ(::posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), environ), 0)
      << program;
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(input[0]);
  ::close(output[1]);
  in_ = input[1];
  out_ = output[0];
}

HelperProcess::~HelperProcess() {
  Finish();
  ::close(out_);
}

int HelperProcess::Finish() {
  if (pid_ < 0) return 0;
  ::close(in_);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string HelperProcess::ReadLine(absl::Duration within) {
  const absl::Time end = absl::Now() + within;
  char bytes[512];
  while (buffer_.find('\n') == std::string::npos) {
    pollfd wait{out_, POLLIN, 0};
    const int64_t left = absl::ToInt64Milliseconds(end - absl::Now());
    if (left <= 0 || ::poll(&wait, 1, static_cast<int>(left)) != 1) return "";
    const ssize_t got = ::read(out_, bytes, sizeof(bytes));
    if (got <= 0) return "";
    buffer_.append(bytes, static_cast<size_t>(got));
  }
  const size_t at = buffer_.find('\n');
  std::string line = buffer_.substr(0, at);
  buffer_.erase(0, at + 1);
  return line;
}

std::string HelperProcess::Ask() {
  if (::send(in_, "\n", 1, MSG_NOSIGNAL) != 1) return "";
  return ReadLine();
}

int64_t NumberAfter(const std::string& line, const std::string& word) {
  const std::vector<std::string> words = absl::StrSplit(line, ' ');
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    int64_t number = -1;
    if (words[i] == word && absl::SimpleAtoi(words[i + 1], &number)) return number;
  }
  return -1;
}

}  // namespace madoguchi::rpc
