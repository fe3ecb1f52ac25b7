#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/crypto/digest.h"
#include "madoguchi/v1/medical_record_service.grpc.pb.h"
#include "madoguchi/v1/reception_service.grpc.pb.h"
#include "tests/rpc/record_answers.h"
#include "tests/rpc/site.h"

namespace madoguchi::rpc {
namespace {

using testing::Each;
using testing::SizeIs;

constexpr v1::ConsentCategory kDrug = v1::CONSENT_CATEGORY_DRUG;
constexpr v1::ConsentCategory kCheckup = v1::CONSENT_CATEGORY_CHECKUP;
constexpr v1::ConsentCategory kDiagnosis = v1::CONSENT_CATEGORY_DIAGNOSIS;
constexpr v1::ConsentCategory kOperation = v1::CONSENT_CATEGORY_OPERATION;

std::unique_ptr<grpc::ClientContext> Context() {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  return context;
}

Site::Options With(std::vector<v1::ConsentCategory> consents,
                   std::vector<v1::Role> roles = {v1::ROLE_EMR}) {
  Site::Options options;
  options.roles = std::move(roles);
  options.consents = std::move(consents);
  return options;
}

// What one method says about a reception: `OK`, or the number of the error.
class Calls {
 public:
  explicit Calls(const Site& site) : stub_(v1::MedicalRecordService::NewStub(site.Channel())) {}

  std::string Drugs(const std::string& id, v1::Freshness freshness = v1::FRESHNESS_UNSPECIFIED) {
    v1::GetDrugHistoryRequest request;
    request.set_reception_id(id);
    request.set_freshness(freshness);
    return Said(stub_->GetDrugHistory(Context().get(), request, &drugs));
  }
  std::string Checkups(const std::string& id) {
    v1::GetCheckupsRequest request;
    request.set_reception_id(id);
    return Said(stub_->GetCheckups(Context().get(), request, &checkups));
  }
  std::string Diagnoses(const std::string& id) {
    v1::GetDiagnosisHistoryRequest request;
    request.set_reception_id(id);
    return Said(stub_->GetDiagnosisHistory(Context().get(), request, &diagnoses));
  }
  std::string Document(const std::string& id, v1::DocumentKind kind) {
    v1::GetDocumentRequest request;
    request.set_reception_id(id);
    request.set_kind(kind);
    const auto context = Context();
    const auto reader = stub_->GetDocument(context.get(), request);
    v1::GetDocumentResponse part;
    info.Clear();
    bytes.clear();
    chunks = 0;
    while (reader->Read(&part)) {
      if (part.has_info()) info = part.info();
      if (!part.has_chunk()) continue;
      bytes += part.chunk();
      ++chunks;
      if (between) between();
    }
    return Said(reader->Finish());
  }

  v1::GetDrugHistoryResponse drugs;
  v1::GetCheckupsResponse checkups;
  v1::GetDiagnosisHistoryResponse diagnoses;
  v1::DocumentInfo info;
  std::string bytes;
  int chunks = 0;
  // Runs after each piece of a document.
  std::function<void()> between;

