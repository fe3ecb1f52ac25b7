#include "agent/oqs/json_events.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace madoguchi::oqs {
namespace {

using base::ErrorCode;
using base::MakeError;

constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
                            rapidjson::kParseNumbersAsStringsFlag;

// From the parser's calls to ours.
class Handler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Handler> {
 public:
  explicit Handler(JsonEvents& events) : events_(events) {}

  // The names are the parser's.
  bool Null() { return events_.Value(""); }
  bool Bool(bool value) { return events_.Value(value ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return events_.Value({text, size});
  }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return events_.Value({text, size});
  }
  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return events_.Key({text, size});
  }
  bool StartObject() { return events_.StartObject(); }
  bool EndObject(rapidjson::SizeType /*members*/) { return events_.EndObject(); }
  bool StartArray() { return events_.StartArray(); }
  bool EndArray(rapidjson::SizeType /*elements*/) { return events_.EndArray(); }

 private:
  JsonEvents& events_;
};

ErrorCode CodeOf(rapidjson::ParseErrorCode code, bool at_end) {
  switch (code) {
    case rapidjson::kParseErrorStringInvalidEncoding:
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
      return ErrorCode::kBadEncoding;
    default:
      return at_end ? ErrorCode::kIncompleteMessage : ErrorCode::kNotJson;
  }
}

}  // namespace

absl::Status ParseJson(absl::string_view bytes, size_t most, JsonEvents& events) {
  if (bytes.size() > most) return MakeError(ErrorCode::kMessageTooLarge, {.field = "file"});
  const size_t whole = bytes.size();
  absl::ConsumePrefix(&bytes, "\xEF\xBB\xBF");
  const size_t skipped = whole - bytes.size();
  bytes = absl::StripTrailingAsciiWhitespace(bytes);
  // The parser takes a NUL for the end of its stream.
  if (const size_t nul = bytes.find('\0'); nul != absl::string_view::npos) {
    return MakeError(ErrorCode::kNotJson,
                     {.what = "a NUL", .field = absl::StrCat("byte ", skipped + nul)});
  }
  Handler handler(events);
  rapidjson::MemoryStream stream(bytes.data(), bytes.size());
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, handler);
  if (!result.IsError()) return absl::OkStatus();
  const std::string place = absl::StrCat("byte ", skipped + result.Offset());
  if (result.Code() == rapidjson::kParseErrorTermination) {
    return MakeError(events.stopped_code(),
                     {.what = std::string(events.stopped_what()), .field = place});
  }
  return MakeError(CodeOf(result.Code(), stream.Tell() >= bytes.size()),
                   {.what = rapidjson::GetParseError_En(result.Code()), .field = place});
}

}  // namespace madoguchi::oqs
