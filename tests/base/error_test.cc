#include "agent/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace madoguchi::base {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(ErrorCatalogue, EveryEntryTellsVendorAndClerkWhatToDo) {
  std::set<int> numbers;
  for (const ErrorInfo& info : ErrorCatalogue()) {
    const std::string name(info.name);
    EXPECT_TRUE(numbers.insert(static_cast<int>(info.code)).second) << name;
    EXPECT_NE(info.status, absl::StatusCode::kOk) << name;
    EXPECT_NE(info.retry, v1::RETRY_UNSPECIFIED) << name;
    EXPECT_THAT(std::string(info.text_en), EndsWith(".")) << name;
    EXPECT_THAT(std::string(info.next_step_en), EndsWith(".")) << name;
    EXPECT_THAT(std::string(info.text_ja), EndsWith("。")) << name;
    EXPECT_THAT(std::string(info.next_step_ja), EndsWith("。")) << name;
    EXPECT_EQ(LookUp(info.code).name, info.name);
  }
}

TEST(Error, CarriesItsDetailAcrossRooms) {
  const absl::Status status = MakeError(ErrorCode::kWrongState, {.what = "it is cancelled",
                                                                 .field = "reception_id",
                                                                 .state = "CANCELLED",
                                                                 .reception_id = "r-1",
                                                                 .oqs_code = "SYN-1",
                                                                 .oqs_message = "text"});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Is(status, ErrorCode::kWrongState));
  EXPECT_FALSE(Is(status, ErrorCode::kInternal));
  const auto detail = DetailOf(status);
  ASSERT_TRUE(detail.has_value());
  EXPECT_EQ(detail->number(), "MDG-1402");
  EXPECT_THAT(detail->text_en(), EndsWith(": it is cancelled"));
  EXPECT_EQ(detail->state(), "CANCELLED");
  EXPECT_EQ(detail->field(), "reception_id");
  EXPECT_EQ(detail->reception_id(), "r-1");
  EXPECT_EQ(detail->oqs().code(), "SYN-1");
  EXPECT_EQ(detail->retry(), v1::RETRY_NEVER);
}

TEST(Error, HidesTheTextOfStatusesMadeElsewhere) {
  const auto detail = DetailOf(absl::UnknownError("a patient's name"));
  ASSERT_TRUE(detail.has_value());
  EXPECT_EQ(detail->number(), "MDG-1005");
  EXPECT_THAT(detail->SerializeAsString(), ::testing::Not(HasSubstr("patient")));
  EXPECT_FALSE(DetailOf(absl::OkStatus()).has_value());
  EXPECT_FALSE(Is(absl::OkStatus(), ErrorCode::kInternal));
}

TEST(Error, StaysSmallAndValidWhateverItIsGiven) {
  std::string japanese;
  for (int i = 0; i < 3000; ++i) japanese += "あ";
  const auto detail = MakeDetail(ErrorCode::kInvalidField, {.what = japanese,
                                                            .field = japanese,
                                                            .state = japanese,
                                                            .reception_id = "r",
                                                            .oqs_code = japanese,
                                                            .oqs_message = japanese});
  EXPECT_LE(detail.ByteSizeLong(), 4096u);
  // Cut between characters: 450 bytes hold 150 of three bytes.
  EXPECT_EQ(detail.field().substr(0, 450), japanese.substr(0, 450));
  EXPECT_EQ(detail.field().substr(450), "...");
}

}  // namespace
}  // namespace madoguchi::base
