#ifndef MADOGUCHI_AGENT_DAEMON_CONFIG_CENTER_H_
#define MADOGUCHI_AGENT_DAEMON_CONFIG_CENTER_H_

#include <functional>
#include <string>

#include "agent/config/section.h"
#include "agent/eligibility/web_line.h"

namespace madoguchi::daemon {

// Reads `[center]`: the web API of OQS. `absolute` makes a path of the file absolute. Problems are
// the section's.
eligibility::WebConfig ReadCenter(config::Section& from,
                                  const std::function<std::string(const std::string&)>& absolute);

}  // namespace madoguchi::daemon

#endif  // MADOGUCHI_AGENT_DAEMON_CONFIG_CENTER_H_
