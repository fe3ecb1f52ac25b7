#include <iostream>

#include "adapters/adapter/commands.h"
#include "agent/base/error.h"
#include "agent/base/log.h"

namespace madoguchi::adapters {

int Tell(const absl::Status& status) {
  const v1::ErrorDetail detail = *base::DetailOf(status);
  std::cerr << detail.number() << "  " << detail.text_ja() << '\n'
            << "          " << base::Printable(detail.text_en(), 1500) << '\n'
            << "          " << detail.next_step_ja() << '\n';
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kNotFound:
      return kUsage;
    default:
      return kOutsideFailed;
  }
}

}  // namespace madoguchi::adapters
