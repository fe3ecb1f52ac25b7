#ifndef MADOGUCHI_AGENT_CONFIG_CHECKS_H_
#define MADOGUCHI_AGENT_CONFIG_CHECKS_H_

#include <functional>
#include <initializer_list>
#include <string>

// What values of a configuration have to be, whatever program it is of. Pure.
namespace madoguchi::config {

// Says whether a value will do; the text is what is allowed.
struct Check {
  std::function<bool(const std::string&)> accepts;
  std::string allowed;
};

// 1 to 64 of A-Z a-z 0-9 . _ -
bool NameCharacters(const std::string& text);
// Port 0 to 65535.
bool HostPort(const std::string& text);
bool OctalMode(const std::string& text);
const Check& AnyPath();
const Check& AnyName();
// One of the words, which are what is allowed.
Check OneOf(std::initializer_list<const char*> words);

}  // namespace madoguchi::config

#endif  // MADOGUCHI_AGENT_CONFIG_CHECKS_H_
