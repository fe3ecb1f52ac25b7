#include "agent/cli/newest.h"

#include <algorithm>
#include <set>
#include <string>

namespace madoguchi::cli {

void KeepNewest(std::vector<v1::Reception>& receptions) {
  std::set<std::string> seen;
  std::reverse(receptions.begin(), receptions.end());
  std::erase_if(receptions, [&seen](const v1::Reception& reception) {
    return !seen.insert(reception.reception_id()).second;
  });
  std::reverse(receptions.begin(), receptions.end());
}

}  // namespace madoguchi::cli
