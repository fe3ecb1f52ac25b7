#include "adapters/destination/hook_process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "absl/time/clock.h"

namespace madoguchi::adapters {
namespace {

// Where the child tells why it could not run the program.
constexpr int kTellFd = 3;
constexpr int kLongestWaitMs = 60'000;

struct Pipe {
  Descriptor read;
  Descriptor write;
  bool Make() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
    return true;
  }
};

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// In the child of a program with threads: system calls only.
[[noreturn]] void Become(const HookCommand& command, char* const* arguments,
                         char* const* environment, int input, int output, int tell) {
  setpgid(0, 0);
  // Copies beyond what is put in place below, so that none is in the way of another.
  input = fcntl(input, F_DUPFD, kTellFd + 1);
  output = fcntl(output, F_DUPFD, kTellFd + 1);
  tell = fcntl(tell, F_DUPFD, kTellFd + 1);
  bool fine = dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
              dup2(output, STDERR_FILENO) >= 0 && dup2(tell, kTellFd) >= 0 &&
              fcntl(kTellFd, F_SETFD, FD_CLOEXEC) == 0 &&
              syscall(SYS_close_range, kTellFd + 1, ~0U, 0) == 0 && chdir("/") == 0;
  if (fine && command.change_user) {
    // The system calls, for this thread is the only one.
    fine = syscall(SYS_setgroups, command.groups.size(), command.groups.data()) == 0 &&
           syscall(SYS_setresgid, command.group, command.group, command.group) == 0 &&
           syscall(SYS_setresuid, command.user, command.user, command.user) == 0;
  }
  if (fine) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    struct sigaction usual = {};
    usual.sa_handler = SIG_DFL;
    sigaction(SIGPIPE, &usual, nullptr);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execve(command.program.c_str(), arguments, environment);
  }
  const int error = errno;
  const ssize_t ignored = write(kTellFd, &error, sizeof(error));
  static_cast<void>(ignored);
  _exit(127);
}

}  // namespace

HookProcess::~HookProcess() { End(); }

int HookProcess::Start(const HookCommand& command) {
  Pipe input;
  Pipe tell;
  const Descriptor nowhere(open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (!input.Make() || !tell.Make() || !nowhere.valid()) return errno;
  std::vector<std::string> words = {command.program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> variables = command.environment;
  const std::vector<char*> arguments = Pointers(words);
  const std::vector<char*> environment = Pointers(variables);
  pid_ = fork();
  if (pid_ < 0) return errno;
  if (pid_ == 0) {
    Become(command, arguments.data(), environment.data(), input.read.get(), nowhere.get(),
           tell.write.get());
  }
  // The child does the same; whoever is first.
  setpgid(pid_, pid_);
  tell.write = Descriptor();
  int error = 0;
  ssize_t got = read(tell.read.get(), &error, sizeof(error));
  while (got < 0 && errno == EINTR) got = read(tell.read.get(), &error, sizeof(error));
  ended_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  if (got == 0 && !ended_.valid()) error = errno;
  if (error != 0) {
    End();
    return error;
  }
  input_ = std::move(input.write);
  fcntl(input_.get(), F_SETFL, O_NONBLOCK);
  return 0;
}

Waited HookProcess::Feed(absl::string_view input, const Patience& patience) {
  while (true) {
    if (input.empty()) input_ = Descriptor();
    const int64_t left = absl::ToInt64Milliseconds(
        absl::Ceil(patience.deadline - absl::Now(), absl::Milliseconds(1)));
    pollfd watched[] = {{.fd = patience.stop_fd, .events = POLLIN, .revents = 0},
                        {.fd = ended_.get(), .events = POLLIN, .revents = 0},
                        {.fd = input_.get(), .events = POLLOUT, .revents = 0}};
    const int ready =
        poll(watched, 3, static_cast<int>(std::clamp<int64_t>(left, 0, kLongestWaitMs)));
    if (ready < 0 && errno != EINTR) return Waited::kStopped;
    if (ready <= 0) {
      if (left <= 0) return Waited::kTooLate;
      continue;
    }
    if (watched[0].revents != 0) return Waited::kStopped;
    if (watched[1].revents != 0) return Waited::kReady;
    const ssize_t written = write(input_.get(), input.data(), input.size());
    if (written > 0) input.remove_prefix(static_cast<size_t>(written));
    // It may have read enough.
    if (written < 0 && errno != EAGAIN && errno != EINTR) input = {};
  }
}

int HookProcess::End() {
  if (pid_ < 0) return 0;
  input_ = Descriptor();
  // Before it is waited for: until then nobody else can have its number.
  kill(-pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  ended_ = Descriptor();
  return status;
}

}  // namespace madoguchi::adapters
