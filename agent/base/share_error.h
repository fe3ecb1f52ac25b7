#ifndef MADOGUCHI_AGENT_BASE_SHARE_ERROR_H_
#define MADOGUCHI_AGENT_BASE_SHARE_ERROR_H_

namespace madoguchi::base {

// Whether `error` (an errno) says that the machine or program behind a share does not work.
bool IsShareTrouble(int error);

}  // namespace madoguchi::base

#endif  // MADOGUCHI_AGENT_BASE_SHARE_ERROR_H_
