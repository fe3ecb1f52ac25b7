#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/japan_time.h"
#include "agent/store/sqlite.h"
#include "madoguchi/v1/audit_service.grpc.pb.h"
#include "madoguchi/v1/reception_service.grpc.pb.h"
#include "tests/rpc/site.h"

namespace madoguchi::rpc {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::SizeIs;

Site::Options With(std::vector<v1::Role> roles) {
  Site::Options options;
  options.roles = std::move(roles);
  return options;
}

class AuditServiceTest : public testing::Test {
 protected:
  AuditServiceTest()
      : site_(With({v1::ROLE_AUDITOR, v1::ROLE_DESK})),
        stub_(v1::AuditService::NewStub(site_.Channel())),
        receptions_(v1::ReceptionService::NewStub(site_.Channel())) {}

  static std::unique_ptr<grpc::ClientContext> Context(const std::string& person = "auditor1") {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    if (!person.empty()) context->AddMetadata("madoguchi-operator", person);
    return context;
  }
  // One patient, tied to a chart.
  std::string Assigned(int number) {
    v1::AssignPatientRequest request;
    request.set_reception_id(site_.Tap(number).reception_id());
    request.set_patient_id("chart-" + std::to_string(number));
    v1::AssignPatientResponse response;
    EXPECT_TRUE(receptions_->AssignPatient(Context("sato").get(), request, &response).ok());
    return request.reception_id();
  }
  v1::ListAuditEntriesResponse List(const v1::ListAuditEntriesRequest& request) {
    v1::ListAuditEntriesResponse response;
    const auto status = stub_->ListAuditEntries(Context().get(), request, &response);
    EXPECT_TRUE(status.ok()) << NumberIn(status);
    return response;
  }
  std::string Refusal(const v1::ListAuditEntriesRequest& request) {
    v1::ListAuditEntriesResponse response;
    const auto status = stub_->ListAuditEntries(Context().get(), request, &response);
    return NumberIn(status) + " " + DetailIn(status).field();
  }
  v1::VerifyAuditTrailResponse Verify(const std::vector<std::string>& anchors = {}) {
    v1::VerifyAuditTrailRequest request;
    request.mutable_anchors()->Add(anchors.begin(), anchors.end());
    v1::VerifyAuditTrailResponse response;
    const auto status = stub_->VerifyAuditTrail(Context().get(), request, &response);
    EXPECT_TRUE(status.ok()) << NumberIn(status);
    return response;
  }

