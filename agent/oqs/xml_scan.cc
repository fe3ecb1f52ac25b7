#include "agent/oqs/xml_scan.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/base/error.h"
#include "agent/oqs/limits.h"
#include "agent/text/utf8.h"

namespace madoguchi::oqs {
namespace {

using base::ErrorCode;

enum CharacterClass : uint8_t { kNameStart = 1, kName = 2, kSpace = 4 };

constexpr std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || c == '_' || c == ':' || c >= 0x80) classes[c] |= kNameStart | kName;
    if ((c >= '0' && c <= '9') || c == '-' || c == '.') classes[c] |= kName;
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') classes[c] |= kSpace;
  }
  return classes;
}

constexpr std::array<uint8_t, 256> kClasses = MakeClasses();

bool Is(char c, CharacterClass wanted) {
  return (kClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}

bool IsAllSpace(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return Is(c, kSpace); });
}

class Scanner {
 public:
  Scanner(absl::string_view text, size_t max_elements)
      : text_(text), max_elements_(max_elements), next_reference_(text.find('&')) {}

  absl::StatusOr<XmlScan> Run() {
    while (at_ < text_.size()) {
      if (!(text_[at_] == '<' ? Markup() : Text())) return Error();
    }
    if (!root_seen_ || depth_ > 0) {
      Fail(ErrorCode::kIncompleteMessage, "");
      return Error();
    }
    return scan_;
  }

 private:
  bool Fail(ErrorCode code, absl::string_view what) {
    code_ = code;
    what_ = what;
    return false;
  }
  bool NotXml(absl::string_view what) { return Fail(ErrorCode::kNotXml, what); }
  // The text ends inside markup.
  bool CutOff() { return Fail(ErrorCode::kIncompleteMessage, ""); }

  absl::Status Error() const {
    const absl::string_view before = text_.substr(0, at_);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    return base::MakeError(code_,
                           {.what = std::string(what_), .field = absl::StrCat("line ", line)});
  }

  absl::string_view Rest() const { return text_.substr(at_); }

  // Place of the next `wanted` from here on; the end of the text when there is none. Most of a scan
  // is this.
  size_t Next(char wanted) const {
    const void* found = std::memchr(text_.data() + at_, wanted, text_.size() - at_);
    return found == nullptr ? text_.size()
                            : static_cast<size_t>(static_cast<const char*>(found) - text_.data());
  }

  bool Text() {
    const size_t end = Next('<');
    const absl::string_view run = text_.substr(at_, end - at_);
    if (depth_ == 0 && !IsAllSpace(run)) return NotXml("text outside the root element");
    if (!References(end)) return false;
    at_ = end;
    return true;
  }

  // Checks the references between here and `end`.
  bool References(size_t end) {
    while (next_reference_ < end) {
      at_ = next_reference_;
      if (!Reference(text_.substr(next_reference_ + 1, end - next_reference_ - 1))) {
        // Without its semicolon at the end of everything: cut off.
        return end == text_.size() && depth_ > 0 ? CutOff() : false;
      }
      next_reference_ = text_.find('&', next_reference_ + 1);
    }
    return true;
  }

  // `run` is what follows the ampersand.
  bool Reference(absl::string_view run) {
    const absl::string_view name = run.substr(0, run.substr(0, 12).find(';'));
    if (name.size() == run.size() || name.size() >= 12) return NotXml("a reference without end");
    if (absl::StartsWith(name, "#")) return CharacterReference(name.substr(1));
    for (const absl::string_view known : {"lt", "gt", "amp", "quot", "apos"}) {
      if (name == known) return true;
    }
    return NotXml("a reference to an unknown entity");
  }

  // `digits` is what stands between `&#` and the semicolon.
  bool CharacterReference(absl::string_view digits) {
    const uint32_t base = absl::ConsumePrefix(&digits, "x") ? 16 : 10;
    uint32_t value = 0;
    for (const char c : digits) {
      const auto byte = static_cast<unsigned char>(c);
      if (base == 10 ? !absl::ascii_isdigit(byte) : !absl::ascii_isxdigit(byte)) {
        return NotXml("a reference that is no number");
      }
      const uint32_t digit = absl::ascii_isdigit(byte)
                                 ? static_cast<uint32_t>(c - '0')
                                 : static_cast<uint32_t>(absl::ascii_tolower(byte) - 'a' + 10);
      // At most 9 digits get here: no overflow.
      value = std::min<uint32_t>(value, 0x110000) * base + digit;
    }
    if (digits.empty() || !text::IsXmlCharacter(value)) {
      return NotXml("a reference to a character XML does not allow");
    }
    return true;
  }

  bool Markup() {
    if (at_ + 1 == text_.size()) return CutOff();
    const char next = text_[at_ + 1];
    if (Is(next, kNameStart)) return StartTag();
    if (next == '/') return EndTag();
    if (next == '?') return Instruction();
    if (next == '!') return Declaration();
    return NotXml("a < that begins nothing");
  }

