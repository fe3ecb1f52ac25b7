#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

#include "absl/synchronization/notification.h"
#include "agent/base/japan_time.h"
#include "madoguchi/v1/eligibility_service.grpc.pb.h"
#include "madoguchi/v1/reception_service.grpc.pb.h"
#include "madoguchi/v1/system_service.grpc.pb.h"
#include "tests/rpc/site.h"

namespace madoguchi::rpc {
namespace {

using google::protobuf::util::MessageDifferencer;

std::unique_ptr<grpc::ClientContext> Context(const std::string& person = "") {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  if (!person.empty()) context->AddMetadata("madoguchi-operator", person);
  return context;
}

class ServiceTest : public testing::Test {
 protected:
  void Use(const Site::Options& options) {
    site_ = std::make_unique<Site>(options);
    receptions_ = v1::ReceptionService::NewStub(site_->Channel());
  }
  void SetUp() override { Use({}); }

  grpc::Status Get(const std::string& id, v1::GetReceptionResponse& response) {
    v1::GetReceptionRequest request;
    request.set_reception_id(id);
    return receptions_->GetReception(Context().get(), request, &response);
  }
  grpc::Status Assign(const v1::AssignPatientRequest& request, v1::AssignPatientResponse& response,
                      const std::string& person = "suzuki") {
    return receptions_->AssignPatient(Context(person).get(), request, &response);
  }

