#include "tests/oqs/generate.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "agent/base/japan_time.h"
#include "tests/oqs/derived_values.h"

namespace madoguchi::oqs {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

class Generator {
 public:
  Generator(uint32_t seed, Encoding encoding) : random_(seed), encoding_(encoding) {}

  v1::OqsMessage Make() {
    const unsigned kind = random_() % 3;
    v1::OqsMessage message = kind == 0 ? MakeMedical() : kind == 1 ? MakeBatch() : MakeSingle();
    message.set_declared_encoding(encoding_ == Encoding::kUtf8 ? "UTF-8" : "Shift_JIS");
    message.set_actual_encoding(encoding_ == Encoding::kUtf8 ? "UTF-8" : "CP932");
    return message;
  }

 private:
  v1::OqsMessage MakeSingle() {
    v1::OqsMessage message;
    const bool request = Chance(30);
    message.set_family(v1::MESSAGE_FAMILY_OQSSIQUC01);
    message.set_role(request ? v1::MESSAGE_ROLE_REQUEST : v1::MESSAGE_ROLE_RESPONSE);
    message.set_file_name(request ? "OQSsiquc01req_1.xml" : "OQSsiquc01res_1.xml");
    if (request) {
      Fill(*message.mutable_query());
      if (message.query().ByteSizeLong() == 0) message.clear_query();
      Fill(*message.mutable_request_header());
      // A message has something.
      message.mutable_request_header()->set_medical_institution_code("9910000017");
      if (message.has_query() && message.request_header().has_confirmation_date()) {
        *message.mutable_query()->mutable_day() = message.request_header().confirmation_date();
      }
      AddUnknown(-1, *message.mutable_unknown_elements());
      return message;
    }
    v1::Confirmation& confirmation = *message.mutable_confirmation();
    Fill(confirmation);
    confirmation.mutable_header()->set_medical_institution_code("9910000017");
    confirmation.set_is_notice(confirmation.has_processing_result() &&
                               confirmation.processing_result_status_code() == "1");
    AddUnknown(confirmation.qualifications_size(), *confirmation.mutable_unknown_elements());
    return message;
  }

  // Of a batch or a registration.
  v1::OqsMessage MakeBatch() {
    static constexpr const char* kFamilies[] = {
        "OQSmuquc01", "OQSmuquc02", "OQSmuhvq01", "OQSmuhvq02", "OQSmuonq01", "OQSmuonq02",
        "OQSmutic01", "OQSmutic02", "OQSsiimm01", "OQSmuimm01", "OQSmuimm02"};
    v1::OqsMessage message;
    const size_t family = random_() % std::size(kFamilies);
    const bool request = Chance(40);
    message.set_family(
        static_cast<v1::MessageFamily>(v1::MESSAGE_FAMILY_OQSMUQUC01 + static_cast<int>(family)));
    message.set_role(request ? v1::MESSAGE_ROLE_REQUEST : v1::MESSAGE_ROLE_RESPONSE);
    message.set_file_name(absl::StrCat(kFamilies[family], request ? "req" : "res", "_1.xml"));
    if (request) {
      Fill(*message.mutable_request_header());
      message.mutable_request_header()->set_medical_institution_code("9910000017");
      Fill(*message.mutable_batch_request());
      for (v1::Registration& each : *message.mutable_batch_request()->mutable_registrations()) {
        each.clear_processing_result();
        each.clear_processing_result_status();
        each.clear_processing_result_status_code();
        each.set_reference_number(Text());
      }
    } else if (message.family() == v1::MESSAGE_FAMILY_OQSSIIMM01) {
      Fill(*message.mutable_registration_answer());
      message.mutable_registration_answer()->mutable_header()->set_reception_number(Text());
      AddNew(*message.mutable_registration_answer()->mutable_unknown_elements());
    } else {
      v1::BatchAnswer& answer = *message.mutable_batch_answer();
      Fill(answer);
      answer.mutable_header()->set_reception_number(Text());
      const bool registration = message.family() >= v1::MESSAGE_FAMILY_OQSMUIMM01;
      for (v1::BatchUnit& unit : *answer.mutable_units()) MakeUnit(registration, unit);
      AddNew(*answer.mutable_unknown_elements());
    }
    return message;
  }