  bool StartTag() {
    if (depth_ == 0 && root_seen_) return NotXml("a second root element");
    root_seen_ = true;
    if (++depth_ > kMaxDepth) return Fail(ErrorCode::kTooDeep, "too many levels");
    ++at_;
    if (!Name()) return false;
    for (size_t attributes = 0;; ++attributes) {
      if (attributes > kMaxAttributes) return Fail(ErrorCode::kTooDeep, "too many attributes");
      const bool spaced = SkipSpace();
      if (at_ == text_.size()) return CutOff();
      if (text_[at_] == '>') {
        ++at_;
        return true;
      }
      if (text_[at_] == '/') return EmptyTagEnd();
      if (!spaced) return NotXml("a malformed tag");
      if (!Attribute()) return false;
    }
  }

  bool EmptyTagEnd() {
    if (at_ + 1 == text_.size()) return CutOff();
    if (text_[at_ + 1] != '>') return NotXml("a malformed tag");
    at_ += 2;
    --depth_;
    return true;
  }

  // The parser compares its name with that of the start tag.
  bool EndTag() {
    if (depth_ == 0) return NotXml("an end tag without a start");
    const size_t end = Next('>');
    if (end == text_.size()) return CutOff();
    at_ = end + 1;
    --depth_;
    return true;
  }

  // Counts, because every element and attribute has one.
  bool Name() {
    if (++names_ > max_elements_) return Fail(ErrorCode::kTooDeep, "too many elements");
    const size_t start = at_;
    if (at_ < text_.size() && !Is(text_[at_], kNameStart)) return NotXml("a malformed name");
    while (at_ < text_.size() && Is(text_[at_], kName)) ++at_;
    if (at_ - start > kMaxNameBytes) return Fail(ErrorCode::kTooDeep, "a name that is too long");
    return true;
  }

  bool Attribute() {
    scan_.has_attributes = true;
    if (!Name()) return false;
    SkipSpace();
    if (at_ == text_.size()) return CutOff();
    if (text_[at_] != '=') return NotXml("an attribute without a value");
    ++at_;
    SkipSpace();
    if (at_ == text_.size()) return CutOff();
    const char quote = text_[at_];
    if (quote != '"' && quote != '\'') return NotXml("an attribute without quotes");
    const size_t end = text_.find(quote, at_ + 1);
    if (end == absl::string_view::npos) return CutOff();
    if (text_.substr(at_, end - at_).find('<') != absl::string_view::npos) {
      return NotXml("a < in an attribute");
    }
    if (!References(end)) return false;
    at_ = end + 1;
    return true;
  }

  bool SkipSpace() {
    const size_t start = at_;
    while (at_ < text_.size() && Is(text_[at_], kSpace)) ++at_;
    return at_ != start;
  }

  bool Instruction() {
    scan_.splits_text = scan_.splits_text || depth_ > 0;
    // The XML declaration only stands before everything else.
    if (absl::StartsWithIgnoreCase(Rest().substr(0, 6), "<?xml") && Rest().size() > 5 &&
        Is(Rest()[5], kSpace) && !IsAllSpace(text_.substr(0, at_))) {
      return NotXml("an XML declaration that is not at the start");
    }
    if (at_ + 2 < text_.size() && !Is(text_[at_ + 2], kNameStart)) {
      return NotXml("a malformed processing instruction");
    }
    return SkipBehind("?>", 2);
  }

  bool Declaration() {
    const absl::string_view rest = Rest();
    if (absl::StartsWith(rest, "<!--")) return Comment();
    if (absl::StartsWith(rest, "<![CDATA[")) {
      if (depth_ == 0) return NotXml("text outside the root element");
      scan_.splits_text = true;
      return SkipBehind("]]>", 9);
    }
    for (const absl::string_view whole : {"<!--", "<![CDATA[", "<!DOCTYPE"}) {
      if (absl::StartsWith(whole, rest)) return CutOff();
    }
    for (const absl::string_view dtd :
         {"<!DOCTYPE", "<!ENTITY", "<!ELEMENT", "<!ATTLIST", "<!NOTATION", "<!["}) {
      if (absl::StartsWithIgnoreCase(rest, dtd)) return Fail(ErrorCode::kDtdForbidden, "");
    }
    return NotXml("a malformed declaration");
  }

  bool Comment() {
    scan_.splits_text = true;
    return SkipBehind("-->", 4);
  }

  // Moves behind the next `end`, which cannot begin in the first `opening` bytes.
  bool SkipBehind(absl::string_view end, size_t opening) {
    const size_t found = text_.find(end, at_ + opening);
    if (found == absl::string_view::npos) return CutOff();
    at_ = found + end.size();
    // Ampersands in there mean nothing.
    if (next_reference_ < at_) next_reference_ = text_.find('&', at_);
    return true;
  }

  const absl::string_view text_;
  const size_t max_elements_;
  size_t at_ = 0;
  // The next ampersand that was not looked at; npos: none. Behind `at_` only inside tags.
  size_t next_reference_;
  size_t depth_ = 0;
  size_t names_ = 0;
  bool root_seen_ = false;
  XmlScan scan_;
  ErrorCode code_ = ErrorCode::kNotXml;
  absl::string_view what_;
};

}  // namespace

absl::StatusOr<XmlScan> ScanXml(absl::string_view text, size_t max_elements) {
  return Scanner(text, max_elements).Run();
}

bool IsXmlName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && Is(name.front(), kNameStart) &&
         std::all_of(name.begin(), name.end(), [](char c) { return Is(c, kName); });
}

}  // namespace madoguchi::oqs
