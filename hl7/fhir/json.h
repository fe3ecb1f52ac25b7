#ifndef MADOGUCHI_HL7_FHIR_JSON_H_
#define MADOGUCHI_HL7_FHIR_JSON_H_

#include <rapidjson/writer.h>

#include <cstddef>
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

// True for a text of white space only, the ideographic space too: FHIR has no such strings.
bool IsBlank(absl::string_view text);

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

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_JSON_H_
