#include "hl7/fhir/json.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace madoguchi::hl7::fhir {
namespace {

// Enough for small parts; a Bundle makes it grow once.
constexpr size_t kFirstRoom = 1024;

}  // namespace

void Sink::Reset(std::string& out) {
  out_ = &out;
  if (out.size() < kFirstRoom) out.resize(kFirstRoom);
  next_ = out.data();
  end_ = out.data() + out.size();
}

void Sink::Finish() { out_->resize(static_cast<size_t>(next_ - out_->data())); }

void Sink::Grow(size_t count) {
  const auto used = static_cast<size_t>(next_ - out_->data());
  // What the string has room for anyway costs no copy.
  const size_t wanted = std::max(used + count, out_->size() + out_->size() / 2);
  out_->resize(std::max(wanted, out_->capacity()));
  next_ = out_->data() + used;
  end_ = out_->data() + out_->size();
}

size_t SpaceLength(absl::string_view text) {
  if (text.empty()) return 0;
  const char c = text.front();
  if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
  constexpr absl::string_view kWide[] = {"\u00A0", "\u1680", "\u2000", "\u2001", "\u2002",
                                         "\u2003", "\u2004", "\u2005", "\u2006", "\u2007",
                                         "\u2008", "\u2009", "\u200A", "\u2028", "\u2029",
                                         "\u202F", "\u205F", "\u3000", "\uFEFF"};
  for (const absl::string_view space : kWide) {
    if (absl::StartsWith(text, space)) return space.size();
  }
  return 0;
}

bool IsBlankSlowly(absl::string_view text) {
  while (!text.empty()) {
    const size_t length = SpaceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

void Json::Start(std::string& out) {
  sink_.Reset(out);
  Reset(sink_);
}

void Json::Finish() { sink_.Finish(); }

void Json::TextItem(absl::string_view text) {
  if (!IsBlank(text)) StringOf(text);
}

void Json::Number(absl::string_view key, absl::string_view decimal) {
  KeyOf(key);
  Prefix(rapidjson::kNumberType);
  sink_.Append(decimal);
}

void Json::Flag(absl::string_view key, bool value) {
  KeyOf(key);
  Bool(value);
}

}  // namespace madoguchi::hl7::fhir
