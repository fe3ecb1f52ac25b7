#include "adapters/adapter/config_destinations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace madoguchi::adapters {
namespace {

using testing::HasSubstr;

struct ReadBack {
  std::unique_ptr<Destination> destination;
  absl::Status status;
};

ReadBack ReadFrom(const std::string& text) {
  auto section = config::Section::Parse(text, "adapter.toml");
  EXPECT_TRUE(section.ok()) << section.status();
  ReadBack read;
  read.destination =
      ReadDestination(*section, [](const std::string& path) { return "/etc/x/" + path; });
  read.status = section->status();
  return read;
}

TEST(ConfigDestinations, ReadsEveryKind) {
  const std::string user = geteuid() == 0 ? "\nuser = \"nobody\"" : "";
  for (const std::string& text :
       {std::string(
            "kind = \"folder\"\npath = \"out\"\nname = \"{chart}.{extension}\"\nreplace = true"),
        std::string("kind = \"mirror\"\nfolder = \"m\"\noqs_req = \"req\"\noqs_res = \"res\"\n"
                    "families = [\"EPS*\"]\nkeep = \"48h\""),
        std::string("kind = \"mllp\"\nhost = \"emr\"\nport = 2575\ntls = true\nca = \"ca.pem\""),
        std::string(
            "kind = \"http\"\nurl = \"https://a/{message_id}\"\nmethod = \"PUT\"\nca = \"c\"\n"
            "user = \"u\"\npassword_file = \"p\"\nheaders = [\"X: y\"]"),
        std::string(
            "kind = \"fhir\"\nurl = \"https://a/fhir\"\nca = \"c\"\ncertificate = \"c\"\n"
            "key = \"k\"\ntoken_file = \"t\"\nfind_patient = true\nanswer_within = \"20s\""),
        std::string("kind = \"orca\"\nurl = \"http://orca:8000\"\nplain = true\nuser = \"u\"\n"
                    "password_file = \"p\"\nadd_insurance = true\npatient_digits = 5"),
        absl::StrCat("kind = \"hook\"\nprogram = \"run\"\narguments = [\"a\"]\nwithin = \"5s\"",
                     user),
        std::string("kind = \"ssmix2\"\nroot = \"s\"\ninstitution = \"1319999999\"")}) {
    const ReadBack read = ReadFrom(text);
    EXPECT_TRUE(read.status.ok()) << text << "\n" << read.status;
    EXPECT_NE(read.destination, nullptr) << text;
  }
}

TEST(ConfigDestinations, SaysWhereAMistakeStandsAndWhatIsAllowed) {
  struct Case {
    const char* text;
    const char* line;
    const char* words;
  };
  const Case cases[] = {
      {"kind = \"fax\"", "1", "\"folder\""},
      {"kind = \"folder\"", "1", "path"},
      {"kind = \"folder\"\npath = \"x\"\nname = \"{patient}\"", "3", "{chart}"},
      {"kind = \"folder\"\npath = \"x\"\npaht = \"y\"", "3", "paht"},
      {"kind = \"mllp\"\nhost = \"a b\"", "2", "a name or an address"},
      {"kind = \"mllp\"\nhost = \"a\"\nport = 0", "3", "65535"},
      {"kind = \"mllp\"\nhost = \"a\"\nca = \"x\"", "1", "tls"},
      {"kind = \"http\"\nurl = \"http://a/\"", "2", "plain = true"},
      {"kind = \"http\"\nurl = \"http://a/\"\nplain = true\nmethod = \"GET\"", "4", "PUT"},
      {"kind = \"http\"\nurl = \"http://a/\"\nplain = true\nuser = \"u\"", "4", "password_file"},
      {"kind = \"http\"\nurl = \"http://a/\"\nplain = true\npassword_file = \"u\"", "1", "colon"},
      {"kind = \"fhir\"\nurl = \"http://a/\"\nplain = true\nmethod = \"PUT\"", "4", "method"},
      {"kind = \"orca\"\nurl = \"https://a:8000\"", "1", "ca"},
      {"kind = \"hook\"\nprogram = \"a\"\nwithin = \"1h\"", "3", "5m"},
      {"kind = \"hook\"\nprogram = \"a\"\nuser = \"no such user\"", "3", "user of this machine"},
      {"kind = \"ssmix2\"\nroot = \"a\"\ninstitution = \"../\"", "3", "letters and digits"},
      {"kind = \"mirror\"\nfolder = \"m\"\noqs_req = \"r\"", "1", "oqs_res"},
      {"kind = \"mirror\"\nfolder = \"m\"\nkeep = \"10m\"", "3", "keep"},
  };
  for (const Case& one : cases) {
    const ReadBack read = ReadFrom(one.text);
    EXPECT_EQ(read.destination, nullptr) << one.text;
    const std::string words(read.status.message());
    EXPECT_THAT(words, HasSubstr(absl::StrCat("adapter.toml:", one.line))) << one.text;
    EXPECT_THAT(words, HasSubstr(one.words)) << one.text;
  }
}

}  // namespace
}  // namespace madoguchi::adapters
