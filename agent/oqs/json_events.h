#ifndef MADOGUCHI_AGENT_OQS_JSON_EVENTS_H_
#define MADOGUCHI_AGENT_OQS_JSON_EVENTS_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "agent/base/error.h"

namespace madoguchi::oqs {

// What a JSON text is made of, in its order. Each returns false to stop, having called Stop.
class JsonEvents {
 public:
  virtual ~JsonEvents() = default;
  virtual bool Key(absl::string_view name) = 0;
  // A string, or the text of a number, boolean or null (empty).
  virtual bool Value(absl::string_view text) = 0;
  virtual bool StartObject() = 0;
  virtual bool EndObject() = 0;
  virtual bool StartArray() = 0;
  virtual bool EndArray() = 0;

  base::ErrorCode stopped_code() const { return code_; }
  absl::string_view stopped_what() const { return what_; }

 protected:
  // `what` is a literal.
  bool Stop(base::ErrorCode code, absl::string_view what) {
    code_ = code;
    what_ = what;
    return false;
  }

 private:
  base::ErrorCode code_ = base::ErrorCode::kNotJson;
  absl::string_view what_;
};

// Parses one JSON text of at most `most` bytes, without recursion, and tells `events`. A byte order
// mark is skipped. Errors: MDG-1301, 1304, 1308, 1310, or what `events` stopped with; `field` is
// `byte N`.
absl::Status ParseJson(absl::string_view bytes, size_t most, JsonEvents& events);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_JSON_EVENTS_H_
