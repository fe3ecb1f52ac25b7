#include "agent/oqs/code_tables.h"

#include "madoguchi/v1/codes.pb.h"

namespace madoguchi::oqs {
namespace {

constexpr CodeRow kLimitConsentRows[] = {
    {"0", v1::LIMIT_CONSENT_REFUSED, "未同意"},
    {"1", v1::LIMIT_CONSENT_GRANTED, "同意"},
};

constexpr CodeRow kLimitConsentAsFlagRows[] = {
    {"0", v1::CONSENT_FLAG_REFUSED, "未同意"},
    {"1", v1::CONSENT_FLAG_GRANTED, "同意"},
};

constexpr CodeRow kReferenceClassificationRows[] = {
    {"1", v1::REFERENCE_CLASSIFICATION_MY_NUMBER_CARD, "マイナンバーカード"},
    {"2", v1::REFERENCE_CLASSIFICATION_INSURANCE_IDENTIFIERS, "被保険者証情報"},
};

constexpr CodeRow kSegmentOfResultRows[] = {
    {"1", v1::SEGMENT_OF_RESULT_NORMAL, "正常終了"},
    {"2", v1::SEGMENT_OF_RESULT_PROCESSING, "処理中"},
    {"9", v1::SEGMENT_OF_RESULT_ABNORMAL, "異常終了"},
};

constexpr CodeRow kProcessingResultStatusRows[] = {
    {"1", v1::PROCESSING_RESULT_STATUS_NORMAL, "正常終了"},
    {"2", v1::PROCESSING_RESULT_STATUS_ERROR, "エラー"},
};

constexpr CodeRow kCharacterCodeRows[] = {
    {"0", v1::CHARACTER_CODE_UTF_8, "UTF-8"},
    {"1", v1::CHARACTER_CODE_SHIFT_JIS, "Shift_JIS"},
};

constexpr CodeRow kValidityRows[] = {
    {"1", v1::VALIDITY_VALID, "有効"},
    {"2", v1::VALIDITY_INVALID, "無効"},
    {"3", v1::VALIDITY_INVALID_NEWER_EXISTS, "無効（新しい資格あり）"},
    {"4", v1::VALIDITY_NOT_FOUND, "該当資格なし"},
    {"5", v1::VALIDITY_SEVERAL_MATCH, "複数該当"},
    {"6", v1::VALIDITY_VALID_UNREGISTERED, "有効（未登録）"},
};

constexpr CodeRow kSexRows[] = {
    {"1", v1::SEX_MALE, "男"},
    {"2", v1::SEX_FEMALE, "女"},
    {"3", v1::SEX_NOT_SET, "未設定"},
};

constexpr CodeRow kReasonOfLossRows[] = {
    {"01", v1::REASON_OF_LOSS_DEATH, "死亡"},
    {"02", v1::REASON_OF_LOSS_PUBLIC_ASSISTANCE, "生活保護受給開始"},
    {"03", v1::REASON_OF_LOSS_OTHER_INSURANCE, "医療保険等の資格取得"},
    {"99", v1::REASON_OF_LOSS_OTHER, "その他"},
};

constexpr CodeRow kPersonalFamilyRows[] = {
    {"1", v1::PERSONAL_FAMILY_INSURED, "本人"},
    {"2", v1::PERSONAL_FAMILY_DEPENDANT, "家族"},
};

constexpr CodeRow kInsuredCardClassificationRows[] = {
    {"01", v1::INSURED_CARD_CLASSIFICATION_GENERAL, "一般"},
    {"02", v1::INSURED_CARD_CLASSIFICATION_RETIRED, "退職"},
    {"03", v1::INSURED_CARD_CLASSIFICATION_SHORT_TERM_GENERAL, "短期（一般）"},
    {"04", v1::INSURED_CARD_CLASSIFICATION_SHORT_TERM_RETIRED, "短期（退職）"},
    {"05", v1::INSURED_CARD_CLASSIFICATION_SPECIAL_MEDICAL_EXPENSE,
     "被保険者資格証明書（特別療養費支給対象者）"},
    {"06", v1::INSURED_CARD_CLASSIFICATION_SPECIAL_RETIRED, "特例退職"},
    {"07", v1::INSURED_CARD_CLASSIFICATION_SELF_DEFENSE, "自衛官"},
    {"A1", v1::INSURED_CARD_CLASSIFICATION_MEDICAL_AID, "医療扶助"},
};

constexpr CodeRow kLimitCertificateKindRows[] = {
    {"01", v1::LIMIT_CERTIFICATE_KIND_LIMIT, "限度額適用認定証"},
    {"02", v1::LIMIT_CERTIFICATE_KIND_LIMIT_AND_STANDARD_REDUCTION,
     "限度額適用・標準負担額減額認定証"},
    {"03", v1::LIMIT_CERTIFICATE_KIND_STANDARD_REDUCTION, "標準負担額減額認定証"},
};

constexpr CodeRow kLimitCategoryRows[] = {
    {"A01", v1::LIMIT_CATEGORY_A01, "ア"},
    {"A02", v1::LIMIT_CATEGORY_A02, "イ"},
    {"A03", v1::LIMIT_CATEGORY_A03, "ウ"},
    {"A04", v1::LIMIT_CATEGORY_A04, "エ"},
    {"A05", v1::LIMIT_CATEGORY_A05, "オ"},
    {"A06", v1::LIMIT_CATEGORY_A06, "オ（境界層）"},
    {"B01", v1::LIMIT_CATEGORY_B01, "現役並みⅢ"},
    {"B02", v1::LIMIT_CATEGORY_B02, "現役並みⅡ"},
    {"B03", v1::LIMIT_CATEGORY_B03, "現役並みⅠ"},
    {"B04", v1::LIMIT_CATEGORY_B04, "一般"},
    {"B05", v1::LIMIT_CATEGORY_B05, "低所得Ⅱ"},
    {"B06", v1::LIMIT_CATEGORY_B06, "低所得Ⅰ"},
    {"B07", v1::LIMIT_CATEGORY_B07, "低所得Ⅰ（老福）"},
    {"B08", v1::LIMIT_CATEGORY_B08, "低所得Ⅰ（境界層）"},
    {"B09", v1::LIMIT_CATEGORY_B09, "一般Ⅱ"},
    {"B10", v1::LIMIT_CATEGORY_B10, "一般Ⅰ"},
};

constexpr CodeRow kSpecificDiseaseRows[] = {
    {"1", v1::SPECIFIC_DISEASE_DIALYSIS, "人工透析を要する慢性腎不全"},
    {"2", v1::SPECIFIC_DISEASE_COAGULATION, "先天性血液凝固因子障害"},
    {"3", v1::SPECIFIC_DISEASE_HIV_BY_BLOOD_PRODUCT, "血液凝固因子製剤によるHIV感染症"},
};

constexpr CodeRow kLimitChangedRows[] = {
    {"0", v1::LIMIT_CHANGED_NO, "変更なし"},
    {"1", v1::LIMIT_CHANGED_YES, "変更あり、または判定不能"},
};

constexpr CodeRow kPreschoolRows[] = {
    {"1", v1::PRESCHOOL_YES, "未就学"},
    {"2", v1::PRESCHOOL_AT_SCHOOL, "就学中"},
};

constexpr CodeRow kConsentFlagRows[] = {
    {"0", v1::CONSENT_FLAG_REFUSED, "同意なし"},
    {"1", v1::CONSENT_FLAG_GRANTED, "同意あり"},
    {"2", v1::CONSENT_FLAG_EXPIRED, "同意有効期限切れ"},
    {"3", v1::CONSENT_FLAG_NOT_OBTAINABLE, "同意取得困難"},
};

constexpr CodeRow kPrescriptionIssueRows[] = {
    {"1", v1::PRESCRIPTION_ISSUE_ELECTRONIC, "電子処方箋"},
    {"2", v1::PRESCRIPTION_ISSUE_PAPER, "紙の処方箋"},
};

constexpr CodeRow kTicketTypeRows[] = {
    {"01", v1::TICKET_TYPE_MEDICAL, "医療券"},
    {"02", v1::TICKET_TYPE_DISPENSING, "調剤券"},
};

constexpr CodeRow kMedicalTreatmentTypeRows[] = {
    {"01", v1::MEDICAL_TREATMENT_TYPE_INPATIENT, "入院"},
    {"02", v1::MEDICAL_TREATMENT_TYPE_OUTPATIENT, "入院外"},
    {"03", v1::MEDICAL_TREATMENT_TYPE_DENTAL, "歯科"},
    {"04", v1::MEDICAL_TREATMENT_TYPE_DISPENSING, "調剤"},
    {"05", v1::MEDICAL_TREATMENT_TYPE_HOME_NURSING, "訪問看護"},
};

constexpr CodeRow kSingleOrCombinedRows[] = {
    {"01", v1::SINGLE_OR_COMBINED_SINGLE, "単独"},
    {"02", v1::SINGLE_OR_COMBINED_COMBINED, "併用"},
};

constexpr CodeRow kSocialInsuranceRows[] = {
    {"01", v1::PRESENCE_YES, "あり"},
    {"02", v1::PRESENCE_NO, "なし"},
};

constexpr CodeRow kConsistencyRows[] = {
    {"1", v1::CONSISTENCY_INCONSISTENT, "不整合あり"},
};

constexpr CodeRow kInfectionRows[] = {
    {"01", v1::PRESENCE_YES, "あり"},
    {"02", v1::PRESENCE_NO, "なし"},
};

constexpr CodeRow kElderlyCareRows[] = {
    {"01", v1::PRESENCE_YES, "あり"},
    {"02", v1::PRESENCE_NO, "なし"},
};

constexpr CodeRow kPrefecturalExpensesRows[] = {
    {"01", v1::PRESENCE_YES, "あり"},
    {"02", v1::PRESENCE_NO, "なし"},
};

constexpr CodeRow kDesignatedInstitutionRows[] = {
    {"0", v1::DESIGNATED_INSTITUTION_SAME, "一致"},
    {"1", v1::DESIGNATED_INSTITUTION_OTHER, "不一致"},
};

constexpr CodeRow kMedicalTreatmentFlagRows[] = {
    {"1", v1::MEDICAL_TREATMENT_FLAG_OUTPATIENT, "外来"},
    {"2", v1::MEDICAL_TREATMENT_FLAG_HOME_VISIT, "訪問診療等"},
    {"3", v1::MEDICAL_TREATMENT_FLAG_ONLINE, "オンライン診療等"},
    {"4", v1::MEDICAL_TREATMENT_FLAG_EMERGENCY, "救急時"},
};

}  // namespace

constexpr CodeTable kLimitConsentCodes = {"OQSCD001", "限度額適用認定証提供同意フラグ",
                                          kLimitConsentRows};
constexpr CodeTable kLimitConsentAsFlagCodes = {"OQSCD001", "限度額適用認定証提供同意フラグ",
                                                kLimitConsentAsFlagRows};
constexpr CodeTable kReferenceClassificationCodes = {"OQSCD002", "照会区分",
                                                     kReferenceClassificationRows};
constexpr CodeTable kSegmentOfResultCodes = {"OQSCD003", "処理結果区分", kSegmentOfResultRows};
constexpr CodeTable kProcessingResultStatusCodes = {"OQSCD004", "処理結果状況",
                                                    kProcessingResultStatusRows};
constexpr CodeTable kCharacterCodeCodes = {"OQSCD005", "文字コード識別", kCharacterCodeRows};
constexpr CodeTable kValidityCodes = {"OQSCD006", "資格有効性", kValidityRows};
constexpr CodeTable kSexCodes = {"OQSCD007", "性別", kSexRows};
constexpr CodeTable kReasonOfLossCodes = {"OQSCD008", "資格喪失事由", kReasonOfLossRows};
constexpr CodeTable kPersonalFamilyCodes = {"OQSCD009", "本人・家族の別", kPersonalFamilyRows};
constexpr CodeTable kInsuredCardClassificationCodes = {"OQSCD010", "被保険者証区分",
                                                       kInsuredCardClassificationRows};
constexpr CodeTable kLimitCertificateKindCodes = {"OQSCD011", "限度額適用認定証区分",
                                                  kLimitCertificateKindRows};
constexpr CodeTable kLimitCategoryCodes = {"OQSCD012", "限度額適用認定証適用区分",
                                           kLimitCategoryRows};
constexpr CodeTable kSpecificDiseaseCodes = {"OQSCD013", "特定疾病", kSpecificDiseaseRows};
constexpr CodeTable kLimitChangedCodes = {"OQSCD014", "限度額情報変更有無", kLimitChangedRows};
constexpr CodeTable kPreschoolCodes = {"OQSCD015", "未就学区分", kPreschoolRows};
constexpr CodeTable kConsentFlagCodes = {"OQSCD016", "閲覧同意フラグ", kConsentFlagRows};
constexpr CodeTable kPrescriptionIssueCodes = {"OQSCD017", "処方箋発行形態",
                                               kPrescriptionIssueRows};
constexpr CodeTable kTicketTypeCodes = {"OQSCD018", "医療券・調剤券の別", kTicketTypeRows};
constexpr CodeTable kMedicalTreatmentTypeCodes = {"OQSCD019", "診療別", kMedicalTreatmentTypeRows};
constexpr CodeTable kSingleOrCombinedCodes = {"OQSCD020", "単独・併用別", kSingleOrCombinedRows};
constexpr CodeTable kSocialInsuranceCodes = {"OQSCD021", "社会保険の有無", kSocialInsuranceRows};
constexpr CodeTable kConsistencyCodes = {"OQSCD022", "整合性フラグ", kConsistencyRows};
constexpr CodeTable kInfectionCodes = {"OQSCD023", "感染症法37条の2の該当", kInfectionRows};
constexpr CodeTable kElderlyCareCodes = {"OQSCD024", "後期高齢者医療の該当", kElderlyCareRows};
constexpr CodeTable kPrefecturalExpensesCodes = {"OQSCD025", "都道府県費の該当",
                                                 kPrefecturalExpensesRows};
constexpr CodeTable kDesignatedInstitutionCodes = {"OQSCD026", "指定医療機関一致フラグ",
                                                   kDesignatedInstitutionRows};
constexpr CodeTable kMedicalTreatmentFlagCodes = {"OQSCD028", "診療等区分",
                                                  kMedicalTreatmentFlagRows};

}  // namespace madoguchi::oqs
