#include "agent/oqs/archive.h"

#include <gtest/gtest.h>
#include <zip.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/oqs/message.h"
#include "tests/oqs/fixtures.h"
#include "tests/oqs/pack.h"

namespace madoguchi::oqs {
namespace {

using base::ErrorCode;

constexpr char kName[] = "OQSsiquc01res_202604100001.zip";
constexpr char kEntry[] = "OQSsiquc01res_202604100001.xml";

void ExpectRefused(absl::string_view bytes, ErrorCode code) {
  const auto entry = Unpack(bytes);
  ASSERT_FALSE(entry.ok());
  EXPECT_TRUE(base::Is(entry.status(), code)) << entry.status();
}

// A 16-bit number behind the first of a mark.
std::string Patched(std::string bytes, absl::string_view mark, size_t offset, uint16_t value) {
  const size_t at = bytes.find(mark.data(), 0, mark.size());
  EXPECT_NE(at, std::string::npos);
  bytes[at + offset] = static_cast<char>(value & 0xFF);
  bytes[at + offset + 1] = static_cast<char>(value >> 8);
  return bytes;
}

constexpr absl::string_view kLocal = "PK\x03\x04";
constexpr absl::string_view kCentral = "PK\x01\x02";
constexpr absl::string_view kEnd = "PK\x05\x06";

TEST(Archive, AMessageInAnArchiveIsReadAsWithoutIt) {
  for (const Fixture& fixture : AllFixtures()) {
    const std::string zip_name = fixture.name.substr(0, fixture.name.size() - 4) + ".zip";
    for (const int method : {ZIP_CM_STORE, ZIP_CM_DEFLATE}) {
      auto message = ReadArchive(zip_name, Zip({{fixture.name, fixture.bytes}}, method));
      ASSERT_TRUE(message.ok()) << fixture.path << ": " << message.status();
      EXPECT_EQ(message->file_name(), zip_name);
      EXPECT_EQ(message->archive_entry(), fixture.name);
      message->set_file_name(fixture.name);
      message->clear_archive_entry();
      EXPECT_EQ(message->SerializeAsString(),
                ReadMessage(fixture.name, fixture.bytes)->SerializeAsString());
    }
  }
}

// Made by another program than ours.
TEST(Archive, TheArchivesOfTheFixturesAreUnpacked) {
  const std::vector<Fixture> archives = FixturesOf(".zip");
  ASSERT_FALSE(archives.empty());
  for (const Fixture& archive : archives) {
    const auto entry = Unpack(archive.bytes);
    ASSERT_TRUE(entry.ok()) << archive.path << ": " << entry.status();
    EXPECT_EQ(entry->name, archive.name.substr(0, archive.name.size() - 4) + ".xml");
    EXPECT_TRUE(LooksComplete(entry->bytes));
  }
}

TEST(Archive, TheNameOfTheEntryMustFit) {
  const std::string bytes = FixtureEndingWith("OQSsiquc01res_202604100001.xml").bytes;
  EXPECT_TRUE(ReadArchive(kName, Zip({{"answer.xml", bytes}})).ok());
  EXPECT_TRUE(ReadArchive("answer.zip", Zip({{kEntry, bytes}})).ok());
  for (const char* other : {"OQSsiquc01req_1.xml", "YZKsiquc01res_1.xml"}) {
    EXPECT_TRUE(
        base::Is(ReadArchive(kName, Zip({{other, bytes}})).status(), ErrorCode::kNotAnOqsMessage));
  }
}

TEST(ArchiveHostile, NamesWithPathsAreRefused) {
  for (const char* name :
       {"../a.xml", "/a.xml", "a/b.xml", "..\\a.xml", "C:a.xml", "a.xml:s", "folder/", ".", "..",
        "a\nb.xml", "\xE3\x81\x82.xml", "a*.xml", "<a>.xml", "a\x7F.xml"}) {
    ExpectRefused(Zip({{name, "x"}}), ErrorCode::kBadArchive);
  }
  ExpectRefused(Zip({{std::string(256, 'a'), "x"}}), ErrorCode::kBadArchive);
}

TEST(ArchiveHostile, OnlyOneEntry) {
  ExpectRefused(Zip({{"a.xml", "x"}, {"b.xml", "x"}}), ErrorCode::kBadArchive);
  std::vector<Content> many;
  many.reserve(60'000);
  for (int i = 0; i < 60'000; ++i) many.push_back({absl::StrCat(i), ""});
  ExpectRefused(Zip(many, ZIP_CM_STORE), ErrorCode::kBadArchive);
  const std::string empty("PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
  ExpectRefused(empty, ErrorCode::kBadArchive);
  // The number says one, the list holds more.
  std::string lies = Patched(Zip({{"a.xml", "x"}, {"b.xml", "x"}}), kEnd, 10, 1);
  ExpectRefused(Patched(lies, kEnd, 8, 1), ErrorCode::kBadArchive);
}

TEST(ArchiveHostile, BombsAreRefused) {
  // A ratio no message has, below the bound of the size.
  ExpectRefused(Zip({{kEntry, std::string(size_t{8} << 20, ' ')}}), ErrorCode::kMessageTooLarge);
  ExpectRefused(Zip({{kEntry, std::string(size_t{100} << 20, ' ')}}), ErrorCode::kMessageTooLarge);
  ExpectRefused(std::string("PK\x03\x04") + std::string(kMaxArchiveBytes, 'x'),
                ErrorCode::kMessageTooLarge);
  // Says that it is small, and is not.
  const std::string bomb = Zip({{kEntry, std::string(size_t{100} << 20, ' ')}});
  for (const uint16_t says : {uint16_t{1}, uint16_t{1000}}) {
    std::string lies = Patched(Patched(bomb, kCentral, 24, says), kCentral, 26, 0);
    lies = Patched(Patched(lies, kLocal, 22, says), kLocal, 24, 0);
    ExpectRefused(lies, ErrorCode::kBadArchive);
  }
  // An archive in an archive is no message.
  EXPECT_FALSE(ReadArchive(kName, Zip({{kEntry, bomb}})).ok());
}

TEST(ArchiveHostile, MuchThatPacksWellIsStillRead) {
  std::string text = "<XmlMsg><MessageBody>";
  for (int i = 0; i < 20'000; ++i) absl::StrAppend(&text, "<N>", i * 7919 % 100'003, "</N>");
  const auto entry = Unpack(Zip({{kEntry, text}}));
  ASSERT_TRUE(entry.ok()) << entry.status();
  EXPECT_EQ(entry->bytes, text);
}

TEST(ArchiveHostile, EncryptedAndOtherMethodsAreRefused) {
  ExpectRefused(Zip({{kEntry, "x"}}, ZIP_CM_DEFLATE, "secret"), ErrorCode::kBadArchive);
  const std::string stored = Zip({{kEntry, "xxxx"}}, ZIP_CM_STORE);
  for (const uint16_t method : {9, 12, 14, 93, 95, 99}) {
    ExpectRefused(Patched(Patched(stored, kCentral, 10, method), kLocal, 8, method),
                  ErrorCode::kBadArchive);
  }
}

TEST(ArchiveHostile, CutOffAtEveryLength) {
  const std::string whole =
      Zip({{kEntry, FixtureEndingWith("OQSsiquc01res_202604100001.xml").bytes}});
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(Unpack(whole.substr(0, size)).ok()) << size;
  }
}

// Never another text than the one that was packed: the checksum is compared.
TEST(ArchiveHostile, AnyBrokenByteIsRefusedOrHarmless) {
  const std::string bytes = FixtureEndingWith("OQSsiquc01res_202604100001.xml").bytes;
  const std::string whole = Zip({{kEntry, bytes}});
  std::mt19937 random(7);
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ (1 << random() % 8));
    const auto entry = Unpack(broken);
    EXPECT_TRUE(!entry.ok() || entry->bytes == bytes) << at;
  }
}

}  // namespace
}  // namespace madoguchi::oqs
