#include "agent/rpc/validate.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "agent/base/error.h"

namespace madoguchi::rpc {
namespace {

// Planted where a value is wrong: it must not come back in the error.
constexpr char kPlanted[] = "架空花子";

const std::vector<std::string>& Counters() {
  static const auto* counters = new std::vector<std::string>{"front", "back"};
  return *counters;
}

reception::Caller Tester() {
  reception::Caller caller;
  caller.identity = "tester";
  caller.counters = {"front"};
  return caller;
}

template <typename Request>
struct Case {
  std::string name;
  std::function<void(Request&)> spoil;
  std::string field;
  base::ErrorCode code = base::ErrorCode::kInvalidField;
};

template <typename Request>
void CheckAll(const Request& good, const std::vector<Case<Request>>& cases) {
  const reception::Caller caller = Tester();
  const RequestContext context{.caller = caller, .counters = Counters()};
  const absl::Status fine = Validate(good, context);
  EXPECT_TRUE(fine.ok()) << fine;
  for (const auto& test : cases) {
    Request request = good;
    test.spoil(request);
    const absl::Status status = Validate(request, context);
    ASSERT_FALSE(status.ok()) << test.name;
    EXPECT_TRUE(base::Is(status, test.code)) << test.name << ": " << status;
    const auto detail = base::DetailOf(status);
    EXPECT_EQ(detail->field(), test.field) << test.name;
    EXPECT_FALSE(absl::StrContains(status.ToString(), kPlanted)) << test.name;
    EXPECT_FALSE(absl::StrContains(detail->SerializeAsString(), kPlanted)) << test.name;
  }
}

std::string Repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(ValidateTest, GetReception) {
  using R = v1::GetReceptionRequest;
  R good;
  good.set_reception_id("0190a5c0-0000-7000-8000-000000000001");
  CheckAll<R>(good,
              {
                  {"none", [](R& r) { r.clear_reception_id(); }, "reception_id"},
                  {"name", [](R& r) { r.set_reception_id(kPlanted); }, "reception_id"},
                  {"long", [](R& r) { r.set_reception_id(std::string(65, 'a')); }, "reception_id"},
                  {"control", [](R& r) { r.set_reception_id("a\nb"); }, "reception_id"},
              });
}

TEST(ValidateTest, GetConfirmation) {
  using R = v1::GetConfirmationRequest;
  R good;
  good.set_confirmation_id("0190a5c0-0000-7000-8000-000000000001");
  CheckAll<R>(good, {
                        {"none", [](R& r) { r.clear_confirmation_id(); }, "confirmation_id"},
                        {"name", [](R& r) { r.set_confirmation_id(kPlanted); }, "confirmation_id"},
                    });
}

TEST(ValidateTest, ListReceptions) {
  using R = v1::ListReceptionsRequest;
  R good;
  good.set_counter("front");
  good.mutable_day()->set_year(2026);
  good.mutable_day()->set_month(2);
  good.mutable_day()->set_day(28);
  good.add_states(v1::RECEPTION_STATE_ANSWERED);
  good.set_page_size(500);
  good.set_patient_id("K-0001");
  const auto unknown = static_cast<v1::ReceptionState>(99);
  CheckAll<R>(
      good,
      {
          {"no such counter", [](R& r) { r.set_counter(kPlanted); }, "counter",
           base::ErrorCode::kUnknownCounter},
          {"another's counter", [](R& r) { r.set_counter("back"); }, "counter",
           base::ErrorCode::kCounterNotAllowed},
          {"counter with control", [](R& r) { r.set_counter("fro\x1bnt"); }, "counter"},
          {"no such day", [](R& r) { r.mutable_day()->set_day(30); }, "day"},
          {"no day", [](R& r) { r.mutable_day()->Clear(); }, "day"},
          {"day as text", [](R& r) { r.mutable_day()->set_text(std::string(33, '1')); },
           "day.text"},
          {"unknown state",
           [](R& r) {
             r.add_states(v1::RECEPTION_STATE_CLOSED);
             r.add_states(unknown);
           },
           "states[2]"},
          {"unspecified state", [](R& r) { r.set_states(0, v1::RECEPTION_STATE_UNSPECIFIED); },
           "states[0]"},
          {"many states",
           [](R& r) {
             for (int i = 0; i < 40; ++i) r.add_states(v1::RECEPTION_STATE_CLOSED);
           },
           "states"},
          {"long chart number", [](R& r) { r.set_patient_id(Repeat(kPlanted, 13)); }, "patient_id"},
          {"chart number with C1 control",
           [](R& r) { r.set_patient_id(std::string(kPlanted) + "\xC2\x85"); }, "patient_id"},
          {"negative page", [](R& r) { r.set_page_size(-1); }, "page_size"},
          {"large page", [](R& r) { r.set_page_size(501); }, "page_size"},
          {"token", [](R& r) { r.set_page_token(kPlanted); }, "page_token"},
          {"long token", [](R& r) { r.set_page_token(std::string(513, 'a')); }, "page_token"},
      });
}

TEST(ValidateTest, WatchReceptions) {
  using R = v1::WatchReceptionsRequest;
  R good;
  good.set_now(true);
  good.add_counters("front");
  good.add_states(v1::RECEPTION_STATE_ANSWERED);
  CheckAll<R>(
      good,
      {
          {"not now", [](R& r) { r.set_now(false); }, "now"},
          {"not today", [](R& r) { r.set_today(false); }, "today"},
          {"empty cursor", [](R& r) { r.set_after_cursor(""); }, "after_cursor"},
          {"cursor with space", [](R& r) { r.set_after_cursor("a b"); }, "after_cursor"},
          {"long cursor", [](R& r) { r.set_after_cursor(std::string(257, 'a')); }, "after_cursor"},
          {"second counter unknown", [](R& r) { r.add_counters("garage"); }, "counters[1]",
           base::ErrorCode::kUnknownCounter},
          {"second counter another's", [](R& r) { r.add_counters("back"); }, "counters[1]",
           base::ErrorCode::kCounterNotAllowed},
          {"empty counter", [](R& r) { r.add_counters(""); }, "counters[1]"},
          {"many counters",
           [](R& r) {
             for (int i = 0; i < 70; ++i) r.add_counters("front");
           },
           "counters"},
          {"unknown state", [](R& r) { r.add_states(static_cast<v1::ReceptionState>(-1)); },
           "states[1]"},
      });
}

TEST(ValidateTest, AssignPatient) {
  using R = v1::AssignPatientRequest;
  R good;
  good.set_request_id("Az09._:-");
  good.set_reception_id("r-1");
  good.set_patient_id(Repeat("字", 50));
  good.set_expected_revision(1);
  CheckAll<R>(
      good,
      {
          {"request_id", [](R& r) { r.set_request_id("a b"); }, "request_id"},
          {"name as request_id", [](R& r) { r.set_request_id(kPlanted); }, "request_id"},
          {"long request_id", [](R& r) { r.set_request_id(std::string(65, 'a')); }, "request_id"},
          {"reception", [](R& r) { r.set_reception_id(""); }, "reception_id"},
          {"no chart", [](R& r) { r.set_patient_id(""); }, "patient_id"},
          {"long chart", [](R& r) { r.set_patient_id(Repeat("字", 51)); }, "patient_id"},
          {"NUL in chart", [](R& r) { r.set_patient_id(kPlanted + std::string(1, '\0')); },
           "patient_id"},
          {"revision", [](R& r) { r.set_expected_revision(-1); }, "expected_revision"},
      });
  const reception::Caller caller = Tester();
  good.clear_request_id();
  EXPECT_TRUE(Validate(good, {.caller = caller, .counters = Counters()}).ok());
}

TEST(ValidateTest, UnassignAndCancel) {
  using U = v1::UnassignPatientRequest;
  U unassign;
  unassign.set_reception_id("r-1");
  CheckAll<U>(unassign,
              {
                  {"reception", [](U& r) { r.clear_reception_id(); }, "reception_id"},
                  {"long reason", [](U& r) { r.set_reason(Repeat(kPlanted, 51)); }, "reason"},
                  {"DEL in reason", [](U& r) { r.set_reason("x\x7F"); }, "reason"},
                  {"revision", [](U& r) { r.set_expected_revision(-5); }, "expected_revision"},
                  {"request_id", [](U& r) { r.set_request_id("/"); }, "request_id"},
              });
  using C = v1::CancelReceptionRequest;
  C cancel;
  cancel.set_reception_id("r-1");
  cancel.set_reason("違う人");
  CheckAll<C>(cancel, {
                          {"reception", [](C& r) { r.clear_reception_id(); }, "reception_id"},
                          {"reason", [](C& r) { r.set_reason("a\tb"); }, "reason"},
                          {"request_id", [](C& r) { r.set_request_id("é"); }, "request_id"},
                      });
}

TEST(ValidateTest, ExpectPatient) {
  using R = v1::ExpectPatientRequest;
  R good;
  good.set_counter("front");
  good.set_patient_id("1");
  good.set_seconds(3600);
  CheckAll<R>(good, {
                        {"no counter", [](R& r) { r.clear_counter(); }, "counter"},
                        {"unknown counter", [](R& r) { r.set_counter("garage"); }, "counter",
                         base::ErrorCode::kUnknownCounter},
                        {"another's counter", [](R& r) { r.set_counter("back"); }, "counter",
                         base::ErrorCode::kCounterNotAllowed},
                        {"no chart", [](R& r) { r.clear_patient_id(); }, "patient_id"},
                        {"seconds", [](R& r) { r.set_seconds(3601); }, "seconds"},
                        {"negative seconds", [](R& r) { r.set_seconds(-1); }, "seconds"},
                        {"request_id", [](R& r) { r.set_request_id(" "); }, "request_id"},
                    });
}

TEST(ValidateTest, Operator) {
  EXPECT_TRUE(ValidateOperator("suzuki 01").ok());
  EXPECT_TRUE(ValidateOperator(std::string(64, 'x')).ok());
  for (const std::string& bad : {std::string(), std::string(65, 'x'), std::string(" x"),
                                 std::string("x "), std::string("\x01"), std::string(kPlanted)}) {
    const absl::Status status = ValidateOperator(bad);
    EXPECT_TRUE(base::Is(status, base::ErrorCode::kInvalidField));
    EXPECT_EQ(base::DetailOf(status)->field(), "madoguchi-operator");
  }
}

}  // namespace
}  // namespace madoguchi::rpc
