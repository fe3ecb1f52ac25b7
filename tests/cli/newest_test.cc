#include "agent/cli/newest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace madoguchi::cli {
namespace {

std::vector<std::string> Kept(const std::vector<std::pair<std::string, int>>& listed) {
  std::vector<v1::Reception> receptions;
  receptions.reserve(listed.size());
  for (const auto& [id, revision] : listed) {
    v1::Reception reception;
    reception.set_reception_id(id);
    reception.set_revision(revision);
    receptions.push_back(reception);
  }
  KeepNewest(receptions);
  std::vector<std::string> names;
  names.reserve(receptions.size());
  for (const v1::Reception& reception : receptions) {
    names.push_back(absl::StrCat(reception.reception_id(), reception.revision()));
  }
  return names;
}

TEST(Newest, AReceptionThatCameTwiceCountsOnceWhereItCameLast) {
  EXPECT_THAT(Kept({{"a", 1}, {"b", 1}, {"a", 2}, {"c", 1}}),
              testing::ElementsAre("b1", "a2", "c1"));
  EXPECT_THAT(Kept({{"a", 1}, {"b", 1}}), testing::ElementsAre("a1", "b1"));
  EXPECT_THAT(Kept({}), testing::IsEmpty());
}

}  // namespace
}  // namespace madoguchi::cli
