#ifndef MADOGUCHI_AGENT_CLI_END_SIGNALS_H_
#define MADOGUCHI_AGENT_CLI_END_SIGNALS_H_

#include <pthread.h>

#include <csignal>
#include <functional>
#include <thread>
#include <utility>

namespace madoguchi::cli {

// Ctrl-C and SIGTERM end a watch in good order. A thread of its own waits for them, because a
// signal handler may not touch gRPC. Made before the channel: threads that gRPC starts inherit the
// blocked signals, and one that does not would take the process down.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  // Calls `on_signal` when one comes, or has come meanwhile. Once.
  void Watch(std::function<void()> on_signal) {
    thread_ = std::thread([this, on_signal = std::move(on_signal)] {
      int signal = 0;
      sigwait(&set_, &signal);
      if (signal != SIGUSR1) on_signal();
    });
  }
  ~EndSignals() {
    if (!thread_.joinable()) return;
    // SIGUSR1 is ours: nothing to wait for any more. Pending after a real signal, it is harmless.
    pthread_kill(thread_.native_handle(), SIGUSR1);
    thread_.join();
  }
  EndSignals(const EndSignals&) = delete;
  EndSignals& operator=(const EndSignals&) = delete;

 private:
  sigset_t set_ = {};
  std::thread thread_;
};

}  // namespace madoguchi::cli

#endif  // MADOGUCHI_AGENT_CLI_END_SIGNALS_H_
