#include "agent/oqs/json_form.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/oqs/limits.h"
#include "agent/oqs/message.h"
#include "tests/oqs/fixtures.h"
#include "tests/oqs/generate.h"

namespace madoguchi::oqs {
namespace {

using base::ErrorCode;

constexpr char kName[] = "OQSsiquc01res_1.json";

void ExpectRefused(absl::string_view bytes, ErrorCode code) {
  const auto message = ReadJson(kName, bytes);
  ASSERT_FALSE(message.ok()) << bytes.substr(0, 200);
  EXPECT_TRUE(base::Is(message.status(), code)) << message.status() << "\n" << bytes.substr(0, 200);
}

std::string Body(absl::string_view members) {
  return absl::StrCat(R"({"XmlMsg":{"MessageBody":{)", members, "}}}");
}

std::string Repeat(absl::string_view piece, size_t times) {
  std::string text;
  for (size_t i = 0; i < times; ++i) absl::StrAppend(&text, piece);
  return text;
}

Fixture Json(absl::string_view name) {
  for (Fixture& fixture : FixturesOf(".json")) {
    if (fixture.name == name) return std::move(fixture);
  }
  ADD_FAILURE() << name;
  return {};
}

TEST(JsonForm, AValidAnswerOfTheWebApi) {
  const Fixture fixture = Json("search-response-valid.json");
  const auto message = ReadJson(fixture.name, fixture.bytes);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->family(), v1::MESSAGE_FAMILY_OQSSIQUC01);
  EXPECT_EQ(message->role(), v1::MESSAGE_ROLE_RESPONSE);
  ASSERT_EQ(message->confirmation().qualifications_size(), 1);
  const v1::Qualification& qualification = message->confirmation().qualifications(0);
  EXPECT_EQ(qualification.insured().insurer_number(), "990119");
  EXPECT_EQ(qualification.name(), "試験　一郎");
  EXPECT_TRUE(message->confirmation().unknown_elements().empty());
}

TEST(JsonForm, AQueryAndAnAnswerThatFindsNobody) {
  const Fixture query = Json("search-request.json");
  const auto request = ReadJson(query.name, query.bytes);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->role(), v1::MESSAGE_ROLE_REQUEST);
  EXPECT_EQ(request->query().insured().insurer_number(), "00990119");
  const Fixture nobody = Json("search-response-not-found.json");
  const auto answer = ReadJson(nobody.name, nobody.bytes);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->role(), v1::MESSAGE_ROLE_RESPONSE);
  EXPECT_TRUE(answer->confirmation().qualifications().empty());
}

// The same record as that of the XML, from both directions.
void ExpectRoundTrip(const std::string& name, v1::OqsMessage message) {
  const auto json = WriteJson(message);
  ASSERT_TRUE(json.ok()) << name << ": " << json.status();
  const auto again = ReadJson(name, *json);
  ASSERT_TRUE(again.ok()) << name << ": " << again.status() << "\n" << *json;
  message.set_declared_encoding("");
  message.set_actual_encoding("UTF-8");
  EXPECT_EQ(again->SerializeAsString(), message.SerializeAsString()) << *json;
}

TEST(JsonForm, EveryFixtureComesBackThroughJson) {
  for (const Fixture& fixture : AllFixtures()) {
    ExpectRoundTrip(fixture.name, *ReadMessage(fixture.name, fixture.bytes));
  }
  for (const Fixture& fixture : FixturesOf(".json")) {
    if (const auto message = ReadJson(fixture.name, fixture.bytes); message.ok()) {
      ExpectRoundTrip(fixture.name, *message);
    }
  }
}

v1::OqsMessage WithoutLeftovers(v1::OqsMessage message) {
  message.clear_unknown_elements();
  if (message.has_confirmation()) message.mutable_confirmation()->clear_unknown_elements();
  return message;
}

