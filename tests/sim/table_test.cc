#include "tests/sim/table.h"

#include <gtest/gtest.h>

#include "tests/sim/json.h"

namespace madoguchi::sim {
namespace {

TEST(Table, CountsColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("架空　太郎"), 10);
  EXPECT_EQ(DisplayWidth("ｶｸｳ ﾀﾛｳ"), 7);
  EXPECT_EQ(DisplayWidth("｡ﾟ"), 2);
  EXPECT_EQ(DisplayWidth("（！"), 4);
}

TEST(Table, ColumnsStandBelowEachOther) {
  EXPECT_EQ(AlignedTable({{"番号", "氏名", "x"}, {"1", "ab", "y"}, {"22", "", ""}}),
            "番号  氏名  x\n"
            "1     ab    y\n"
            "22\n");
}

TEST(Json, KeepsOrderAndEscapes) {
  JsonObject inner;
  inner.Bool("b", true);
  JsonObject json;
  json.Text("z", "a\"b\\c\n").Number("a", -1).Texts("l", {"x", "y"}).Object("o", inner);
  json.Objects("p", {inner, inner});
  EXPECT_EQ(json.Str(),
            "{\"z\":\"a\\\"b\\\\c\\u000a\",\"a\":-1,\"l\":[\"x\",\"y\"],\"o\":{\"b\":true},"
            "\"p\":[{\"b\":true},{\"b\":true}]}");
}

}  // namespace
}  // namespace madoguchi::sim
