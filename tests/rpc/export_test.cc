#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "madoguchi/v1/export_service.grpc.pb.h"
#include "tests/rpc/record_answers.h"
#include "tests/rpc/site.h"

namespace madoguchi::rpc {
namespace {

using testing::SizeIs;

class Exports {
 public:
  explicit Exports(const Site& site) : stub_(v1::ExportService::NewStub(site.Channel())) {}

  // `OK`, or the number of the error.
  std::string Get(const std::string& id, v1::ExportWhat what,
                  v1::ExportFormat format = v1::EXPORT_FORMAT_FHIR_JP_CORE_1_2,
                  std::vector<std::string> options = {}) {
    v1::ExportRecordRequest request;
    request.set_reception_id(id);
    request.set_what(what);
    request.set_format(format);
    for (std::string& option : options) request.add_options(std::move(option));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    response.Clear();
    const grpc::Status status = stub_->ExportRecord(&context, request, &response);
    return status.ok() ? "OK" : NumberIn(status);
  }
  bool Says(absl::string_view text) const { return absl::StrContains(response.body(), text); }

  v1::ExportRecordResponse response;

 private:
  std::unique_ptr<v1::ExportService::Stub> stub_;
};

Site::Options With(std::vector<v1::ConsentCategory> consents, std::vector<v1::Role> roles) {
  Site::Options options;
  options.consents = std::move(consents);
  options.roles = std::move(roles);
  return options;
}

TEST(ExportTest, AnAnswerAboutInsuranceNeedsNoMedicalRight) {
  Site site(With({}, {v1::ROLE_RECEIPT}));
  const std::string id = site.Tap(1).reception_id();
  Exports exports(site);
  ASSERT_EQ(exports.Get(id, v1::EXPORT_WHAT_RECEPTION), "OK");
  EXPECT_EQ(exports.response.media_type(), "application/fhir+json");
  EXPECT_TRUE(exports.Says(R"("resourceType":"Coverage")"));
  const std::string first = exports.response.body();
  ASSERT_EQ(exports.Get(id, v1::EXPORT_WHAT_RECEPTION), "OK");
  EXPECT_EQ(exports.response.body(), first);
  ASSERT_EQ(exports.Get(id, v1::EXPORT_WHAT_RECEPTION, v1::EXPORT_FORMAT_FHIR_JP_CORE_1_1), "OK");
  EXPECT_NE(exports.response.body(), first);
  for (const auto what :
       {v1::EXPORT_WHAT_DRUG_HISTORY, v1::EXPORT_WHAT_CHECKUPS, v1::EXPORT_WHAT_DIAGNOSES}) {
    EXPECT_EQ(exports.Get(id, what), "MDG-1102");
  }
  EXPECT_EQ(site.Questions(), 0);
  EXPECT_THAT(site.GateEvents(), SizeIs(0));
}

TEST(ExportTest, MedicalRecordsGoThroughTheGate) {
  Site site(With({v1::CONSENT_CATEGORY_DRUG, v1::CONSENT_CATEGORY_CHECKUP}, {v1::ROLE_EMR}));
  const std::string id = site.Tap(1).reception_id();
  Exports exports(site);
  ASSERT_EQ(exports.Get(id, v1::EXPORT_WHAT_DRUG_HISTORY), "OK");
  EXPECT_TRUE(exports.Says(R"("resourceType":"Medication)"));
  EXPECT_TRUE(exports.Says(R"("resourceType":"Patient")"));
  EXPECT_TRUE(exports.Says(R"("recorded":")"));
  const std::string first = exports.response.body();
  // From what is stored: the same bytes.
  ASSERT_EQ(exports.Get(id, v1::EXPORT_WHAT_DRUG_HISTORY), "OK");
  EXPECT_EQ(exports.response.body(), first);
  ASSERT_EQ(exports.Get(id, v1::EXPORT_WHAT_CHECKUPS), "OK");
  EXPECT_TRUE(exports.Says(R"("resourceType":"Observation")"));
  EXPECT_EQ(exports.Get(id, v1::EXPORT_WHAT_DIAGNOSES), "MDG-2001");
  EXPECT_EQ(site.Questions(), 2);
  EXPECT_THAT(site.GateEvents(), SizeIs(4));
}

TEST(ExportTest, OnlyTreatmentsThatAreConsentedToAreGiven) {
  Site site(With({v1::CONSENT_CATEGORY_DIAGNOSIS}, {v1::ROLE_EMR}));
  const std::string id = site.Tap(1).reception_id();
  Exports exports(site);
  ASSERT_EQ(exports.Get(id, v1::EXPORT_WHAT_DIAGNOSES), "OK");
  int procedures = 0;
  const std::string& body = exports.response.body();
  constexpr absl::string_view kProcedure = R"("resourceType":"Procedure")";
  for (size_t at = body.find(kProcedure.data()); at != std::string::npos;
       at = body.find(kProcedure.data(), at + 1)) {
    ++procedures;
  }
  EXPECT_EQ(procedures, kDiagnosisLines);
  EXPECT_FALSE(exports.Says(R"("resourceType":"Medication)"));
}

TEST(ExportTest, RefusesWhatHasNoFormAndWhatIsMalformed) {
  Site site(With({}, {v1::ROLE_EMR}));
  const std::string id = site.Tap(1).reception_id();
  Exports exports(site);
  EXPECT_EQ(exports.Get(id, v1::EXPORT_WHAT_RECEPTION, v1::EXPORT_FORMAT_OQS_XML), "MDG-1311");
  EXPECT_EQ(exports.Get(id, v1::EXPORT_WHAT_RECEPTION, v1::EXPORT_FORMAT_FHIR_JP_CORE_1_2,
                        {"pretty=yes"}),
            "MDG-1311");
  EXPECT_EQ(exports.Get(id, v1::EXPORT_WHAT_UNSPECIFIED), "MDG-1001");
  EXPECT_EQ(exports.Get(id, v1::EXPORT_WHAT_RECEPTION, v1::EXPORT_FORMAT_UNSPECIFIED), "MDG-1001");
  EXPECT_EQ(exports.Get("", v1::EXPORT_WHAT_RECEPTION), "MDG-1001");
  EXPECT_EQ(exports.Get("nobody", v1::EXPORT_WHAT_RECEPTION), "MDG-1401");
  EXPECT_EQ(exports.Get("nobody", v1::EXPORT_WHAT_DRUG_HISTORY), "MDG-1401");
}

TEST(ExportTest, AReceptionOfACounterOneMayNotSeeIsNotThere) {
  Site::Options options = With({v1::CONSENT_CATEGORY_DRUG}, {v1::ROLE_EMR});
  options.counters = {"back"};
  Site site(std::move(options));
  const std::string id = site.Tap(1, "front").reception_id();
  Exports exports(site);
  EXPECT_EQ(exports.Get(id, v1::EXPORT_WHAT_RECEPTION), "MDG-1401");
  EXPECT_EQ(exports.Get(id, v1::EXPORT_WHAT_DRUG_HISTORY), "MDG-1401");
}

}  // namespace
}  // namespace madoguchi::rpc
