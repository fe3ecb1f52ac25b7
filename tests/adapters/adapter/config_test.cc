#include "adapters/adapter/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace madoguchi::adapters {
namespace {

using testing::HasSubstr;

constexpr char kGood[] = R"([daemon]
target = "unix:run/madoguchi.sock"
[adapter]
state_dir = "state"
[[route]]
name = "emr"
format = "hl7v2"
what = ["reception", "drugs"]
fetch = true
tries = 5
retry_first = "2s"
retry_most = "1m"
deliver_within = "30s"
[route.filter]
counters = ["desk-1"]
origins = ["face_reader", "own_reader"]
validity = ["valid"]
[route.options]
charset = "iso-2022-jp"
in1 = "jahis"
event = "A04"
[route.to]
kind = "folder"
path = "out"
[[route]]
name = "table"
format = "csv"
[route.options]
encoding = "Shift_JIS"
rows = "record.confirmation.qualifications"
columns = ["番号=reception.assignment.patient_id", "氏名=row.name"]
[route.to]
kind = "folder"
path = "/srv/csv"
)";

TEST(AdapterConfig, IsReadWhole) {
  const auto config = ParseConfig(kGood, "/site/adapter.toml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->daemon.address, "unix:/site/run/madoguchi.sock");
  EXPECT_EQ(config->state_dir, "/site/state");
  ASSERT_EQ(config->routes.size(), 2U);
  const Route& emr = config->routes[0];
  EXPECT_EQ(emr.name, "emr");
  EXPECT_EQ(emr.format.format, Format::kHl7v2);
  EXPECT_EQ(emr.format.charset, hl7::v2::Charset::kIso2022Jp);
  EXPECT_TRUE(emr.format.registers);
  EXPECT_THAT(emr.filter.what,
              testing::ElementsAre(v1::EXPORT_WHAT_RECEPTION, v1::EXPORT_WHAT_DRUG_HISTORY));
  EXPECT_TRUE(emr.filter.fetch);
  EXPECT_THAT(emr.filter.counters, testing::ElementsAre("desk-1"));
  EXPECT_EQ(emr.policy.tries, 5);
  EXPECT_EQ(emr.policy.retry_most, absl::Minutes(1));
  EXPECT_NE(emr.destination, nullptr);
  EXPECT_EQ(config->routes[1].format.csv.columns[1].path, "row.name");
}

// Each mistake a technician makes: what stands there instead of what, and what is said about it.
struct Mistake {
  const char* name;
  const char* good;
  const char* bad;
  // Behind the name of the file: the line and the key.
  const char* place;
  const char* allowed;
};

constexpr Mistake kMistakes[] = {
    {"1 no quotes", "name = \"emr\"", "name = emr", "6:", ""},
    {"2 misspelt key", "state_dir =", "state_dri =", "4: adapter.state_dri", "state_dir"},
    {"3 misspelt table", "[daemon]", "[demon]", "1: demon", "daemon"},
    {"4 an address that is none", "unix:run/madoguchi.sock", "madoguchi.sock", "2: daemon.target",
     "unix:PATH or HOST:PORT"},
    {"5 TCP without a certificate", "unix:run/madoguchi.sock", "server:7443", "daemon.certificate",
     "a value; it is missing"},
    {"6 a format nobody knows", "format = \"hl7v2\"", "format = \"hl7\"", "7: route.format",
     "\"hl7v2\""},
    {"7 a name with a space", "name = \"emr\"", "name = \"my emr\"", "6: route.name",
     "A-Z a-z 0-9"},
    {"8 a name twice", "name = \"table\"", "name = \"emr\"", "26: route.name",
     "a name no other [[route]] has"},
    {"9 a record nobody has", "\"drugs\"]", "\"medicines\"]", "8: route.what", "\"drugs\""},
    {"10 a record twice", "\"drugs\"]", "\"reception\"]", "8: route.what", "each word once"},
    {"11 a record the format has not", "\"drugs\"]", "\"diagnoses\"]", "8: route.what",
     "HL7 v2 has no diagnoses"},
    {"12 a time without a unit", "retry_first = \"2s\"", "retry_first = 2", "11: route.retry_first",
     "a time from"},
    {"13 tries of none", "tries = 5", "tries = 0", "10: route.tries", "from 1 to 1000"},
    {"14 an origin nobody knows", "\"face_reader\"", "\"face\"", "16: route.filter.origins",
     "\"face_reader\""},
    {"15 a validity in Japanese", "[\"valid\"]", "[\"有効\"]", "17: route.filter.validity",
     "\"valid\""},
    {"16 a text instead of a list", "[\"desk-1\"]", "\"desk-1\"", "15: route.filter.counters",
     "a list of"},
    {"17 an option of another format", "event = \"A04\"", "encoding = \"UTF-8\"",
     "21: route.options.encoding", "charset"},
    {"18 a way of delivering nobody knows", "kind = \"folder\"\npath = \"out\"",
     "kind = \"fax\"\npath = \"out\"", "23: route.to.kind", "\"mllp\""},
    {"19 a way that does not carry the format", "kind = \"folder\"\npath = \"/srv/csv\"",
     "kind = \"mllp\"\nhost = \"a\"\nport = 1", "33: route.to.kind", "format = \"hl7v2\""},
    {"20 a folder without a path", "path = \"out\"\n", "", "route.to.path",
     "a value; it is missing"},
    {"21 a column of no field", "row.name", "row.nmae", "31: route.options.columns", "name_kana"},
    {"22 a column that is no value", "row.name", "row.insured", "31: route.options.columns",
     "insurer_number"},
    {"23 rows that are no list", "record.confirmation.qualifications", "record.confirmation.header",
     "30: route.options.rows", "is no list"},
    {"24 no way of delivering at all", "[route.to]\nkind = \"folder\"\npath = \"/srv/csv\"\n", "",
     "route.to", "a value; it is missing"},
    {"25 a field of file names nobody knows", "path = \"out\"",
     "path = \"out\"\nname = \"{patient}.hl7\"", "25: route.to.name", "chart"},
    {"26 more pause at first than ever", "retry_most = \"1m\"", "retry_most = \"1s\"",
     "12: route.retry_most", "a time from \"2s\""},
};

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, IsNamedWithFileLineKeyAndWhatIsAllowed) {
  const Mistake& mistake = GetParam();
  const std::string good = kGood;
  const size_t at = good.find(mistake.good);
  ASSERT_NE(at, std::string::npos);
  std::string bad = good;
  bad.replace(at, std::string(mistake.good).size(), mistake.bad);
  const auto config = ParseConfig(bad, "/site/adapter.toml");
  ASSERT_FALSE(config.ok());
  const std::string said(config.status().message());
  EXPECT_THAT(said, HasSubstr("MDG-1601"));
  EXPECT_THAT(said, HasSubstr("/site/adapter.toml:"));
  EXPECT_THAT(said, HasSubstr(mistake.place)) << said;
  EXPECT_THAT(said, HasSubstr(mistake.allowed)) << said;
}

INSTANTIATE_TEST_SUITE_P(Seeded, Mistakes, testing::ValuesIn(kMistakes));

TEST(AdapterConfig, NeedsARoute) {
  const auto config = ParseConfig("[daemon]\ntarget = \"unix:/a\"\n[adapter]\nstate_dir = \"/s\"\n",
                                  "/site/adapter.toml");
  EXPECT_THAT(std::string(config.status().message()), HasSubstr("at least one [[route]]"));
}

}  // namespace
}  // namespace madoguchi::adapters
