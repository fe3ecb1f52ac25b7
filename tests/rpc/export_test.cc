#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "agent/oqs/message.h"
#include "hl7/fhir/bundle_writer.h"
#include "hl7/v2/convert.h"
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
    if (status.ok()) return "OK";
    detail = DetailIn(status);
    return NumberIn(status);
  }
  bool Says(absl::string_view text) const { return absl::StrContains(response.body(), text); }

  // `OK`, or the number of the error; the record is in `message` then.
  std::string GetMessage(const std::string& id, v1::ExportWhat what) {
    std::string outcome = Get(id, what, v1::EXPORT_FORMAT_OQS_MESSAGE);
    EXPECT_TRUE(message.ParseFromString(response.body()));
    return outcome;
  }

  v1::ExportRecordResponse response;
  // Of the last error.
  v1::ErrorDetail detail;
  v1::OqsMessage message;

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

TEST(ExportTest, ARecordIsTheSameInAllItsForms) {
  Site site(With({v1::CONSENT_CATEGORY_DRUG, v1::CONSENT_CATEGORY_CHECKUP}, {v1::ROLE_EMR}));
  const std::string id = site.Tap(1).reception_id();
  Exports exports(site);
  for (const auto what :
       {v1::EXPORT_WHAT_RECEPTION, v1::EXPORT_WHAT_DRUG_HISTORY, v1::EXPORT_WHAT_CHECKUPS}) {
    ASSERT_EQ(exports.GetMessage(id, what), "OK");
    EXPECT_EQ(exports.response.media_type(),
              R"(application/x-protobuf; messageType="madoguchi.v1.OqsMessage")");
    const v1::OqsMessage message = exports.message;
    // Programs that take the message make the very bytes the daemon makes.
    std::string expected;
    hl7::fhir::BundleWriter(hl7::fhir::JpCore::k1_2_0).Write(message, 0, expected);
    ASSERT_EQ(exports.Get(id, what), "OK");
    EXPECT_EQ(exports.response.body(), expected);
    EXPECT_TRUE(exports.Says(Site::kPlantedName));

    const auto messages = hl7::v2::Convert(message, {});
    ASSERT_TRUE(messages.ok()) << messages.status();
    ASSERT_EQ(exports.Get(id, what, v1::EXPORT_FORMAT_HL7_V2_5), "OK");
    EXPECT_EQ(exports.response.media_type(), "x-application/hl7-v2+er7; charset=utf-8");
    ASSERT_EQ(exports.response.message_sizes_size(), messages->size());
    size_t at = 0;
    for (size_t i = 0; i < messages->size(); ++i) {
      const size_t size = exports.response.message_sizes(static_cast<int>(i));
      EXPECT_EQ(exports.response.body().substr(at, size), messages->at(i).bytes);
      at += size;
    }
    EXPECT_EQ(at, exports.response.body().size());

    const auto xml = oqs::WriteMessage(message, oqs::Encoding::kUtf8);
    ASSERT_TRUE(xml.ok()) << xml.status();
    ASSERT_EQ(exports.Get(id, what, v1::EXPORT_FORMAT_OQS_XML), "OK");
    EXPECT_EQ(exports.response.media_type(), "application/xml; charset=utf-8");
    EXPECT_EQ(exports.response.body(), *xml);
  }
  EXPECT_EQ(exports.message.checkup_history().checkups_size(), 1);
  EXPECT_EQ(exports.message.checkup_history().result().code(), "1");
  EXPECT_EQ(exports.message.asked_for().name(), Site::kPlantedName);
  EXPECT_EQ(site.Questions(), 2);
}

TEST(ExportTest, XmlOfMedicinesReadsBackAsTheSameLines) {
  Site site(With({v1::CONSENT_CATEGORY_DRUG}, {v1::ROLE_EMR}));
  const std::string id = site.Tap(1).reception_id();
  Exports exports(site);
  ASSERT_EQ(exports.GetMessage(id, v1::EXPORT_WHAT_DRUG_HISTORY), "OK");
  ASSERT_EQ(exports.Get(id, v1::EXPORT_WHAT_DRUG_HISTORY, v1::EXPORT_FORMAT_OQS_XML), "OK");
  const auto read = oqs::ReadMessage("YZKsiquc01res_1.xml", exports.response.body());
  ASSERT_TRUE(read.ok()) << read.status();
  const v1::MedicalRecord& record = read->medical_record();
  EXPECT_EQ(record.drug_history().SerializeAsString(),
            exports.message.medical_record().drug_history().SerializeAsString());
  EXPECT_EQ(record.drug_history().drug_lines_size(), kDrugLines);
  // The answer of OQS had treatments, which nobody consented to.
  EXPECT_EQ(record.diagnosis_history().treatment_lines_size(), 0);
  EXPECT_EQ(record.patient().name(), Site::kPlantedName);
  EXPECT_EQ(record.result().code(), "1");
}

