#include "hl7/fhir/certificates.h"

#include "hl7/fhir/extensions.h"
#include "hl7/fhir/names.h"
#include "hl7/fhir/values.h"

namespace madoguchi::hl7::fhir {
namespace {

constexpr absl::string_view kMedicalCare =
    R"("category":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/ex-benefitcategory",)"
    R"("code":"1","display":"Medical Care"}]},"name":"一部負担金割合")";
constexpr absl::string_view kPercent =
    R"("type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/benefit-type",)"
    R"("code":"copay-percent"}]})";
constexpr absl::string_view kMaximum =
    R"("type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/benefit-type",)"
    R"("code":"copay-maximum"}]})";

class Items {
 public:
  explicit Items(Json& json) : json_(json) {}
  Items(const Items&) = delete;
  Items& operator=(const Items&) = delete;
  ~Items() {
    if (open_) json_.EndArray();
  }

  void Start() {
    if (!open_) json_.Array("item");
    open_ = true;
    json_.Object();
  }
  void End() { json_.EndObject(); }

  // `code`: of the list oqs-certificate.
  void Category(absl::string_view code, absl::string_view name) {
    WriteConcept(json_, "category", LocalSystem("oqs-certificate"), code);
    json_.Text("name", name);
  }
  // A whole percent; nothing for anything else (allowedUnsignedInt).
  void Percent(absl::string_view ratio) {
    const auto percent = DecimalOf(ratio);
    if (!IsWhole(percent)) return;
    json_.Array("benefit");
    json_.Object();
    json_.Members(kPercent);
    json_.Number("allowedUnsignedInt", percent->view());
    json_.EndObject();
    json_.EndArray();
  }
  void Maximum(absl::string_view text) {
    if (IsBlank(text)) return;
    json_.Array("benefit");
    json_.Object();
    json_.Members(kMaximum);
    json_.Text("allowedString", text);
    json_.EndObject();
    json_.EndArray();
  }
  // Yen; a text that is no number stays a text.
  void MaximumYen(absl::string_view yen) {
    const auto amount = DecimalOf(yen);
    if (!amount) return Maximum(yen);
    json_.Array("benefit");
    json_.Object();
    json_.Members(kMaximum);
    json_.Object("allowedMoney");
    json_.Number("value", amount->view());
    json_.Members(R"("currency":"JPY")");
    json_.EndObject();
    json_.EndObject();
    json_.EndArray();
  }

  static bool IsWhole(const std::optional<ShortText>& decimal) {
    return decimal && decimal->view().find_first_of(".-") == absl::string_view::npos &&
           decimal->view().size() <= 9;
  }

