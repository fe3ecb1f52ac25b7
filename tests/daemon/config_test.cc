#include "agent/daemon/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "agent/base/error.h"

namespace madoguchi::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kGood[] = R"([site]
institution = "9910000017"
state_dir = "state"

[listen]
unix = "madoguchi.sock"

[[terminal]]
name = "terminal-1"
counter = "front-1"
face = "oqs/face"
extra_folders = ["oqs/trash"]
rescan = "500ms"

[[terminal]]
name = "terminal-2"
counter = "front-2"
face = "/oqs2/face"

[[reader]]
match = "ACME CardMan*"
counter = "front-2"

[[reader]]
match = "*"
counter = "kiosk"

[cards]
roots = ["pki/user.pem"]

[[client]]
name = "local"
uid = 1000
roles = ["emr", "desk"]
counters = ["*"]

[[client]]
name = "emr"
certificate = "emr-1"
roles = ["emr"]
counters = ["front-2"]
)";

TEST(Config, ReadsEveryKeyAndTakesPathsFromItsFolder) {
  const auto config = ParseConfig(kGood, "/site/madoguchi.toml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->institution, "9910000017");
  EXPECT_EQ(config->state_dir, "/site/state");
  EXPECT_EQ(config->listen.unix_path, "/site/madoguchi.sock");
  ASSERT_EQ(config->terminals.size(), 2u);
  EXPECT_EQ(config->terminals[0].face, "/site/oqs/face");
  EXPECT_THAT(config->terminals[0].extra_folders, ElementsAre("/site/oqs/trash"));
  EXPECT_EQ(config->terminals[0].rescan, absl::Milliseconds(500));
  EXPECT_EQ(config->terminals[1].face, "/oqs2/face");
  EXPECT_THAT(config->Counters(), ElementsAre("front-1", "front-2", "kiosk"));
  ASSERT_EQ(config->readers.size(), 2u);
  EXPECT_EQ(config->readers[0].match, "ACME CardMan*");
  EXPECT_EQ(config->readers[0].counter, "front-2");
  EXPECT_THAT(config->cards.roots, ElementsAre("/site/pki/user.pem"));
  EXPECT_FALSE(config->cards.test_hierarchy);
  ASSERT_EQ(config->clients.size(), 2u);
  EXPECT_EQ(config->clients[0].uid, 1000u);
  EXPECT_THAT(config->clients[0].roles, ElementsAre(v1::ROLE_EMR, v1::ROLE_DESK));
  EXPECT_THAT(config->clients[0].counters, IsEmpty());
  EXPECT_EQ(config->clients[1].common_name, "emr-1");
  EXPECT_THAT(config->clients[1].counters, ElementsAre("front-2"));
}

struct Mistake {
  const char* name;
  const char* from;
  const char* to;
  // What the message must name: the line and key, and what is allowed.
  const char* place;
  const char* allowed;
};

class ConfigMistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(ConfigMistakes, NameFileLineKeyValueAndWhatIsAllowed) {
  const Mistake& mistake = GetParam();
  const std::string text = absl::StrReplaceAll(kGood, {{mistake.from, mistake.to}});
  ASSERT_NE(text, kGood) << "the mistake was not planted";
  const auto config = ParseConfig(text, "/site/madoguchi.toml");
  ASSERT_FALSE(config.ok());
  EXPECT_TRUE(base::Is(config.status(), base::ErrorCode::kBadConfiguration));
  const std::string message(config.status().message());
  EXPECT_THAT(message, HasSubstr(std::string("/site/madoguchi.toml:") + mistake.place));
  EXPECT_THAT(message, HasSubstr(mistake.allowed));
}

INSTANTIATE_TEST_SUITE_P(
    All, ConfigMistakes,
    ::testing::Values(
        Mistake{"UnknownKey", "state_dir", "state_dri", "3: site.state_dri = 'state'",
                "one of the keys"},
        Mistake{"UnknownExtraKey", "unix = ", "unixx = 1\nunix = ", "6: listen.unixx = 1",
                "one of the keys"},
        Mistake{"UnknownTable", "[site]", "[sites]\na = 1\n[site]", "1: sites", "one of the keys"},
        Mistake{"Institution", "9910000017", "991000001", "2: site.institution = '991000001'",
                "10 digits"},
        Mistake{"Type", "\"state\"", "5", "3: site.state_dir = 5", "a path"},
        Mistake{"Rescan", "500ms", "1ms", "13: terminal.rescan = '1ms'", "\"100ms\" to \"1m\""},
        Mistake{"SameTerminal", "terminal-2", "terminal-1", "16: terminal.name", "no other"},
        Mistake{"SameFolder", "/oqs2/face", "oqs/face", "18: terminal.face", "no other"},
        Mistake{"NoListener", "unix = \"madoguchi.sock\"", "", "5: listen.unix", "one of the two"},
        Mistake{"TcpWithoutTls",
                "unix = ", "tcp = \"127.0.0.1:0\"\nunix = ", "5: listen.certificate", "missing"},
        Mistake{"TcpWithoutPort", "unix = ", "tcp = \"127.0.0.1\"\nunix = ",
                "6: listen.tcp = '127.0.0.1'", "HOST:PORT"},
        Mistake{"Role", "\"desk\"", "\"boss\"", "34: client.roles = 'boss'", "patient_terminal"},
        Mistake{"Counter", "[\"front-2\"]", "[\"front-9\"]", "41: client.counters", "front-1"},
        Mistake{"BothIdentities", "uid = 1000", "uid = 1000\ncertificate = \"x\"",
                "33: client.uid = 1000", "not both"},
        Mistake{"NoIdentity", "uid = 1000", "", "31: client.uid", "not both"},
        Mistake{"NegativeUid", "uid = 1000", "uid = -1", "33: client.uid = -1", "whole number"},
        Mistake{"ReaderStar", "CardMan*", "*CardMan", "21: reader.match", "at its end"},
        Mistake{"SameReader", "\"*\"\ncounter", "\"ACME CardMan*\"\ncounter", "25: reader.match",
                "no other"},
        Mistake{"ReadersWithoutCards", "[cards]\nroots = [\"pki/user.pem\"]", "", "1: cards",
                "missing"},
        Mistake{"NoRoots", "[\"pki/user.pem\"]", "[]", "29: cards.roots", "at least one"},
        Mistake{"Syntax", "[listen]", "[listen", "5: ", ""}),
    [](const auto& test) { return test.param.name; });

constexpr char kCenter[] = R"(
[center]
url = "https://oqs.example.invalid:8443"
answers = ["identifiers", "records"]
counters = ["front-1", "web-only"]
certificate = "pki/client.pem"
key = "pki/client.key"
ca = "/pki/ca.pem"
account = "site"
password_file = "pki/password"
query = "https://other.example.invalid/search"
drug = "/drug"
checkup = "/checkup"
headers = ["X-Site: 1"]
sessions = 3
)";

