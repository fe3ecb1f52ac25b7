#include "agent/reception/exchanges.h"

#include <utility>

#include "absl/time/civil_time.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"

namespace madoguchi::reception {
namespace {

eligibility::JournalStep JournalStepOf(ExchangeStep step) {
  switch (step) {
    case ExchangeStep::kPrepared:
      return eligibility::JournalStep::kPrepared;
    case ExchangeStep::kWritten:
      return eligibility::JournalStep::kWritten;
    default:
      return eligibility::JournalStep::kSent;
  }
}

}  // namespace

ExchangeStep StepOf(eligibility::JournalStep step) {
  switch (step) {
    case eligibility::JournalStep::kPrepared:
      return ExchangeStep::kPrepared;
    case eligibility::JournalStep::kWritten:
      return ExchangeStep::kWritten;
    case eligibility::JournalStep::kSent:
      return ExchangeStep::kSent;
  }
  return ExchangeStep::kSent;
}

eligibility::Ticket OpenExchange::ticket() const {
  return {.id = row.id, .terminal = row.terminal, .day = row.day, .number = row.number};
}

eligibility::Topic OpenExchange::topic() const {
  if (body.has_card()) return eligibility::Topic::kCards;
  return about_records() ? eligibility::Topic::kRecords : eligibility::Topic::kIdentifiers;
}

store::ExchangeRow OpenExchange::Row() const {
  store::ExchangeRow kept = row;
  kept.body = body.SerializeAsString();
  return kept;
}

absl::StatusOr<OpenExchange> ParseExchange(store::ExchangeRow row) {
  OpenExchange exchange;
  if (!exchange.body.ParseFromString(row.body)) {
    return base::MakeError(base::ErrorCode::kStoreCorrupt,
                           {.what = "a stored exchange cannot be read"});
  }
  row.body.clear();
  exchange.row = std::move(row);
  return exchange;
}

eligibility::Outgoing OutgoingOf(const OpenExchange& exchange) {
  const v1::OqsMessage& asked = exchange.body.question();
  eligibility::Outgoing out{.ticket = exchange.ticket(), .question = {}};
  out.question.family = asked.family();
  if (exchange.about_records()) {
    out.question.information = asked.information_query();
    out.question.institution = asked.information_query().medical_institution_code();
    out.question.identifier = asked.information_query().arbitrary_file_identifier();
  } else {
    const v1::MessageHeader& header = asked.request_header();
    out.question.query = asked.query();
    if (exchange.body.has_card()) out.question.card = exchange.body.card();
    out.question.institution = header.medical_institution_code();
    out.question.identifier = header.arbitrary_file_identifier();
    out.question.day = base::ToCivilDay(header.confirmation_date());
  }
  out.step = JournalStepOf(exchange.step());
  out.answered = exchange.step() == ExchangeStep::kAnswered;
  out.given_up = exchange.given_up;
  return out;
}

v1::PendingNote NoteOf(const v1::EligibilityQuery& query, const v1::PendingNote& rest) {
  v1::PendingNote note = rest;
  *note.mutable_insured() = query.insured();
  *note.mutable_birth_date() = query.birth_date();
  return note;
}

v1::EligibilityQuery QueryOf(const v1::PendingNote& note) {
  v1::EligibilityQuery query;
  *query.mutable_insured() = note.insured();
  *query.mutable_birth_date() = note.birth_date();
  return query;
}

absl::StatusOr<v1::ConfirmEligibilityResponse> ResultOf(const OpenExchange& exchange) {
  if (exchange.body.has_ended_because()) return base::ErrorFrom(exchange.body.ended_because());
  if (exchange.step() == ExchangeStep::kAnswered) {
    v1::ConfirmEligibilityResponse response;
    *response.mutable_confirmation() = exchange.body.answer();
    return response;
  }
  return base::MakeError(base::ErrorCode::kOutcomeUnknown);
}

v1::ConfirmEligibilityResponse ResultOf(const v1::Reception& reception) {
  v1::ConfirmEligibilityResponse response;
  *response.mutable_reception() = reception;
  if (reception.has_confirmation()) *response.mutable_confirmation() = reception.confirmation();
  return response;
}

}  // namespace madoguchi::reception
