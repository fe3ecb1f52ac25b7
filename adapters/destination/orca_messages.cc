#include "adapters/destination/orca_messages.h"

#include <algorithm>
#include <pugixml.hpp>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/text/kana.h"
#include "agent/text/utf8.h"
#include "agent/text/xml_escape.h"

namespace madoguchi::adapters {
namespace {

constexpr char kNoEnd[] = "9999-12-31";
constexpr size_t kMostCodeBytes = 8;
constexpr size_t kMostEntries = 100;
// Codes of the pages.
constexpr absl::string_view kInUse[] = {"90", "E90", "S90"};
constexpr absl::string_view kNoUser[] = {"99", "E99"};
constexpr absl::string_view kNoPatient[] = {"10", "E10"};

absl::Status Unusable(absl::string_view what) {
  return base::MakeError(base::ErrorCode::kDestinationAnswerUnusable, {.what = std::string(what)});
}

template <typename List>
bool Contains(const List& list, absl::string_view value) {
  return std::find(std::begin(list), std::end(list), value) != std::end(list);
}

// The record `name` below the root, after its result was looked at.
absl::StatusOr<pugi::xml_node> ResultIn(pugi::xml_document& document, absl::string_view answer,
                                        const char* name) {
  if (answer.size() > kMostOrcaBytes || text::FindNonXml(answer).has_value() ||
      absl::StrContains(answer, "<!")) {
    return Unusable("no XML of the API");
  }
  const pugi::xml_parse_result parsed = document.load_buffer(
      answer.data(), answer.size(), pugi::parse_minimal | pugi::parse_escapes, pugi::encoding_utf8);
  const pugi::xml_node record = document.child("xmlio2").child(name);
  if (!parsed || !record) return Unusable("no XML of the API");
  const std::string code = record.child_value("Api_Result");
  if (!code.empty() && code.find_first_not_of('0') == std::string::npos) return record;
  const bool is_code = code.size() <= kMostCodeBytes && !code.empty() &&
                       std::all_of(code.begin(), code.end(), absl::ascii_isalnum);
  if (!is_code) return Unusable("no Api_Result");
  base::ErrorCode number = base::ErrorCode::kDestinationRefused;
  if (Contains(kInUse, code)) number = base::ErrorCode::kDestinationBusy;
  if (Contains(kNoUser, code)) number = base::ErrorCode::kDestinationLoginRefused;
  if (Contains(kNoPatient, code)) number = base::ErrorCode::kPatientNotThere;
  return base::MakeError(number, {.what = absl::StrCat("Api_Result ", code)});
}

// For comparing: widths, spaces and hyphens do not count.
std::string Folded(absl::string_view text) {
  std::string folded = text::FoldWidth(text);
  return absl::StrReplaceAll(folded, {{" ", ""}, {"\u3000", ""}, {"-", ""}});
}

// Of insurers and payers: padding does not count either.
std::string FoldedNumber(absl::string_view text) {
  const std::string folded = Folded(text);
  return folded.substr(std::min(folded.find_first_not_of('0'), folded.size()));
}

std::string DayOf(const v1::Date& date) {
  if (!base::IsRealDay(date)) return "";
  const std::string& day = date.text();
  return absl::StrCat(day.substr(0, 4), "-", day.substr(4, 2), "-", day.substr(6, 2));
}

bool IsPublic(const v1::Qualification& one) {
  return one.insured_card_classification() == v1::INSURED_CARD_CLASSIFICATION_MEDICAL_AID ||
         (one.insured().insurer_number().empty() && !one.public_expense_number().empty());
}

std::string PayerOf(const v1::Qualification& one) {
  return one.public_expense_number().empty() ? one.insured().insurer_number()
                                             : one.public_expense_number();
}
std::string RecipientOf(const v1::Qualification& one) {
  return one.beneficiary_number().empty() ? one.insured().number() : one.beneficiary_number();
}

bool Counts(const v1::Confirmation& confirmation) {
  return confirmation.validity() == v1::VALIDITY_VALID ||
         confirmation.validity() == v1::VALIDITY_VALID_UNREGISTERED;
}

const OrcaInsurance* Same(const v1::Qualification& one, const OrcaPatient& patient) {
  const OrcaInsurance* found = nullptr;
  for (const OrcaInsurance& each : patient.insurances) {
    if (FoldedNumber(each.insurer_number) != FoldedNumber(one.insured().insurer_number())) continue;
    // An insurer may be there several times, of earlier years.
    if (found == nullptr || Folded(each.number) == Folded(one.insured().number())) found = &each;
  }
  return found;
}

bool HasPublic(const v1::Qualification& one, const OrcaPatient& patient) {
  return std::any_of(patient.public_insurances.begin(), patient.public_insurances.end(),
                     [&](const OrcaPublicInsurance& each) {
                       return FoldedNumber(each.payer_number) == FoldedNumber(PayerOf(one));
                     });
}

void ComparePublic(const v1::Qualification& one, const OrcaPatient& patient,
                   std::set<std::string>& differences) {
  if (!HasPublic(one, patient)) {
    differences.insert("PublicInsurer_Number");
    return;
  }
  const bool same =
      std::any_of(patient.public_insurances.begin(), patient.public_insurances.end(),
                  [&](const OrcaPublicInsurance& each) {
                    return FoldedNumber(each.recipient_number) == FoldedNumber(RecipientOf(one));
                  });
  if (!same) differences.insert("PublicInsuredPerson_Number");
}

void Compare(const v1::Qualification& one, const OrcaInsurance& there,
             std::set<std::string>& differences) {
  const v1::InsuredId& insured = one.insured();
  if (Folded(there.symbol) != Folded(insured.symbol())) {
    differences.insert("HealthInsuredPerson_Symbol");
  }
  if (Folded(there.number) != Folded(insured.number())) {
    differences.insert("HealthInsuredPerson_Number");
  }
  if (!insured.branch().empty() && FoldedNumber(there.branch) != FoldedNumber(insured.branch())) {
    differences.insert("HealthInsuredPerson_Branch_Number");
  }
  if (!one.personal_family_code().empty() && there.relation != one.personal_family_code()) {
    differences.insert("RelationToInsuredPerson");
  }
  const std::string until = DayOf(one.card_valid_until());
  if (!until.empty() && there.expired != until) differences.insert("Certificate_ExpiredDate");
}

class Writer {
 public:
  void Open(const std::string& name, const char* type) {
    absl::StrAppend(&out_, "<", name, " type=\"", type, "\">");
    open_.push_back(name);
  }
  void Close() {
    absl::StrAppend(&out_, "</", open_.back(), ">");
    open_.pop_back();
  }
  // Nothing for an empty text: not known.
  void Text(absl::string_view name, absl::string_view text) {
    if (text.empty()) return;
    absl::StrAppend(&out_, "<", name, " type=\"string\">");
    text::AppendXmlText(text, out_);
    absl::StrAppend(&out_, "</", name, ">");
  }
  std::string Take() { return absl::StrCat("<data>", out_, "</data>"); }

