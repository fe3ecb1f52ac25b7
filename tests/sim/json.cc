#include "tests/sim/json.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace madoguchi::sim {
namespace {

std::string Quoted(absl::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

void JsonObject::Key(absl::string_view key) {
  if (!members_.empty()) members_ += ',';
  absl::StrAppend(&members_, Quoted(key), ":");
}

JsonObject& JsonObject::Text(absl::string_view key, absl::string_view value) {
  Key(key);
  members_ += Quoted(value);
  return *this;
}

JsonObject& JsonObject::Number(absl::string_view key, int64_t value) {
  Key(key);
  absl::StrAppend(&members_, value);
  return *this;
}

JsonObject& JsonObject::Bool(absl::string_view key, bool value) {
  Key(key);
  members_ += value ? "true" : "false";
  return *this;
}

JsonObject& JsonObject::Texts(absl::string_view key, const std::vector<std::string>& values) {
  Key(key);
  absl::StrAppend(&members_, "[",
                  absl::StrJoin(values, ",",
                                [](std::string* out, const std::string& value) {
                                  absl::StrAppend(out, Quoted(value));
                                }),
                  "]");
  return *this;
}

JsonObject& JsonObject::Objects(absl::string_view key, const std::vector<JsonObject>& values) {
  Key(key);
  absl::StrAppend(&members_, "[",
                  absl::StrJoin(values, ",",
                                [](std::string* out, const JsonObject& value) {
                                  absl::StrAppend(out, value.Str());
                                }),
                  "]");
  return *this;
}

JsonObject& JsonObject::Object(absl::string_view key, const JsonObject& value) {
  Key(key);
  members_ += value.Str();
  return *this;
}

std::string JsonObject::Str() const { return absl::StrCat("{", members_, "}"); }

}  // namespace madoguchi::sim
