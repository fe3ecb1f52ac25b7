#include "agent/text/kana.h"

#include <gtest/gtest.h>

#include "agent/text/xml_escape.h"

namespace madoguchi::text {
namespace {

TEST(ToFullWidth, JoinsMarks) {
  EXPECT_EQ(ToFullWidth("ｼｹﾝ ｲﾁﾛｳ"), "シケン　イチロウ");
  EXPECT_EQ(ToFullWidth("ｶﾞｷﾞｸﾞｹﾞｺﾞｻﾞｼﾞｽﾞｾﾞｿﾞﾀﾞﾁﾞﾂﾞﾃﾞﾄﾞ"), "ガギグゲゴザジズゼゾダヂヅデド");
  EXPECT_EQ(ToFullWidth("ﾊﾞﾋﾞﾌﾞﾍﾞﾎﾞﾊﾟﾋﾟﾌﾟﾍﾟﾎﾟ"), "バビブベボパピプペポ");
  EXPECT_EQ(ToFullWidth("ｳﾞﾜﾞｦﾞ"), "ヴヷヺ");
}

TEST(ToFullWidth, KnowsAllHalfWidthKana) {
  EXPECT_EQ(ToFullWidth("｡｢｣､･ｦｧｨｩｪｫｬｭｮｯｰ"), "。「」、・ヲァィゥェォャュョッー");
  EXPECT_EQ(ToFullWidth("ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉ"),
            "アイウエオカキクケコサシスセソタチツテトナニヌネノ");
  EXPECT_EQ(ToFullWidth("ﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝ"), "ハヒフヘホマミムメモヤユヨラリルレロワン");
}

TEST(ToFullWidth, LeavesMarksAloneThatJoinNothing) {
  EXPECT_EQ(ToFullWidth("ｱﾞﾅﾟﾞ"), "ア゛ナ゜゛");
  EXPECT_EQ(ToFullWidth("ｶﾟ"), "カ゜");
  EXPECT_EQ(ToFullWidth("ｶﾞﾞ"), "ガ゛");
}

TEST(ToFullWidth, WidensAsciiAndKeepsTheRest) {
  EXPECT_EQ(ToFullWidth("A-1~"), "Ａ－１～");
  EXPECT_EQ(ToFullWidth("漢字カナ●"), "漢字カナ●");
  EXPECT_EQ(ToFullWidth(""), "");
  EXPECT_EQ(ToFullWidth("\xFFｱ"), "\xFFア");
}

TEST(FoldKana, MakesTheSameReadingTheSame) {
  const std::string expected = "シヨウイチ";
  for (const char* reading :
       {"ｼｮｳｲﾁ", "ｼﾖｳｲﾁ", "ショウイチ", "シヨウ　イチ", "しょういち", " ｼｮｳ ｲﾁ "}) {
    EXPECT_EQ(FoldKana(reading), expected) << reading;
  }
  EXPECT_EQ(FoldKana("ﾊﾞｯﾄ"), FoldKana("ばつと"));
  EXPECT_EQ(FoldKana("カ\u3099"), "ガ");
  EXPECT_EQ(FoldKana("か\u3099"), "ガ");
  EXPECT_EQ(FoldKana("ヵヶヮ"), "カケワ");
  EXPECT_EQ(FoldKana("smith"), FoldKana("ＳＭＩＴＨ"));
}

TEST(FoldKana, KeepsDifferentReadingsApart) {
  EXPECT_NE(FoldKana("ﾊﾗ"), FoldKana("ﾊﾞﾗ"));
  EXPECT_NE(FoldKana("ﾊﾗ"), FoldKana("ﾊﾟﾗ"));
  EXPECT_NE(FoldKana("ｵｵﾉ"), FoldKana("ｵﾉ"));
  EXPECT_NE(FoldKana("ﾕｰｷ"), FoldKana("ﾕｷ"));
}

TEST(FoldWidth, ComparesSymbolsAndNumbers) {
  EXPECT_EQ(FoldWidth("　見国１２－３ "), "見国12-3");
  EXPECT_EQ(FoldWidth("１２３"), "123");
  for (const char* hyphen : {"-", "－", "‐", "–", "—", "―", "−", "ー", "ｰ"}) {
    EXPECT_EQ(FoldWidth(std::string("1") + hyphen + "2"), "1-2") << hyphen;
  }
  EXPECT_EQ(FoldWidth("ＡＢｃ／（）"), "ABc/()");
  EXPECT_EQ(FoldWidth("ｶﾞ･"), "ガ・");
  EXPECT_EQ(FoldWidth("　 "), "");
  // Its last byte is no space.
  EXPECT_EQ(FoldWidth(" 見①"), "見①");
}

TEST(FoldWidth, KeepsDifferentNumbersApart) {
  EXPECT_NE(FoldWidth("0123"), FoldWidth("123"));
  EXPECT_NE(FoldWidth("12"), FoldWidth("1-2"));
  EXPECT_NE(FoldWidth("1 2"), FoldWidth("12"));
  EXPECT_NE(FoldWidth("a"), FoldWidth("A"));
}

TEST(XmlEscape, EscapesWhatReadersWouldChange) {
  std::string text;
  AppendXmlText("a<b>&\"'\r\n\t]]>", text);
  EXPECT_EQ(text, "a&lt;b&gt;&amp;\"'&#13;\n\t]]&gt;");
  std::string attribute;
  AppendXmlAttribute("a<b>&\"'\r\n\t", attribute);
  EXPECT_EQ(attribute, "a&lt;b&gt;&amp;&quot;&apos;&#13;&#10;&#9;");
}

}  // namespace
}  // namespace madoguchi::text
