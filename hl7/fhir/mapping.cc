#include "hl7/fhir/mapping.h"

#include "absl/strings/match.h"

namespace madoguchi::hl7::fhir {
namespace {

constexpr Shown kTranslated = Shown::kTranslated;
constexpr Shown kNot = Shown::kNot;

constexpr absl::string_view kAsked =
    "only without a qualification: Patient.identifier (被保険者個人識別子); else the answer's own "
    "counts";
constexpr absl::string_view kWholeBatch = "about the batch, not about a person in it";

constexpr MappingRow kRows[] = {
    // Heads.
    {"header.process_execution_time",
     "Bundle.timestamp; created of CoverageEligibilityRequest and Response; Provenance.recorded"},
    {"header.confirmation_date", "servicedDate of CoverageEligibilityRequest and Response"},
    {"header.medical_institution_code",
     "Organization (the site that asked): identifier, and prefecture, kind and 7 digits as "
     "extensions of JP Core; provider, requestor, Provenance.agent.onBehalfOf; the system of "
     "Patient.identifier"},
    {"header.arbitrary_file_identifier",
     "Bundle.identifier, CoverageEligibilityRequest.identifier, Provenance.entity.what"},
    {"header.reception_number", "CoverageEligibilityResponse ext(ReceptionNumber)"},
    {"header.reference_classification_code",
     "CoverageEligibilityRequest ext(ReferenceClassification)"},
    {"header.segment_of_result_code", "CoverageEligibilityResponse ext(SegmentOfResult), outcome"},
    {"header.error.code", "CoverageEligibilityResponse.error.code.coding"},
    {"header.error.message", "CoverageEligibilityResponse.error.code.text"},
    {"header.number_of_results", kWholeBatch, kNot},
    {"header.number_of_normal", kWholeBatch, kNot},
    {"header.number_of_error", kWholeBatch, kNot},
    {"header.character_code_code", "about the file, and sources disagree on it", kNot},
    // The question.
    {"query.insured.insurer_number",
     "only without a qualification: Organization (insurer), Patient.identifier", kTranslated},
    {"query.insured.symbol", kAsked},
    {"query.insured.number", kAsked},
    {"query.insured.branch", kAsked},
    {"query.birth_date", "only without a qualification: Patient.birthDate"},
    {"query.limit_consent_code",
     "CoverageEligibilityRequest ext(LimitApplicationCertificateRelatedConsFlg)"},
    {"query.arbitrary_identifier", "CoverageEligibilityRequest ext(ArbitraryIdentifier)"},
    {"query.consent_from", "CoverageEligibilityRequest ext(ConsentDateFrom)"},
    {"query.consent_to", "CoverageEligibilityRequest ext(ConsentDateTo)"},
    {"query.examination_from", "CoverageEligibilityRequest ext(ExaminationDateFrom)"},
    {"query.examination_to", "CoverageEligibilityRequest ext(ExaminationDateTo)"},
    {"query.treatment_month", "CoverageEligibilityRequest ext(MedicalTreatmentMonth)"},
    {"query.treatment_flag_code", "CoverageEligibilityRequest ext(MedicalTreatmentFlag)"},
    // The answer.
    {"confirmation.prescription_issue_select_code",
     "CoverageEligibilityResponse ext(PrescriptionIssueSelect)"},
    {"confirmation.processing_result_status_code",
     "CoverageEligibilityResponse ext(ProcessingResultStatus), outcome"},
    {"confirmation.processing_result.code",
     "CoverageEligibilityResponse.error.code.coding; of a notice ext(ProcessingResultCode)"},
    {"confirmation.processing_result.message",
     "CoverageEligibilityResponse.error.code.text; of a notice ext(ProcessingResultMessage)"},
    {"confirmation.validity_code",
     "CoverageEligibilityResponse ext(QualificationValidity), disposition, insurance.inforce; "
     "Coverage.status"},
    {"confirmation.reference_numbers[]",
     "Patient.identifier, when there are as many as qualifications"},
    // A qualification.
    {"qualifications[].insured_card_classification_code", "Coverage.type, second coding"},
    {"qualifications[].insured.insurer_number",
     "Organization (insurer).identifier without padding; Coverage.type, first coding, by its law; "
     "first part of Coverage.identifier and Patient.identifier",
     kTranslated},
    {"qualifications[].insured.symbol",
     "Coverage JP_Coverage_InsuredPersonSymbol, identifier, subscriberId; Patient.identifier"},
    {"qualifications[].insured.number",
     "Coverage JP_Coverage_InsuredPersonNumber, identifier, subscriberId; Patient.identifier"},
    {"qualifications[].insured.branch",
     "Coverage JP_Coverage_InsuredPersonSubNumber, identifier, dependent; Patient.identifier; in "
     "full width in JP Core 1.1.2"},
    {"qualifications[].personal_family_code",
     "Coverage.relationship: 1 被保険者, 2 被扶養者 of JP Core"},
    {"qualifications[].insured_name", "Coverage.policyHolder.display"},
    {"qualifications[].name", "Patient.name, IDE, official"},
    {"qualifications[].name_of_other", "Patient.name, IDE, usual"},
    {"qualifications[].name_kana", "Patient.name, SYL, official, in full width", kTranslated},
    {"qualifications[].name_of_other_kana", "Patient.name, SYL, usual, in full width", kTranslated},
    {"qualifications[].sex1_code", "Patient.gender", kTranslated},
    {"qualifications[].sex2_code",
     "on the back of the certificate on purpose: it is not for other systems", kNot},
    {"qualifications[].birth_date", "Patient.birthDate"},
    {"qualifications[].address", "Patient.address.text"},
    {"qualifications[].post_number", "Patient.address.postalCode"},
    {"qualifications[].qualification_date",
     "CoverageEligibilityResponse.insurance.benefitPeriod.start"},
    {"qualifications[].disqualification_date",
     "CoverageEligibilityResponse.insurance.benefitPeriod.end"},
    {"qualifications[].certificate_issued", "Coverage ext(InsuredCertificateIssuanceDate)"},
    {"qualifications[].card_valid_from", "Coverage.period.start"},
    {"qualifications[].card_valid_until", "Coverage.period.end"},
    {"qualifications[].contribution_ratio_code",
     "Coverage.costToBeneficiary (copaypct), item of CoverageEligibilityResponse.insurance "
     "(copay-percent), as a number",
     kTranslated},
    {"qualifications[].preschool_code", "Coverage ext(PreschoolClassification)"},
    {"qualifications[].reason_of_loss_code", "Coverage ext(ReasonOfLoss)"},
    {"qualifications[].insurer_name", "Organization (insurer).name"},
    {"qualifications[].qualification_confirmation_key",
     "Coverage ext(QualificationConfirmationKey)"},
    {"qualifications[].reference_number", "Patient.identifier, in the OID of the site that asked"},
    {"qualifications[].limit_certificate_changed_code",
     "Coverage ext(LimitApplicationCertificateChanged)"},
    {"qualifications[].public_expense_number",
     "Organization (public payer).identifier when there is no insurer number, else Coverage "
     "ext(PublicExpenseNumber)"},
    {"qualifications[].beneficiary_number",
     "Coverage.subscriberId when there is no insured number, else Coverage "
     "ext(BeneficiaryNumber)"},
    {"qualifications[].welfare_office_name",
     "Organization (public payer).name when there is no insurer name, else Coverage "
     "ext(WelfareOfficeName)"},
    // Certificates: items of CoverageEligibilityResponse.insurance.
    {"elderly_certificate.issued", "item elderly-recipient ext(ElderlyRecipientCertificateDate)"},
    {"elderly_certificate.valid_from",
     "item elderly-recipient ext(ElderlyRecipientValidStartDate)"},
    {"elderly_certificate.valid_until", "item elderly-recipient ext(ElderlyRecipientValidEndDate)"},
    {"elderly_certificate.contribution_ratio_code",
     "item elderly-recipient, benefit copay-percent, as a number", kTranslated},
    {"limit_certificate.classification_code",
     "item limit-application ext(LimitApplicationCertificateClassification), name"},
    {"limit_certificate.category_code",
     "item limit-application ext(LimitApplicationCertificateClassificationFlag), benefit "
     "copay-maximum"},
    {"limit_certificate.issued", "item limit-application ext(LimitApplicationCertificateDate)"},
    {"limit_certificate.valid_from",
     "item limit-application ext(LimitApplicationCertificateValidStartDate)"},
    {"limit_certificate.valid_until",
     "item limit-application ext(LimitApplicationCertificateValidEndDate)"},
    {"limit_certificate.long_term_from",
     "item limit-application ext(LimitApplicationCertificateLongTermDate)"},
    {"specific_disease_certificates[].disease_code",
     "item specific-disease ext(SpecificDiseasesDiseaseCategory)"},
    {"specific_disease_certificates[].issued",
     "item specific-disease ext(SpecificDiseasesCertificateDate)"},
    {"specific_disease_certificates[].valid_from",
     "item specific-disease ext(SpecificDiseasesValidStartDate)"},
    {"specific_disease_certificates[].valid_until",
     "item specific-disease ext(SpecificDiseasesValidEndDate)"},
    {"specific_disease_certificates[].self_pay",
     "item specific-disease, benefit copay-maximum, JPY"},
    {"medical_tickets[].ticket_type_code", "item medical-ticket ext(TicketType), name"},
    {"medical_tickets[].valid_from", "item medical-ticket ext(MedicalTicketValidDate)"},
    {"medical_tickets[].valid_until", "item medical-ticket ext(MedicalTicketExpirationDate)"},
    {"medical_tickets[].issue_number", "item medical-ticket ext(IssueNumber)"},
    {"medical_tickets[].treatment_month", "item medical-ticket ext(MedicalTreatmentMonth)"},
    {"medical_tickets[].designated_institution_code",
     "item medical-ticket ext(DesignatedMedicalInstitutionCode)"},
    {"medical_tickets[].designated_institution_flag_code",
     "item medical-ticket ext(DesignatedMedicalInstitutionFlag)"},
    {"medical_tickets[].designated_institution_name",
     "item medical-ticket ext(DesignatedMedicalInstitutionName)"},
    {"medical_tickets[].prescription_issuer_code",
     "item medical-ticket ext(PrescriptionIssuerMedicalInstitutionCode)"},
    {"medical_tickets[].prescription_issuer_name",
     "item medical-ticket ext(PrescriptionIssuerMedicalInstitutionName)"},
    {"medical_tickets[].injury_name1", "item medical-ticket ext(InjuryName1)"},
    {"medical_tickets[].injury_name2", "item medical-ticket ext(InjuryName2)"},
    {"medical_tickets[].injury_name3", "item medical-ticket ext(InjuryName3)"},
    {"medical_tickets[].treatment_type_code", "item medical-ticket ext(MedicalTreatmentType)"},
    {"medical_tickets[].self_pay_amount", "item medical-ticket, benefit copay-maximum, JPY"},
    {"medical_tickets[].district_contact_name", "item medical-ticket ext(DistrictContactName)"},
    {"medical_tickets[].handling_contact_name", "item medical-ticket ext(HandlingContactName)"},
    {"medical_tickets[].single_or_combined_code", "item medical-ticket ext(SingleOrCombinedUse)"},
    {"medical_tickets[].social_insurance_code", "item medical-ticket ext(StatusOfSocialInsurance)"},
    {"medical_tickets[].consistency_code", "item medical-ticket ext(ConsistencyFlag)"},
    {"medical_tickets[].infection_code", "item medical-ticket ext(StatusOfInfecton)"},
    {"medical_tickets[].elderly_care_code", "item medical-ticket ext(StatusOfElderlyMedicalCare)"},
    {"medical_tickets[].prefectural_expenses_code",
     "item medical-ticket ext(StatusOfPrefecturalExpenses)"},
    {"medical_tickets[].remarks1", "item medical-ticket ext(Remarks1)"},
    {"medical_tickets[].remarks2", "item medical-ticket ext(Remarks2)"},
    {"medical_tickets[].remarks3", "item medical-ticket ext(Remarks3)"},
    // Consents.
    {"].flag_code", "Consent ext(ConsFlg), status, provision.type"},
    {"].given_at", "Consent.dateTime, provision.period.start"},
    {"].available_until", "Consent.provision.period.end; absent when there is no end"},
    // A batch's answer about itself.
    {"batch_answer.reception_number", kWholeBatch, kNot},
    {"batch_answer.reception_time", kWholeBatch, kNot},
    {"batch_answer.processing_result_status_code", kWholeBatch, kNot},
    {"batch_answer.processing_result.code", kWholeBatch, kNot},
    {"batch_answer.processing_result.message", kWholeBatch, kNot},
    // Persons and outcomes of medical answers.
    {"patient.name", "Patient.name, IDE"},
    {"patient.name_kana", "Patient.name, SYL, in full width", kTranslated},
    {"patient.birth_date", "Patient.birthDate"},
    {"patient.sex_code", "Patient.gender", kTranslated},
    {"result.code", "OperationOutcome.issue.details.coding, unless it is 1 (success)"},
    {"result.message", "OperationOutcome.issue.details.text"},
    // Months and days of medicines and treatments.
    {"_months[].provider_kind_code", "medicine ext(DiOrg)"},
    {"_months[].provider.code",
     "Organization.identifier; MedicationDispense.performer, "
     "MedicationStatement.informationSource, "
     "Procedure.performer. A pharmacy's (third digit 4) lines are MedicationDispense"},
    {"_months[].provider.name", "Organization.name"},
    {"_months[].month", "medicine and Procedure ext(MeTrMonth)"},
    {"_months[].prescriber.code",
     "Organization.identifier; medicine ext(Prescriber), when its third digit is 1 or 3"},
    {"_months[].prescriber.name", "Organization.name, when the code's third digit is 1 or 3"},
    {"_months[].own_site_code", "medicine and Procedure ext(PrIsOrg)"},
    {"_months[].in_out_code", "medicine and Procedure ext(InOut)"},
    {"days[].dispensed_on",
     "MedicationDispense.whenHandedOver; MedicationStatement.effectiveDateTime and ext(DiDate); "
     "Procedure.performedDateTime"},
    {"days[].prescribed_on",
     "medicine ext(PrDate); MedicationStatement.effectiveDateTime without a day of dispensing"},
    {"drugs[].treatment_class_code", "category of the medicine"},
    {"drugs[].drug_code", "medicationCodeableConcept.coding, レセ電算コード"},
    {"drugs[].drug_name", "medicationCodeableConcept.coding.display and text"},
    {"drugs[].ingredient_name", "medicine ext(IngreN)"},
    {"drugs[].amount",
     "of 内服 (21) doseAndRate.rateRatio, of 頓服 (22) doseAndRate.doseQuantity; "
     "MedicationDispense.quantity is then amount × times, of other classes the amount; else "
     "ext(Qua1)"},
    {"drugs[].unit", "unit and code (MERIT-9) of the same; else ext(Unit)"},
    {"drugs[].usage", "dosageInstruction.text, dosage.text"},
    {"drugs[].special_instruction", "additionalInstruction.text of the same"},
    {"drugs[].times",
     "of 内服 (21), where they are days: MedicationDispense.daysSupply, of a MedicationStatement "
     "JP_MedicationDosage_UsageDuration; else ext(Times)"},
    {"treatments[].treatment_class_code", "Procedure.category"},
    {"treatments[].treatment_code", "Procedure.code.coding"},
    {"treatments[].treatment_name", "Procedure.code.coding.display and text"},
    {"treatments[].amount", "Procedure ext(Qua1)"},
    {"treatments[].unit", "Procedure ext(Unit)"},
    {"treatments[].times", "Procedure ext(Times)"},
    // Checkups.
    {"checkups[].examined_on", "Observation and DiagnosticReport.effectiveDateTime"},
    {"items[].item_code",
     "Observation.code.coding, and by it profile and category; Specimen.type of laboratory items"},
    {"items[].item_name", "Observation.code.coding.display and text"},
    {"items[].data_type",
     "PQ valueQuantity, CD and CO valueCodeableConcept, else valueString; what that does not tell "
     "is in ext(DataType)"},
    {"items[].data_value", "Observation.value[x]; dataAbsentReason without one"},
    {"items[].unit", "valueQuantity.unit, and code (UCUM) of units we know; else ext(Unit)"},
    {"items[].oid", "valueCodeableConcept.coding.system; else ext(Oid)"},
    {"items[].data_value_name",
     "valueCodeableConcept.coding.display and text; else ext(DataValueName)"},
};

}  // namespace

std::span<const MappingRow> Mapping() { return kRows; }

const MappingRow* FindMapping(absl::string_view field) {
  const MappingRow* found = nullptr;
  for (const MappingRow& row : kRows) {
    const bool longer = found == nullptr || row.field.size() > found->field.size();
    if (longer && absl::EndsWith(field, row.field)) found = &row;
  }
  return found;
}

}  // namespace madoguchi::hl7::fhir
