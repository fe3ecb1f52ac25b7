#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "agent/base/error.h"
#include "agent/client/channel.h"
#include "agent/rpc/page_token.h"
#include "agent/rpc/status_map.h"
#include "agent/rpc/wire_check.h"
#include "google/rpc/status.pb.h"
#include "madoguchi/v1/reception_service.pb.h"
#include "tests/rpc/site.h"

namespace madoguchi::rpc {
namespace {

TEST(StatusMapTest, CarriesTheDetailToTheClientAndBack) {
  const absl::Status sent = base::MakeError(
      base::ErrorCode::kWrongState,
      {.what = "only ANSWERED", .state = "RECEPTION_STATE_CLOSED", .reception_id = "r-1"});
  const grpc::Status wire = ToGrpc(sent);
  EXPECT_EQ(wire.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_TRUE(absl::StartsWith(wire.error_message(), "MDG-1402 "));
  const absl::Status back = client::FromGrpc(wire);
  EXPECT_EQ(back.code(), sent.code());
  EXPECT_EQ(base::DetailOf(back)->SerializeAsString(), base::DetailOf(sent)->SerializeAsString());
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
  EXPECT_TRUE(client::FromGrpc(grpc::Status::OK).ok());
}

TEST(StatusMapTest, EveryErrorOfTheCatalogueSurvives) {
  for (const auto& info : base::ErrorCatalogue()) {
    const grpc::Status wire = ToGrpc(base::MakeError(info.code));
    EXPECT_EQ(static_cast<int>(wire.error_code()), static_cast<int>(info.status));
    EXPECT_EQ(DetailIn(wire).number(), base::ErrorNumber(info.code));
    EXPECT_TRUE(base::Is(client::FromGrpc(wire), info.code));
  }
}

TEST(StatusMapTest, StaysUnderFourKilobytesAndUtf8) {
  std::string wide;
  for (int i = 0; i < 1000; ++i) wide += "字";
  const grpc::Status wire =
      ToGrpc(base::MakeError(base::ErrorCode::kRefusedByOqs, {.what = wide,
                                                              .field = wide,
                                                              .state = wide,
                                                              .reception_id = wide,
                                                              .oqs_code = wide,
                                                              .oqs_message = wide}));
  EXPECT_LE(wire.error_details().size(), 4096u);
  EXPECT_EQ(DetailIn(wire).number(), "MDG-1406");
  EXPECT_LE(wire.error_message().size(), 400u);
}

TEST(StatusMapTest, SaysNothingOfAStatusMadeElsewhere) {
  const grpc::Status wire = ToGrpc(absl::NotFoundError("no row for 架空花子"));
  EXPECT_EQ(wire.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(DetailIn(wire).number(), "MDG-1005");
  EXPECT_FALSE(absl::StrContains(wire.error_message(), "架空"));
  EXPECT_FALSE(absl::StrContains(wire.error_details(), "架空"));
}

std::string Field(int number, const std::string& bytes) {
  std::string out(1, static_cast<char>(number << 3 | 2));
  out.push_back(static_cast<char>(bytes.size()));
  return out + bytes;
}

absl::Status ParseExpect(const std::string& bytes) {
  v1::ExpectPatientRequest request;
  return ParseRequest(bytes, request);
}

TEST(ParseRequestTest, NamesTheStringThatIsNotUtf8) {
  const absl::Status top = ParseExpect(Field(2, "front") + Field(3, "\x81\x40"));
  EXPECT_TRUE(base::Is(top, base::ErrorCode::kInvalidField));
  EXPECT_EQ(base::DetailOf(top)->field(), "patient_id");
  const absl::Status nested = ParseExpect(Field(4, Field(4, "\xFF")));
  EXPECT_EQ(base::DetailOf(nested)->field(), "insured.number");
}

TEST(ParseRequestTest, RefusesWhatIsNoMessage) {
  const std::string cut = Field(2, "front").substr(0, 4);
  EXPECT_EQ(base::DetailOf(ParseExpect(cut))->field(), "counter");
  for (const std::string& bytes :
       {std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), std::string("\x08"),
        std::string("\x0F"), Field(4, "\x0F"), std::string(kMostRequestBytes + 1, '\0')}) {
    EXPECT_TRUE(base::Is(ParseExpect(bytes), base::ErrorCode::kInvalidField));
  }
  // A group inside a group inside ..., as an unknown field.
  EXPECT_FALSE(ParseExpect(std::string(60'000, '\x7B')).ok());
}

TEST(ParseRequestTest, LetsUnknownFieldsBe) {
  v1::ExpectPatientRequest request;
  EXPECT_TRUE(ParseRequest(Field(15, "\xFF") + Field(2, "front"), request).ok());
  EXPECT_EQ(request.counter(), "front");
}

TEST(PageTokenTest, FitsOnlyTheListingItWasMadeFor) {
  v1::ListReceptionsRequest request;
  request.set_counter("front");
  request.set_patient_id("架空-1");
  request.add_states(v1::RECEPTION_STATE_ANSWERED);
  const PageToken token{.after = 7, .head = 9, .day = absl::CivilDay(2026, 1, 2)};
  request.set_page_token(MakePageToken(token, request, "emr", "store"));
  EXPECT_FALSE(absl::StrContains(request.page_token(), "架空"));
  const auto back = ParsePageToken(request, "emr", "store");
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->after, 7);
  EXPECT_EQ(back->head, 9);
  EXPECT_EQ(back->day, absl::CivilDay(2026, 1, 2));

  const auto refused = [](const v1::ListReceptionsRequest& other, absl::string_view identity,
                          absl::string_view store) {
    const absl::Status status = ParsePageToken(other, identity, store).status();
    return base::Is(status, base::ErrorCode::kInvalidField) &&
           base::DetailOf(status)->field() == "page_token";
  };
  EXPECT_TRUE(refused(request, "desk", "store"));
  EXPECT_TRUE(refused(request, "emr", "other"));
  auto other = request;
  other.set_patient_id("架空-2");
  EXPECT_TRUE(refused(other, "emr", "store"));
  other = request;
  other.clear_states();
  EXPECT_TRUE(refused(other, "emr", "store"));
  other = request;
  other.set_counter("back");
  EXPECT_TRUE(refused(other, "emr", "store"));
  other = request;
  other.mutable_day()->set_year(2026);
  other.mutable_day()->set_month(1);
  other.mutable_day()->set_day(3);
  EXPECT_TRUE(refused(other, "emr", "store"));
  for (size_t i = 0; i < request.page_token().size(); ++i) {
    other = request;
    auto& text = *other.mutable_page_token();
    text[i] = text[i] == 'A' ? 'B' : 'A';
    const auto parsed = ParsePageToken(other, "emr", "store");
    if (parsed.ok()) {
      EXPECT_EQ(parsed->after, 7) << i;  // only a padding bit may be free
      EXPECT_EQ(parsed->head, 9) << i;
    }
  }
  other.set_page_token("AAAA");
  EXPECT_TRUE(refused(other, "emr", "store"));
}

}  // namespace
}  // namespace madoguchi::rpc