  // For the tests that use it: 10 o'clock of a morning in Japan.
  base::ManualClock clock_{base::JapanDayStart(absl::CivilDay(2026, 2, 2)) + absl::Hours(10)};
  std::unique_ptr<Site> site_;
  std::unique_ptr<v1::ReceptionService::Stub> receptions_;
};

TEST_F(ServiceTest, GetsAReceptionAndItsConfirmation) {
  const v1::Reception tapped = site_->Tap(1);
  v1::GetReceptionResponse response;
  const grpc::Status status = Get(tapped.reception_id(), response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(MessageDifferencer::Equals(response.reception(), tapped));
  EXPECT_EQ(response.reception().state(), v1::RECEPTION_STATE_ANSWERED);

  const auto eligibility = v1::EligibilityService::NewStub(site_->Channel());
  v1::GetConfirmationRequest request;
  request.set_confirmation_id(tapped.confirmation().confirmation_id());
  v1::GetConfirmationResponse confirmation;
  ASSERT_TRUE(eligibility->GetConfirmation(Context().get(), request, &confirmation).ok());
  EXPECT_TRUE(MessageDifferencer::Equals(confirmation.confirmation(), tapped.confirmation()));

  request.set_confirmation_id("nothing");
  const grpc::Status none = eligibility->GetConfirmation(Context().get(), request, &confirmation);
  EXPECT_EQ(none.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(NumberIn(none), "MDG-1405");
}

TEST_F(ServiceTest, SaysNotFoundForWhatIsNotThereAndForAnotherCounters) {
  const v1::Reception back = site_->Tap(1, "back");
  v1::GetReceptionResponse response;
  const grpc::Status none = Get("no-such-reception", response);
  EXPECT_EQ(none.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(DetailIn(none).number(), "MDG-1401");

  Site::Options front_only;
  front_only.counters = {"front"};
  Use(front_only);
  const v1::Reception hidden = site_->Tap(1, "back");
  const v1::Reception seen = site_->Tap(2, "front");
  EXPECT_TRUE(Get(seen.reception_id(), response).ok());
  // Word for word as if it did not exist.
  const grpc::Status other = Get(hidden.reception_id(), response);
  const auto detail = DetailIn(other);
  EXPECT_EQ(detail.number(), "MDG-1401");
  const auto eligibility = v1::EligibilityService::NewStub(site_->Channel());
  v1::GetConfirmationRequest request;
  request.set_confirmation_id(hidden.confirmation().confirmation_id());
  v1::GetConfirmationResponse confirmation;
  EXPECT_EQ(NumberIn(eligibility->GetConfirmation(Context().get(), request, &confirmation)),
            "MDG-1405");
  v1::AssignPatientRequest assign;
  assign.set_reception_id(hidden.reception_id());
  assign.set_patient_id("K-1");
  v1::AssignPatientResponse assigned;
  EXPECT_EQ(NumberIn(Assign(assign, assigned)), "MDG-1401");

  v1::ListReceptionsResponse list;
  ASSERT_TRUE(receptions_->ListReceptions(Context().get(), {}, &list).ok());
  ASSERT_EQ(list.receptions_size(), 1);
  EXPECT_EQ(list.receptions(0).reception_id(), seen.reception_id());
  v1::ListReceptionsRequest ask_back;
  ask_back.set_counter("back");
  EXPECT_EQ(NumberIn(receptions_->ListReceptions(Context().get(), ask_back, &list)), "MDG-1103");
  ask_back.set_counter("garage");
  EXPECT_EQ(NumberIn(receptions_->ListReceptions(Context().get(), ask_back, &list)), "MDG-1409");
}

TEST_F(ServiceTest, FindsAClosedReceptionInTheStore) {
  Site::Options options;
  options.clock = &clock_;
  Use(options);
  const v1::Reception tapped = site_->Tap(1);
  // Days later, and started anew: it is in no memory.
  clock_.Advance(absl::Hours(24 * 5));
  site_->Restart();
  receptions_ = v1::ReceptionService::NewStub(site_->Channel());
  v1::GetReceptionResponse response;
  const grpc::Status status = Get(tapped.reception_id(), response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.reception().state(), v1::RECEPTION_STATE_CLOSED);
  EXPECT_TRUE(
      MessageDifferencer::Equals(response.reception().confirmation(), tapped.confirmation()));

  v1::ListReceptionsRequest request;
  v1::ListReceptionsResponse list;
  ASSERT_TRUE(receptions_->ListReceptions(Context().get(), request, &list).ok());
  EXPECT_EQ(list.receptions_size(), 0) << "nobody came today";
  *request.mutable_day() = base::ToDate(absl::CivilDay(2026, 2, 2));
  ASSERT_TRUE(receptions_->ListReceptions(Context().get(), request, &list).ok());
  EXPECT_EQ(list.receptions_size(), 1);
}

TEST_F(ServiceTest, ListsInPagesOldestChangeFirst) {
  constexpr int kPeople = 25;
  std::vector<std::string> ids;
  ids.reserve(kPeople);
  for (int i = 0; i < kPeople; ++i) {
    ids.push_back(site_->Tap(i, i % 5 == 0 ? "back" : "front").reception_id());
  }
  v1::ListReceptionsRequest request;
  request.set_page_size(4);
  std::vector<std::string> listed;
  std::set<std::string> cursors;
  int pages = 0;
  do {
    v1::ListReceptionsResponse page;
    const grpc::Status status = receptions_->ListReceptions(Context().get(), request, &page);
    ASSERT_TRUE(status.ok()) << status.error_message();
    for (const auto& reception : page.receptions()) listed.push_back(reception.reception_id());
    cursors.insert(page.cursor());
    request.set_page_token(page.next_page_token());
    ++pages;
    // Somebody comes in between: the cursor stays where the first page was read.
    if (pages == 2) ids.push_back(site_->Tap(1000).reception_id());
  } while (!request.page_token().empty() && pages < 50);
  EXPECT_EQ(listed, ids);
  EXPECT_EQ(pages, 7);
  ASSERT_EQ(cursors.size(), 1u);

  // Whoever watches from there hears of the one who came in between.
  v1::WatchReceptionsRequest watch;
  watch.set_after_cursor(*cursors.begin());
  auto context = Context();
  const auto stream = receptions_->WatchReceptions(context.get(), watch);
  v1::WatchReceptionsResponse message;
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.reception().reception_id(), ids.back());
  context->TryCancel();

  v1::ListReceptionsRequest back;
  back.set_counter("back");
  v1::ListReceptionsResponse list;
  ASSERT_TRUE(receptions_->ListReceptions(Context().get(), back, &list).ok());
  EXPECT_EQ(list.receptions_size(), 5);
  EXPECT_EQ(list.next_page_token(), "");
  back.set_page_token("AAAA");
  const grpc::Status bad = receptions_->ListReceptions(Context().get(), back, &list);
  EXPECT_EQ(bad.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailIn(bad).field(), "page_token");
}

TEST_F(ServiceTest, AssignsOnceHoweverOftenItIsAsked) {
  const v1::Reception tapped = site_->Tap(1);
  v1::AssignPatientRequest request;
  request.set_request_id("a-1");
  request.set_reception_id(tapped.reception_id());
  request.set_patient_id("K-0001");
  v1::AssignPatientResponse first;
  v1::AssignPatientResponse second;
  const grpc::Status status = Assign(request, first);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(first.reception().assignment().state(), v1::ASSIGNMENT_STATE_BY_PERSON);
  EXPECT_EQ(first.reception().assignment().patient_id(), "K-0001");
  EXPECT_THAT(first.reception().assignment().assigned_by(), testing::HasSubstr("suzuki"));
  EXPECT_THAT(first.reception().assignment().assigned_by(), testing::HasSubstr("tester"));
  ASSERT_TRUE(Assign(request, second).ok());
  EXPECT_TRUE(MessageDifferencer::Equals(first, second));
  request.set_patient_id("K-0002");
  EXPECT_EQ(NumberIn(Assign(request, second)), "MDG-1002");

  v1::ListReceptionsRequest list_request;
  list_request.set_patient_id("K-0001");
  v1::ListReceptionsResponse list;
  ASSERT_TRUE(receptions_->ListReceptions(Context().get(), list_request, &list).ok());
  EXPECT_EQ(list.receptions_size(), 1);
  list_request.set_patient_id("K-0002");
  ASSERT_TRUE(receptions_->ListReceptions(Context().get(), list_request, &list).ok());
  EXPECT_EQ(list.receptions_size(), 0);

  v1::UnassignPatientRequest unassign;
  unassign.set_reception_id(tapped.reception_id());
  v1::UnassignPatientResponse unassigned;
  ASSERT_TRUE(receptions_->UnassignPatient(Context().get(), unassign, &unassigned).ok());
  EXPECT_EQ(unassigned.reception().assignment().state(), v1::ASSIGNMENT_STATE_UNASSIGNED);
  v1::CancelReceptionRequest cancel;
  cancel.set_reception_id(tapped.reception_id());
  v1::CancelReceptionResponse cancelled;
  ASSERT_TRUE(receptions_->CancelReception(Context().get(), cancel, &cancelled).ok());
  EXPECT_EQ(cancelled.reception().state(), v1::RECEPTION_STATE_CANCELLED);
}

TEST_F(ServiceTest, WantsThePersonWhoAssigns) {
  const v1::Reception tapped = site_->Tap(1);
  v1::AssignPatientRequest request;
  request.set_reception_id(tapped.reception_id());
  request.set_patient_id("K-0001");
  v1::AssignPatientResponse response;
  const grpc::Status none = Assign(request, response, "");
  EXPECT_EQ(none.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(DetailIn(none).number(), "MDG-1104");
  const grpc::Status bad = Assign(request, response, std::string(65, 'x'));
  EXPECT_EQ(DetailIn(bad).number(), "MDG-1001");
  EXPECT_EQ(DetailIn(bad).field(), "madoguchi-operator");
  auto twice = Context("a");
  twice->AddMetadata("madoguchi-operator", "b");
  EXPECT_EQ(NumberIn(receptions_->AssignPatient(twice.get(), request, &response)), "MDG-1001");
}

TEST_F(ServiceTest, ExpectedPatientsAreAssigned) {
  v1::ExpectPatientRequest request;
  request.set_counter("front");
  request.set_patient_id("K-7");
  request.mutable_insured()->set_insurer_number("99012345");
  request.mutable_insured()->set_number("00000007");
  request.mutable_insured()->set_branch("01");
  *request.mutable_birth_date() = base::ToDate(absl::CivilDay(1950, 1, 8));
  v1::ExpectPatientResponse response;
  const grpc::Status status = receptions_->ExpectPatient(Context().get(), request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_NE(response.expectation_id(), "");
  const v1::Reception tapped = site_->Tap(7);
  EXPECT_EQ(tapped.assignment().state(), v1::ASSIGNMENT_STATE_EXPECTED);
  EXPECT_EQ(tapped.assignment().patient_id(), "K-7");
}

TEST_F(ServiceTest, TellsItsStatusAndEveryChangeOfIt) {
  const auto system = v1::SystemService::NewStub(site_->Channel());
  v1::GetStatusResponse status;
  ASSERT_TRUE(system->GetStatus(Context().get(), {}, &status).ok());
  EXPECT_EQ(status.status().version(), "test");

  site_->SetStatus([](v1::SystemStatus& s) { s.mutable_unix_listener()->set_address("unix:x"); });
  auto context = Context();
  const auto stream = system->WatchStatus(context.get(), {});
  v1::WatchStatusResponse message;
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.status().version(), "test");
  // What always moves is no change; the next thing that comes is the real one.
  site_->SetStatus([](v1::SystemStatus& s) {
    s.set_cursor("moved");
    s.mutable_unix_listener()->set_connections(7);
    s.set_watchers(5);
  });
  site_->SetStatus([](v1::SystemStatus& s) { s.set_open_receptions(3); });
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.status().open_receptions(), 3);
  EXPECT_EQ(message.status().cursor(), "moved");
  site_->SetStatus(
      [](v1::SystemStatus& s) { s.add_connections()->mutable_last_scan()->set_seconds(1); });
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.status().connections_size(), 1);
  site_->SetStatus(
      [](v1::SystemStatus& s) { s.mutable_connections(0)->mutable_last_scan()->set_seconds(2); });
  site_->SetStatus([](v1::SystemStatus& s) {
    s.mutable_connections(0)->set_state(v1::CONNECTION_STATE_OFFLINE);
  });
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.status().connections(0).state(), v1::CONNECTION_STATE_OFFLINE);
  context->TryCancel();
}

TEST_F(ServiceTest, AnswersACallThatTakesTooLongBeforeTheClientGivesUp) {
  Site::Options options;
  options.clock = &clock_;
  Use(options);
  const v1::Reception tapped = site_->Tap(1);
  // The desk's thread is held up by a push whose end somebody waits for.
  absl::Notification release;
  absl::Notification held;
  eligibility::FacePush push;
  push.counter = "front";
  push.key = std::string(32, 'x');
  push.seen_at = clock_.Now();
  site_->desk().OnFacePush(push, [&](const absl::Status&) {
    held.Notify();
    release.WaitForNotification();
  });
  held.WaitForNotification();
  v1::CancelReceptionRequest request;
  request.set_request_id("c-1");
  request.set_reception_id(tapped.reception_id());
  v1::CancelReceptionResponse response;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  absl::Notification answered;
  grpc::Status status;
  receptions_->async()->CancelReception(&context, &request, &response, [&](grpc::Status result) {
    status = std::move(result);
    answered.Notify();
  });
  // The call is in: its time limit is armed. Time then passes for the daemon.
  while (!answered.WaitForNotificationWithTimeout(absl::Milliseconds(20))) {
    clock_.Advance(absl::Seconds(5));
  }
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  const auto detail = DetailIn(status);
  EXPECT_EQ(detail.number(), "MDG-1008");
  EXPECT_EQ(detail.retry(), v1::RETRY_SAME_REQUEST_ID);
  release.Notify();
  // It was done all the same, once: the same call again has its result.
  const grpc::Status again = receptions_->CancelReception(Context().get(), request, &response);
  EXPECT_TRUE(again.ok()) << again.error_message();
  EXPECT_EQ(response.reception().state(), v1::RECEPTION_STATE_CANCELLED);
}

}  // namespace
}  // namespace madoguchi::rpc