 private:
  static std::string Said(const grpc::Status& status) {
    return status.ok() ? "OK" : NumberIn(status);
  }
  std::unique_ptr<v1::MedicalRecordService::Stub> stub_;
};

TEST(MedicalRecordTest, ATapWithConsentOpensItsRecords) {
  Site site(With({kDrug, kCheckup}));
  const std::string id = site.Tap(1).reception_id();
  Calls calls(site);
  EXPECT_EQ(calls.Drugs(id), "OK");
  EXPECT_EQ(calls.drugs.drug_history().drug_lines_size(), kDrugLines);
  EXPECT_TRUE(calls.drugs.has_fetched_at());
  EXPECT_TRUE(calls.drugs.has_usable_until());
  EXPECT_EQ(calls.Checkups(id), "OK");
  EXPECT_EQ(calls.checkups.checkup_history().checkups_size(), 1);
  EXPECT_EQ(calls.Diagnoses(id), "MDG-2001");
  EXPECT_EQ(calls.Drugs(id, v1::FRESHNESS_STORED_ONLY), "OK");
  EXPECT_EQ(site.Questions(), 2);
  EXPECT_THAT(site.GateEvents(), SizeIs(4));
}

TEST(MedicalRecordTest, NothingOpensWithoutConsentOrForNobody) {
  Site site(With({}));
  const std::string id = site.Tap(1).reception_id();
  Calls calls(site);
  EXPECT_EQ(calls.Drugs(id), "MDG-2001");
  EXPECT_EQ(calls.Checkups(id), "MDG-2001");
  EXPECT_EQ(calls.Diagnoses(id), "MDG-2001");
  EXPECT_EQ(calls.Document(id, v1::DOCUMENT_KIND_DRUG), "MDG-2001");
  EXPECT_EQ(calls.Drugs("nobody"), "MDG-1401");
  EXPECT_EQ(calls.Drugs(""), "MDG-1001");
  EXPECT_EQ(calls.Document(id, v1::DOCUMENT_KIND_UNSPECIFIED), "MDG-1001");
  EXPECT_EQ(site.Questions(), 0);
  EXPECT_THAT(site.GateEvents(), SizeIs(5));
}

// Consents, all sixteen sets of them, against every method.
TEST(MedicalRecordTest, ReleasesExactlyWhatEachSetOfConsentsCovers) {
  constexpr v1::ConsentCategory kAll[] = {kDrug, kCheckup, kDiagnosis, kOperation};
  for (int mask = 0; mask < 16; ++mask) {
    SCOPED_TRACE(mask);
    std::vector<v1::ConsentCategory> consents;
    for (int i = 0; i < 4; ++i) {
      if ((mask >> i & 1) != 0) consents.push_back(kAll[i]);
    }
    const auto has = [mask](int bit) { return (mask >> bit & 1) != 0; };
    Site site(With(consents));
    const std::string id = site.Tap(1).reception_id();
    Calls calls(site);
    EXPECT_EQ(calls.Drugs(id), has(0) ? "OK" : "MDG-2001");
    EXPECT_EQ(calls.Checkups(id), has(1) ? "OK" : "MDG-2001");
    ASSERT_EQ(calls.Diagnoses(id), has(2) || has(3) ? "OK" : "MDG-2001");
    const int given = (has(2) ? kDiagnosisLines : 0) + (has(3) ? kOperationLines : 0);
    EXPECT_EQ(calls.diagnoses.diagnosis_history().treatment_lines_size(), given);
    if (given > 0) {
      EXPECT_EQ(calls.diagnoses.withheld_lines(), kDiagnosisLines + kOperationLines - given);
    }
    EXPECT_EQ(calls.Document(id, v1::DOCUMENT_KIND_DRUG), has(0) ? "OK" : "MDG-2001");
    EXPECT_EQ(calls.Document(id, v1::DOCUMENT_KIND_CHECKUP), has(1) ? "OK" : "MDG-2001");
    EXPECT_EQ(calls.Document(id, v1::DOCUMENT_KIND_DRUG_AND_DIAGNOSIS),
              has(0) && has(2) && has(3) ? "OK" : "MDG-2001");
  }
}

TEST(MedicalRecordTest, OnlyRolesThatNeedRecordsGetThem) {
  for (int role = v1::ROLE_EMR; role <= v1::ROLE_TECHNICIAN; ++role) {
    SCOPED_TRACE(role);
    const bool allowed =
        role == v1::ROLE_EMR || role == v1::ROLE_DISPENSING || role == v1::ROLE_ADAPTER;
    Site site(With({kDrug, kCheckup, kDiagnosis}, {static_cast<v1::Role>(role)}));
    const std::string id = site.Tap(1).reception_id();
    Calls calls(site);
    const std::string said = allowed ? "OK" : "MDG-1102";
    EXPECT_EQ(calls.Drugs(id), said);
    EXPECT_EQ(calls.Checkups(id), said);
    EXPECT_EQ(calls.Diagnoses(id), said);
    EXPECT_EQ(calls.Document(id, v1::DOCUMENT_KIND_DRUG), said);
    EXPECT_EQ(site.Questions(), allowed ? 4 : 0);
  }
}

TEST(MedicalRecordTest, AnotherCountersPatientIsNotThere) {
  Site::Options options = With({kDrug});
  options.counters = {"back"};
  Site site(options);
  EXPECT_EQ(Calls(site).Drugs(site.Tap(1, "front").reception_id()), "MDG-1401");
  EXPECT_EQ(Calls(site).Drugs(site.Tap(2, "back").reception_id()), "OK");
}

TEST(MedicalRecordTest, ATwinsAnswerIsNeitherGivenNorKept) {
  Site site(With({kDrug}));
  const std::string id = site.Tap(1).reception_id();
  site.AnswerWrongly();
  Calls calls(site);
  EXPECT_EQ(calls.Drugs(id), "MDG-2006");
  EXPECT_EQ(calls.Drugs(id, v1::FRESHNESS_STORED_ONLY), "MDG-2008");
  EXPECT_EQ(calls.Document(id, v1::DOCUMENT_KIND_DRUG), "MDG-2009");
}

TEST(MedicalRecordTest, CancellingShutsAtOnce) {
  Site site(With({kDrug}));
  const std::string id = site.Tap(1).reception_id();
  Calls calls(site);
  EXPECT_EQ(calls.Drugs(id), "OK");
  v1::CancelReceptionRequest request;
  request.set_reception_id(id);
  v1::CancelReceptionResponse response;
  const auto stub = v1::ReceptionService::NewStub(site.Channel());
  ASSERT_TRUE(stub->CancelReception(Context().get(), request, &response).ok());
  EXPECT_EQ(response.reception().records(0).state(), v1::RECORD_STATE_NOT_CONSENTED);
  EXPECT_EQ(calls.Drugs(id), "MDG-2003");
}

TEST(MedicalRecordTest, ADocumentComesInPiecesAndEndsWhenConsentIsTakenBack) {
  Site site(With({kDrug}));
  const std::string id = site.Tap(1).reception_id();
  Calls calls(site);
  EXPECT_EQ(calls.Document(id, v1::DOCUMENT_KIND_DRUG), "MDG-2009");
  EXPECT_EQ(calls.Drugs(id), "OK");
  ASSERT_EQ(calls.Document(id, v1::DOCUMENT_KIND_DRUG), "OK");
  EXPECT_EQ(calls.bytes.size(), kDocumentBytes);
  EXPECT_EQ(calls.chunks, 23);
  EXPECT_EQ(calls.info.media_type(), "application/pdf");
  EXPECT_EQ(static_cast<size_t>(calls.info.size()), kDocumentBytes);
  EXPECT_EQ(calls.info.sha256(), crypto::Sha256(calls.bytes));
  EXPECT_FALSE(calls.info.patient_checked());
  // The same person taps again and says no more: the older reception's stream ends. What is on its
  // way in buffers (64 KB on a connection nobody reads) may still arrive.
  calls.between = [&site, first = true]() mutable {
    if (first) site.Tap(1);
    first = false;
  };
  EXPECT_EQ(calls.Document(id, v1::DOCUMENT_KIND_DRUG), "MDG-2003");
  EXPECT_LT(calls.bytes.size(), kDocumentBytes);
}

TEST(MedicalRecordTest, ManyProgramsAtOnceAskOqsOnce) {
  Site site(With({kDrug}));
  const std::string id = site.Tap(1).reception_id();
  std::vector<std::string> said(16);
  std::vector<std::thread> threads;
  threads.reserve(said.size());
  for (std::string& one : said) {
    threads.emplace_back([&site, &id, &one] { one = Calls(site).Drugs(id); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(said, Each("OK"));
  EXPECT_EQ(site.Questions(), 1);
  EXPECT_THAT(site.GateEvents(), SizeIs(16));
}

}  // namespace
}  // namespace madoguchi::rpc
