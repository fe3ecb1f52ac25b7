#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/records/keeper.h"
#include "agent/records/views.h"
#include "agent/rpc/call.h"
#include "agent/rpc/document_stream.h"
#include "agent/rpc/services.h"
#include "agent/rpc/validate.h"
#include "madoguchi/v1/medical_record_service.grpc.pb.h"

namespace madoguchi::rpc {
namespace {

using records::Delivery;
using records::Kind;
using Service = v1::MedicalRecordService;
using RawService = Service::WithRawCallbackMethod_GetDrugHistory<
    Service::WithRawCallbackMethod_GetCheckups<Service::WithRawCallbackMethod_GetDiagnosisHistory<
        Service::WithRawCallbackMethod_GetDocument<Service::Service>>>>;

records::Freshness FreshnessOf(v1::Freshness freshness) {
  switch (freshness) {
    case v1::FRESHNESS_FETCH:
      return records::Freshness::kFetch;
    case v1::FRESHNESS_STORED_ONLY:
      return records::Freshness::kStoredOnly;
    default:
      return records::Freshness::kStoredOrFetch;
  }
}

Kind KindOf(v1::DocumentKind kind) {
  switch (kind) {
    case v1::DOCUMENT_KIND_DRUG:
      return Kind::kDrugDocument;
    case v1::DOCUMENT_KIND_CHECKUP:
      return Kind::kCheckupDocument;
    default:
      return Kind::kDrugAndDiagnosisDocument;
  }
}

records::Asker AskerOf(const reception::Caller& caller) {
  return {.identity = caller.identity,
          .person = caller.person,
          .counters = caller.counters,
          .late_receiver = caller.late_receiver};
}

// What a call asks for, without its months.
template <typename Request>
records::Wish WishOf(const reception::Caller& caller, const Request& request, Kind kind) {
  records::Wish wish{.asker = AskerOf(caller),
                     .reception_id = request.reception_id(),
                     .kind = kind,
                     .months = {},
                     .freshness = records::Freshness::kStoredOrFetch,
                     .call_key = {}};
  if (!request.request_id().empty()) {
    // What makes it the same call: who, what and its id.
    wish.call_key =
        absl::StrCat(caller.identity, "\n", static_cast<int>(kind), "\n", request.request_id());
    Request bare = request;
    bare.clear_request_id();
    wish.call_content = bare.SerializeAsString();
  }
  return wish;
}

template <typename Request>
absl::Status AddMonths(const Request& request, absl::Time now, records::Wish& wish) {
  const auto months =
      records::ReadMonths(request.from_month(), request.to_month(), base::JapanDay(now));
  if (!months.ok()) return months.status();
  wish.months = *months;
  return absl::OkStatus();
}

template <typename Response>
void AddTimes(const Delivery& delivery, Response& response) {
  *response.mutable_fetched_at() = base::ToProto(delivery.box.label().fetched_at);
  if (delivery.usable_until != absl::InfiniteFuture()) {
    *response.mutable_usable_until() = base::ToProto(delivery.usable_until);
  }
}

// The record in a delivery's box; MDG-1005 when it does not open or cannot be read.
template <typename Record>
absl::StatusOr<Record> Open(Delivery& delivery) {
  const auto body = delivery.box.Open(std::move(delivery.permit));
  Record record;
  if (body == nullptr || !record.ParseFromString(*body)) {
    return base::MakeError(base::ErrorCode::kInternal);
  }
  return record;
}

absl::StatusOr<v1::GetDrugHistoryResponse> Drugs(Delivery delivery,
                                                 const std::optional<records::Months>& months,
                                                 bool include_duplicates) {
  const auto record = Open<v1::MedicalRecord>(delivery);
  if (!record.ok()) return record.status();
  v1::GetDrugHistoryResponse response;
  records::DrugView view = records::ViewDrugs(*record, months, include_duplicates);
  *response.mutable_drug_history() = std::move(view.history);
  response.set_duplicate_lines(view.duplicates);
  AddTimes(delivery, response);
  return response;
}

absl::StatusOr<v1::GetDiagnosisHistoryResponse> Diagnoses(
    Delivery delivery, const std::optional<records::Months>& months) {
  const auto record = Open<v1::MedicalRecord>(delivery);
  if (!record.ok()) return record.status();
  v1::GetDiagnosisHistoryResponse response;
  records::DiagnosisView view = records::ViewDiagnoses(*record, delivery.coverage, months);
  *response.mutable_diagnosis_history() = std::move(view.history);
  response.set_withheld_lines(view.withheld_lines);
  AddTimes(delivery, response);
  return response;
}

absl::StatusOr<v1::GetCheckupsResponse> Checkups(Delivery delivery,
                                                 const std::optional<records::Months>& /*months*/) {
  auto record = Open<v1::CheckupHistory>(delivery);
  if (!record.ok()) return record.status();
  v1::GetCheckupsResponse response;
  *response.mutable_checkup_history() = *std::move(record);
  AddTimes(delivery, response);
  return response;
}

class MedicalRecordService final : public RawService {
 public:
  MedicalRecordService(const ServiceContext& context, records::Keeper& keeper)
      : context_(context), keeper_(keeper) {}

