#include "hl7/fhir/json.h"

#include <algorithm>
#include <cstdint>

namespace madoguchi::hl7::fhir {
namespace {

// Enough for small parts; a Bundle makes it grow once.
constexpr size_t kFirstRoom = 1024;

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighs = 0x8080808080808080;

// Not zero when one of the 8 bytes is less than `n` (at most 0x80): the usual trick with borrows,
// which is exact for the question whether there is any.
constexpr uint64_t HasLess(uint64_t bytes, uint64_t n) {
  return (bytes - kOnes * n) & ~bytes & kHighs;
}
constexpr uint64_t HasByte(uint64_t bytes, uint64_t value) {
  return HasLess(bytes ^ (kOnes * value), 1);
}

bool NeedsEscape(unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; }

bool NeedsEscapes(absl::string_view text) {
  const char* at = text.data();
  size_t left = text.size();
  for (; left >= sizeof(uint64_t); left -= sizeof(uint64_t), at += sizeof(uint64_t)) {
    uint64_t bytes = 0;
    std::memcpy(&bytes, at, sizeof(bytes));
    if ((HasLess(bytes, 0x20) | HasByte(bytes, '"') | HasByte(bytes, '\\')) != 0) return true;
  }
  for (; left > 0; --left, ++at) {
    if (NeedsEscape(static_cast<unsigned char>(*at))) return true;
  }
  return false;
}

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

bool IsBlank(absl::string_view text) {
  constexpr absl::string_view kIdeographicSpace = "　";
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text.front());
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      text.remove_prefix(1);
    } else if (text.substr(0, kIdeographicSpace.size()) == kIdeographicSpace) {
      text.remove_prefix(kIdeographicSpace.size());
    } else {
      return false;
    }
  }
  return true;
}

void Json::Start(std::string& out) {
  sink_.Reset(out);
  Reset(sink_);
}

void Json::Finish() { sink_.Finish(); }

void Json::KeyOf(absl::string_view key) {
  Prefix(rapidjson::kStringType);
  sink_.Reserve(key.size() + 2);
  sink_.PutUnsafe('"');
  sink_.AppendUnsafe(key);
  sink_.PutUnsafe('"');
}

void Json::StringOf(absl::string_view text) {
  if (NeedsEscapes(text)) {
    Base::String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    return;
  }
  Prefix(rapidjson::kStringType);
  sink_.Reserve(text.size() + 2);
  sink_.PutUnsafe('"');
  sink_.AppendUnsafe(text);
  sink_.PutUnsafe('"');
}

void Json::Members(absl::string_view constant) {
  // To the Writer this is one key and one value, however many they are.
  Prefix(rapidjson::kStringType);
  sink_.Append(constant);
  ++level_stack_.Top<Level>()->valueCount;
}

void Json::Members(std::initializer_list<absl::string_view> pieces) {
  Prefix(rapidjson::kStringType);
  size_t size = 0;
  for (const absl::string_view piece : pieces) size += piece.size();
  sink_.Reserve(size);
  for (const absl::string_view piece : pieces) sink_.AppendUnsafe(piece);
  ++level_stack_.Top<Level>()->valueCount;
}

void Json::Item(absl::string_view constant) {
  Prefix(rapidjson::kObjectType);
  sink_.Append(constant);
}

void Json::Constant(absl::string_view key, absl::string_view value) {
  KeyOf(key);
  Item(value);
}

void Json::Text(absl::string_view key, absl::string_view text) {
  if (IsBlank(text)) return;
  KeyOf(key);
  StringOf(text);
}

void Json::TextItem(absl::string_view text) {
  if (!IsBlank(text)) StringOf(text);
}

void Json::Plain(absl::string_view key, absl::string_view constant, absl::string_view rest) {
  KeyOf(key);
  PlainItem(constant, rest);
}

void Json::PlainItem(absl::string_view constant, absl::string_view rest) {
  Prefix(rapidjson::kStringType);
  sink_.Reserve(constant.size() + rest.size() + 2);
  sink_.PutUnsafe('"');
  sink_.AppendUnsafe(constant);
  sink_.AppendUnsafe(rest);
  sink_.PutUnsafe('"');
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
