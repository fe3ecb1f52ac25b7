#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "agent/base/error.h"
#include "agent/text/jis.h"
#include "hl7/v2/mllp.h"

// Any bytes a receiver of HL7 may send are either refused with an error of the catalogue or read
// within bounds; frames come out the same however they arrive; what is encoded as ISO-2022-JP is
// read back.
namespace madoguchi::hl7::v2 {
namespace {

constexpr size_t kMost = 4096;

void Check(bool holds) {
  if (!holds) std::abort();
}

void CheckNotHl7(const absl::Status& status) { Check(base::Is(status, base::ErrorCode::kNotHl7)); }

// The messages of a stream that arrives in pieces, each behind its size, and where it failed.
std::string Read(absl::string_view stream, size_t piece) {
  MllpReader reader(kMost);
  std::string all;
  absl::Status status;
  for (size_t at = 0; at < stream.size() && status.ok(); at += piece) {
    status = reader.Take(stream.substr(at, piece));
  }
  while (const auto message = reader.Next()) {
    Check(message->size() <= kMost);
    all += std::to_string(message->size()) + ":" + *message;
    if (const auto ack = ParseAck(*message); !ack.ok()) CheckNotHl7(ack.status());
  }
  if (!status.ok()) CheckNotHl7(status);
  return all + (status.ok() ? "" : std::string(base::DetailOf(status)->field()));
}

void ReadAck(absl::string_view bytes) {
  const auto ack = ParseAck(bytes);
  if (!ack.ok()) {
    CheckNotHl7(ack.status());
    return;
  }
  Check(!ack->control_id.empty());
  Check(ack->text.size() <= 1004 && ack->control_id.size() <= 1004);
}

void Charset(absl::string_view bytes) {
  const auto fitted = text::FitToJis(bytes);
  const auto encoded = text::EncodeIso2022Jp(bytes);
  Check(fitted.ok() && encoded.ok());
  Check(fitted->replaced_count == encoded->replaced_count);
  // An escape in the text is not ours to write: the converter escapes it in HL7's way.
  if (bytes.find('\x1b') != absl::string_view::npos) return;
  const auto decoded = text::DecodeIso2022Jp(encoded->bytes);
  Check(decoded.ok() && *decoded == fitted->utf8);
}

}  // namespace
}  // namespace madoguchi::hl7::v2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace madoguchi::hl7::v2;  // NOLINT(google-build-using-namespace)
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  Check(Read(bytes, 1) == Read(bytes, 7));
  ReadAck(bytes);
  Charset(bytes);
  if (const auto text = madoguchi::text::DecodeIso2022Jp(bytes); text.ok()) {
    const auto again = madoguchi::text::FitToJis(*text);
    Check(again.ok() && again->replaced_count == 0 && again->utf8 == *text);
  }
  return 0;
}