 private:
  std::string out_;
  std::vector<std::string> open_;
};

void WritePublic(Writer& writer, const std::vector<const v1::Qualification*>& ones) {
  if (ones.empty()) return;
  writer.Open("PublicInsurance_Information", "array");
  for (const v1::Qualification* one : ones) {
    writer.Open("PublicInsurance_Information_child", "record");
    writer.Text("PublicInsurer_Number", PayerOf(*one));
    writer.Text("PublicInsuredPerson_Number", RecipientOf(*one));
    writer.Text("Certificate_IssuedDate", DayOf(one->card_valid_from()));
    writer.Text("Certificate_ExpiredDate", DayOf(one->card_valid_until()));
    writer.Close();
  }
  writer.Close();
}

void WriteInsurance(Writer& writer, const v1::Qualification& one) {
  const v1::InsuredId& insured = one.insured();
  writer.Text("InsuranceProvider_Number", insured.insurer_number_trimmed().empty()
                                              ? insured.insurer_number()
                                              : insured.insurer_number_trimmed());
  // It takes these in full width only.
  writer.Text("HealthInsuredPerson_Symbol", text::ToFullWidth(insured.symbol()));
  writer.Text("HealthInsuredPerson_Number", text::ToFullWidth(insured.number()));
  writer.Text("HealthInsuredPerson_Branch_Number", insured.branch());
  writer.Text("RelationToInsuredPerson", one.personal_family_code());
  writer.Text("HealthInsuredPerson_WholeName", text::ToFullWidth(one.insured_name()));
  writer.Text("Certificate_StartDate", DayOf(one.card_valid_from()));
  const std::string until = DayOf(one.card_valid_until());
  writer.Text("Certificate_ExpiredDate", until.empty() ? kNoEnd : until);
  writer.Text("Certificate_GetDate", DayOf(one.qualification_date()));
}

}  // namespace

std::string OrcaFindRequest(absl::string_view patient_id) {
  Writer writer;
  writer.Open("patientlst2req", "record");
  writer.Open("Patient_ID_Information", "array");
  writer.Open("Patient_ID_Information_child", "record");
  writer.Text("Patient_ID", patient_id);
  for (int i = 0; i < 3; ++i) writer.Close();
  return writer.Take();
}

absl::StatusOr<OrcaPatient> ReadOrcaPatient(absl::string_view answer) {
  pugi::xml_document document;
  const absl::StatusOr<pugi::xml_node> result = ResultIn(document, answer, "patientlst2res");
  if (!result.ok()) return result.status();
  const pugi::xml_node there =
      result->child("Patient_Information").child("Patient_Information_child");
  OrcaPatient patient{.patient_id = there.child_value("Patient_ID"),
                      .name = there.child_value("WholeName"),
                      .kana = there.child_value("WholeName_inKana"),
                      .birth_date = there.child_value("BirthDate"),
                      .sex = there.child_value("Sex"),
                      .insurances = {},
                      .public_insurances = {}};
  // A number nobody has comes back with a sentence for a name, and nothing else.
  if (patient.birth_date.empty()) return base::MakeError(base::ErrorCode::kPatientNotThere);
  for (const pugi::xml_node& one : there.child("HealthInsurance_Information").children()) {
    if (patient.insurances.size() >= kMostEntries) break;
    patient.insurances.push_back({.insurer_number = one.child_value("InsuranceProvider_Number"),
                                  .symbol = one.child_value("HealthInsuredPerson_Symbol"),
                                  .number = one.child_value("HealthInsuredPerson_Number"),
                                  .branch = one.child_value("HealthInsuredPerson_Branch_Number"),
                                  .relation = one.child_value("RelationToInsuredPerson"),
                                  .expired = one.child_value("Certificate_ExpiredDate")});
  }
  for (const pugi::xml_node& one : there.child("PublicInsurance_Information").children()) {
    if (patient.public_insurances.size() >= kMostEntries) break;
    patient.public_insurances.push_back(
        {.payer_number = one.child_value("PublicInsurer_Number"),
         .recipient_number = one.child_value("PublicInsuredPerson_Number")});
  }
  return patient;
}

std::vector<std::string> OrcaDifferences(const v1::Confirmation& confirmation,
                                         const OrcaPatient& patient) {
  std::set<std::string> differences;
  for (const v1::Qualification& one : confirmation.qualifications()) {
    const std::string born = DayOf(one.birth_date());
    if (!born.empty() && born != patient.birth_date) differences.insert("BirthDate");
    const std::string& sex = one.sex1_code();
    if ((sex == "1" || sex == "2") && sex != patient.sex) differences.insert("Sex");
  }
  if (differences.empty() && Counts(confirmation)) {
    for (const v1::Qualification& one : confirmation.qualifications()) {
      if (IsPublic(one)) {
        ComparePublic(one, patient, differences);
      } else if (const OrcaInsurance* there = Same(one, patient); there != nullptr) {
        Compare(one, *there, differences);
      } else {
        differences.insert("InsuranceProvider_Number");
      }
    }
  }
  return {differences.begin(), differences.end()};
}

std::string OrcaAddRequest(const v1::Confirmation& confirmation, const OrcaPatient& patient) {
  if (!Counts(confirmation)) return "";
  const v1::Qualification* insurance = nullptr;
  std::vector<const v1::Qualification*> publics;
  for (const v1::Qualification& one : confirmation.qualifications()) {
    if (IsPublic(one)) {
      if (!HasPublic(one, patient)) publics.push_back(&one);
    } else if (insurance == nullptr && Same(one, patient) == nullptr) {
      insurance = &one;
    }
  }
  if (insurance == nullptr && publics.empty()) return "";
  Writer writer;
  writer.Open("patientmodreq", "record");
  // As it has them itself: it compares.
  writer.Text("Patient_ID", patient.patient_id);
  writer.Text("WholeName", patient.name);
  writer.Text("WholeName_inKana", patient.kana);
  writer.Text("BirthDate", patient.birth_date);
  writer.Text("Sex", patient.sex);
  writer.Open("HealthInsurance_Information", "record");
  if (insurance != nullptr) WriteInsurance(writer, *insurance);
  WritePublic(writer, publics);
  writer.Close();
  writer.Close();
  return writer.Take();
}

absl::Status ReadOrcaAdded(absl::string_view answer) {
  pugi::xml_document document;
  return ResultIn(document, answer, "patientmodres").status();
}

}  // namespace madoguchi::adapters
