#include "agent/oqs/derive.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "agent/oqs/derive_medical.h"
#include "agent/oqs/element.h"
#include "agent/text/kana.h"

namespace madoguchi::oqs {
namespace {

constexpr absl::string_view kPlaceholder = "●";

bool AllDigits(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
}

void DeriveInsured(v1::InsuredId& insured) {
  insured.set_insurer_number_trimmed(TrimInsurerNumber(insured.insurer_number()));
}

bool ContainsPlaceholder(const v1::Qualification& qualification) {
  const std::span<const Element> elements = ElementsOf(Scope::kQualification);
  return std::any_of(elements.begin(), elements.end(), [&](const Element& element) {
    return element.may_hold_placeholder &&
           absl::StrContains(*element.access.get_text(&qualification), kPlaceholder);
  });
}

void DeriveQualification(v1::Qualification& qualification) {
  if (qualification.has_insured()) DeriveInsured(*qualification.mutable_insured());
  if (!qualification.name_kana().empty()) {
    qualification.set_name_kana_full_width(text::ToFullWidth(qualification.name_kana()));
  }
  qualification.set_contains_placeholder_character(ContainsPlaceholder(qualification));
  auto& consents = *qualification.mutable_consents();
  std::sort(
      consents.pointer_begin(), consents.pointer_end(),
      [](const v1::Consent* a, const v1::Consent* b) { return a->category() < b->category(); });
}

void DeriveConfirmation(v1::Confirmation& confirmation) {
  if (confirmation.has_query() && confirmation.query().has_insured()) {
    DeriveInsured(*confirmation.mutable_query()->mutable_insured());
  }
  confirmation.set_is_notice(confirmation.has_processing_result() &&
                             confirmation.processing_result_status() ==
                                 v1::PROCESSING_RESULT_STATUS_NORMAL);
  for (v1::Qualification& qualification : *confirmation.mutable_qualifications()) {
    DeriveQualification(qualification);
  }
}

void DeriveRegistration(v1::Registration& registration) {
  if (registration.has_insured()) DeriveInsured(*registration.mutable_insured());
}

void DeriveBatchAnswer(v1::BatchAnswer& answer) {
  for (v1::BatchUnit& unit : *answer.mutable_units()) {
    if (unit.has_confirmation()) DeriveConfirmation(*unit.mutable_confirmation());
    if (unit.has_registration()) DeriveRegistration(*unit.mutable_registration());
  }
}

void DeriveBatchRequest(v1::BatchRequest& request) {
  for (v1::EligibilityQuery& query : *request.mutable_queries()) {
    if (query.has_insured()) DeriveInsured(*query.mutable_insured());
  }
  for (v1::Registration& each : *request.mutable_registrations()) DeriveRegistration(each);
}

void DeriveBatch(v1::OqsMessage& message) {
  if (message.has_batch_request()) DeriveBatchRequest(*message.mutable_batch_request());
  if (message.has_batch_answer()) DeriveBatchAnswer(*message.mutable_batch_answer());
  if (message.has_registration_answer() && message.registration_answer().has_registration()) {
    DeriveRegistration(*message.mutable_registration_answer()->mutable_registration());
  }
}

}  // namespace

std::string TrimInsurerNumber(absl::string_view number) {
  number = absl::StripAsciiWhitespace(number);
  if (number.size() == 8 && AllDigits(number)) absl::ConsumePrefix(&number, "00");
  return std::string(number);
}

int ParsePercent(absl::string_view text) {
  if (text.empty() || text.size() > 3 || !AllDigits(text)) return 0;
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value <= 100 ? value : 0;
}

void Derive(v1::OqsMessage& message, Wanted wanted) {
  if (message.has_confirmation()) DeriveConfirmation(*message.mutable_confirmation());
  if (message.has_medical_record()) {
    v1::MedicalRecord& record = *message.mutable_medical_record();
    if (wanted == Wanted::kLines) {
      MoveLines(record);
    } else {
      DeriveLines(record);
    }
  }
  if (message.has_information_query() && message.information_query().has_insured()) {
    DeriveInsured(*message.mutable_information_query()->mutable_insured());
  }
  DeriveBatch(message);
  if (!message.has_query()) return;
  v1::EligibilityQuery& query = *message.mutable_query();
  if (query.has_insured()) DeriveInsured(*query.mutable_insured());
  if (message.request_header().has_confirmation_date()) {
    *query.mutable_day() = message.request_header().confirmation_date();
  }
}

}  // namespace madoguchi::oqs