 private:
  Json& json_;
  bool open_ = false;
};

void WriteContribution(Json& json, Items& items, const v1::Qualification& qualification) {
  if (!Items::IsWhole(DecimalOf(qualification.contribution_ratio_code()))) return;
  items.Start();
  json.Members(kMedicalCare);
  items.Percent(qualification.contribution_ratio_code());
  items.End();
}

void WriteElderly(Json& json, Items& items, const v1::ElderlyCertificate& elderly) {
  items.Start();
  {
    Extensions extensions(json);
    extensions.Date("ElderlyRecipientCertificateDate", elderly.issued());
    extensions.Date("ElderlyRecipientValidStartDate", elderly.valid_from());
    extensions.Date("ElderlyRecipientValidEndDate", elderly.valid_until());
    if (!Items::IsWhole(DecimalOf(elderly.contribution_ratio_code()))) {
      extensions.Text("ElderlyRecipientContributionRatio", elderly.contribution_ratio_code());
    }
  }
  items.Category("elderly-recipient", "高齢受給者証");
  items.Percent(elderly.contribution_ratio_code());
  items.End();
}

void WriteLimit(Json& json, Items& items, const v1::LimitCertificate& limit) {
  const absl::string_view kind = NameOf(limit.classification());
  const absl::string_view category = NameOf(limit.category());
  items.Start();
  {
    Extensions extensions(json);
    extensions.Code("LimitApplicationCertificateClassification", "OQSCD011",
                    limit.classification_code(), kind);
    extensions.Code("LimitApplicationCertificateClassificationFlag", "OQSCD012",
                    limit.category_code(), category);
    extensions.Date("LimitApplicationCertificateDate", limit.issued());
    extensions.Date("LimitApplicationCertificateValidStartDate", limit.valid_from());
    extensions.Date("LimitApplicationCertificateValidEndDate", limit.valid_until());
    extensions.Date("LimitApplicationCertificateLongTermDate", limit.long_term_from());
  }
  items.Category("limit-application", kind.empty() ? "限度額適用認定証" : kind);
  items.Maximum(category.empty() ? limit.category_code() : category);
  items.End();
}

void WriteDisease(Json& json, Items& items, const v1::SpecificDiseaseCertificate& disease) {
  items.Start();
  {
    Extensions extensions(json);
    extensions.Code("SpecificDiseasesDiseaseCategory", "OQSCD013", disease.disease_code(),
                    NameOf(disease.disease()));
    extensions.Date("SpecificDiseasesCertificateDate", disease.issued());
    extensions.Date("SpecificDiseasesValidStartDate", disease.valid_from());
    extensions.Date("SpecificDiseasesValidEndDate", disease.valid_until());
  }
  items.Category("specific-disease", "特定疾病療養受療証");
  items.MaximumYen(disease.self_pay());
  items.End();
}

void WriteTicket(Json& json, Items& items, const v1::MedicalTicket& ticket) {
  const absl::string_view type = NameOf(ticket.ticket_type());
  items.Start();
  {
    Extensions extensions(json);
    extensions.Code("TicketType", "OQSCD018", ticket.ticket_type_code(), type);
    extensions.Date("MedicalTicketValidDate", ticket.valid_from());
    extensions.Date("MedicalTicketExpirationDate", ticket.valid_until());
    extensions.Text("IssueNumber", ticket.issue_number());
    extensions.Date("MedicalTreatmentMonth", ticket.treatment_month());
    extensions.Text("DesignatedMedicalInstitutionCode", ticket.designated_institution_code());
    extensions.Code("DesignatedMedicalInstitutionFlag", "OQSCD026",
                    ticket.designated_institution_flag_code());
    extensions.Text("DesignatedMedicalInstitutionName", ticket.designated_institution_name());
    extensions.Text("PrescriptionIssuerMedicalInstitutionCode", ticket.prescription_issuer_code());
    extensions.Text("PrescriptionIssuerMedicalInstitutionName", ticket.prescription_issuer_name());
    extensions.Text("InjuryName1", ticket.injury_name1());
    extensions.Text("InjuryName2", ticket.injury_name2());
    extensions.Text("InjuryName3", ticket.injury_name3());
    extensions.Code("MedicalTreatmentType", "OQSCD019", ticket.treatment_type_code(),
                    NameOf(ticket.treatment_type()));
    extensions.Text("DistrictContactName", ticket.district_contact_name());
    extensions.Text("HandlingContactName", ticket.handling_contact_name());
    extensions.Code("SingleOrCombinedUse", "OQSCD020", ticket.single_or_combined_code());
    extensions.Code("StatusOfSocialInsurance", "OQSCD021", ticket.social_insurance_code());
    extensions.Code("ConsistencyFlag", "OQSCD022", ticket.consistency_code());
    extensions.Code("StatusOfInfecton", "OQSCD023", ticket.infection_code());
    extensions.Code("StatusOfElderlyMedicalCare", "OQSCD024", ticket.elderly_care_code());
    extensions.Code("StatusOfPrefecturalExpenses", "OQSCD025", ticket.prefectural_expenses_code());
    extensions.Text("Remarks1", ticket.remarks1());
    extensions.Text("Remarks2", ticket.remarks2());
    extensions.Text("Remarks3", ticket.remarks3());
  }
  items.Category("medical-ticket", type.empty() ? "医療券・調剤券" : type);
  items.MaximumYen(ticket.self_pay_amount());
  items.End();
}

}  // namespace

void WriteItems(Json& json, const v1::Qualification& qualification) {
  Items items(json);
  WriteContribution(json, items, qualification);
  if (qualification.has_elderly_certificate()) {
    WriteElderly(json, items, qualification.elderly_certificate());
  }
  if (qualification.has_limit_certificate()) {
    WriteLimit(json, items, qualification.limit_certificate());
  }
  for (const auto& disease : qualification.specific_disease_certificates()) {
    WriteDisease(json, items, disease);
  }
  for (const auto& ticket : qualification.medical_tickets()) WriteTicket(json, items, ticket);
}

}  // namespace madoguchi::hl7::fhir
