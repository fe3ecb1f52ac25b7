#ifndef MADOGUCHI_HL7_FHIR_JSON_H_
#define MADOGUCHI_HL7_FHIR_JSON_H_

#include <rapidjson/writer.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"

// JSON straight into a string, by RapidJSON's Writer.
namespace madoguchi::hl7::fhir {

// A stream of RapidJSON over a string: what the string held is its room, from the start; it never
// grows by less than a half of it.
class Sink {
 public:
  using Ch = char;

  // `out` stays the caller's and must outlive the sink's use.
  void Reset(std::string& out);
  // Cuts the string behind what was written.
  void Finish();

  void Put(char c) {
    Reserve(1);
    PutUnsafe(c);
  }
  void PutUnsafe(char c) { *next_++ = c; }
  void Flush() {}
  void Reserve(size_t count) {
    if (static_cast<size_t>(end_ - next_) < count) Grow(count);
  }
  void Append(absl::string_view text) {
    Reserve(text.size());
    AppendUnsafe(text);
  }
  void AppendUnsafe(absl::string_view text) {
    std::memcpy(next_, text.data(), text.size());
    next_ += text.size();
  }

 private:
  void Grow(size_t count);

  std::string* out_ = nullptr;
  char* next_ = nullptr;
  char* end_ = nullptr;
};

// Found by RapidJSON's Writer through the type of the stream.
inline void PutReserve(Sink& sink, size_t count) { sink.Reserve(count); }
inline void PutUnsafe(Sink& sink, char c) { sink.PutUnsafe(c); }

namespace internal {

inline constexpr uint64_t kOnes = 0x0101010101010101;
inline constexpr uint64_t kHighs = 0x8080808080808080;

// Not zero when one of the 8 bytes is less than `n` (at most 0x80): the usual trick with borrows,
// which is exact for the question whether there is any.
constexpr uint64_t HasLess(uint64_t bytes, uint64_t n) {
  return (bytes - kOnes * n) & ~bytes & kHighs;
}
constexpr uint64_t HasByte(uint64_t bytes, uint64_t value) {
  return HasLess(bytes ^ (kOnes * value), 1);
}

inline bool NeedsEscapes(absl::string_view text) {
  const char* at = text.data();
  size_t left = text.size();
  for (; left >= sizeof(uint64_t); left -= sizeof(uint64_t), at += sizeof(uint64_t)) {
    uint64_t bytes = 0;
    std::memcpy(&bytes, at, sizeof(bytes));
    if ((HasLess(bytes, 0x20) | HasByte(bytes, '"') | HasByte(bytes, '\\')) != 0) return true;
  }
  for (; left > 0; --left, ++at) {
    if (static_cast<unsigned char>(*at) < 0x20 || *at == '"' || *at == '\\') return true;
  }
  return false;
}

}  // namespace internal

// Length of the white space at the start of `text`, 0 when there is none. As regular expressions of
// JavaScript have it, which FHIR's types are checked by: ASCII's, and those of Unicode.
size_t SpaceLength(absl::string_view text);

// True for a text of white space only: FHIR has no such strings.
bool IsBlankSlowly(absl::string_view text);
inline bool IsBlank(absl::string_view text) {
  if (text.empty()) return true;
  const auto first = static_cast<unsigned char>(text.front());
  // White space begins with one of these bytes; so do others.
  const bool may_be =
      first <= ' ' || first == 0xC2 || (first >= 0xE1 && first <= 0xE3) || first == 0xEF;
  return may_be && IsBlankSlowly(text);
}

// A writer for FHIR. Keys and what is called constant are our own and need no escapes. What FHIR
// forbids is left out: members with a blank text.
class Json : private rapidjson::Writer<Sink> {
 public:
  // Starts a new text in `out`, which is replaced. `out` must live until Finish().
  void Start(std::string& out);
  void Finish();

  void Object() { StartObject(); }
  void Object(absl::string_view key) {
    KeyOf(key);
    StartObject();
  }
  void EndObject() { Base::EndObject(); }
  void Array(absl::string_view key) {
    KeyOf(key);
    StartArray();
  }
  void EndArray() { Base::EndArray(); }

  // Whole members, `"a":1,"b":[2]`, of the object that is open.
  void Members(absl::string_view constant);
  // The same in pieces.
  void Members(std::initializer_list<absl::string_view> pieces);
  // A member with a whole value.
  void Constant(absl::string_view key, absl::string_view value);
  // A whole value in an array.
  void Item(absl::string_view constant);

  // `"key":"text"`, unless the text is blank.
  void Text(absl::string_view key, absl::string_view text);
  // A text in an array, unless it is blank.
  void TextItem(absl::string_view text);
  // A text that needs no escapes, in one or two pieces.
  void Plain(absl::string_view key, absl::string_view constant, absl::string_view rest = {});
  void PlainItem(absl::string_view constant, absl::string_view rest = {});
  // A number as it stands in `decimal`.
  void Number(absl::string_view key, absl::string_view decimal);
  void Flag(absl::string_view key, bool value);

 private:
  using Base = rapidjson::Writer<Sink>;

  void KeyOf(absl::string_view key);
  void StringOf(absl::string_view text);

  Sink sink_;
};

// Writing is little else than these: worth their place in every caller.

inline void Json::KeyOf(absl::string_view key) {
  Prefix(rapidjson::kStringType);
  sink_.Reserve(key.size() + 2);
  sink_.PutUnsafe('"');
  sink_.AppendUnsafe(key);
  sink_.PutUnsafe('"');
}

inline void Json::StringOf(absl::string_view text) {
  if (internal::NeedsEscapes(text)) {
    Base::String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    return;
  }
  Prefix(rapidjson::kStringType);
  sink_.Reserve(text.size() + 2);
  sink_.PutUnsafe('"');
  sink_.AppendUnsafe(text);
  sink_.PutUnsafe('"');
}

inline void Json::Members(absl::string_view constant) {
  // To the Writer this is one key and one value, however many they are.
  Prefix(rapidjson::kStringType);
  sink_.Append(constant);
  ++level_stack_.Top<Level>()->valueCount;
}

inline void Json::Members(std::initializer_list<absl::string_view> pieces) {
  Prefix(rapidjson::kStringType);
  size_t size = 0;
  for (const absl::string_view piece : pieces) size += piece.size();
  sink_.Reserve(size);
  for (const absl::string_view piece : pieces) sink_.AppendUnsafe(piece);
  ++level_stack_.Top<Level>()->valueCount;
}

inline void Json::Constant(absl::string_view key, absl::string_view value) {
  KeyOf(key);
  Item(value);
}

inline void Json::Item(absl::string_view constant) {
  Prefix(rapidjson::kObjectType);
  sink_.Append(constant);
}

inline void Json::Text(absl::string_view key, absl::string_view text) {
  if (IsBlank(text)) return;
  KeyOf(key);
  StringOf(text);
}

inline void Json::Plain(absl::string_view key, absl::string_view constant, absl::string_view rest) {
  KeyOf(key);
  PlainItem(constant, rest);
}

inline void Json::PlainItem(absl::string_view constant, absl::string_view rest) {
  Prefix(rapidjson::kStringType);
  sink_.Reserve(constant.size() + rest.size() + 2);
  sink_.PutUnsafe('"');
  sink_.AppendUnsafe(constant);
  sink_.AppendUnsafe(rest);
  sink_.PutUnsafe('"');
}

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_JSON_H_