  Site site_;
  std::unique_ptr<v1::AuditService::Stub> stub_;
  std::unique_ptr<v1::ReceptionService::Stub> receptions_;
};

TEST_F(AuditServiceTest, ListsPageByPageAndWritesThatDown) {
  const std::string first = Assigned(1);
  Assigned(2);
  v1::ListAuditEntriesRequest request;
  request.set_page_size(2);
  std::vector<std::string> names;
  for (int pages = 0; pages < 10; ++pages) {
    const auto page = List(request);
    EXPECT_LE(page.entries_size(), 2);
    for (const v1::AuditEntry& entry : page.entries()) names.push_back(entry.kind_name());
    if (page.next_page_token().empty()) break;
    request.set_page_token(page.next_page_token());
  }
  // Reading makes entries, and still comes to an end: what was there when it began.
  EXPECT_THAT(names, ElementsAre("TrailStarted", "ReceptionOpened", "ReceptionAssigned",
                                 "ReceptionOpened", "ReceptionAssigned"));
  v1::ListAuditEntriesRequest only;
  only.set_reception_id(first);
  only.add_kinds(21);
  const auto found = List(only);
  ASSERT_THAT(found.entries(), SizeIs(1));
  EXPECT_EQ(found.entries(0).identity(), "tester");
  EXPECT_EQ(found.entries(0).person(), "sato");
  EXPECT_TRUE(found.entries(0).has_subject());
  EXPECT_FALSE(found.entries(0).text_ja().empty());
  v1::ListAuditEntriesRequest readings;
  readings.add_kinds(60);
  EXPECT_THAT(List(readings).entries(), SizeIs(4));
  // A token fits its own listing only.
  request.set_identity("tester");
  EXPECT_EQ(Refusal(request), "MDG-1001 page_token");
}

TEST_F(AuditServiceTest, RefusesWhatIsNotWellFormed) {
  v1::ListAuditEntriesRequest request;
  request.mutable_from()->set_year(2026);
  EXPECT_EQ(Refusal(request), "MDG-1001 from");
  request.Clear();
  request.set_page_size(501);
  EXPECT_EQ(Refusal(request), "MDG-1001 page_size");
  request.Clear();
  request.set_identity(std::string(200, 'x'));
  EXPECT_EQ(Refusal(request), "MDG-1001 identity");
  request.Clear();
  request.set_page_token("eA==");
  EXPECT_EQ(Refusal(request), "MDG-1001 page_token");
  v1::VerifyAuditTrailRequest verify;
  verify.add_anchors("nonsense");
  v1::VerifyAuditTrailResponse response;
  EXPECT_EQ(DetailIn(stub_->VerifyAuditTrail(Context().get(), verify, &response)).field(),
            "anchors[0]");
  v1::DiscloseAuditSubjectsRequest disclose;
  v1::DiscloseAuditSubjectsResponse nothing;
  EXPECT_EQ(DetailIn(stub_->DiscloseAuditSubjects(Context().get(), disclose, &nothing)).field(),
            "identity");
  disclose.set_identity("tester");
  EXPECT_EQ(NumberIn(stub_->DiscloseAuditSubjects(Context("").get(), disclose, &nothing)),
            "MDG-1104");
}

TEST_F(AuditServiceTest, VerifiesAgainstAnchors) {
  Assigned(1);
  const auto first = Verify();
  EXPECT_TRUE(first.intact());
  EXPECT_EQ(first.entries(), 4);
  EXPECT_EQ(first.tags_checked(), 4);
  Assigned(2);
  EXPECT_TRUE(Verify({first.anchor()}).intact());
  auto connection = store::Connection::Open(site_.folder() + "/store.db", store::Access::kWriter);
  ASSERT_TRUE(connection.ok());
  ASSERT_TRUE(connection
                  ->Execute("DROP TRIGGER audit_unchanged;"
                            "UPDATE audit SET at = at + 1 WHERE number = 2")
                  .ok());
  const auto verdict = Verify({first.anchor()});
  EXPECT_FALSE(verdict.intact());
  std::vector<int> problems;
  for (const v1::AuditFinding& finding : verdict.findings()) problems.push_back(finding.problem());
  EXPECT_THAT(problems, Contains(v1::AUDIT_PROBLEM_CHANGED));
}

TEST_F(AuditServiceTest, DisclosesWhomItWasAboutAndWritesThatDown) {
  Assigned(1);
  v1::DiscloseAuditSubjectsRequest request;
  request.set_identity("tester");
  v1::DiscloseAuditSubjectsResponse response;
  ASSERT_TRUE(stub_->DiscloseAuditSubjects(Context().get(), request, &response).ok());
  // Whose records it was given: nobody's.
  EXPECT_THAT(response.disclosures(), SizeIs(0));
  request.add_kinds(21);
  ASSERT_TRUE(stub_->DiscloseAuditSubjects(Context().get(), request, &response).ok());
  ASSERT_THAT(response.disclosures(), SizeIs(1));
  EXPECT_EQ(response.disclosures(0).subject().patient_id(), "chart-1");
  EXPECT_EQ(response.disclosures(0).subject().name(), Site::kPlantedName);
  EXPECT_FALSE(response.disclosures(0).has_problem());
  v1::ListAuditEntriesRequest told;
  told.add_kinds(61);
  const auto entries = List(told);
  ASSERT_THAT(entries.entries(), SizeIs(2));
  EXPECT_EQ(entries.entries(1).count(), 1);
  EXPECT_EQ(entries.entries(1).detail(), "tester");
  EXPECT_EQ(entries.entries(1).person(), "auditor1");
}

TEST_F(AuditServiceTest, NothingIsReadWithoutAnEntry) {
  Assigned(1);
  auto connection = store::Connection::Open(site_.folder() + "/store.db", store::Access::kWriter);
  ASSERT_TRUE(connection.ok());
  ASSERT_TRUE(connection
                  ->Execute("CREATE TRIGGER blocked BEFORE INSERT ON audit BEGIN SELECT "
                            "RAISE(ABORT, 'x'); END")
                  .ok());
  v1::ListAuditEntriesResponse entries;
  EXPECT_FALSE(stub_->ListAuditEntries(Context().get(), {}, &entries).ok());
  EXPECT_THAT(entries.entries(), SizeIs(0));
  v1::VerifyAuditTrailResponse verdict;
  EXPECT_FALSE(stub_->VerifyAuditTrail(Context().get(), {}, &verdict).ok());
  v1::DiscloseAuditSubjectsRequest request;
  request.set_identity("tester");
  request.add_kinds(21);
  v1::DiscloseAuditSubjectsResponse response;
  EXPECT_FALSE(stub_->DiscloseAuditSubjects(Context().get(), request, &response).ok());
  EXPECT_THAT(response.disclosures(), SizeIs(0));
}

TEST(AuditOfRefusals, AreCountedWithWhoAndWhat) {
  Site site(With({v1::ROLE_TECHNICIAN}));
  const auto stub = v1::ReceptionService::NewStub(site.Channel());
  for (int i = 0; i < 50; ++i) {
    grpc::ClientContext context;
    v1::GetReceptionResponse response;
    EXPECT_EQ(NumberIn(stub->GetReception(&context, {}, &response)), "MDG-1102");
  }
  site.StopServer();
  site.trail().Stop();
  std::vector<audit::Entry> refused;
  const audit::SearchPage page = *site.trail().Search({.kinds = {10}}, 0, 100, 100);
  for (const audit::Found& found : page.found) {
    refused.push_back(*found.entry);
  }
  ASSERT_THAT(refused, SizeIs(2));
  EXPECT_EQ(refused[0].count + refused[1].count, 50);
  EXPECT_EQ(refused[0].identity, "tester");
  EXPECT_EQ(refused[0].outcome, "MDG-1102");
  EXPECT_EQ(refused[0].detail, "ReceptionService.GetReception");
}

TEST(AuditOfRefusals, ACallerWhoIsNotConfiguredIsNamedByItsUidAndACounterByItsRule) {
  Site::Options unknown_client;
  unknown_client.known = false;
  Site stranger(unknown_client);
  {
    grpc::ClientContext context;
    v1::GetReceptionResponse response;
    EXPECT_EQ(NumberIn(v1::ReceptionService::NewStub(stranger.Channel())
                           ->GetReception(&context, {}, &response)),
              "MDG-1101");
  }
  stranger.StopServer();
  stranger.trail().Stop();
  const auto unknown = *stranger.trail().Search({.kinds = {10}}, 0, 100, 100);
  ASSERT_THAT(unknown.found, SizeIs(1));
  EXPECT_EQ(unknown.found[0].entry->identity, "uid:" + std::to_string(getuid()));

  Site::Options one_counter = With({v1::ROLE_DESK});
  one_counter.counters = {"front"};
  Site site(one_counter);
  {
    grpc::ClientContext context;
    v1::ListReceptionsRequest request;
    request.set_counter("back");
    v1::ListReceptionsResponse response;
    EXPECT_EQ(NumberIn(v1::ReceptionService::NewStub(site.Channel())
                           ->ListReceptions(&context, request, &response)),
              "MDG-1103");
  }
  site.StopServer();
  site.trail().Stop();
  const auto refused = *site.trail().Search({.kinds = {10}}, 0, 100, 100);
  ASSERT_THAT(refused.found, SizeIs(1));
  EXPECT_EQ(refused.found[0].entry->outcome, "MDG-1103");
}

}  // namespace
}  // namespace madoguchi::rpc
