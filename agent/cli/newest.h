#ifndef MADOGUCHI_AGENT_CLI_NEWEST_H_
#define MADOGUCHI_AGENT_CLI_NEWEST_H_

#include <vector>

#include "madoguchi/v1/reception.pb.h"

namespace madoguchi::cli {

// Of each reception the last one in the list, in the order of those. What ListReceptions returns
// page by page has a reception twice when it changed meanwhile (reception_service.proto).
void KeepNewest(std::vector<v1::Reception>& receptions);

}  // namespace madoguchi::cli

#endif  // MADOGUCHI_AGENT_CLI_NEWEST_H_