TEST(Config, ReadsTheWebApi) {
  const auto config = ParseConfig(std::string(kGood) + kCenter, "/site/madoguchi.toml");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_TRUE(config->center.has_value());
  const eligibility::WebConfig& center = *config->center;
  EXPECT_EQ(center.name, "web");
  EXPECT_THAT(center.answers,
              ElementsAre(eligibility::Topic::kIdentifiers, eligibility::Topic::kRecords));
  // A path belongs to the url; a whole address stands for itself.
  EXPECT_EQ(center.login_url,
            "https://oqs.example.invalid:8443/oqs-api-pro/MSA12020/ILI12020SV01/auth");
  EXPECT_EQ(center.query_url, "https://other.example.invalid/search");
  EXPECT_EQ(center.drug_url, "https://oqs.example.invalid:8443/drug");
  EXPECT_EQ(center.renew_url, "");
  EXPECT_EQ(center.card_url, "");
  EXPECT_EQ(center.keys.certificate, "/site/pki/client.pem");
  EXPECT_EQ(center.keys.ca, "/pki/ca.pem");
  EXPECT_EQ(center.password_file, "/site/pki/password");
  EXPECT_EQ(center.most_in_flight, 3);
  EXPECT_THAT(config->Counters(), ElementsAre("front-1", "front-2", "kiosk", "web-only"));
}

TEST(Config, RefusesMistakesAboutTheWebApi) {
  const struct {
    const char* from;
    const char* to;
    const char* key;
  } mistakes[] = {
      {"https://oqs.example.invalid:8443", "http://oqs.example.invalid", "center.url"},
      {"https://oqs.example.invalid:8443", "https://user@oqs.example.invalid", "center.url"},
      {"https://oqs.example.invalid:8443", "https://oqs.example.invalid/path", "center.url"},
      {R"(["identifiers", "records"])", "[]", "center.answers"},
      {R"(["identifiers", "records"])", R"(["everything"])", "center.answers"},
      // What is asked needs an address.
      {R"(["identifiers", "records"])", R"(["cards"])", "center.challenge"},
      {"drug = \"/drug\"\n", "", "center.drug"},
      {"\"/drug\"", "\"drug\"", "center.drug"},
      {"\"/drug\"", "\"/drug path\"", "center.drug"},
      {"https://other.example.invalid/search", "http://other.example.invalid/search",
       "center.query"},
      {"X-Site: 1", "X-Site 1", "center.headers"},
      {"X-Site: 1", "X-Site: 1\\r\\nX-Other: 2", "center.headers"},
      {"sessions = 3", "sessions = 33", "center.sessions"},
      {"sessions = 3", "name = \"terminal-1\"", "center.name"},
      {"sessions = 3", "session = 3", "center.session"},
  };
  for (const auto& mistake : mistakes) {
    const std::string text =
        absl::StrReplaceAll(std::string(kGood) + kCenter, {{mistake.from, mistake.to}});
    const auto config = ParseConfig(text, "/site/madoguchi.toml");
    ASSERT_FALSE(config.ok()) << mistake.to;
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(mistake.key)) << mistake.to;
    EXPECT_TRUE(base::Is(config.status(), base::ErrorCode::kBadConfiguration));
  }
}

TEST(Config, RefusesWhatIsNoFile) {
  EXPECT_FALSE(LoadConfig("/dev/zero").ok());
  EXPECT_FALSE(LoadConfig("/nowhere/at/all").ok());
  EXPECT_FALSE(LoadConfig("/tmp").ok());
}

}  // namespace
}  // namespace madoguchi::daemon
