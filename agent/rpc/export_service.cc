#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/records/keeper.h"
#include "agent/records/views.h"
#include "agent/rpc/call.h"
#include "agent/rpc/export_formats.h"
#include "agent/rpc/export_message.h"
#include "agent/rpc/services.h"
#include "agent/rpc/validate.h"
#include "madoguchi/v1/export_service.grpc.pb.h"

namespace madoguchi::rpc {
namespace {

using records::Delivery;
using records::Kind;
using Service = v1::ExportService;
using RawService = Service::WithRawCallbackMethod_ExportRecord<Service::Service>;

constexpr absl::string_view kMethod = "madoguchi.v1.ExportService.ExportRecord";

// What a medical record is: how it is kept, and the method whose policy it is under.
struct MedicalWhat {
  Kind kind;
  absl::string_view method;
};

MedicalWhat MedicalOf(v1::ExportWhat what) {
  switch (what) {
    case v1::EXPORT_WHAT_CHECKUPS:
      return {Kind::kCheckup, "madoguchi.v1.MedicalRecordService.GetCheckups"};
    case v1::EXPORT_WHAT_DIAGNOSES:
      return {Kind::kDiagnosis, "madoguchi.v1.MedicalRecordService.GetDiagnosisHistory"};
    default:
      return {Kind::kDrug, "madoguchi.v1.MedicalRecordService.GetDrugHistory"};
  }
}

template <typename Record>
absl::StatusOr<Record> Parsed(const std::string* kept) {
  Record record;
  if (kept == nullptr || !record.ParseFromString(*kept)) {
    return base::MakeError(base::ErrorCode::kInternal);
  }
  return record;
}

// What is kept, as far as `delivery` covers it.
absl::StatusOr<v1::OqsMessage> OpenRecord(Delivery delivery, const v1::Confirmation& confirmation,
                                          v1::ExportWhat what,
                                          const std::optional<records::Months>& months) {
  const records::Label label = delivery.box.label();
  if (label.qualification_index < 0 ||
      label.qualification_index >= confirmation.qualifications_size()) {
    return base::MakeError(base::ErrorCode::kInternal);
  }
  const ExportSubject subject = {
      .confirmation = confirmation,
      .qualification = confirmation.qualifications(label.qualification_index),
      .fetched_at = label.fetched_at};
  const auto kept = delivery.box.Open(std::move(delivery.permit));
  if (what == v1::EXPORT_WHAT_CHECKUPS) {
    const auto record = Parsed<v1::CheckupHistory>(kept.get());
    MDG_RETURN_IF_ERROR(record.status());
    return ExportMessage(subject, records::ViewCheckups(*record));
  }
  const auto record = Parsed<v1::MedicalRecord>(kept.get());
  MDG_RETURN_IF_ERROR(record.status());
  if (what == v1::EXPORT_WHAT_DIAGNOSES) {
    return ExportMessage(subject,
                         records::ViewDiagnoses(*record, delivery.coverage, months).history);
  }
  return ExportMessage(subject, records::ViewDrugs(*record, months, true).history);
}

// Answers with the record in its format.
void Give(PendingCall& call, const ExportWriter& writer, const v1::OqsMessage& record) {
  v1::ExportRecordResponse reply;
  const absl::Status written = writer(record, reply);
  if (!written.ok()) return call.Refuse(written);
  call.Reply(reply);
}

class ExportService final : public RawService {
 public:
  ExportService(const ServiceContext& context, records::Keeper& keeper)
      : context_(context), keeper_(keeper) {}

