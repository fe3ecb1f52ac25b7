#include "agent/audit/entry.h"

#include <gtest/gtest.h>

#include <set>

namespace madoguchi::audit {
namespace {

Entry Full() {
  return {.kind = Kind::kRecordRefused,
          .identity = "uid:1000",
          .person = "山田:1",
          .reception_id = "r1",
          .outcome = "MDG-2001",
          .detail = "drug",
          .count = 17,
          .subject = std::string("\0\x01:", 3)};
}

TEST(Entry, IsReadAsItWasWritten) {
  const std::string body = EncodeEntry(Full());
  const auto entry = DecodeEntry(body);
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(EncodeEntry(*entry), body);
  EXPECT_EQ(entry->identity, "uid:1000");
  EXPECT_EQ(entry->person, "山田:1");
  EXPECT_EQ(entry->outcome, "MDG-2001");
  EXPECT_EQ(entry->count, 17);
  EXPECT_EQ(entry->subject.size(), 3);
}

TEST(Entry, OtherBytesAreNone) {
  const std::string body = EncodeEntry(Full());
  for (size_t size = 0; size < body.size(); ++size) {
    EXPECT_FALSE(DecodeEntry(body.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(DecodeEntry(body + "0:").has_value());
  EXPECT_FALSE(DecodeEntry("0" + body).has_value());
  EXPECT_FALSE(DecodeEntry("999999999999:x").has_value());
}

TEST(Entry, MovingABorderChangesTheBytes) {
  Entry a = Full();
  Entry b = Full();
  a.identity = "ab";
  a.person = "c";
  b.identity = "a";
  b.person = "bc";
  EXPECT_NE(EncodeEntry(a), EncodeEntry(b));
}

TEST(Entry, TheTableHasEachNumberOnceAndAscending) {
  int last = 0;
  std::set<absl::string_view> names;
  for (const KindInfo& info : Kinds()) {
    EXPECT_GT(static_cast<int>(info.kind), last);
    last = static_cast<int>(info.kind);
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_EQ(&LookUp(info.kind), &info);
  }
  EXPECT_EQ(LookUp(Kind{999}).name, "");
}

TEST(Entry, NothingIsReleasedWithoutAnEntry) {
  for (const Kind kind : {Kind::kRecordReleased, Kind::kDocumentReleased, Kind::kTrailRead,
                          Kind::kSubjectsDisclosed}) {
    EXPECT_EQ(LookUp(kind).rule, Rule::kFailClosed);
  }
}

}  // namespace
}  // namespace madoguchi::audit
