#include "hl7/fhir/patient.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "agent/text/kana.h"
#include "hl7/fhir/values.h"

namespace madoguchi::hl7::fhir {
namespace {

constexpr absl::string_view kIdeographic =
    R"("extension":[{"url":"http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation",)"
    R"("valueCode":"IDE"}])";
constexpr absl::string_view kSyllabic =
    R"("extension":[{"url":"http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation",)"
    R"("valueCode":"SYL"}])";
// With the institution's 10 digits behind it.
constexpr absl::string_view kPatientOid = "urn:oid:1.2.392.100495.20.3.51.1";
constexpr absl::string_view kMemberSystem =
    "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID";
constexpr absl::string_view kWideSpace = "　";

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isascii(static_cast<unsigned char>(c)); });
}

bool AreDigits(absl::string_view text, size_t count) {
  return text.size() == count && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isdigit(static_cast<unsigned char>(c));
         });
}

// Family name and the rest, at the first space of either width; the rest is empty without one.
std::pair<absl::string_view, absl::string_view> SplitName(absl::string_view name) {
  const size_t wide = name.find(kWideSpace);
  const size_t narrow = name.find(' ');
  const size_t at = std::min(wide, narrow);
  if (at == absl::string_view::npos) return {name, {}};
  return {name.substr(0, at), name.substr(at + (wide < narrow ? kWideSpace.size() : 1))};
}

// `use`: official or usual.
void WriteName(Json& json, absl::string_view representation, absl::string_view use,
               absl::string_view name) {
  if (IsBlank(name)) return;
  json.Object();
  json.Members(representation);
  json.Plain("use", use);
  const auto [family, given] = SplitName(name);
  if (IsBlank(family) || IsBlank(given)) {
    json.Text("text", name);
  } else {
    json.Text("text", absl::StrCat(family, " ", given));
    json.Text("family", family);
    json.Array("given");
    json.TextItem(given);
    json.EndArray();
  }
  json.EndObject();
}

void WriteNames(Json& json, const Person& person) {
  if (IsBlank(person.name) && IsBlank(person.name_kana) && IsBlank(person.name_of_other) &&
      IsBlank(person.name_of_other_kana)) {
    return;
  }
  json.Array("name");
  WriteName(json, kIdeographic, "official", person.name);
  WriteName(json, kSyllabic, "official", text::ToFullWidth(person.name_kana));
  WriteName(json, kIdeographic, "usual", person.name_of_other);
  WriteName(json, kSyllabic, "usual", text::ToFullWidth(person.name_of_other_kana));
  json.EndArray();
}

void WriteIdentifiers(Json& json, const Person& person) {
  json.Array("identifier");
  const bool has_number = !IsBlank(person.reference_number);
  if (has_number) {
    json.Object();
    json.Members(R"("type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203",)"
                 R"("code":"MR"}]})");
    if (AreDigits(person.institution, 10)) json.Plain("system", kPatientOid, person.institution);
    json.Text("value", person.reference_number);
    json.EndObject();
  }
  if (!person.member_id.empty()) {
    json.Object();
    json.Plain("system", kMemberSystem);
    json.Text("value", person.member_id);
    json.EndObject();
  }
  if (!has_number && person.member_id.empty()) {
    json.Object();
    WriteUnknown(json, "value");
    json.EndObject();
  }
  json.EndArray();
}

void WriteGender(Json& json, const Person& person) {
  switch (person.sex) {
    case v1::SEX_MALE:
      json.Members(R"("gender":"male")");
      return;
    case v1::SEX_FEMALE:
      json.Members(R"("gender":"female")");
      return;
    case v1::SEX_NOT_SET:
      json.Members(R"("gender":"unknown")");
      return;
    default:
      WriteOriginal(json, "gender", person.sex_code);
  }
}

void WriteAddress(Json& json, const Person& person) {
  if (IsBlank(person.address) && IsBlank(person.post_number)) return;
  json.Array("address");
  json.Object();
  json.Text("text", person.address);
  if (AreDigits(person.post_number, 7)) {
    json.Text("postalCode",
              absl::StrCat(person.post_number.substr(0, 3), "-", person.post_number.substr(3)));
  } else {
    json.Text("postalCode", person.post_number);
  }
  json.EndObject();
  json.EndArray();
}

std::string WithoutSpaces(absl::string_view text) {
  return absl::StrReplaceAll(text, {{" ", ""}, {kWideSpace, ""}});
}

}  // namespace

std::string MemberId(const v1::InsuredId& insured) {
  if (IsBlank(insured.number())) return {};
  std::string insurer = insured.insurer_number_trimmed();
  if (insurer.size() < 8) insurer.insert(0, 8 - insurer.size(), '0');
  std::string symbol = WithoutSpaces(insured.symbol());
  std::string number = WithoutSpaces(insured.number());
  if (!IsAscii(symbol) || !IsAscii(number)) {
    symbol = text::ToFullWidth(symbol);
    number = text::ToFullWidth(number);
  }
  return absl::StrCat(insurer, ":", symbol, ":", number, ":", text::FoldWidth(insured.branch()));
}

Person PersonOf(const v1::Qualification& qualification, absl::string_view institution) {
  return {.name = qualification.name(),
          .name_kana = qualification.name_kana(),
          .name_of_other = qualification.name_of_other(),
          .name_of_other_kana = qualification.name_of_other_kana(),
          .sex = qualification.sex1(),
          .sex_code = qualification.sex1_code(),
          .birth_date = &qualification.birth_date(),
          .address = qualification.address(),
          .post_number = qualification.post_number(),
          .reference_number = qualification.reference_number(),
          .institution = institution,
          .member_id = MemberId(qualification.insured())};
}

Person PersonOf(const v1::PatientBlock& patient) {
  Person person;
  person.name = patient.name();
  person.name_kana = patient.name_kana();
  person.sex = patient.sex();
  person.sex_code = patient.sex_code();
  person.birth_date = &patient.birth_date();
  return person;
}

Person PersonOf(const v1::EligibilityQuery& query) {
  Person person;
  person.birth_date = &query.birth_date();
  person.member_id = MemberId(query.insured());
  return person;
}

Id IdOf(const Person& person) {
  return Fingerprint("Patient")
      .Add(person.name)
      .Add(person.name_kana)
      .Add(person.name_of_other)
      .Add(person.name_of_other_kana)
      .Add(person.sex_code)
      .Add(*person.birth_date)
      .Add(person.address)
      .Add(person.post_number)
      .Add(person.reference_number)
      .Add(person.institution)
      .Add(person.member_id)
      .Finish();
}

void WritePatient(Json& json, const Person& person, const Id& id) {
  StartEntry(json, id, "Patient", "JP_Patient");
  WriteIdentifiers(json, person);
  WriteNames(json, person);
  WriteGender(json, person);
  WriteDate(json, "birthDate", *person.birth_date);
  WriteAddress(json, person);
  EndEntry(json);
}

}  // namespace madoguchi::hl7::fhir
