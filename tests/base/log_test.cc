#include "agent/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace madoguchi::base {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Printable, LeavesNothingThatDrivesATerminal) {
  EXPECT_EQ(Printable("OQS_1.xml"), "OQS_1.xml");
  EXPECT_EQ(Printable("a\nb\x1b[31m"), "a\\x0ab\\x1b[31m");
  EXPECT_EQ(Printable("見本 ﾐﾎﾝ"), "見本 ﾐﾎﾝ");
  EXPECT_EQ(Printable("\xc2\x9b"), "\\xc2\\x9b");  // C1 control: CSI in one character
  EXPECT_EQ(Printable("\x81\xff"), "\\x81\\xff");  // not UTF-8
  EXPECT_EQ(Printable("\xe3\x81"), "\\xe3\\x81");  // cut
  EXPECT_EQ(Printable("say \"x\""), "say \\x22x\\x22");
  EXPECT_EQ(Printable(absl::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(Printable(std::string(1000, 'a'), 10), "aaaaaaaaaa...");
}

TEST(Log, IsOneLinePerEventWhateverTheValues) {
  ::testing::internal::CaptureStderr();
  LogInfo("file-skipped", {{"name", "a\nb"}, {"why", "not a file"}, {"empty", ""}});
  Log(LogLevel::kDebug, "not-shown");
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(text, HasSubstr(R"(info file-skipped name=a\x0ab why="not a file" empty="")"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_THAT(text, Not(HasSubstr("not-shown")));
}

// A file name of such bytes made a record that could not be sent (found by oqs_name_fuzz).
TEST(Log, PrintableTextIsAlwaysUtf8) {
  EXPECT_EQ(Printable("\xE0\x87\xB2"), "\\xe0\\x87\\xb2");
  EXPECT_EQ(Printable("\xED\xA0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(Printable("\xF0\x80\x80\x80"), "\\xf0\\x80\\x80\\x80");
  EXPECT_EQ(Printable("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(Printable("\xE0\xA0\x80\xED\x9F\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"),
            "\xE0\xA0\x80\xED\x9F\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
}

}  // namespace
}  // namespace madoguchi::base