// Those JSON has no place for (attributes, text between elements) are leftovers; without these
// every record has a JSON form.
TEST(JsonForm, GeneratedRecordsComeBackThroughJson) {
  constexpr uint32_t kMessages = 2500;
  uint32_t whole = 0;
  for (uint32_t seed = 0; seed < kMessages; ++seed) {
    const v1::OqsMessage generated = GenerateMessage(seed, Encoding::kUtf8);
    // Generated ones lack the lines the reader derives.
    v1::OqsMessage message =
        *ReadMessage(generated.file_name(), *WriteMessage(generated, Encoding::kUtf8));
    if (const auto json = WriteJson(message); json.ok()) {
      ++whole;
    } else {
      ASSERT_TRUE(base::Is(json.status(), ErrorCode::kNotWritable)) << seed;
      message = WithoutLeftovers(std::move(message));
    }
    ExpectRoundTrip(message.file_name(), message);
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
  EXPECT_GT(whole, kMessages / 2);
}

TEST(JsonForm, WhatJsonHasNoPlaceForIsNotWritten) {
  for (const char* inside :
       {"<New a='1'>x</New>", "<New>x<Inner>y</Inner></New>", "<ResultList>x</ResultList>"}) {
    const auto message =
        ReadMessage(kName, absl::StrCat("<XmlMsg><MessageBody><ProcessingResultStatus>1"
                                        "</ProcessingResultStatus>",
                                        inside, "</MessageBody></XmlMsg>"));
    ASSERT_TRUE(message.ok());
    EXPECT_TRUE(base::Is(WriteJson(*message).status(), ErrorCode::kNotWritable)) << inside;
  }
}

TEST(JsonForm, ListsMayBeObjectsAndRepeatedElementsMayBeSingle) {
  const std::string person = R"({"Name":"試験　一郎"})";
  for (const std::string& list :
       {absl::StrCat(R"([{"ResultOfQualificationConfirmation":)", person,
                     R"(},{"ResultOfQualificationConfirmation":)", person, "}]"),
        absl::StrCat(R"({"ResultOfQualificationConfirmation":[)", person, ",", person, "]}"),
        absl::StrCat(R"([{"ResultOfQualificationConfirmation":[)", person, ",", person, "]}]")}) {
    const auto message = ReadJson(kName, Body(absl::StrCat(R"("ResultList":)", list)));
    ASSERT_TRUE(message.ok()) << message.status();
    ASSERT_EQ(message->confirmation().qualifications_size(), 2) << list;
    EXPECT_EQ(message->confirmation().qualifications(1).name(), "試験　一郎");
  }
}

TEST(JsonForm, NumbersBooleansAndNullAreText) {
  const auto good = ReadJson(
      kName, Body(R"("ProcessingResultStatus":1,"QualificationValidity":null,"New":true,)"
                  R"("Big":123456789012345678901234567890,"Zero":0.10,"Text":"a\u3042\n\"<&")"));
  ASSERT_TRUE(good.ok()) << good.status();
  std::string texts;
  for (const v1::UnknownElement& unknown : good->confirmation().unknown_elements()) {
    absl::StrAppend(&texts, unknown.text(), "|");
  }
  EXPECT_EQ(texts, "123456789012345678901234567890|true|aあ\n\"<&|0.10|");
}

TEST(JsonForm, AMemberGivenTwiceIsNotLost) {
  const auto message =
      ReadJson(kName, Body(R"("ProcessingResultStatus":"1","ProcessingResultStatus":"2")"));
  ASSERT_TRUE(message.ok()) << message.status();
  ASSERT_EQ(message->confirmation().unknown_elements_size(), 1);
  EXPECT_EQ(message->confirmation().unknown_elements(0).text(), "2");
}

TEST(JsonHostile, WhatStandsForNoTreeIsRefused) {
  for (const char* bytes :
       {R"({"XmlMsg":{"a b":"1"}})", R"({"XmlMsg":{"":"1"}})", R"({"XmlMsg":{"<a>":"1"}})",
        R"({"XmlMsg":{"a":[["1"]]}})", R"({"XmlMsg":{"ResultList":["1"]}})",
        R"({"XmlMsg":{"a":"\u0001"}})", R"({"XmlMsg":{"a":"\u0000"}})",
        R"({"XmlMsg":{"a":"\uFFFF"}})", R"({"XmlMsg":{}} x)", R"({"XmlMsg":{},})",
        R"({'XmlMsg':{}})", R"({"XmlMsg":{"a":NaN}})", R"({"XmlMsg":{"a":01}})",
        R"({"XmlMsg":{"ResultList":[[]]}})", "// c\n{}"}) {
    ExpectRefused(bytes, ErrorCode::kNotJson);
  }
  ExpectRefused(std::string("{\"XmlMsg\":\0{}}", 14), ErrorCode::kNotJson);
  for (const char* bytes : {"[]", "1", "\"x\"", "null", "{}", R"({"xmlmsg":{}})",
                            R"({"XmlMsg":[]})", R"({"XmlMsg":{},"more":1})", R"({"XmlMsg":{}})",
                            R"({"XmlMsg":"x"})", R"({"XmlMsg":[{"MessageBody":{}}]})"}) {
    ExpectRefused(bytes, ErrorCode::kNotAnOqsMessage);
  }
  for (const char* bytes :
       {"{\"XmlMsg\":{\"a\":\"\xFF\"}}", "{\"XmlMsg\":{\"a\":\"\xC0\x80\"}}",
        "{\"XmlMsg\":{\"a\":\"\xED\xA0\x80\"}}", R"({"XmlMsg":{"a":"\uD800"}})"}) {
    ExpectRefused(bytes, ErrorCode::kBadEncoding);
  }
}

TEST(JsonHostile, CutOffAtEveryLength) {
  std::string whole = Json("search-response-valid.json").bytes;
  whole.resize(whole.rfind('}') + 1);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ReadJson(kName, whole.substr(0, size)).ok()) << size;
  }
}

