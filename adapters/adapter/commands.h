#ifndef MADOGUCHI_ADAPTERS_ADAPTER_COMMANDS_H_
#define MADOGUCHI_ADAPTERS_ADAPTER_COMMANDS_H_

#include <csignal>
#include <string>
#include <vector>

#include "absl/status/status.h"

// The commands of madoguchi-adapter. Each returns the exit code.
namespace madoguchi::adapters {

// Exit codes: 2 for what the technician has to mend, 3 for what could not be delivered or reached,
// 5 for what failed outside.
inline constexpr int kUsage = 2;
inline constexpr int kNotDelivered = 3;
inline constexpr int kOutsideFailed = 5;

struct RunOptions {
  std::string config;
  // Forget where the routes were, and begin with today's receptions.
  bool from_today = false;
};
// Delivers until SIGTERM or SIGINT, which `signals` has blocked in every thread.
int Run(const RunOptions& options, const sigset_t& signals);

struct CheckOptions {
  std::string config;
  // Shows what each route would send of it.
  std::string reception_id;
  // Reaches nothing: the file alone.
  bool file_only = false;
};
int Check(const CheckOptions& options);

// Sends a marked fictional patient.
int Test(const std::string& config, const std::string& route);

struct StatusOptions {
  std::string config;
  bool watch = false;
  bool json = false;
};
int Status(const StatusOptions& options, const sigset_t& signals);

struct ResendOptions {
  std::string config;
  std::string route;
  // Empty with `all`.
  std::string reception_id;
  bool all = false;
  // Gives up instead.
  bool drop = false;
};
int Resend(const ResendOptions& options);

// Asks on standard input what is not given, and writes a configuration.
struct NewOptions {
  std::string output;
  // Each KEY=VALUE: what would be answered.
  std::vector<std::string> answers;
  // Asks nothing: what is not given is as proposed.
  bool defaults = false;
};
int New(const NewOptions& options);

// Prints why on standard error: Japanese, English, the next step; returns the exit code.
int Tell(const absl::Status& status);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_ADAPTER_COMMANDS_H_
