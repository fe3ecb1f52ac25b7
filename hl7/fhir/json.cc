#include "hl7/fhir/json.h"

#include <algorithm>
#include <cstdint>

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

bool IsBlankSlowly(absl::string_view text) {
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
