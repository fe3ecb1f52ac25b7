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

size_t SpaceLength(absl::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [text](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first == ' ' || (first >= '\t' && first <= '\r')) return 1;
  // The lead bytes of all others decide nearly everything: most Japanese begins with one of them.
  switch (first) {
    case 0xC2:
      return byte(1) == 0xA0 ? 2 : 0;  // U+00A0
    case 0xE1:
      return byte(1) == 0x9A && byte(2) == 0x80 ? 3 : 0;  // U+1680
    case 0xE2: {
      const unsigned third = byte(2);
      if (byte(1) == 0x81) return third == 0x9F ? 3 : 0;  // U+205F
      if (byte(1) != 0x80) return 0;
      // U+2000 to U+200A, U+2028, U+2029, U+202F.
      const bool space =
          (third >= 0x80 && third <= 0x8A) || third == 0xA8 || third == 0xA9 || third == 0xAF;
      return space ? 3 : 0;
    }
    case 0xE3:
      return byte(1) == 0x80 && byte(2) == 0x80 ? 3 : 0;  // U+3000
    case 0xEF:
      return byte(1) == 0xBB && byte(2) == 0xBF ? 3 : 0;  // U+FEFF
    default:
      return 0;
  }
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