TEST(ExportTest, ANotebookOfMedicines) {
  Site site(With({v1::CONSENT_CATEGORY_DRUG}, {v1::ROLE_EMR}));
  const std::string id = site.Tap(1).reception_id();
  Exports exports(site);
  ASSERT_EQ(exports.Get(id, v1::EXPORT_WHAT_DRUG_HISTORY, v1::EXPORT_FORMAT_JAHIS_TC08), "OK");
  EXPECT_EQ(exports.response.media_type(), "text/csv; charset=Shift_JIS; header=absent");
  EXPECT_TRUE(absl::StartsWith(exports.response.body(), "JAHISTC08,1\r\n1,"));
  EXPECT_THAT(exports.response.notes(), SizeIs(0));
  EXPECT_THAT(exports.response.message_sizes(), SizeIs(0));
  EXPECT_EQ(site.Questions(), 1);
  EXPECT_THAT(site.GateEvents(), SizeIs(1));
}

TEST(ExportTest, OptionsOfHl7v2) {
  Site site(With({}, {v1::ROLE_EMR}));
  const std::string id = site.Tap(1).reception_id();
  Exports exports(site);
  ASSERT_EQ(exports.Get(id, v1::EXPORT_WHAT_RECEPTION, v1::EXPORT_FORMAT_HL7_V2_5,
                        {"charset=iso-2022-jp", "event=A04"}),
            "OK");
  EXPECT_EQ(exports.response.media_type(), "x-application/hl7-v2+er7; charset=iso-2022-jp");
  EXPECT_TRUE(exports.Says("|ADT^A04^ADT_A01|"));
  EXPECT_TRUE(exports.Says("\x1b$B"));
  EXPECT_FALSE(exports.Says(Site::kPlantedName));
}

TEST(ExportTest, WithoutConsentNoFormIsGivenAndNobodyIsAsked) {
  Site site(With({}, {v1::ROLE_EMR}));
  const std::string id = site.Tap(1).reception_id();
  Exports exports(site);
  for (const auto format : {v1::EXPORT_FORMAT_HL7_V2_5, v1::EXPORT_FORMAT_JAHIS_TC08,
                            v1::EXPORT_FORMAT_OQS_XML, v1::EXPORT_FORMAT_OQS_MESSAGE}) {
    EXPECT_EQ(exports.Get(id, v1::EXPORT_WHAT_DRUG_HISTORY, format), "MDG-2001");
  }
  for (const auto format : {v1::EXPORT_FORMAT_OQS_XML, v1::EXPORT_FORMAT_OQS_MESSAGE}) {
    EXPECT_EQ(exports.Get(id, v1::EXPORT_WHAT_CHECKUPS, format), "MDG-2001");
    EXPECT_EQ(exports.Get(id, v1::EXPORT_WHAT_DIAGNOSES, format), "MDG-2001");
  }
  EXPECT_EQ(site.Questions(), 0);
  EXPECT_THAT(site.GateEvents(), SizeIs(8));
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
  EXPECT_EQ(exports.Get(id, v1::EXPORT_WHAT_RECEPTION, v1::EXPORT_FORMAT_JAHIS_TC08), "MDG-1311");
  EXPECT_EQ(exports.Get(id, v1::EXPORT_WHAT_CHECKUPS, v1::EXPORT_FORMAT_JAHIS_TC08), "MDG-1311");
  EXPECT_EQ(exports.Get(id, v1::EXPORT_WHAT_DIAGNOSES, v1::EXPORT_FORMAT_HL7_V2_5), "MDG-1311");
  EXPECT_EQ(exports.Get(id, v1::EXPORT_WHAT_RECEPTION, v1::EXPORT_FORMAT_FHIR_JP_CORE_1_2,
                        {"pretty=yes"}),
            "MDG-1001");
  for (const char* option : {"charset=utf-16", "charset", "", "in2=jahis", "=", "event=A01"}) {
    EXPECT_EQ(exports.Get(id, v1::EXPORT_WHAT_RECEPTION, v1::EXPORT_FORMAT_HL7_V2_5,
                          {"in1=jahis", option}),
              "MDG-1001");
    EXPECT_EQ(exports.detail.field(), "options[1]");
    EXPECT_TRUE(absl::StrContains(exports.detail.text_en(), "charset=iso-2022-jp"));
  }
  EXPECT_EQ(exports.Get(id, v1::EXPORT_WHAT_RECEPTION, v1::EXPORT_FORMAT_HL7_V2_5,
                        {"in1=jahis", "in1=jahis"}),
            "MDG-1001");
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
