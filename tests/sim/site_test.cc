#include "tests/sim/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/sim/files.h"
#include "tests/sim/personas.h"
#include "tests/sim/test_site.h"

namespace madoguchi::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

std::string Configuration(const TempSite& site) {
  return ReadFile(absl::StrCat(site.path(), "/madoguchi.toml")).value_or("");
}

TEST(Init, WritesAWholeSite) {
  const TempSite site({.terminals = 2});
  EXPECT_THAT(site.Names("oqs"), ElementsAre("face", "req", "res", "trash"));
  EXPECT_THAT(site.Names("oqs2"), ElementsAre("face", "req", "res", "trash"));
  EXPECT_THAT(site.Names(""), IsSupersetOf({"madoguchi.toml", "oqs", "oqs2", "pki", "sim"}));
  EXPECT_THAT(site.Names("pki"),
              IsSupersetOf({"ca.pem", "server.pem", "server.key", "emr.pem", "emr.key",
                            "dispensing.pem", "desk.pem", "technician.pem"}));
  EXPECT_EQ(site.Names("sim/people").size(), 50 + Personas().size());
}

TEST(Init, KeysAreForTheirOwnerOnly) {
  const TempSite site;
  for (const std::string& name : site.Names("pki")) {
    if (!name.ends_with(".key")) continue;
    struct stat about;
    ASSERT_EQ(stat(absl::StrCat(site.path(), "/pki/", name).c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600u) << name;
  }
}

TEST(Init, ConfiguresTcpOnlyWhenAsked) {
  const TempSite closed;
  EXPECT_THAT(Configuration(closed), Not(HasSubstr("\ntcp =")));
  EXPECT_THAT(Configuration(closed), Not(HasSubstr("\ncertificate = \"pki/server.pem\"")));
  const TempSite open({.listen = "127.0.0.1:50443"});
  EXPECT_THAT(Configuration(open), HasSubstr("\ntcp = \"127.0.0.1:50443\"\n"));
  EXPECT_THAT(Configuration(open), HasSubstr("\ncertificate = \"pki/server.pem\"\n"));
}

TEST(Init, GivesEveryTerminalACounter) {
  const TempSite site({.terminals = 2});
  EXPECT_THAT(Configuration(site), HasSubstr("name = \"terminal-2\"\ncounter = \"front-2\"\n"
                                             "face = \"oqs2/face\"\n"
                                             "extra_folders = [\"oqs2/trash\"]\n"));
}

TEST(Init, TouchesNoFolderThatHoldsSomething) {
  const TempFolder folder;
  std::ofstream(absl::StrCat(folder.path(), "/precious")) << "mine";
  const absl::Status status = InitSite({.folder = folder.path()}, absl::Now());
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("allowed is a folder that is empty"));
  EXPECT_FALSE(Exists(absl::StrCat(folder.path(), "/madoguchi.toml")));
}

TEST(Init, TakesAnEmptyFolder) {
  const TempFolder folder;
  EXPECT_TRUE(InitSite({.folder = folder.path()}, absl::Now()).ok());
}

TEST(Init, NamesWhatIsAllowed) {
  const TempFolder folder;
  const std::string path = absl::StrCat(folder.path(), "/site");
  for (const InitOptions& wrong :
       {InitOptions{.folder = path, .terminals = 0}, InitOptions{.folder = path, .patients = -1},
        InitOptions{.folder = path, .listen = "nonsense"},
        InitOptions{.folder = path, .listen = "host:99999"},
        InitOptions{.folder = path, .listen = "a\"b:1"}}) {
    const absl::Status status = InitSite(wrong, absl::Now());
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("allowed"));
    EXPECT_FALSE(Exists(path));
  }
}

TEST(Init, TheSameSeedWritesTheSamePeople) {
  const TempSite one({.seed = 5, .patients = 8});
  const TempSite two({.seed = 5, .patients = 8});
  for (const std::string& name : one.Names("sim/people")) {
    EXPECT_EQ(ReadFile(absl::StrCat(one.path(), "/sim/people/", name)).value_or("a"),
              ReadFile(absl::StrCat(two.path(), "/sim/people/", name)).value_or("b"))
        << name;
  }
}

TEST(OpenSite, RefusesAnyOtherFolder) {
  const TempFolder folder;
  EXPECT_TRUE(absl::IsInvalidArgument(Site::Open(folder.path()).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Site::Open("/nowhere").status()));
}

TEST(OpenSite, FindsPersonasByName) {
  const TempSite site({.patients = 3});
  const absl::StatusOr<int> number = site.site().NumberOfPersona("lost");
  ASSERT_TRUE(number.ok());
  const absl::StatusOr<Person> person = site.site().LoadPerson(*number);
  ASSERT_TRUE(person.ok()) << person.status();
  EXPECT_EQ(person->persona, "lost");
  EXPECT_EQ(person->answer.validity_code(), "2");
  const absl::Status unknown = site.site().NumberOfPersona("nobody").status();
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("allowed are valid-with-consents, "));
}

}  // namespace
}  // namespace madoguchi::sim