  void MakeUnit(bool registration, v1::BatchUnit& unit) {
    if (registration) {
      unit.clear_confirmation();
      unit.mutable_registration()->set_reference_number(Text());
      return;
    }
    unit.clear_registration();
    v1::Confirmation& confirmation = *unit.mutable_confirmation();
    confirmation.clear_header();
    confirmation.clear_prescription_issue_select();
    confirmation.clear_prescription_issue_select_code();
    confirmation.set_processing_result_status_code("1");
    confirmation.set_processing_result_status(v1::PROCESSING_RESULT_STATUS_NORMAL);
    confirmation.set_is_notice(confirmation.has_processing_result());
    for (unsigned i = random_() % 4; i > 0; --i) {
      confirmation.add_reference_numbers(Chance(30) ? "" : Text());
    }
  }

  void AddNew(google::protobuf::RepeatedPtrField<v1::UnknownElement>& elements) {
    if (Chance(50)) return;
    v1::UnknownElement& element = *elements.Add();
    element.set_path("XmlMsg/MessageBody/New");
    element.set_text(Text());
  }

  // Of YZKsiquc01 or TKKsiquc01, without the lines the reader derives.
  v1::OqsMessage MakeMedical() {
    v1::OqsMessage message;
    const bool checkup = Chance(40);
    const bool request = Chance(20);
    message.set_family(checkup ? v1::MESSAGE_FAMILY_TKKSIQUC01 : v1::MESSAGE_FAMILY_YZKSIQUC01);
    message.set_role(request ? v1::MESSAGE_ROLE_REQUEST : v1::MESSAGE_ROLE_RESPONSE);
    message.set_file_name(
        absl::StrCat(checkup ? "TKK" : "YZK", "siquc01", request ? "req" : "res", "_1.xml"));
    if (request) {
      Fill(*message.mutable_information_query());
      message.mutable_information_query()->set_medical_institution_code("9910000017");
    } else if (checkup) {
      FillMedical(*message.mutable_checkup_history());
    } else {
      v1::MedicalRecord& record = *message.mutable_medical_record();
      FillMedical(record);
      // Prescriptions have no day of dispensing, and only claims have treatments.
      ClearTreatments(*record.mutable_dispensing_months());
      ClearTreatments(*record.mutable_prescription_months());
    }
    return message;
  }

  template <typename T>
  void FillMedical(T& record) {
    Fill(record);
    // Nothing else of a head is in these families.
    record.mutable_header()->Clear();
    record.mutable_header()->set_medical_institution_code(Text());
    if (Chance(50)) record.mutable_header()->set_arbitrary_file_identifier(Text());
    AddNew(*record.mutable_unknown_elements());
  }

  static void ClearTreatments(google::protobuf::RepeatedPtrField<v1::MonthBlock>& months) {
    for (v1::MonthBlock& month : months) {
      for (v1::DayBlock& day : *month.mutable_days()) {
        day.clear_treatments();
        day.clear_dispensed_on();
        // A part without any value is no part.
        *day.mutable_prescribed_on() = base::ParseOqsDate("20260407");
      }
    }
  }

  bool Chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  template <typename T, size_t N>
  const T& OneOf(const T (&values)[N]) {
    return values[random_() % N];
  }

  std::string Text() {
    static constexpr const char* kPieces[] = {
        "a",     "Z",    "0",      " ", "  ", "<",  ">",    "&",     "\"",   "'",  "]]>",
        "&amp;", "<!--", "\\",     "~", "|",  "\t", "\n",   "\r",    "\r\n", "ｶﾞ", "ﾃｱ",
        "　",    "架空", "表ソ能", "●", "①",  "㈱", "髙﨑", "～－―", "纊"};
    static constexpr const char* kBeyondCp932[] = {"\U00020BB7", "é", "〜−",   "\uFEFF",
                                                   "한",         "😀", "\u0080"};
    std::string text;
    const int pieces = 1 + static_cast<int>(random_() % 6);
    for (int i = 0; i < pieces; ++i) {
      text += encoding_ == Encoding::kUtf8 && Chance(15) ? OneOf(kBeyondCp932) : OneOf(kPieces);
    }
    // White space alone counts as nothing.
    if (absl::StripAsciiWhitespace(text).empty()) text += "x";
    return text;
  }