TEST(JsonHostile, DepthSizeAndNumbersAreBounded) {
  const size_t many = 500'000;
  ExpectRefused(Repeat(R"({"XmlMsg":)", 1), ErrorCode::kIncompleteMessage);
  ExpectRefused(R"({"XmlMsg":)" + Repeat(R"({"a":)", many), ErrorCode::kTooDeep);
  ExpectRefused(Repeat("[", many), ErrorCode::kNotAnOqsMessage);
  ExpectRefused(R"({"XmlMsg":{"a":)" + Repeat("[", many), ErrorCode::kNotJson);
  ExpectRefused(R"({"XmlMsg":{"ResultList":)" + Repeat(R"([{"ResultList":)", many / 2),
                ErrorCode::kTooDeep);
  ExpectRefused(std::string(kMaxMessageBytes + 1, ' '), ErrorCode::kMessageTooLarge);
  // Small as JSON, large as XML: names are written twice, `&` is five bytes.
  const std::string name(kMaxNameBytes, 'n');
  ExpectRefused(Body(absl::StrCat("\"", name, "\":[", Repeat("1,", many), "1]")),
                ErrorCode::kMessageTooLarge);
  ExpectRefused(Body(absl::StrCat(R"("a":")", Repeat("&", many * 2), "\"")),
                ErrorCode::kMessageTooLarge);
  ExpectRefused(Body(absl::StrCat(R"("a":[)", Repeat("1,", many / 2), "1]")), ErrorCode::kTooDeep);
  ExpectRefused(Body(absl::StrCat("\"", name, "n\":1")), ErrorCode::kNotJson);
}

TEST(WebLogin, TheReplyOfTheWebApi) {
  const auto login = ReadWebLogin(Json("auth-response.json").bytes);
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_EQ(login->status, "0");
  EXPECT_EQ(login->access_token, "SYNTHETIC.ACCESS.TOKEN");
  EXPECT_EQ(login->refresh_token, "SYNTHETIC.REFRESH.TOKEN");
  EXPECT_EQ(login->id_token, "SYNTHETIC.ID.TOKEN");
  EXPECT_EQ(login->character_code, "0");
  EXPECT_TRUE(login->unknown.empty());
  const auto failed =
      ReadWebLogin(R"({"status":"1","msg":"架空の理由","result":null,"n":{"x":1}})");
  ASSERT_TRUE(failed.ok()) << failed.status();
  EXPECT_EQ(failed->message, "架空の理由");
  EXPECT_EQ(failed->unknown, (std::vector<std::string>{"result", "n.x"}));
}

// Its tokens are credentials: neither a record nor an error shows them.
TEST(WebLogin, IsNoMessage) {
  const Fixture fixture = Json("auth-response.json");
  const auto message = ReadJson(fixture.name, fixture.bytes);
  ASSERT_TRUE(base::Is(message.status(), ErrorCode::kNotAnOqsMessage)) << message.status();
  EXPECT_FALSE(absl::StrContains(message.status().ToString(), "SYNTHETIC"));
}

TEST(WebLogin, HostileRepliesAreRefused) {
  for (const std::string& bytes :
       {std::string("{}"), std::string("[]"), std::string("1"), std::string(R"({"status":"0"})"),
        std::string(R"({"status":"1","status":"0"})"), std::string(R"({"status":["1"]})"),
        R"({"status":"1","n":)" + Repeat(R"({"a":)", 10'000),
        R"({"status":"1")" + Repeat(R"(,"a":1)", 101) + "}",
        R"({"status":"1","msg":")" + std::string(100'000, 'x') + "\"}"}) {
    const auto login = ReadWebLogin(bytes);
    ASSERT_FALSE(login.ok()) << bytes.substr(0, 100);
    EXPECT_TRUE(absl::StartsWith(base::DetailOf(login.status())->number(), "MDG-13"));
  }
}

}  // namespace
}  // namespace madoguchi::oqs