  grpc::ServerUnaryReactor* GetDrugHistory(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* bytes,
                                           grpc::ByteBuffer* response) override {
    v1::GetDrugHistoryRequest request;
    const auto caller = Enter(context_, *context,
                              "madoguchi.v1.MedicalRecordService.GetDrugHistory", *bytes, request);
    if (!caller.ok()) return Refuse(context, caller.status());
    records::Wish wish = WishOf(*caller, request, Kind::kDrug);
    wish.freshness = FreshnessOf(request.freshness());
    if (const absl::Status bad = AddMonths(request, context_.clock.Now(), wish); !bad.ok()) {
      return Refuse(context, bad);
    }
    return Give(context, response, wish,
                [all = request.include_duplicates()](Delivery delivery,
                                                     const std::optional<records::Months>& months) {
                  return Drugs(std::move(delivery), months, all);
                });
  }

  grpc::ServerUnaryReactor* GetDiagnosisHistory(grpc::CallbackServerContext* context,
                                                const grpc::ByteBuffer* bytes,
                                                grpc::ByteBuffer* response) override {
    v1::GetDiagnosisHistoryRequest request;
    const auto caller =
        Enter(context_, *context, "madoguchi.v1.MedicalRecordService.GetDiagnosisHistory", *bytes,
              request);
    if (!caller.ok()) return Refuse(context, caller.status());
    records::Wish wish = WishOf(*caller, request, Kind::kDiagnosis);
    wish.freshness = FreshnessOf(request.freshness());
    if (const absl::Status bad = AddMonths(request, context_.clock.Now(), wish); !bad.ok()) {
      return Refuse(context, bad);
    }
    return Give(context, response, wish, Diagnoses);
  }

  grpc::ServerUnaryReactor* GetCheckups(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* bytes,
                                        grpc::ByteBuffer* response) override {
    v1::GetCheckupsRequest request;
    const auto caller =
        Enter(context_, *context, "madoguchi.v1.MedicalRecordService.GetCheckups", *bytes, request);
    if (!caller.ok()) return Refuse(context, caller.status());
    records::Wish wish = WishOf(*caller, request, Kind::kCheckup);
    wish.freshness = FreshnessOf(request.freshness());
    return Give(context, response, wish, Checkups);
  }

  grpc::ServerWriteReactor<grpc::ByteBuffer>* GetDocument(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* bytes) override {
    v1::GetDocumentRequest request;
    const auto caller =
        Enter(context_, *context, "madoguchi.v1.MedicalRecordService.GetDocument", *bytes, request);
    if (!caller.ok()) return DocumentStream::Refused(caller.status());
    records::Wish wish = WishOf(*caller, request, KindOf(request.kind()));
    if (records::FactsOf(wish.kind).months) {
      if (const absl::Status bad = AddMonths(request, context_.clock.Now(), wish); !bad.ok()) {
        return DocumentStream::Refused(bad);
      }
    }
    return DocumentStream::Serve(keeper_, context_.read, std::move(wish));
  }

 private:
  // Answers on the keeper's thread.
  template <typename Make>
  grpc::ServerUnaryReactor* Give(grpc::CallbackServerContext* context, grpc::ByteBuffer* response,
                                 const records::Wish& wish, Make make) {
    const auto call = PendingCall::Begin(context, response, context_.clock, context_.timers);
    const std::optional<records::Months> months = wish.months;
    keeper_.Get(wish, [call, months, make](absl::StatusOr<Delivery> delivery) {
      if (!delivery.ok()) return call->Refuse(delivery.status());
      const auto reply = make(*std::move(delivery), months);
      if (!reply.ok()) return call->Refuse(reply.status());
      call->Reply(*reply);
    });
    return call.get();
  }

  const ServiceContext context_;
  records::Keeper& keeper_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeMedicalRecordService(const ServiceContext& context,
                                                        records::Keeper& keeper) {
  return std::make_unique<MedicalRecordService>(context, keeper);
}

}  // namespace madoguchi::rpc
