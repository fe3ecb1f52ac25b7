#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "agent/oqs/any_form.h"
#include "agent/oqs/archive.h"
#include "tests/fuzz/oqs_forms.h"

// Any bytes are either refused with an error of the catalogue, or are one bounded entry with a
// harmless name.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace oqs = madoguchi::oqs;
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto entry = oqs::Unpack(bytes);
  if (entry.ok()) {
    oqs::Check(entry->bytes.size() <= oqs::kMaxUnpackedBytes);
    oqs::Check(entry->name.find_first_of("/\\:") == std::string::npos && entry->name != "..");
    oqs::Check(entry->bytes.size() <= oqs::kRatioCountsFrom ||
               entry->bytes.size() / oqs::kMaxRatio <= size);
  } else {
    oqs::CheckRefusal(entry.status());
  }
  if (const auto any = oqs::ReadAnyForm("OQSmuhvq02res_1.zip", bytes); !any.ok()) {
    oqs::CheckRefusal(any.status());
  }
  return 0;
}
