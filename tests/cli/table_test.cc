#include "agent/cli/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace madoguchi::cli {
namespace {

TEST(Table, AlignsFullAndHalfWidth) {
  Table table({"氏名", "ID"});
  table.Add({"見本　太郎", "1"});
  table.Add({"ﾐﾎﾝ", "2"});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(),
            "氏名        ID\n"
            "見本　太郎  1\n"
            "ﾐﾎﾝ         2\n");
}

TEST(Table, CellsCannotDriveTheTerminal) {
  Table table({"a"});
  table.Add({"x\x1b[2Jy\nz"});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(), "a\nx\\x1b[2Jy\\x0az\n");
}

TEST(Table, MarksCountAsWide) { EXPECT_EQ(DisplayWidth("●橋"), 4u); }

}  // namespace
}  // namespace madoguchi::cli
