#include "hl7/fhir/names.h"

namespace madoguchi::hl7::fhir {

absl::string_view NameOf(v1::Validity value) {
  switch (value) {
    case v1::VALIDITY_VALID:
      return "有効";
    case v1::VALIDITY_INVALID:
      return "無効";
    case v1::VALIDITY_INVALID_NEWER_EXISTS:
      return "無効（新しい資格あり）";
    case v1::VALIDITY_NOT_FOUND:
      return "該当資格なし";
    case v1::VALIDITY_SEVERAL_MATCH:
      return "複数該当";
    case v1::VALIDITY_VALID_UNREGISTERED:
      return "有効（未登録）";
    default:
      return {};
  }
}

absl::string_view NameOf(v1::ReasonOfLoss value) {
  switch (value) {
    case v1::REASON_OF_LOSS_DEATH:
      return "死亡";
    case v1::REASON_OF_LOSS_PUBLIC_ASSISTANCE:
      return "生活保護受給開始";
    case v1::REASON_OF_LOSS_OTHER_INSURANCE:
      return "医療保険等の資格取得";
    case v1::REASON_OF_LOSS_OTHER:
      return "その他";
    default:
      return {};
  }
}

absl::string_view NameOf(v1::InsuredCardClassification value) {
  switch (value) {
    case v1::INSURED_CARD_CLASSIFICATION_GENERAL:
      return "一般";
    case v1::INSURED_CARD_CLASSIFICATION_RETIRED:
      return "退職";
    case v1::INSURED_CARD_CLASSIFICATION_SHORT_TERM_GENERAL:
      return "短期（一般）";
    case v1::INSURED_CARD_CLASSIFICATION_SHORT_TERM_RETIRED:
      return "短期（退職）";
    case v1::INSURED_CARD_CLASSIFICATION_SPECIAL_RETIRED:
      return "特例退職";
    case v1::INSURED_CARD_CLASSIFICATION_SELF_DEFENSE:
      return "自衛官";
    case v1::INSURED_CARD_CLASSIFICATION_MEDICAL_AID:
      return "医療扶助";
    default:
      // 05 has changed its meaning: the code alone stands for it.
      return {};
  }
}

absl::string_view NameOf(v1::LimitCertificateKind value) {
  switch (value) {
    case v1::LIMIT_CERTIFICATE_KIND_LIMIT:
      return "限度額適用認定証";
    case v1::LIMIT_CERTIFICATE_KIND_LIMIT_AND_STANDARD_REDUCTION:
      return "限度額適用・標準負担額減額認定証";
    case v1::LIMIT_CERTIFICATE_KIND_STANDARD_REDUCTION:
      return "標準負担額減額認定証";
    default:
      return {};
  }
}

absl::string_view NameOf(v1::LimitCategory value) {
  switch (value) {
    case v1::LIMIT_CATEGORY_A01:
      return "ア";
    case v1::LIMIT_CATEGORY_A02:
      return "イ";
    case v1::LIMIT_CATEGORY_A03:
      return "ウ";
    case v1::LIMIT_CATEGORY_A04:
      return "エ";
    case v1::LIMIT_CATEGORY_A05:
      return "オ";
    case v1::LIMIT_CATEGORY_A06:
      return "オ（境界層）";
    case v1::LIMIT_CATEGORY_B01:
      return "現役並みⅢ";
    case v1::LIMIT_CATEGORY_B02:
      return "現役並みⅡ";
    case v1::LIMIT_CATEGORY_B03:
      return "現役並みⅠ";
    case v1::LIMIT_CATEGORY_B04:
      return "一般";
    case v1::LIMIT_CATEGORY_B05:
      return "低所得Ⅱ";
    case v1::LIMIT_CATEGORY_B06:
      return "低所得Ⅰ";
    case v1::LIMIT_CATEGORY_B07:
      return "低所得Ⅰ（老福）";
    case v1::LIMIT_CATEGORY_B08:
      return "低所得Ⅰ（境界層）";
    case v1::LIMIT_CATEGORY_B09:
      return "一般Ⅱ";
    case v1::LIMIT_CATEGORY_B10:
      return "一般Ⅰ";
    default:
      return {};
  }
}

absl::string_view NameOf(v1::SpecificDisease value) {
  switch (value) {
    case v1::SPECIFIC_DISEASE_DIALYSIS:
      return "人工透析を要する慢性腎不全";
    case v1::SPECIFIC_DISEASE_COAGULATION:
      return "先天性血液凝固因子障害";
    case v1::SPECIFIC_DISEASE_HIV_BY_BLOOD_PRODUCT:
      return "血液凝固因子製剤によるHIV感染症";
    default:
      return {};
  }
}

absl::string_view NameOf(v1::TicketType value) {
  switch (value) {
    case v1::TICKET_TYPE_MEDICAL:
      return "医療券";
    case v1::TICKET_TYPE_DISPENSING:
      return "調剤券";
    default:
      return {};
  }
}

absl::string_view NameOf(v1::MedicalTreatmentType value) {
  switch (value) {
    case v1::MEDICAL_TREATMENT_TYPE_INPATIENT:
      return "入院";
    case v1::MEDICAL_TREATMENT_TYPE_OUTPATIENT:
      return "入院外";
    case v1::MEDICAL_TREATMENT_TYPE_DENTAL:
      return "歯科";
    case v1::MEDICAL_TREATMENT_TYPE_DISPENSING:
      return "調剤";
    case v1::MEDICAL_TREATMENT_TYPE_HOME_NURSING:
      return "訪問看護";
    default:
      return {};
  }
}

absl::string_view NameOf(v1::ConsentCategory value) {
  switch (value) {
    case v1::CONSENT_CATEGORY_DRUG:
      return "薬剤情報の閲覧同意";
    case v1::CONSENT_CATEGORY_CHECKUP:
      return "特定健診情報の閲覧同意";
    case v1::CONSENT_CATEGORY_DIAGNOSIS:
      return "診療情報の閲覧同意";
    case v1::CONSENT_CATEGORY_OPERATION:
      return "手術情報の閲覧同意";
    case v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE:
      return "限度額適用認定証情報の提供同意";
    case v1::CONSENT_CATEGORY_SPECIFIC_DISEASE:
      return "特定疾病療養受療証情報の提供同意";
    default:
      return {};
  }
}

absl::string_view ElementOf(v1::ConsentCategory value) {
  switch (value) {
    case v1::CONSENT_CATEGORY_DRUG:
      return "PharmacistsInfo";
    case v1::CONSENT_CATEGORY_CHECKUP:
      return "SpecificHealthCheckupsInfo";
    case v1::CONSENT_CATEGORY_DIAGNOSIS:
      return "DiagnosisInfo";
    case v1::CONSENT_CATEGORY_OPERATION:
      return "OperationInfo";
    case v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE:
      return "LimitApplicationCertificateRelated";
    case v1::CONSENT_CATEGORY_SPECIFIC_DISEASE:
      return "SpecificDiseasesCertificateRelated";
    default:
      return {};
  }
}

}  // namespace madoguchi::hl7::fhir
