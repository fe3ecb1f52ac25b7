#include <cstdint>

#include "absl/strings/string_view.h"
#include "agent/oqs/json_form.h"
#include "tests/fuzz/oqs_forms.h"

// Any bytes are either refused with an error of the catalogue, or become a record that, where JSON
// has a place for all of it, comes back the same after writing and reading.
namespace madoguchi::oqs {
namespace {

void ReadAndReturn(absl::string_view name, absl::string_view bytes) {
  const absl::StatusOr<v1::OqsMessage> message = ReadJson(name, bytes);
  if (!message.ok()) {
    CheckRefusal(message.status());
    return;
  }
  v1::OqsMessage parsed;
  Check(parsed.ParseFromString(message->SerializeAsString()));
  const absl::StatusOr<std::string> written = WriteJson(*message);
  if (!written.ok()) {
    CheckRefusal(written.status());
    return;
  }
  const absl::StatusOr<v1::OqsMessage> again = ReadJson(name, *written);
  Check(again.ok());
  Check(again->SerializeAsString() == message->SerializeAsString());
}

}  // namespace
}  // namespace madoguchi::oqs

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  madoguchi::oqs::ReadAndReturn("OQSsiquc01res_1.json", bytes);
  if (const auto login = madoguchi::oqs::ReadWebLogin(bytes); !login.ok()) {
    madoguchi::oqs::CheckRefusal(login.status());
  }
  return 0;
}
