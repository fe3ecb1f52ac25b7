#include "hl7/fhir/json.h"

#include <algorithm>

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

namespace {

// The white space of three bytes in UTF-8, the bytes as one number.
bool IsWideSpace(unsigned bytes) {
  switch (bytes) {
    case 0xE19A80:  // U+1680
    case 0xE280A8:  // U+2028
    case 0xE280A9:  // U+2029
    case 0xE280AF:  // U+202F
    case 0xE2819F:  // U+205F
    case 0xE38080:  // U+3000
    case 0xEFBBBF:  // U+FEFF
      return true;
    default:
      return bytes >= 0xE28080 && bytes <= 0xE2808A;  // U+2000 to U+200A
  }
}

}  // namespace

size_t SpaceLength(absl::string_view text) {
  const auto byte = [text](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first == ' ' || (first >= '\t' && first <= '\r')) return 1;
  if (first == 0xC2) return byte(1) == 0xA0 ? 2 : 0;  // U+00A0
  return IsWideSpace(first << 16U | byte(1) << 8U | byte(2)) ? 3 : 0;
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
