#include "hl7/v2/segments.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace madoguchi::hl7::v2 {
namespace {

constexpr absl::string_view kHexDigits = "0123456789ABCDEF";

// What follows the backslash of an escape; 0: no escape; 'X': by its number.
constexpr std::array<char, 128> MakeEscapes() {
  std::array<char, 128> escapes{};
  for (size_t c = 0; c < 0x20; ++c) escapes[c] = 'X';
  escapes[0x7F] = 'X';
  escapes['|'] = 'F';
  escapes['^'] = 'S';
  escapes['~'] = 'R';
  escapes['\\'] = 'E';
  escapes['&'] = 'T';
  return escapes;
}
constexpr std::array<char, 128> kEscapes = MakeEscapes();

char EscapeOf(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return byte < kEscapes.size() ? kEscapes[byte] : '\0';
}

bool AllEmpty(SegmentWriter::Values values) {
  for (const absl::string_view value : values) {
    if (!value.empty()) return false;
  }
  return true;
}

}  // namespace

void AppendEscaped(absl::string_view value, std::string& out) {
  if (value == "\"\"") {
    out += "\\X2222\\";
    return;
  }
  size_t begun = 0;
  for (size_t at = 0; at < value.size(); ++at) {
    const char escape = EscapeOf(value[at]);
    if (escape == '\0') continue;
    out.append(value.data() + begun, at - begun);
    begun = at + 1;
    out.push_back('\\');
    out.push_back(escape);
    if (escape == 'X') {
      const auto byte = static_cast<uint8_t>(value[at]);
      out.push_back(kHexDigits[byte >> 4]);
      out.push_back(kHexDigits[byte & 15]);
    }
    out.push_back('\\');
  }
  out.append(value.data() + begun, value.size() - begun);
}

void SegmentWriter::Segment(absl::string_view name) {
  Finish();
  out_.append(name.data(), name.size());
  field_ = 0;
  if (name == "MSH") {
    out_ += "|^~\\&";
    field_ = 2;
  }
}

void SegmentWriter::Finish() {
  if (field_ >= 0) out_.push_back('\r');
  field_ = -1;
}

void SegmentWriter::Reach(int field) {
  if (field > field_) out_.append(static_cast<size_t>(field - field_), '|');
  field_ = field;
}

void SegmentWriter::Parts(Values values, char delimiter) {
  // Delimiters wait until something follows them.
  size_t waiting = 0;
  bool first = true;
  for (const absl::string_view value : values) {
    if (!first) ++waiting;
    first = false;
    if (value.empty()) continue;
    out_.append(waiting, delimiter);
    waiting = 0;
    AppendEscaped(value, out_);
  }
}

void SegmentWriter::Field(int field, absl::string_view value) {
  if (value.empty()) return;
  Reach(field);
  AppendEscaped(value, out_);
}

void SegmentWriter::Field(int field, Values components) {
  if (AllEmpty(components)) return;
  Reach(field);
  Parts(components, '^');
}

void SegmentWriter::Subcomponents(int field, Values subcomponents) {
  if (AllEmpty(subcomponents)) return;
  Reach(field);
  Parts(subcomponents, '&');
}

void SegmentWriter::Repeat(int field, Values components) {
  if (AllEmpty(components)) return;
  if (field_ == field) {
    out_.push_back('~');
  } else {
    Reach(field);
  }
  Parts(components, '^');
}

void SegmentWriter::Repetitions(int field, Values repetitions) {
  if (AllEmpty(repetitions)) return;
  Reach(field);
  Parts(repetitions, '~');
}

void SegmentWriter::Quantity(int field, absl::string_view amount, Values unit) {
  if (amount.empty() && AllEmpty(unit)) return;
  Reach(field);
  AppendEscaped(amount, out_);
  if (AllEmpty(unit)) return;
  out_.push_back('^');
  Parts(unit, '&');
}

void SegmentWriter::Constant(int field, absl::string_view text) {
  Reach(field);
  out_.append(text.data(), text.size());
}

}  // namespace madoguchi::hl7::v2
