#include "agent/rpc/clerk_input.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "absl/strings/match.h"
#include "agent/base/error.h"

namespace madoguchi::rpc {
namespace {

// Where a value is wrong: it must not come back in the error.
constexpr char kTyped[] = "架空花子";
constexpr absl::CivilDay kVisit(2026, 4, 10);

v1::ExpectPatientRequest Good() {
  v1::ExpectPatientRequest request;
  request.set_counter("front");
  request.set_patient_id("1");
  request.mutable_insured()->set_insurer_number("  990119");
  request.mutable_insured()->set_symbol("記号１");
  request.mutable_insured()->set_number("１２３");
  request.mutable_insured()->set_branch("1");
  request.mutable_birth_date()->set_text("昭和25年1月1日");
  return request;
}

TEST(ClerkInput, IsReplacedByWhatItMeans) {
  v1::ExpectPatientRequest request = Good();
  const auto warnings = ReadClerkInput(request, kVisit);
  ASSERT_TRUE(warnings.ok()) << warnings.status();
  EXPECT_TRUE(warnings->empty());
  EXPECT_EQ(request.insured().insurer_number(), "990119");
  EXPECT_EQ(request.insured().symbol(), "記号１");
  EXPECT_EQ(request.insured().number(), "123");
  EXPECT_EQ(request.insured().branch(), "01");
  EXPECT_EQ(request.birth_date().year(), 1950);
  EXPECT_EQ(request.counter(), "front");
  EXPECT_EQ(request.patient_id(), "1");
}

TEST(ClerkInput, AWrongCheckDigitOnlyWarns) {
  v1::ExpectPatientRequest request = Good();
  request.mutable_insured()->set_insurer_number("990118");
  const auto warnings = ReadClerkInput(request, kVisit);
  ASSERT_TRUE(warnings.ok()) << warnings.status();
  ASSERT_EQ(warnings->size(), 1u);
  EXPECT_EQ(warnings->front().number(), "MDG-1027");
  EXPECT_EQ(warnings->front().field(), "insured.insurer_number");
}

TEST(ClerkInput, WhatCannotBeReadNamesItsField) {
  using R = v1::ExpectPatientRequest;
  struct Case {
    std::function<void(R&)> spoil;
    const char* number;
    const char* field;
  };
  const Case cases[] = {
      {[](R& r) { r.clear_insured(); }, "MDG-1021", "insured.insurer_number"},
      {[](R& r) { r.mutable_insured()->set_insurer_number(kTyped); }, "MDG-1025",
       "insured.insurer_number"},
      {[](R& r) { r.mutable_insured()->set_insurer_number("9901234"); }, "MDG-1025",
       "insured.insurer_number"},
      {[](R& r) { r.mutable_insured()->set_symbol(std::string(kTyped) + "\x01"); }, "MDG-1026",
       "insured.symbol"},
      {[](R& r) { r.mutable_insured()->clear_number(); }, "MDG-1021", "insured.number"},
      {[](R& r) { r.mutable_insured()->set_number("1\r2"); }, "MDG-1026", "insured.number"},
      {[](R& r) { r.mutable_insured()->set_branch("1a"); }, "MDG-1026", "insured.branch"},
      {[](R& r) { r.clear_birth_date(); }, "MDG-1021", "birth_date"},
      {[](R& r) { r.mutable_birth_date()->set_text(kTyped); }, "MDG-1022", "birth_date"},
      {[](R& r) { r.mutable_birth_date()->set_month(13); }, "MDG-1023", "birth_date"},
      {[](R& r) { r.mutable_birth_date()->set_text("S25.2.29"); }, "MDG-1023", "birth_date"},
      {[](R& r) { r.mutable_birth_date()->set_text("20260411"); }, "MDG-1024", "birth_date"},
  };
  for (const Case& test : cases) {
    R request = Good();
    test.spoil(request);
    const absl::Status status = ReadClerkInput(request, kVisit).status();
    ASSERT_FALSE(status.ok()) << test.number << " " << test.field;
    const v1::ErrorDetail detail = *base::DetailOf(status);
    EXPECT_EQ(detail.number(), test.number) << test.field;
    EXPECT_EQ(detail.field(), test.field);
    EXPECT_FALSE(absl::StrContains(status.ToString(), kTyped)) << test.field;
    EXPECT_FALSE(absl::StrContains(detail.SerializeAsString(), kTyped)) << test.field;
  }
}

}  // namespace
}  // namespace madoguchi::rpc