  std::string DateText() {
    static constexpr const char* kOdd[] = {"00000000", "19800100", "昭和",
                                           "2026041",  "202604",   " "};
    if (Chance(20)) return absl::StrCat(OneOf(kOdd), "");
    return absl::StrCat(1900 + random_() % 200, "0", 1 + random_() % 9, 10 + random_() % 20);
  }

  std::string TimeText() {
    if (Chance(10)) return "99991231235959";
    if (Chance(10)) return "20260230000000";
    return absl::StrCat(DateText(), "091508");
  }

  // True when it filled anything.
  void Fill(Message& message) {
    if (auto* qualification = dynamic_cast<v1::Qualification*>(&message))
      FillConsents(*qualification);
    const auto& descriptor = *message.GetDescriptor();
    for (int i = 0; i < descriptor.field_count(); ++i) {
      if (!IsApart(*descriptor.field(i)) && Chance(60)) FillField(message, *descriptor.field(i));
    }
    Derive(message);
  }

  // Derived, made by the daemon, or filled elsewhere.
  static bool IsApart(const FieldDescriptor& field) {
    static const std::set<std::string> apart = {"insurer_number_trimmed",
                                                "name_kana_full_width",
                                                "contribution_percent",
                                                "contains_placeholder_character",
                                                "is_notice",
                                                "confirmation_id",
                                                "received_at",
                                                "unknown_elements",
                                                "reference_numbers",
                                                "day",
                                                "consents",
                                                "drug_history",
                                                "diagnosis_history",
                                                "lapse_reason",
                                                "lapse_reason_code"};
    return apart.count(field.name()) > 0 || IsCode(field);
  }

  // Filled together with its enum.
  static bool IsCode(const FieldDescriptor& field) {
    absl::string_view name = field.name();
    return absl::ConsumeSuffix(&name, "_code") &&
           field.containing_type()->FindFieldByName(std::string(name)) != nullptr;
  }

  void FillField(Message& message, const FieldDescriptor& field) {
    const auto& reflection = *message.GetReflection();
    if (field.type() == FieldDescriptor::TYPE_STRING) {
      reflection.SetString(&message, &field, Text());
    } else if (field.type() == FieldDescriptor::TYPE_ENUM) {
      FillCode(message, field);
    } else if (field.type() == FieldDescriptor::TYPE_MESSAGE) {
      const int count = field.is_repeated() ? 1 + static_cast<int>(random_() % 3) : 1;
      for (int i = 0; i < count; ++i) FillMessage(message, field);
    }
  }

  void FillMessage(Message& parent, const FieldDescriptor& field) {
    const auto& reflection = *parent.GetReflection();
    Message& message = field.is_repeated() ? *reflection.AddMessage(&parent, &field)
                                           : *reflection.MutableMessage(&parent, &field);
    if (auto* date = dynamic_cast<v1::Date*>(&message)) {
      *date = base::ParseOqsDate(Nonblank(DateText()));
    } else if (auto* time = dynamic_cast<v1::OqsTime*>(&message)) {
      *time = base::ParseOqsTime(TimeText());
    } else {
      Fill(message);
      if (message.ByteSizeLong() > 0) return;
      // A part without any value is no part.
      if (field.is_repeated()) {
        reflection.RemoveLast(&parent, &field);
      } else {
        reflection.ClearField(&parent, &field);
      }
    }
  }

  static std::string Nonblank(const std::string& text) { return text == " " ? "x" : text; }

  void FillCode(Message& message, const FieldDescriptor& field) {
    static const auto codes = CodesOfProto();
    const auto table = codes.find(field.enum_type()->full_name());
    if (table == codes.end()) {
      ADD_FAILURE() << "no codes for " << field.full_name();
      return;
    }
    const auto& reflection = *message.GetReflection();
    const FieldDescriptor* code =
        message.GetDescriptor()->FindFieldByName(absl::StrCat(field.name(), "_code"));
    if (Chance(10)) {
      reflection.SetString(&message, code, "Z9 " + Text());
      return;
    }
    auto row = table->second.begin();
    std::advance(row, random_() % table->second.size());
    reflection.SetEnumValue(&message, &field, row->first);
    reflection.SetString(&message, code, row->second);
  }

