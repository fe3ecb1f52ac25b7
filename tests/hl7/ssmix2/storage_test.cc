#include "hl7/ssmix2/storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/base/error.h"
#include "agent/oqs/message.h"
#include "agent/text/jis.h"
#include "hl7/ssmix2/entries.h"
#include "tests/oqs/fixtures.h"
#include "tests/store/temp_dir.h"

namespace madoguchi::hl7::ssmix2 {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

v1::OqsMessage ReadFixture(absl::string_view ending) {
  const oqs::Fixture fixture = oqs::FixtureEndingWith(ending);
  return oqs::ReadMessage(fixture.name, fixture.bytes).value();
}

const Options kOptions{.patient_id = "1234", .patient_digits = 8, .time = "20260410091530"};

std::string ReadText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Names below the root, without the index.
std::vector<std::string> FilesBelow(const fs::path& root) {
  std::vector<std::string> files;
  for (const auto& each : fs::recursive_directory_iterator(root)) {
    if (each.is_regular_file() && each.path().filename() != "SSMIXIDX.csv") {
      files.push_back(fs::relative(each.path(), root).string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

Entry PersonAt(const std::string& time, const std::string& bytes) {
  return {.patient_id = "00001234",
          .day = "-",
          .type = "ADT-00",
          .order = "999999999999999",
          .time = time,
          .bytes = bytes};
}

constexpr char kFolder[] = "000/012/00001234/-/ADT-00/00001234_-_ADT-00_999999999999999_";

TEST(Entries, ACardReadIsThePersonWithoutADay) {
  const auto entries = EntriesOf(ReadFixture("_20260410091512.xml"),
                                 {.patient_id = "00001234", .patient_digits = 8});
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->entries.size(), 1U);
  const Entry& entry = entries->entries[0];
  EXPECT_EQ(FolderOf(entry), "000/012/00001234/-/ADT-00");
  EXPECT_EQ(FileNameOf(entry, '1'), "00001234_-_ADT-00_999999999999999_20260410091512000_-_1");
  EXPECT_TRUE(absl::StrContains(entry.bytes, "SS-MIX2_1.20^SS-MIX2"));
  EXPECT_TRUE(absl::StrContains(entry.bytes, "PID|0001||00001234^^^^PI|"));
}

TEST(Entries, EveryOrderOfAHistoryIsAFileOfItsDay) {
  const v1::OqsMessage message = ReadFixture("YZKsiquc01res_022604100920000101.xml");
  const auto entries = EntriesOf(message, kOptions);
  ASSERT_TRUE(entries.ok()) << entries.status();
  int medicines = 0;
  for (const Entry& entry : entries->entries) {
    EXPECT_EQ(entry.type, "OMP-01");
    EXPECT_EQ(entry.day.size(), 8U);
    EXPECT_EQ(entry.order.size(), 15U);
    const std::string text = text::DecodeIso2022Jp(entry.bytes).value();
    // The file's order is that of ORC-2, its day that of ORC-9.
    EXPECT_TRUE(absl::StrContains(text, absl::StrCat("ORC|NW|", entry.order, "||")));
    EXPECT_TRUE(absl::StrContains(text, absl::StrCat("|||||", entry.day, "|")));
    for (const absl::string_view segment : absl::StrSplit(text, '\r')) {
      medicines += absl::StartsWith(segment, "RXE") ? 1 : 0;
      EXPECT_FALSE(absl::StartsWith(segment, "Z")) << segment;
    }
  }
  EXPECT_EQ(medicines + entries->left_out,
            message.medical_record().drug_history().drug_lines_size());
}

TEST(Entries, ResultsWithASpecimenAreAFileOfTheirDay) {
  const auto entries = EntriesOf(ReadFixture("TKKsiquc01res_022604100950000101.xml"), kOptions);
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->entries.size(), 2U);
  EXPECT_EQ(entries->entries[0].type, "OML-11");
  EXPECT_EQ(FolderOf(entries->entries[0]), "000/012/00001234/20250918/OML-11");
  EXPECT_GT(entries->left_out, 0);
}

TEST(Entries, WhatIsNoOptionIsRefused) {
  const v1::OqsMessage message = ReadFixture("YZKsiquc01res_022604100920000101.xml");
  const auto field = [&message](const Options& options) {
    const auto entries = EntriesOf(message, options);
    EXPECT_TRUE(base::Is(entries.status(), base::ErrorCode::kInvalidField));
    return base::DetailOf(entries.status())->field();
  };
  EXPECT_EQ(field({.patient_id = "1", .patient_digits = 6, .time = kOptions.time}),
            "patient_digits");
  for (const char* id : {"", "../../1", "123456789", "1 2"}) {
    EXPECT_EQ(field({.patient_id = id, .patient_digits = 8, .time = kOptions.time}), "patient_id");
  }
  for (const char* time : {"", "20260410", "20260230000000"}) {
    EXPECT_EQ(field({.patient_id = "1", .patient_digits = 8, .time = time}), "time");
  }
}

TEST(Storage, ANewerFileIsCurrentAndTheOneBeforeSuperseded) {
  store::TempDir folder;
  Storage storage(folder.path(), "9910000017");
  ASSERT_TRUE(storage.Put(PersonAt("20260410091530000", "a")).ok());
  EXPECT_THAT(FilesBelow(folder.path()),
              ElementsAre(absl::StrCat(kFolder, "20260410091530000_-_1")));
  ASSERT_TRUE(storage.Put(PersonAt("20260411000000000", "b")).ok());
  ASSERT_TRUE(storage.Put(PersonAt("20260411000000000", "b")).ok());
  EXPECT_THAT(FilesBelow(folder.path()),
              ElementsAre(absl::StrCat(kFolder, "20260410091530000_-_2"),
                          absl::StrCat(kFolder, "20260411000000000_-_1")));
  EXPECT_EQ(ReadText(fs::path(folder.path()) / absl::StrCat(kFolder, "20260411000000000_-_1")),
            "b");
}

TEST(Storage, OrdersAndPatientsDoNotDisturbEachOther) {
  store::TempDir folder;
  Storage storage(folder.path(), "9910000017");
  const auto entries = EntriesOf(ReadFixture("YZKsiquc01res_022604100920000101.xml"), kOptions);
  ASSERT_TRUE(entries.ok());
  for (Entry entry : entries->entries) {
    ASSERT_TRUE(storage.Put(entry).ok());
    entry.patient_id = "00001235";
    ASSERT_TRUE(storage.Put(entry).ok());
  }
  for (const std::string& name : FilesBelow(folder.path())) EXPECT_EQ(name.back(), '1') << name;
}

TEST(Storage, DeletionMarksAllOfAnOrder) {
  store::TempDir folder;
  Storage storage(folder.path(), "9910000017");
  ASSERT_TRUE(storage.Put(PersonAt("20260410091530000", "a")).ok());
  ASSERT_TRUE(storage.Put(PersonAt("20260411000000000", "b")).ok());
  ASSERT_TRUE(storage.Delete(PersonAt("20260412000000000", "c")).ok());
  ASSERT_TRUE(storage.Delete(PersonAt("20260412000000000", "c")).ok());
  EXPECT_THAT(FilesBelow(folder.path()),
              ElementsAre(absl::StrCat(kFolder, "20260410091530000_-_0"),
                          absl::StrCat(kFolder, "20260411000000000_-_0"),
                          absl::StrCat(kFolder, "20260412000000000_-_0")));
  // What is gone does not come back under its old name.
  EXPECT_TRUE(
      base::Is(storage.Put(PersonAt("20260411000000000", "b")), base::ErrorCode::kFileProblem));
}

TEST(Storage, WhatACrashLeftIsPutRight) {
  store::TempDir folder;
  Storage storage(folder.path(), "9910000017");
  ASSERT_TRUE(storage.Put(PersonAt("20260410091530000", "a")).ok());
  const fs::path there = fs::path(folder.path()) / "000/012/00001234/-/ADT-00";
  // Killed while writing, and between renaming and marking.
  std::ofstream(there / ".00001234_-_ADT-00_999999999999999_20260411000000000_-_1") << "ha";
  ASSERT_TRUE(storage.Put(PersonAt("20260411000000000", "b")).ok());
  fs::rename(there / "00001234_-_ADT-00_999999999999999_20260410091530000_-_2",
             there / "00001234_-_ADT-00_999999999999999_20260410091530000_-_1");
  ASSERT_TRUE(storage.Put(PersonAt("20260411000000000", "b")).ok());
  EXPECT_THAT(FilesBelow(folder.path()),
              ElementsAre(absl::StrCat(kFolder, "20260410091530000_-_2"),
                          absl::StrCat(kFolder, "20260411000000000_-_1")));
}

TEST(Storage, AnotherContentUnderTheSameNameIsRefused) {
  store::TempDir folder;
  Storage storage(folder.path(), "9910000017");
  ASSERT_TRUE(storage.Put(PersonAt("20260410091530000", "a")).ok());
  for (const char* other : {"b", "aa", ""}) {
    const absl::Status status = storage.Put(PersonAt("20260410091530000", other));
    EXPECT_TRUE(base::Is(status, base::ErrorCode::kFileProblem));
    EXPECT_TRUE(absl::StrContains(status.message(), "later time"));
  }
}

TEST(Storage, NoEntryLeadsOutOfIt) {
  store::TempDir folder;
  Storage storage(folder.path(), "9910000017");
  Entry entry = PersonAt("20260410091530000", "a");
  for (std::string* part :
       {&entry.patient_id, &entry.day, &entry.type, &entry.order, &entry.time, &entry.department}) {
    for (const char* bad : {"../../../x", "", "a_b", "a,b", "a\nb"}) {
      const std::string kept = std::exchange(*part, bad);
      EXPECT_TRUE(base::Is(storage.Put(entry), base::ErrorCode::kInvalidField)) << bad;
      EXPECT_TRUE(base::Is(storage.Delete(entry), base::ErrorCode::kInvalidField)) << bad;
      *part = kept;
    }
  }
  EXPECT_THAT(FilesBelow(folder.path()), ElementsAre());
}

TEST(Storage, WhatTheSystemRefusesIsAnErrorThatNamesTheFile) {
  store::TempDir folder;
  Storage storage(fs::path(folder.path()) / "missing", "9910000017");
  const absl::Status status = storage.Put(PersonAt("20260410091530000", "a"));
  EXPECT_TRUE(base::Is(status, base::ErrorCode::kFileProblem));
  EXPECT_EQ(base::DetailOf(status)->field(), "000/012/00001234/-/ADT-00");
}

TEST(Storage, TheIndexHasARowForEveryChange) {
  store::TempDir folder;
  Storage storage(folder.path(), "9910000017");
  ASSERT_TRUE(storage.Put(PersonAt("20260410091530000", "a")).ok());
  ASSERT_TRUE(storage.Put(PersonAt("20260411000000000", "b")).ok());
  std::vector<std::string> kinds;
  const std::string index = ReadText(fs::path(folder.path()) / "SSMIXIDX.csv");
  for (const absl::string_view row : absl::StrSplit(index, "\r\n", absl::SkipEmpty())) {
    const std::vector<std::string> columns = absl::StrSplit(row, ',');
    ASSERT_EQ(columns.size(), 12U);
    EXPECT_EQ(columns[1], "9910000017");
    EXPECT_EQ(columns[2], "00001234");
    EXPECT_EQ(columns[9], "000/012/00001234/-/ADT-00");
    EXPECT_TRUE(fs::exists(fs::path(folder.path()) / columns[9] / columns[10]) ||
                absl::EndsWith(columns[10], "_1"));
    kinds.push_back(absl::StrCat(columns[6], " ", columns[8]));
  }
  EXPECT_THAT(kinds, ElementsAre("INS 20260410091530000", "INS 20260411000000000",
                                 "UPD 20260411000000000"));
}

}  // namespace
}  // namespace madoguchi::hl7::ssmix2
