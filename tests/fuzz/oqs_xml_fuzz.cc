#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "agent/base/error.h"
#include "agent/oqs/message.h"

// Any bytes are either refused with an error of the catalogue, or become a record that is valid
// protobuf and comes back the same after writing and reading.
namespace madoguchi::oqs {
namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

void ReadAndReturn(absl::string_view name, absl::string_view bytes) {
  LooksComplete(bytes);
  const absl::StatusOr<v1::OqsMessage> message = ReadMessage(name, bytes);
  if (!message.ok()) {
    const auto detail = base::DetailOf(message.status());
    Check(detail && absl::StartsWith(detail->number(), "MDG-13"));
    return;
  }
  v1::OqsMessage parsed;
  Check(parsed.ParseFromString(message->SerializeAsString()));
  const absl::StatusOr<std::string> written = WriteMessage(*message, Encoding::kUtf8);
  Check(written.ok());
  absl::StatusOr<v1::OqsMessage> again = ReadMessage(name, *written);
  Check(again.ok());
  again->set_declared_encoding(message->declared_encoding());
  again->set_actual_encoding(message->actual_encoding());
  Check(again->SerializeAsString() == message->SerializeAsString());
  // May lack a character; must not crash, and what it writes must be readable.
  const absl::StatusOr<std::string> cp932 = WriteMessage(*message, Encoding::kShiftJis);
  Check(!cp932.ok() || ReadMessage(name, *cp932).ok());
}

}  // namespace
}  // namespace madoguchi::oqs

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  // The size chooses what the file is called: one name of each layout, and one that says nothing.
  static constexpr const char* kNames[] = {
      "unknown.xml",         "OQSsiquc01res_1.xml", "OQSsiquc01req_1.xml", "YZKsiquc01res_1.xml",
      "YZKsiquc01req_1.xml", "TKKsiquc01res_1.xml", "OQSmuquc01req_1.xml", "OQSmuquc02res_1.xml",
      "OQSmuimm02res_1.xml", "OQSsiimm01req_1.xml", "OQSsiimm01res_1.xml"};
  madoguchi::oqs::ReadAndReturn(kNames[size % std::size(kNames)], bytes);
  madoguchi::oqs::ParseFileName(bytes.substr(0, 300));
  return 0;
}
