#ifndef MADOGUCHI_AGENT_CLI_TABLE_H_
#define MADOGUCHI_AGENT_CLI_TABLE_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace madoguchi::cli {

// Columns a terminal needs for UTF-8 `text`: full-width characters take two, half-width kana one.
size_t DisplayWidth(absl::string_view text);

// Rows in aligned columns, under a header unless that is empty. Control characters in cells are
// escaped, so that what comes from outside cannot drive the terminal.
class Table {
 public:
  explicit Table(std::vector<std::string> header);
  void Add(std::vector<std::string> row);
  // A line of its own that no column follows.
  void AddHeading(absl::string_view text);
  void Print(std::ostream& out) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    bool heading = false;
  };
  std::vector<Row> rows_;
};

}  // namespace madoguchi::cli

#endif  // MADOGUCHI_AGENT_CLI_TABLE_H_
