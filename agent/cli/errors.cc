#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "agent/base/error.h"
#include "agent/cli/commands.h"
#include "agent/cli/json.h"

namespace madoguchi::cli {

int Errors(const Global& global, const std::string& number) {
  const absl::string_view wanted = absl::StripPrefix(number, "MDG-");
  bool found = false;
  for (const base::ErrorInfo& info : base::ErrorCatalogue()) {
    const v1::ErrorDetail detail = base::MakeDetail(info.code);
    if (!wanted.empty() && absl::StripPrefix(detail.number(), "MDG-") != wanted) continue;
    found = true;
    if (global.json) {
      std::cout << ToJson(detail).value_or("") << '\n';
      continue;
    }
    std::cout << detail.number() << "  " << detail.text_ja() << '\n'
              << "          " << detail.next_step_ja() << '\n'
              << "          " << detail.text_en() << '\n'
              << "          " << detail.next_step_en() << '\n';
  }
  if (!found) std::cerr << "no such number; `madoguchi errors` lists all\n";
  return found ? kSuccess : kAnswerIsNo;
}

}  // namespace madoguchi::cli