  void FillConsents(v1::Qualification& qualification) {
    for (int category = 1; category <= 6; ++category) {
      if (Chance(40)) continue;
      v1::Consent& consent = *qualification.add_consents();
      consent.set_category(static_cast<v1::ConsentCategory>(category));
      const bool limit = category == v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE;
      const int flags = limit ? 2 : 4;
      const int flag = static_cast<int>(random_() % static_cast<unsigned>(flags));
      consent.set_flag_code(absl::StrCat(flag));
      consent.set_flag(static_cast<v1::ConsentFlag>(flag + 1));
      if (limit && Chance(30)) {
        // Not in OQSCD001.
        consent.set_flag_code("2");
        consent.set_flag(v1::CONSENT_FLAG_UNSPECIFIED);
      }
      if (Chance(70)) *consent.mutable_given_at() = base::ParseOqsTime(TimeText());
      if (category <= v1::CONSENT_CATEGORY_OPERATION && Chance(70)) {
        *consent.mutable_available_until() = base::ParseOqsTime(TimeText());
      }
    }
  }

  void Derive(Message& message) {
    if (auto* insured = dynamic_cast<v1::InsuredId*>(&message)) {
      if (insured->insurer_number().empty()) return;
      const Pair& pair = OneOf(kInsurers);
      insured->set_insurer_number(pair.sent);
      insured->set_insurer_number_trimmed(pair.derived);
    } else if (auto* elderly = dynamic_cast<v1::ElderlyCertificate*>(&message)) {
      DeriveRatio(*elderly);
    } else if (auto* qualification = dynamic_cast<v1::Qualification*>(&message)) {
      DeriveRatio(*qualification);
      if (!qualification->name_kana().empty()) {
        const Pair& pair = OneOf(kKana);
        qualification->set_name_kana(pair.sent);
        qualification->set_name_kana_full_width(pair.derived);
      }
      const std::string names = qualification->name() + qualification->name_of_other() +
                                qualification->name_kana() + qualification->name_of_other_kana() +
                                qualification->insured_name() + qualification->address();
      qualification->set_contains_placeholder_character(absl::StrContains(names, "●"));
    }
  }

  template <typename T>
  void DeriveRatio(T& message) {
    if (message.contribution_ratio_code().empty()) return;
    const Percent& percent = OneOf(kPercents);
    message.set_contribution_ratio_code(percent.sent);
    message.set_contribution_percent(percent.derived);
  }

  // `qualifications`: -1 in a request.
  void AddUnknown(int qualifications,
                  google::protobuf::RepeatedPtrField<v1::UnknownElement>& elements) {
    if (Chance(60)) return;
    std::vector<std::string> parents = {"XmlMsg", "XmlMsg/MessageHeader", "XmlMsg/MessageBody",
                                        "XmlMsg/MessageBody/QualificationConfirmSearchInfo",
                                        "XmlMsg/NewGroup"};
    if (qualifications >= 0) {
      parents.emplace_back("XmlMsg/MessageBody/ResultList");
    }
    if (qualifications > 0) {
      const std::string first = "XmlMsg/MessageBody/ResultList/ResultOfQualificationConfirmation";
      parents.push_back(first);
      parents.push_back(first + "/LimitApplicationCertificateRelatedInfo");
      if (qualifications > 1) parents.push_back(first + "[2]");
    }
    std::map<std::string, std::string> all;
    for (const std::string& parent : parents) {
      if (Chance(50)) continue;
      all[parent + "/New"] = Text();
      if (Chance(50)) all[parent + "/New[2]"] = "";
      if (Chance(30)) all[parent + "/New/@a"] = Text();
      if (Chance(30)) all[parent + "/@version"] = Text();
      if (Chance(30)) all[parent + "/新/Inner"] = Text();
    }
    if (Chance(30)) all["XmlMsg/MessageHeader/SegmentOfResult/@b"] = Text();
    for (const auto& [path, text] : all) {
      v1::UnknownElement& element = *elements.Add();
      element.set_path(path);
      element.set_text(text);
    }
  }

  std::mt19937 random_;
  const Encoding encoding_;
};

}  // namespace

v1::OqsMessage GenerateMessage(uint32_t seed, Encoding encoding) {
  return Generator(seed, encoding).Make();
}

}  // namespace madoguchi::oqs
