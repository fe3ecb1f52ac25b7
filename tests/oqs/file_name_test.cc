#include <gtest/gtest.h>

#include "agent/base/japan_time.h"
#include "agent/oqs/message.h"

namespace madoguchi::oqs {
namespace {

TEST(ParseFileName, TellsRequestsAnswersAndPushesApart) {
  const auto request = ParseFileName("OQSsiquc01req_202604100001.xml");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->family, v1::MESSAGE_FAMILY_OQSSIQUC01);
  EXPECT_EQ(request->role, v1::MESSAGE_ROLE_REQUEST);
  EXPECT_EQ(request->suffix, "202604100001");
  EXPECT_EQ(request->extension, "xml");
  EXPECT_FALSE(request->stamp);

  const auto response = ParseFileName("OQSsiquc01res_202604100001.xml");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->role, v1::MESSAGE_ROLE_RESPONSE);
  EXPECT_EQ(response->family, v1::MESSAGE_FAMILY_OQSSIQUC01);

  const auto push = ParseFileName("OQSsiquc01res_face_99100000170a1b_20260410091512.xml");
  ASSERT_TRUE(push);
  EXPECT_EQ(push->family, v1::MESSAGE_FAMILY_OQSSIQUC01_FACE);
  EXPECT_EQ(push->role, v1::MESSAGE_ROLE_PUSH);
  EXPECT_EQ(push->suffix, "99100000170a1b_20260410091512");
  ASSERT_TRUE(push->stamp);
  EXPECT_EQ(base::FormatOqsTime(*push->stamp), "20260410091512");
}

TEST(ParseFileName, KnowsBatchesAndRegistrations) {
  const std::pair<const char*, v1::MessageFamily> families[] = {
      {"OQSmuquc01", v1::MESSAGE_FAMILY_OQSMUQUC01}, {"OQSmuquc02", v1::MESSAGE_FAMILY_OQSMUQUC02},
      {"OQSmuhvq01", v1::MESSAGE_FAMILY_OQSMUHVQ01}, {"OQSmuhvq02", v1::MESSAGE_FAMILY_OQSMUHVQ02},
      {"OQSmuonq01", v1::MESSAGE_FAMILY_OQSMUONQ01}, {"OQSmuonq02", v1::MESSAGE_FAMILY_OQSMUONQ02},
      {"OQSmutic01", v1::MESSAGE_FAMILY_OQSMUTIC01}, {"OQSmutic02", v1::MESSAGE_FAMILY_OQSMUTIC02},
      {"OQSsiimm01", v1::MESSAGE_FAMILY_OQSSIIMM01}, {"OQSmuimm01", v1::MESSAGE_FAMILY_OQSMUIMM01},
      {"OQSmuimm02", v1::MESSAGE_FAMILY_OQSMUIMM02}};
  for (const auto& [name, family] : families) {
    const auto request = ParseFileName(std::string(name) + "req_1.xml");
    ASSERT_TRUE(request) << name;
    EXPECT_EQ(request->family, family) << name;
    EXPECT_EQ(request->role, v1::MESSAGE_ROLE_REQUEST) << name;
    // Nothing of these is pushed.
    const auto answer = ParseFileName(std::string(name) + "res_face_1.xml");
    ASSERT_TRUE(answer) << name;
    EXPECT_EQ(answer->role, v1::MESSAGE_ROLE_RESPONSE) << name;
    EXPECT_EQ(answer->suffix, "face_1") << name;
  }
}

TEST(ParseFileName, IgnoresCaseAsWindowsDoes) {
  const auto push = ParseFileName("oqsSIQUC01RES_FACE_AbC_20260410091512.XML");
  ASSERT_TRUE(push);
  EXPECT_EQ(push->role, v1::MESSAGE_ROLE_PUSH);
  EXPECT_EQ(push->suffix, "AbC_20260410091512");
  EXPECT_EQ(push->extension, "xml");
}

TEST(ParseFileName, LeavesTheStampOutWhenItIsNoTime) {
  for (const char* name :
       {"OQSsiquc01res_face_abc.xml", "OQSsiquc01res_face_abc_20260230091512.xml",
        "OQSsiquc01res_face_abc20260410091512.xml", "OQSsiquc01res_face_20260410091512.xml"}) {
    const auto push = ParseFileName(name);
    ASSERT_TRUE(push) << name;
    EXPECT_FALSE(push->stamp) << name;
  }
}

TEST(ParseFileName, KeepsWhateverExtension) {
  const auto name = ParseFileName("OQSsiquc01res_1.xml.TMP");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->extension, "tmp");
  EXPECT_EQ(name->suffix, "1.xml");
}

TEST(ParseFileName, RefusesEverythingElse) {
  const std::string long_name = "OQSsiquc01res_" + std::string(300, '1') + ".xml";
  for (const std::string& name :
       {std::string(), std::string("OQSsiquc01res_.xml"), std::string("OQSsiquc01res_face_.xml"),
        std::string("OQSsiquc01res_1"), std::string("OQSsiquc01res_1."),
        std::string("OQSsiquc01_1.xml"), std::string("YZKsiquc01res_.xml"),
        std::string("OQSmuquc03res_1.xml"), std::string("xOQSsiquc01res_1.xml"),
        std::string("OQSsiquc01res_a/b.xml"), std::string("OQSsiquc01res_a\\b.xml"),
        std::string("OQSsiquc01res_a\nb.xml"), std::string("OQSsiquc01res_a\x1B[2J.xml"),
        std::string("OQSsiquc01res_\xFF.xml"), std::string("OQSsiquc01res_a\0b.xml", 19),
        long_name}) {
    EXPECT_FALSE(ParseFileName(name)) << name;
  }
}

TEST(LooksComplete, SeesTheClosingRootTag) {
  EXPECT_TRUE(LooksComplete("<XmlMsg></XmlMsg>"));
  EXPECT_TRUE(LooksComplete("<XmlMsg></XmlMsg>\r\n"));
  EXPECT_TRUE(LooksComplete("<XmlMsg></XmlMsg >\r\n \t\n"));
  EXPECT_TRUE(LooksComplete(absl::string_view("<XmlMsg></XmlMsg>\r\n\0\0\0", 22)));
  EXPECT_FALSE(LooksComplete(""));
  EXPECT_FALSE(LooksComplete("<XmlMsg></XmlMsg"));
  EXPECT_FALSE(LooksComplete("<XmlMsg><MessageBody></MessageBody>"));
  EXPECT_FALSE(LooksComplete("<XmlMsg></XmlMsg><"));
}

}  // namespace
}  // namespace madoguchi::oqs
