#ifndef MADOGUCHI_AGENT_DAEMON_CONFIG_CHECKS_H_
#define MADOGUCHI_AGENT_DAEMON_CONFIG_CHECKS_H_

#include <string>
#include <utility>
#include <vector>

#include "madoguchi/v1/options.pb.h"

// What values of the daemon's configuration have to be, beside what agent/config knows. Pure.
namespace madoguchi::daemon {

bool TenDigits(const std::string& text);
// As reader::ReaderRule::match: printable, `*` at most at the end.
bool ReaderPattern(const std::string& text);

// The roles of clients as they are written.
const std::vector<std::pair<std::string, v1::Role>>& RoleNames();

}  // namespace madoguchi::daemon

#endif  // MADOGUCHI_AGENT_DAEMON_CONFIG_CHECKS_H_
