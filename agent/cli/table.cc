#include "agent/cli/table.h"

#include <algorithm>
#include <utility>

#include "agent/base/log.h"

namespace madoguchi::cli {
namespace {

constexpr size_t kLongestCell = 400;

// Decodes the character at text[at] and moves `at` behind it. Cells are valid UTF-8 by then.
char32_t Decode(absl::string_view text, size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  int more = 0;
  char32_t point = lead;
  if (lead >= 0xF0) {
    more = 3;
    point = lead & 0x07;
  } else if (lead >= 0xE0) {
    more = 2;
    point = lead & 0x0F;
  } else if (lead >= 0xC0) {
    more = 1;
    point = lead & 0x1F;
  }
  for (; more > 0 && at < text.size(); --more) {
    point = (point << 6) | (static_cast<unsigned char>(text[at++]) & 0x3F);
  }
  return point;
}

// The wide and full-width ranges of Unicode's East Asian Width that occur in Japanese text.
bool IsWide(char32_t point) {
  return (point >= 0x1100 && point <= 0x115F) || (point >= 0x2E80 && point <= 0xA4CF) ||
         (point >= 0xAC00 && point <= 0xD7A3) || (point >= 0xF900 && point <= 0xFAFF) ||
         (point >= 0xFE30 && point <= 0xFE6F) || (point >= 0xFF00 && point <= 0xFF60) ||
         (point >= 0xFFE0 && point <= 0xFFE6) || (point >= 0x20000 && point <= 0x3FFFD) ||
         point == 0x25CF || point == 0x203B || (point >= 0x2160 && point <= 0x217F);
}

}  // namespace

size_t DisplayWidth(absl::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size();) width += IsWide(Decode(text, at)) ? 2 : 1;
  return width;
}

Table::Table(std::vector<std::string> header) {
  if (!header.empty()) Add(std::move(header));
}

void Table::Add(std::vector<std::string> row) {
  for (std::string& cell : row) cell = base::Printable(cell, kLongestCell);
  rows_.push_back({.cells = std::move(row)});
}

void Table::AddHeading(absl::string_view text) {
  rows_.push_back({.cells = {base::Printable(text, kLongestCell)}, .heading = true});
}

void Table::Print(std::ostream& out) const {
  std::vector<size_t> widths;
  for (const auto& [cells, heading] : rows_) {
    if (heading) continue;
    widths.resize(std::max(widths.size(), cells.size()));
    for (size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(cells[i]));
    }
  }
  for (const auto& [cells, heading] : rows_) {
    for (size_t i = 0; i < cells.size(); ++i) {
      out << cells[i];
      if (i + 1 < cells.size()) out << std::string(widths[i] - DisplayWidth(cells[i]) + 2, ' ');
    }
    out << '\n';
  }
}

}  // namespace madoguchi::cli
