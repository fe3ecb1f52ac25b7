#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "madoguchi/v1/reception_service.grpc.pb.h"
#include "tests/rpc/site.h"

namespace madoguchi::rpc {
namespace {

std::unique_ptr<grpc::ClientContext> Context(const std::string& person = "") {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  if (!person.empty()) context->AddMetadata("madoguchi-operator", person);
  return context;
}

// Every way to put a name into a request, and no trace of it in what comes back or in the log.
TEST(PrivacyTest, NoErrorAndNoLogLineHoldsPersonalData) {
  testing::internal::CaptureStderr();
  const std::string name = Site::kPlantedName;
  const std::string chart = "K-PLANTED-4711";
  std::vector<grpc::Status> errors;
  auto site = std::make_unique<Site>();
  const auto receptions = v1::ReceptionService::NewStub(site->Channel());
  const auto assign = [&receptions](const v1::AssignPatientRequest& request,
                                    v1::AssignPatientResponse& response,
                                    const std::string& person = "suzuki") {
    return receptions->AssignPatient(Context(person).get(), request, &response);
  };
  const v1::Reception tapped = site->Tap(1);
  {
    v1::GetReceptionRequest request;
    request.set_reception_id(name);
    v1::GetReceptionResponse response;
    errors.push_back(receptions->GetReception(Context().get(), request, &response));
    request.set_reception_id(chart);
    errors.push_back(receptions->GetReception(Context().get(), request, &response));
  }
  {
    v1::AssignPatientRequest request;
    request.set_reception_id(tapped.reception_id());
    request.set_patient_id(chart);
    v1::AssignPatientResponse response;
    EXPECT_TRUE(assign(request, response).ok());
    request.set_patient_id(chart + "-OTHER");
    errors.push_back(assign(request, response));
    request.set_expected_revision(77);
    errors.push_back(assign(request, response));
    request.set_request_id(name);
    errors.push_back(assign(request, response));
    request.set_request_id("");
    request.set_patient_id(name + "\n");
    errors.push_back(assign(request, response));
    errors.push_back(assign(request, response, ""));
  }
  {
    v1::CancelReceptionRequest request;
    request.set_reception_id("r-none");
    request.set_reason(name);
    v1::CancelReceptionResponse response;
    errors.push_back(receptions->CancelReception(Context().get(), request, &response));
    request.set_reason(name + "\x01");
    errors.push_back(receptions->CancelReception(Context().get(), request, &response));
  }
  {
    v1::ExpectPatientRequest request;
    request.set_counter(name);
    request.set_patient_id(chart);
    v1::ExpectPatientResponse response;
    errors.push_back(receptions->ExpectPatient(Context().get(), request, &response));
    request.set_counter("front");
    request.mutable_insured()->set_insurer_number(chart);
    errors.push_back(receptions->ExpectPatient(Context().get(), request, &response));
    request.mutable_insured()->set_insurer_number("99012345");
    request.mutable_insured()->set_number(name + "\x02");
    errors.push_back(receptions->ExpectPatient(Context().get(), request, &response));
  }
  {
    v1::ListReceptionsRequest request;
    request.set_patient_id(name + "\x03");
    v1::ListReceptionsResponse response;
    errors.push_back(receptions->ListReceptions(Context().get(), request, &response));
    request.set_patient_id("");
    request.set_page_token(chart);
    errors.push_back(receptions->ListReceptions(Context().get(), request, &response));
    v1::WatchReceptionsRequest watch;
    watch.set_after_cursor(chart);
    auto context = Context();
    errors.push_back(receptions->WatchReceptions(context.get(), watch)->Finish());
  }
  site.reset();
  std::string everything = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(absl::StrContains(everything, "reception_opened")) << "the log is captured";
  for (const grpc::Status& status : errors) {
    EXPECT_FALSE(status.ok());
    EXPECT_TRUE(absl::StartsWith(DetailIn(status).number(), "MDG-1")) << status.error_message();
    absl::StrAppend(&everything, status.error_message(), "\n", status.error_details(), "\n");
  }
  for (const std::string& needle : {name, chart, std::string("花子"), std::string("00000001"),
                                    std::string("99012345"), std::string("19500102")}) {
    EXPECT_FALSE(absl::StrContains(everything, needle)) << needle;
    EXPECT_FALSE(absl::StrContains(everything, absl::Base64Escape(needle))) << needle;
    EXPECT_FALSE(absl::StrContains(everything, absl::BytesToHexString(needle))) << needle;
  }
}

}  // namespace
}  // namespace madoguchi::rpc
