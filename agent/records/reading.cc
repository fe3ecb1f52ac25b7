#include "agent/records/reading.h"

#include <utility>

#include "absl/strings/match.h"
#include "agent/base/error.h"
#include "agent/oqs/json_form.h"
#include "agent/oqs/message.h"
#include "agent/records/views.h"
#include "google/protobuf/arena.h"

namespace madoguchi::records {
namespace {

constexpr absl::string_view kPdf = "%PDF-";
constexpr absl::string_view kSuccess = "1";

template <typename Record>
Reading Common(const Record& record, std::string family) {
  Reading reading;
  reading.family = std::move(family);
  reading.medical_institution_code = record.header().medical_institution_code();
  reading.identifier = record.header().arbitrary_file_identifier();
  reading.result = record.result();
  reading.success = record.result().code() == kSuccess;
  reading.patient = {.name = record.patient().name(),
                     .name_kana = record.patient().name_kana(),
                     .birth_date = record.patient().birth_date(),
                     .sex_code = record.patient().sex_code()};
  return reading;
}

}  // namespace

absl::StatusOr<Reading> ReadAnswer(const Question& question, const Answer& answer) {
  if (absl::StartsWith(answer.bytes, kPdf)) {
    Reading document;
    document.document = true;
    document.body = answer.bytes;
    return document;
  }
  google::protobuf::Arena arena;
  auto* const message = google::protobuf::Arena::CreateMessage<v1::OqsMessage>(&arena);
  if (oqs::LooksLikeJson(answer.bytes)) {
    // As the web API sends it.
    absl::StatusOr<v1::OqsMessage> read = oqs::ReadJson(answer.file_name, answer.bytes);
    if (!read.ok()) return read.status();
    *message = *std::move(read);
  } else {
    MDG_RETURN_IF_ERROR(oqs::ReadMessage(answer.file_name, answer.bytes, *message));
  }
  if (message->has_medical_record()) {
    Reading reading = Common(message->medical_record(), "YZK");
    Slim(question.kind, *message->mutable_medical_record());
    reading.body = message->medical_record().SerializeAsString();
    return reading;
  }
  if (message->has_checkup_history()) {
    Reading reading = Common(message->checkup_history(), "TKK");
    reading.body = ViewCheckups(message->checkup_history()).SerializeAsString();
    return reading;
  }
  return base::MakeError(base::ErrorCode::kRecordUnusable, {.what = "it holds no medical record",
                                                            .reception_id = question.reception_id});
}

}  // namespace madoguchi::records
