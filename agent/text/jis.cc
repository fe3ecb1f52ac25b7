#include "agent/text/jis.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/text/cp932.h"
#include "agent/text/kana.h"
#include "agent/text/utf8.h"

namespace madoguchi::text {
namespace {

constexpr absl::string_view kToKanji = "\x1b$B";
constexpr absl::string_view kToOldKanji = "\x1b$@";
constexpr absl::string_view kToAscii = "\x1b(B";
constexpr absl::string_view kToRoman = "\x1b(J";

constexpr unsigned kFirstCode = 0x21;
constexpr unsigned kLastCode = 0x7E;
constexpr size_t kCells = kLastCode - kFirstCode + 1;

// Rows 9 to 15 and from 85 on are not of JIS X 0208; CP932 has NEC's and IBM's extensions there.
bool IsRowOfJis(unsigned row) { return row <= 8 || (row >= 16 && row <= 84); }

// Characters of Unicode that are the same one of JIS, and the one CP932 has for it.
struct Twin {
  char16_t other;
  char16_t cp932;
};
constexpr Twin kTwins[] = {
    {0x301C, 0xFF5E}, {0x2212, 0xFF0D}, {0x2016, 0x2225}, {0x2014, 0x2015},
    {0x00A2, 0xFFE0}, {0x00A3, 0xFFE1}, {0x00AC, 0xFFE2}, {0x00A5, 0xFFE5},
    {0x203E, 0xFFE3}, {0x00C5, 0x212B}, {0x00B5, 0x03BC},
};

// What replaces a character outside, besides half-width kana: the table docs/en/mapping-hl7v2.md
// states.
struct Spelling {
  char32_t character;
  absl::string_view by;
};
constexpr Spelling kSpellings[] = {
    {0x00A0, " "},          {0x2011, "‐"},          {0x2013, "―"},        {0x2022, "・"},
    {0x00B7, "・"},         {0x3099, "゛"},         {0x309A, "゜"},       {0x2116, "No."},
    {0x2121, "TEL"},        {0x301D, "“"},          {0x301F, "”"},        {0xFF02, "\""},
    {0xFF07, "'"},          {0x33CD, "K.K."},       {0x3231, "(株)"},     {0x3232, "(有)"},
    {0x3239, "(代)"},       {0x32A4, "(上)"},       {0x32A5, "(中)"},     {0x32A6, "(下)"},
    {0x32A7, "(左)"},       {0x32A8, "(右)"},       {0x3349, "ミリ"},     {0x3314, "キロ"},
    {0x3322, "センチ"},     {0x334D, "メートル"},   {0x3318, "グラム"},   {0x3327, "トン"},
    {0x3303, "アール"},     {0x3336, "ヘクタール"}, {0x3351, "リットル"}, {0x3357, "ワット"},
    {0x330D, "カロリー"},   {0x3326, "ドル"},       {0x3323, "セント"},   {0x332B, "パーセント"},
    {0x334A, "ミリバール"}, {0x333B, "ページ"},     {0x339C, "mm"},       {0x339D, "cm"},
    {0x339E, "km"},         {0x338E, "mg"},         {0x338F, "kg"},       {0x33C4, "cc"},
    {0x33A1, "m2"},         {0x3395, "μg"},         {0x3396, "ml"},       {0x3397, "dl"},
    {0x337E, "明治"},       {0x337D, "大正"},       {0x337C, "昭和"},     {0x337B, "平成"},
    {0x32FF, "令和"},
};
constexpr absl::string_view kRomanNumerals[] = {"I",   "II",   "III", "IV", "V",  "VI",
                                                "VII", "VIII", "IX",  "X",  "XI", "XII"};
constexpr char32_t kCircledOne = 0x2460;
constexpr char32_t kCircledLast = 0x2473;
constexpr char32_t kRomanOne = 0x2160;
constexpr char32_t kSmallRomanOne = 0x2170;

struct JisTables {
  // By row and cell; 0: none.
  std::array<char16_t, kCells * kCells> decode{};
  // By code point; 0: outside.
  std::array<uint16_t, 65536> encode{};
};

// JIS's two bytes as those of Shift_JIS.
std::string ShiftJis(unsigned high, unsigned low) {
  const unsigned lead = (high - kFirstCode) / 2 + (high < 0x5F ? 0x81 : 0xC1);
  unsigned trail = low + 0x7E;
  if (high % 2 == 1) trail = low + (low < 0x60 ? 0x1F : 0x20);
  return {static_cast<char>(lead), static_cast<char>(trail)};
}

absl::Status FillCell(unsigned high, unsigned low, JisTables& tables) {
  const absl::StatusOr<Cp932Decoded> image = DecodeCp932(ShiftJis(high, low));
  MDG_RETURN_IF_ERROR(image.status());
  const std::optional<CodePoint> character = DecodeUtf8(image->utf8);
  if (image->bad_offset || !character || character->value > 0xFFFF) return absl::OkStatus();
  const auto value = static_cast<char16_t>(character->value);
  tables.decode[(high - kFirstCode) * kCells + (low - kFirstCode)] = value;
  tables.encode[value] = static_cast<uint16_t>((high << 8) | low);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<const JisTables>> ReadJisTables() {
  auto tables = std::make_unique<JisTables>();
  for (unsigned high = kFirstCode; high <= kLastCode; ++high) {
    if (!IsRowOfJis(high - kFirstCode + 1)) continue;
    for (unsigned low = kFirstCode; low <= kLastCode; ++low) {
      MDG_RETURN_IF_ERROR(FillCell(high, low, *tables));
    }
  }
  for (const Twin& twin : kTwins) tables->encode[twin.other] = tables->encode[twin.cp932];
  return tables;
}

const absl::StatusOr<std::unique_ptr<const JisTables>>& GetJisTables() {
  static const absl::StatusOr<std::unique_ptr<const JisTables>> tables = ReadJisTables();
  return tables;
}

bool IsAscii(char byte) { return static_cast<uint8_t>(byte) < 0x80; }

bool IsHalfWidthKana(char32_t c) { return c >= 0xFF61 && c <= 0xFF9F; }

// What stands for a character outside that is no half-width kana.
std::string SpellingOf(char32_t c) {
  if (c >= kCircledOne && c <= kCircledLast) return absl::StrCat("(", c - kCircledOne + 1, ")");
  if (c >= kRomanOne && c < kRomanOne + std::size(kRomanNumerals)) {
    return std::string(kRomanNumerals[c - kRomanOne]);
  }
  if (c >= kSmallRomanOne && c < kSmallRomanOne + std::size(kRomanNumerals)) {
    std::string small(kRomanNumerals[c - kSmallRomanOne]);
    for (char& letter : small) letter = static_cast<char>(letter - 'A' + 'a');
    return small;
  }
  for (const Spelling& each : kSpellings) {
    if (each.character == c) return std::string(each.by);
  }
  return std::string(kGaiji);
}

uint16_t CodeOf(const JisTables& tables, char32_t c) {
  return c <= 0xFFFF ? tables.encode[c] : uint16_t{0};
}

// What replaces the character at the start of `rest`, which is outside, and how much of `rest`.
struct Spelt {
  std::string by;
  size_t length = 0;
};
Spelt Spell(const JisTables& tables, absl::string_view rest, const CodePoint& c) {
  if (!IsHalfWidthKana(c.value)) return {SpellingOf(c.value), c.length};
  // A mark that joins the kana goes with it, as long as JIS has what they make.
  const absl::string_view mark = rest.substr(c.length, c.length);
  if (mark == "ﾞ" || mark == "ﾟ") {
    std::string joined = ToFullWidth(rest.substr(0, c.length + mark.size()));
    const std::optional<CodePoint> made = DecodeUtf8(joined);
    if (made && made->length == joined.size() && CodeOf(tables, made->value) != 0) {
      return {std::move(joined), c.length + mark.size()};
    }
  }
  return {ToFullWidth(rest.substr(0, c.length)), c.length};
}

struct Replacements {
  std::vector<JisReplacement>& first;
  size_t& count;

  void Add(JisReplacement replacement) {
    if (++count <= kMaxJisReplacements) first.push_back(std::move(replacement));
  }
};

// Walks over a text and hands every piece to a sink, replaced where it is outside.
template <typename Sink>
void Walk(const JisTables& tables, absl::string_view utf8, Sink& sink, Replacements* replaced) {
  size_t at = 0;
  while (at < utf8.size()) {
    const size_t start = at;
    while (at < utf8.size() && IsAscii(utf8[at])) ++at;
    if (at > start) sink.Ascii(utf8.substr(start, at - start));
    if (at == utf8.size()) break;
    const CodePoint c = DecodeUtf8(utf8.substr(at)).value_or(CodePoint{0xFFFD, 1});
    if (const uint16_t code = CodeOf(tables, c.value); code != 0) {
      sink.Kanji(code);
      at += c.length;
    } else if (replaced != nullptr) {
      Spelt spelt = Spell(tables, utf8.substr(at), c);
      // What spells it is all inside.
      Walk(tables, spelt.by, sink, nullptr);
      replaced->Add({at, c.value, std::move(spelt.by)});
      at += spelt.length;
    } else {
      at += c.length;
    }
  }
}

class Utf8Sink {
 public:
  Utf8Sink(const JisTables& tables, std::string& out) : tables_(tables), out_(out) {}
  void Ascii(absl::string_view text) { out_.append(text.data(), text.size()); }
  void Kanji(uint16_t code) {
    const unsigned high = code >> 8;
    const unsigned low = code & 0xFF;
    AppendUtf8(tables_.decode[(high - kFirstCode) * kCells + (low - kFirstCode)], out_);
  }

 private:
  const JisTables& tables_;
  std::string& out_;
};

class Iso2022JpSink {
 public:
  explicit Iso2022JpSink(std::string& out) : out_(out) {}
  void Ascii(absl::string_view text) {
    Finish();
    out_.append(text.data(), text.size());
  }
  void Kanji(uint16_t code) {
    if (!kanji_) out_.append(kToKanji.data(), kToKanji.size());
    kanji_ = true;
    out_.push_back(static_cast<char>(code >> 8));
    out_.push_back(static_cast<char>(code & 0xFF));
  }
  void Finish() {
    if (kanji_) out_.append(kToAscii.data(), kToAscii.size());
    kanji_ = false;
  }

 private:
  std::string& out_;
  bool kanji_ = false;
};

// The following return how many bytes they have read; 0: these are none.
size_t ReadEscape(absl::string_view rest, bool& kanji) {
  kanji = absl::StartsWith(rest, kToKanji) || absl::StartsWith(rest, kToOldKanji);
  if (!kanji && !absl::StartsWith(rest, kToAscii) && !absl::StartsWith(rest, kToRoman)) return 0;
  return kToKanji.size();
}

size_t ReadAscii(absl::string_view rest, std::string& text) {
  if (!IsAscii(rest[0])) return 0;
  text.push_back(rest[0]);
  return 1;
}

size_t ReadKanji(const JisTables& tables, absl::string_view rest, std::string& text) {
  if (rest.size() < 2) return 0;
  const unsigned high = static_cast<uint8_t>(rest[0]);
  const unsigned low = static_cast<uint8_t>(rest[1]);
  if (high < kFirstCode || high > kLastCode || low < kFirstCode || low > kLastCode) return 0;
  const char16_t value = tables.decode[(high - kFirstCode) * kCells + (low - kFirstCode)];
  if (value == 0) return 0;
  AppendUtf8(value, text);
  return 2;
}

absl::Status NotIso2022Jp(size_t at) {
  return base::MakeError(base::ErrorCode::kBadEncoding,
                         {.what = "allowed is ISO-2022-JP", .field = absl::StrCat("byte ", at)});
}

}  // namespace

absl::StatusOr<JisText> FitToJis(absl::string_view utf8) {
  const auto& tables = GetJisTables();
  MDG_RETURN_IF_ERROR(tables.status());
  JisText result;
  result.utf8.reserve(utf8.size());
  Replacements replacements{result.replaced, result.replaced_count};
  Utf8Sink sink(**tables, result.utf8);
  Walk(**tables, utf8, sink, &replacements);
  return result;
}

absl::StatusOr<Iso2022JpBytes> EncodeIso2022Jp(absl::string_view utf8) {
  const auto& tables = GetJisTables();
  MDG_RETURN_IF_ERROR(tables.status());
  Iso2022JpBytes result;
  result.bytes.reserve(utf8.size());
  Replacements replacements{result.replaced, result.replaced_count};
  Iso2022JpSink sink(result.bytes);
  Walk(**tables, utf8, sink, &replacements);
  sink.Finish();
  return result;
}

absl::StatusOr<std::string> DecodeIso2022Jp(absl::string_view bytes) {
  const auto& tables = GetJisTables();
  MDG_RETURN_IF_ERROR(tables.status());
  std::string text;
  text.reserve(bytes.size() * 3 / 2);
  bool kanji = false;
  size_t at = 0;
  while (at < bytes.size()) {
    const absl::string_view rest = bytes.substr(at);
    const size_t read = rest[0] == '\x1b' ? ReadEscape(rest, kanji)
                        : kanji           ? ReadKanji(**tables, rest, text)
                                          : ReadAscii(rest, text);
    if (read == 0) return NotIso2022Jp(at);
    at += read;
  }
  return text;
}

}  // namespace madoguchi::text
