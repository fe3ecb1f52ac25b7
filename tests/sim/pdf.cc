#include "tests/sim/pdf.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "agent/text/utf8.h"

namespace madoguchi::sim {
namespace {

constexpr size_t kLinesOfPage = 52;
// Objects 1 to 4 are the catalogue, the tree of pages, the font and the picture; then a page and
// its text each.
constexpr int kFirstPage = 5;
// Pixels of the picture, one byte each.
constexpr size_t kPictureSide = 1024;
constexpr absl::string_view kFont =
    "<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiKakuGo-W5 /Encoding /UniJIS-UCS2-H\n"
    "   /DescendantFonts [ << /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiKakuGo-W5\n"
    "   /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >>\n"
    "   /FontDescriptor << /Type /FontDescriptor /FontName /HeiseiKakuGo-W5 /Flags 4\n"
    "   /FontBBox [-92 -250 1010 922] /ItalicAngle 0 /Ascent 752 /Descent -221\n"
    "   /CapHeight 737 /StemV 114 >> >> ] >>";

// UCS-2, as the encoding of the font wants it; what lies beyond becomes a box.
std::string Hex(absl::string_view line) {
  constexpr char32_t kBox = 0x25A1;
  std::string hex;
  while (!line.empty()) {
    const auto character = text::DecodeUtf8(line);
    const char32_t value = character && character->value <= 0xFFFF ? character->value : kBox;
    absl::StrAppendFormat(&hex, "%04X", static_cast<uint32_t>(value));
    line.remove_prefix(character ? character->length : 1);
  }
  return hex;
}

std::string PageText(const std::vector<std::string>& lines, size_t first) {
  std::string text = "q 515 0 0 515 40 160 cm /P1 Do Q\nBT /F1 9 Tf 40 800 Td 14 TL\n";
  for (size_t i = first; i < std::min(lines.size(), first + kLinesOfPage); ++i) {
    absl::StrAppend(&text, "<", Hex(lines[i]), "> Tj T*\n");
  }
  return absl::StrCat(text, "ET");
}

// Faint stripes, uncompressed: a document as large as a scanned form, because what is small arrives
// at once and shows nothing of what happens on the way.
std::string Picture() {
  constexpr size_t kStripe = 64;
  constexpr char kFaint = static_cast<char>(0xF4);
  constexpr char kWhite = static_cast<char>(0xFF);
  std::string pixels(kPictureSide * kPictureSide, kWhite);
  for (size_t i = 0; i < pixels.size(); ++i) {
    if ((i / kPictureSide + i % kPictureSide) % kStripe == 0) pixels[i] = kFaint;
  }
  return absl::StrCat("<< /Type /XObject /Subtype /Image /Width ", kPictureSide, " /Height ",
                      kPictureSide, " /ColorSpace /DeviceGray /BitsPerComponent 8 /Length ",
                      pixels.size(), " >>\nstream\n", pixels, "\nendstream");
}

// Puts objects one behind the other and remembers where each begins.
class Writer {
 public:
  void Object(absl::string_view content) {
    starts_.push_back(bytes_.size());
    absl::StrAppend(&bytes_, starts_.size(), " 0 obj\n", content, "\nendobj\n");
  }

  std::string Finish() {
    const size_t table = bytes_.size();
    absl::StrAppend(&bytes_, "xref\n0 ", starts_.size() + 1, "\n0000000000 65535 f \n");
    for (const size_t start : starts_) absl::StrAppendFormat(&bytes_, "%010d 00000 n \n", start);
    absl::StrAppend(&bytes_, "trailer\n<< /Size ", starts_.size() + 1,
                    " /Root 1 0 R >>\nstartxref\n", table, "\n%%EOF\n");
    return std::move(bytes_);
  }

 private:
  std::string bytes_ = "%PDF-1.4\n";
  std::vector<size_t> starts_;
};

}  // namespace

std::string MakePdf(const std::vector<std::string>& lines) {
  const size_t pages = std::max<size_t>(1, (lines.size() + kLinesOfPage - 1) / kLinesOfPage);
  std::string kids;
  for (size_t page = 0; page < pages; ++page) {
    absl::StrAppend(&kids, kFirstPage + 2 * page, " 0 R ");
  }
  Writer writer;
  writer.Object("<< /Type /Catalog /Pages 2 0 R >>");
  writer.Object(absl::StrCat("<< /Type /Pages /Kids [ ", kids, "] /Count ", pages, " >>"));
  writer.Object(kFont);
  writer.Object(Picture());
  for (size_t page = 0; page < pages; ++page) {
    writer.Object(absl::StrCat("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ",
                               kFirstPage + 2 * page + 1,
                               " 0 R /Resources << /Font << /F1 3 0 R >> "
                               "/XObject << /P1 4 0 R >> >> >>"));
    const std::string text = PageText(lines, page * kLinesOfPage);
    writer.Object(absl::StrCat("<< /Length ", text.size(), " >>\nstream\n", text, "\nendstream"));
  }
  return writer.Finish();
}

}  // namespace madoguchi::sim
