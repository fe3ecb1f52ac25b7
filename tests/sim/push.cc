#include "tests/sim/push.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/base/japan_time.h"
#include "madoguchi/v1/oqs_message.pb.h"
#include "tests/sim/people.h"

namespace madoguchi::sim {
namespace {

struct CategoryWord {
  absl::string_view word;
  v1::ConsentCategory category;
};
constexpr CategoryWord kWords[] = {
    {"drug", v1::CONSENT_CATEGORY_DRUG},
    {"checkup", v1::CONSENT_CATEGORY_CHECKUP},
    {"diagnosis", v1::CONSENT_CATEGORY_DIAGNOSIS},
    {"operation", v1::CONSENT_CATEGORY_OPERATION},
};

bool IsMedical(v1::ConsentCategory category) {
  return std::find(std::begin(kMedicalConsents), std::end(kMedicalConsents), category) !=
         std::end(kMedicalConsents);
}

bool HasMedicalConsents(const v1::Qualification& qualification) {
  return std::any_of(qualification.consents().begin(), qualification.consents().end(),
                     [](const v1::Consent& consent) { return IsMedical(consent.category()); });
}

void FillDate(v1::Date& date, absl::string_view text) {
  if (date.text().empty()) date = base::ParseOqsDate(text);
}

void FillTime(v1::OqsTime& time, absl::Time value) {
  if (time.text().empty()) time = base::ParseOqsTime(base::FormatOqsTime(value));
}

// An answer of the patient replaces what the template says, times included.
void Override(v1::Qualification& qualification, const std::vector<v1::ConsentCategory>& agreed) {
  for (const v1::ConsentCategory category : kMedicalConsents) {
    const bool yes = std::find(agreed.begin(), agreed.end(), category) != agreed.end();
    SetConsent(qualification, category, yes ? "1" : "0");
  }
  for (v1::Consent& consent : *qualification.mutable_consents()) {
    if (!IsMedical(consent.category())) continue;
    consent.clear_given_at();
    consent.clear_available_until();
  }
}

void FillConsents(v1::Qualification& qualification, const PushFacts& facts) {
  for (v1::Consent& consent : *qualification.mutable_consents()) {
    // A code nobody knows comes with its times as well.
    if (consent.flag_code().empty() || consent.flag_code() == "0") continue;
    FillTime(*consent.mutable_given_at(), facts.now);
    if (IsMedical(consent.category())) {
      FillTime(*consent.mutable_available_until(), facts.now + facts.consent_for);
    }
  }
}

void FillTickets(v1::Qualification& qualification, absl::Time now) {
  const absl::CivilMonth month(base::JapanDay(now));
  for (v1::MedicalTicket& ticket : *qualification.mutable_medical_tickets()) {
    FillDate(*ticket.mutable_valid_from(), base::FormatOqsDay(absl::CivilDay(month)));
    FillDate(*ticket.mutable_valid_until(), base::FormatOqsDay(absl::CivilDay(month + 1) - 1));
    FillDate(*ticket.mutable_treatment_month(),
             base::FormatOqsDay(absl::CivilDay(month)).substr(0, 6));
    if (ticket.designated_institution_code().empty() &&
        ticket.designated_institution_flag_code() == "0") {
      ticket.set_designated_institution_code(std::string(kInstitution));
    }
  }
}

void FillHeader(v1::MessageHeader& header, const PushFacts& facts) {
  FillTime(*header.mutable_process_execution_time(), facts.now);
  FillDate(*header.mutable_confirmation_date(), base::FormatOqsDay(base::JapanDay(facts.now)));
  if (header.medical_institution_code().empty()) {
    header.set_medical_institution_code(std::string(kInstitution));
  }
  if (header.arbitrary_file_identifier().empty()) {
    header.set_arbitrary_file_identifier(absl::Base64Escape(facts.token));
  }
  header.set_character_code_code(facts.encoding == oqs::Encoding::kUtf8 ? "0" : "1");
}

}  // namespace

absl::StatusOr<std::vector<v1::ConsentCategory>> ParseConsents(absl::string_view text) {
  std::vector<v1::ConsentCategory> categories;
  if (text == "none") return categories;
  for (const absl::string_view word : absl::StrSplit(text, ',')) {
    bool known = false;
    for (const CategoryWord& entry : kWords) {
      if (text != "all" && word != entry.word) continue;
      categories.push_back(entry.category);
      known = true;
    }
    if (!known) {
      return absl::InvalidArgumentError(
          absl::StrCat("--consent ", text,
                       ": allowed are all, none, or some of drug,checkup,diagnosis,operation"));
    }
  }
  return categories;
}

oqs::Encoding FileEncoding(SiteEncoding encoding, char random) {
  const bool odd = (static_cast<unsigned char>(random) & 1) != 0;
  if (encoding == SiteEncoding::kMixed) {
    return odd ? oqs::Encoding::kShiftJis : oqs::Encoding::kUtf8;
  }
  return encoding == SiteEncoding::kShiftJis ? oqs::Encoding::kShiftJis : oqs::Encoding::kUtf8;
}

std::string FaceFileName(const std::string& token, absl::Time now) {
  return absl::StrCat("OQSsiquc01res_face_", kInstitution, token, "_", base::FormatOqsTime(now),
                      ".xml");
}

v1::Confirmation FillPush(const v1::Confirmation& person, const PushFacts& facts) {
  v1::Confirmation answer = person;
  FillHeader(*answer.mutable_header(), facts);
  const bool somebody_was_asked = std::any_of(answer.qualifications().begin(),
                                              answer.qualifications().end(), HasMedicalConsents);
  for (v1::Qualification& qualification : *answer.mutable_qualifications()) {
    // 医療扶助 has none of its own beside a health insurance.
    if (facts.consents.has_value() && (!somebody_was_asked || HasMedicalConsents(qualification))) {
      Override(qualification, *facts.consents);
    }
    FillConsents(qualification, facts);
    FillTickets(qualification, facts.now);
    if (qualification.qualification_confirmation_key().empty()) {
      qualification.set_qualification_confirmation_key(absl::StrCat("SYNKEY", facts.token));
    }
  }
  return answer;
}

absl::StatusOr<std::string> WritePush(const v1::Confirmation& answer, const std::string& file_name,
                                      oqs::Encoding encoding) {
  v1::OqsMessage message;
  message.set_family(v1::MESSAGE_FAMILY_OQSSIQUC01_FACE);
  message.set_role(v1::MESSAGE_ROLE_PUSH);
  message.set_file_name(file_name);
  *message.mutable_confirmation() = answer;
  return oqs::WriteMessage(message, encoding);
}

}  // namespace madoguchi::sim
