#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "agent/oqs/any_form.h"
#include "agent/oqs/family.h"
#include "agent/oqs/message.h"
#include "agent/text/utf8.h"
#include "tests/fuzz/oqs_forms.h"

// Any name is either no message's or is taken apart without loss, never leads to another folder,
// and makes no form crash.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace oqs = madoguchi::oqs;
  const absl::string_view name(reinterpret_cast<const char*>(data), size);
  const auto parsed = oqs::ParseFileName(name);
  if (parsed) {
    oqs::Check(name.find_first_of("/\\:") == absl::string_view::npos);
    oqs::Check(
        absl::EndsWithIgnoreCase(name, absl::StrCat(parsed->suffix, ".", parsed->extension)));
    oqs::Check(!oqs::NamesOtherFamily(name));
  }
  const std::string bare = oqs::BareName(name);
  oqs::Check(!madoguchi::text::FindInvalidUtf8(bare));
  oqs::Check(bare.find('/') == std::string::npos);
  for (const char* bytes : {"<XmlMsg><MessageBody/></XmlMsg>", "%PDF-1.4\n%%EOF", "PK\x03\x04",
                            "{\"XmlMsg\":{\"MessageBody\":{}}}"}) {
    const auto message = oqs::ReadAnyForm(name, bytes);
    if (!message.ok()) {
      oqs::CheckRefusal(message.status());
      continue;
    }
    madoguchi::v1::OqsMessage again;
    oqs::Check(again.ParseFromString(message->SerializeAsString()));
  }
  return 0;
}
