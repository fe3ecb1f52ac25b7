#include "hl7/fhir/coverage.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "agent/text/kana.h"
#include "hl7/fhir/extensions.h"
#include "hl7/fhir/names.h"
#include "hl7/fhir/patient.h"
#include "hl7/fhir/values.h"

namespace madoguchi::hl7::fhir {
namespace {

// How a dialect writes symbol, number and branch.
struct InsuredTexts {
  std::string identifier;
  std::string subscriber_id;
  std::string branch;
};

InsuredTexts TextsOf(const Dialect& dialect, const v1::InsuredId& insured) {
  InsuredTexts texts;
  const std::string member_id = MemberId(insured);
  if (dialect.version == JpCore::k1_2_0) {
    texts.identifier = member_id;
    texts.branch = text::FoldWidth(insured.branch());
    if (!member_id.empty()) {
      // Without insurer number and branch.
      const size_t begin = member_id.find(':') + 1;
      texts.subscriber_id = member_id.substr(begin, member_id.rfind(':') - begin);
    }
    return texts;
  }
  const auto quoted = [](absl::string_view text) {
    return absl::StrCat("\"", text::ToFullWidth(text), "\"");
  };
  texts.branch = text::ToFullWidth(insured.branch());
  if (!member_id.empty()) {
    texts.subscriber_id = absl::StrCat(quoted(insured.symbol()), ",", quoted(insured.number()));
    texts.identifier = absl::StrCat(texts.subscriber_id, ",", quoted(insured.branch()));
  }
  return texts;
}

void WriteExtensions(Json& json, const v1::Qualification& qualification,
                     const InsuredTexts& texts) {
  const v1::InsuredId& insured = qualification.insured();
  Extensions extensions(json);
  extensions.JpText("JP_Coverage_InsuredPersonSymbol", insured.symbol());
  extensions.JpText("JP_Coverage_InsuredPersonNumber", insured.number());
  extensions.JpText("JP_Coverage_InsuredPersonSubNumber", texts.branch);
  extensions.Date("InsuredCertificateIssuanceDate", qualification.certificate_issued());
  extensions.Code("PreschoolClassification", "OQSCD015", qualification.preschool_code());
  extensions.Code("ReasonOfLoss", "OQSCD008", qualification.reason_of_loss_code(),
                  NameOf(qualification.reason_of_loss()));
  extensions.Text("QualificationConfirmationKey", qualification.qualification_confirmation_key());
  extensions.Code("LimitApplicationCertificateChanged", "OQSCD014",
                  qualification.limit_certificate_changed_code());
  if (!DecimalOf(qualification.contribution_ratio_code())) {
    extensions.Text("InsuredPartialContributionRatio", qualification.contribution_ratio_code());
  }
  // Beside the insurance's names, where the resource has one place for both.
  if (!IsBlank(insured.number())) {
    extensions.Text("BeneficiaryNumber", qualification.beneficiary_number());
  }
  if (!IsBlank(insured.insurer_number())) {
    extensions.Text("PublicExpenseNumber", qualification.public_expense_number());
  }
  if (!IsBlank(qualification.insurer_name())) {
    extensions.Text("WelfareOfficeName", qualification.welfare_office_name());
  }
}

void WriteIdentifier(Json& json, const Dialect& dialect, const InsuredTexts& texts,
                     const Id* payor) {
  if (texts.identifier.empty()) return;
  json.Array("identifier");
  json.Object();
  if (dialect.version == JpCore::k1_2_0) {
    json.Plain("system", "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID");
  }
  json.Text("value", texts.identifier);
  if (payor != nullptr) WriteReference(json, "assigner", *payor);
  json.EndObject();
  json.EndArray();
}

void WriteStatus(Json& json, v1::Validity validity) {
  switch (validity) {
    case v1::VALIDITY_VALID:
    case v1::VALIDITY_VALID_UNREGISTERED:
      json.Members(R"("status":"active")");
      return;
    case v1::VALIDITY_INVALID:
    case v1::VALIDITY_INVALID_NEWER_EXISTS:
      json.Members(R"("status":"cancelled")");
      return;
    default:
      // Nobody has said that it is in force.
      json.Members(R"("status":"draft")");
  }
}

void WriteType(Json& json, const Dialect& dialect, const v1::Qualification& qualification) {
  const absl::string_view category = InsuranceCategory(qualification);
  const absl::string_view code = qualification.insured_card_classification_code();
  if (category.empty() && IsBlank(code)) return;
  const absl::string_view name = NameOf(qualification.insured_card_classification());
  json.Object("type");
  json.Array("coding");
  WriteCoding(json, {}, {dialect.insurance_category}, category);
  WriteCoding(json, {}, LocalSystem("OQSCD010"), code, name);
  json.EndArray();
  json.Text("text", name);
  json.EndObject();
}

void WriteRelationship(Json& json, const Dialect& dialect, const v1::Qualification& qualification) {
  switch (qualification.personal_family()) {
    case v1::PERSONAL_FAMILY_INSURED:
      WriteConcept(json, "relationship", {dialect.insured_person_category}, "1", "被保険者");
      return;
    case v1::PERSONAL_FAMILY_DEPENDANT:
      WriteConcept(json, "relationship", {dialect.insured_person_category}, "2", "被扶養者");
      return;
    default:
      WriteConcept(json, "relationship", LocalSystem("OQSCD009"),
                   qualification.personal_family_code());
  }
}

void WriteCost(Json& json, const v1::Qualification& qualification) {
  const auto percent = DecimalOf(qualification.contribution_ratio_code());
  if (!percent) return;
  json.Array("costToBeneficiary");
  json.Object();
  json.Members(
      R"("type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/coverage-copay-type",)"
      R"("code":"copaypct","display":"負担率"}]})");
  json.Object("valueQuantity");
  json.Number("value", percent->view());
  json.Members(R"("unit":"%","system":"http://unitsofmeasure.org","code":"%")");
  json.EndObject();
  json.EndObject();
  json.EndArray();
}

void WriteHolder(Json& json, absl::string_view name) {
  if (IsBlank(name)) return;
  json.Object("policyHolder");
  json.Text("display", name);
  json.EndObject();
}

absl::string_view FirstOf(absl::string_view a, absl::string_view b) { return IsBlank(a) ? b : a; }

}  // namespace

bool IsPublicExpense(const v1::Qualification& qualification) {
  return qualification.insured_card_classification() ==
             v1::INSURED_CARD_CLASSIFICATION_MEDICAL_AID ||
         (!IsBlank(qualification.public_expense_number()) &&
          IsBlank(qualification.insured().insurer_number()));
}

Payor PayorOf(const v1::Qualification& qualification) {
  return {.kind = IsPublicExpense(qualification) ? OrganizationKind::kPublicPayer
                                                 : OrganizationKind::kInsurer,
          .code = FirstOf(qualification.insured().insurer_number_trimmed(),
                          qualification.public_expense_number()),
          .name = FirstOf(qualification.insurer_name(), qualification.welfare_office_name())};
}

absl::string_view InsuranceCategory(const v1::Qualification& qualification) {
  if (IsPublicExpense(qualification)) return "8";
  const absl::string_view number = qualification.insured().insurer_number_trimmed();
  const bool digits = std::all_of(number.begin(), number.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
  if (!digits) return {};
  if (number.size() == 6) return "2";
  if (number.size() != 8) return {};
  const absl::string_view law = number.substr(0, 2);
  if (law == "39") return "7";
  // 退職者医療 is a part of 国保.
  if (law == "67") return "2";
  constexpr absl::string_view kEmployees[] = {"01", "02", "03", "04", "06", "07", "31", "32",
                                              "33", "34", "63", "72", "73", "74", "75"};
  const bool employees =
      std::find(std::begin(kEmployees), std::end(kEmployees), law) != std::end(kEmployees);
  return employees ? "1" : absl::string_view();
}

Id WriteCoverage(Bundle& bundle, const v1::Qualification& qualification, v1::Validity validity,
                 const Id& patient, const Id* payor) {
  Json& json = bundle.json();
  const Dialect& dialect = bundle.dialect();
  Fingerprint fingerprint("Coverage");
  fingerprint.Add(patient).Add(qualification.insured().symbol());
  fingerprint.Add(qualification.insured().number()).Add(qualification.insured().branch());
  fingerprint.Add(qualification.insured_card_classification_code());
  fingerprint.Add(qualification.beneficiary_number()).Add(qualification.qualification_date());
  fingerprint.Add(qualification.card_valid_from());
  fingerprint.Add(qualification.qualification_confirmation_key());
  if (payor != nullptr) fingerprint.Add(*payor);
  const Id id = bundle.ids().Take(fingerprint);
  const InsuredTexts texts = TextsOf(dialect, qualification.insured());

  StartEntry(json, id, "Coverage", "JP_Coverage");
  WriteExtensions(json, qualification, texts);
  WriteIdentifier(json, dialect, texts, payor);
  WriteStatus(json, validity);
  WriteType(json, dialect, qualification);
  WriteHolder(json, qualification.insured_name());
  json.Text("subscriberId",
            texts.subscriber_id.empty() ? qualification.beneficiary_number() : texts.subscriber_id);
  WriteReference(json, "beneficiary", patient);
  json.Text("dependent", texts.branch);
  WriteRelationship(json, dialect, qualification);
  WritePeriod(json, "period", qualification.card_valid_from(), qualification.card_valid_until());
  json.Array("payor");
  if (payor != nullptr) {
    WriteReferenceItem(json, *payor);
  } else {
    json.Item(kUnknownValue);
  }
  json.EndArray();
  WriteCost(json, qualification);
  EndEntry(json);
  return id;
}

}  // namespace madoguchi::hl7::fhir