  grpc::ServerUnaryReactor* ExportRecord(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* bytes,
                                         grpc::ByteBuffer* response) override {
    v1::ExportRecordRequest request;
    auto caller = Enter(context_, *context, kMethod, *bytes, request);
    if (!caller.ok()) return Refuse(context, caller.status());
    const bool medical = request.what() != v1::EXPORT_WHAT_RECEPTION;
    if (medical) {
      // The right to medical records is that of the service they have.
      const auto allowed = context_.admission.Admit(*context, MedicalOf(request.what()).method);
      if (!allowed.ok()) return Refuse(context, allowed.status());
    }
    auto writer = FindExportWriter(request);
    if (!writer.ok()) return Refuse(context, writer.status());
    const auto call = PendingCall::Begin(context, response, context_.clock, context_.timers);
    const bool posted = context_.read.Post([this, call, request = std::move(request),
                                            writer = *std::move(writer),
                                            caller = *std::move(caller)] {
      const auto found = Find(request.reception_id(), caller);
      if (request.what() == v1::EXPORT_WHAT_RECEPTION) {
        return found.ok() ? GiveReception(*call, writer, **found) : call->Refuse(found.status());
      }
      // Without a reception the gate refuses, and writes it down.
      GiveMedical(call, writer, request, caller, found.ok() ? *found : nullptr);
    });
    if (!posted) call->Refuse(base::MakeError(base::ErrorCode::kStopping));
    return call.get();
  }

 private:
  // MDG-1401 for one the caller may not see. On an executor: may read the disk.
  absl::StatusOr<reception::ReceptionPtr> Find(const std::string& id,
                                               const reception::Caller& caller) const {
    reception::ReceptionPtr found = context_.desk.board().Find(id);
    if (found == nullptr) {
      const auto loaded = context_.desk.Load(id);
      if (!loaded.ok()) return loaded.status();
      found = *loaded;
    }
    if (found == nullptr || !caller.MaySee(found->counter())) {
      return base::MakeError(base::ErrorCode::kReceptionNotFound);
    }
    return found;
  }

  static void GiveReception(PendingCall& call, const ExportWriter& writer,
                            const v1::Reception& reception) {
    if (!reception.has_confirmation()) {
      return call.Refuse(base::MakeError(base::ErrorCode::kWrongState,
                                         {.what = "there is no answer yet",
                                          .field = "reception_id",
                                          .state = v1::ReceptionState_Name(reception.state())}));
    }
    Give(call, writer, ExportMessage(reception.confirmation()));
  }

  // Answers on the keeper's thread.
  void GiveMedical(const std::shared_ptr<PendingCall>& call, const ExportWriter& writer,
                   const v1::ExportRecordRequest& request, const reception::Caller& caller,
                   const reception::ReceptionPtr& reception) {
    records::Wish wish{.asker = {.identity = caller.identity,
                                 .person = caller.person,
                                 .counters = caller.counters,
                                 .late_receiver = caller.late_receiver},
                       .reception_id = request.reception_id(),
                       .kind = MedicalOf(request.what()).kind,
                       .months = {},
                       .freshness = records::Freshness::kStoredOrFetch,
                       .call_key = {}};
    if (records::FactsOf(wish.kind).months) {
      // The last three years, as of MedicalRecordService.
      const auto months = records::ReadMonths({}, {}, base::JapanDay(context_.clock.Now()));
      if (!months.ok()) return call->Refuse(months.status());
      wish.months = *months;
    }
    const std::optional<records::Months> months = wish.months;
    keeper_.Get(std::move(wish), [call, writer, what = request.what(), months,
                                  reception](absl::StatusOr<Delivery> delivery) {
      if (!delivery.ok()) return call->Refuse(delivery.status());
      if (reception == nullptr) {
        return call->Refuse(base::MakeError(base::ErrorCode::kInternal));
      }
      const auto record = OpenRecord(*std::move(delivery), reception->confirmation(), what, months);
      if (!record.ok()) return call->Refuse(record.status());
      Give(*call, writer, *record);
    });
  }

  const ServiceContext context_;
  records::Keeper& keeper_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeExportService(const ServiceContext& context,
                                                 records::Keeper& keeper) {
  return std::make_unique<ExportService>(context, keeper);
}

}  // namespace madoguchi::rpc
