#ifndef MADOGUCHI_AGENT_DAEMON_CONFIG_CHECKS_H_
#define MADOGUCHI_AGENT_DAEMON_CONFIG_CHECKS_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "madoguchi/v1/options.pb.h"

// What values of the configuration have to be. Pure.
namespace madoguchi::daemon {

// Says whether a value will do; the text is what is allowed.
struct Check {
  std::function<bool(const std::string&)> accepts;
  std::string allowed;
};

// 1 to 64 of A-Z a-z 0-9 . _ -
bool NameCharacters(const std::string& text);
bool TenDigits(const std::string& text);
bool HostPort(const std::string& text);
bool OctalMode(const std::string& text);
// As reader::ReaderRule::match: printable, `*` at most at the end.
bool ReaderPattern(const std::string& text);
const Check& AnyPath();
const Check& AnyName();

// The roles of clients as they are written.
const std::vector<std::pair<std::string, v1::Role>>& RoleNames();

}  // namespace madoguchi::daemon

#endif  // MADOGUCHI_AGENT_DAEMON_CONFIG_CHECKS_H_
