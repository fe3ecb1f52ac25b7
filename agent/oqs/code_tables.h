#ifndef MADOGUCHI_AGENT_OQS_CODE_TABLES_H_
#define MADOGUCHI_AGENT_OQS_CODE_TABLES_H_

#include <span>

#include "absl/strings/string_view.h"

// The code tables of 別紙5-1 as far as they are public: text of the code <-> value of the enum.
namespace madoguchi::oqs {

struct CodeRow {
  // As sent.
  absl::string_view code;
  // Of the enum in codes.proto; never 0.
  int value;
  absl::string_view meaning_ja;
};

struct CodeTable {
  // `OQSCD006`.
  absl::string_view name;
  absl::string_view title_ja;
  std::span<const CodeRow> rows;

  // 0 (UNSPECIFIED) for a code nobody knows yet.
  int ValueOf(absl::string_view code) const {
    for (const CodeRow& row : rows) {
      if (row.code == code) return row.value;
    }
    return 0;
  }
  // Empty for 0 and values that are not in the table.
  absl::string_view CodeOf(int value) const {
    for (const CodeRow& row : rows) {
      if (row.value == value) return row.code;
    }
    return {};
  }
};

// OQSCD001 twice: as the answer to a question about the limit certificate, and as a consent.
extern const CodeTable kLimitConsentCodes;
extern const CodeTable kLimitConsentAsFlagCodes;
extern const CodeTable kReferenceClassificationCodes;
extern const CodeTable kSegmentOfResultCodes;
extern const CodeTable kProcessingResultStatusCodes;
extern const CodeTable kCharacterCodeCodes;
extern const CodeTable kValidityCodes;
extern const CodeTable kSexCodes;
extern const CodeTable kReasonOfLossCodes;
extern const CodeTable kPersonalFamilyCodes;
extern const CodeTable kInsuredCardClassificationCodes;
extern const CodeTable kLimitCertificateKindCodes;
extern const CodeTable kLimitCategoryCodes;
extern const CodeTable kSpecificDiseaseCodes;
extern const CodeTable kLimitChangedCodes;
extern const CodeTable kPreschoolCodes;
extern const CodeTable kConsentFlagCodes;
extern const CodeTable kPrescriptionIssueCodes;
extern const CodeTable kTicketTypeCodes;
extern const CodeTable kMedicalTreatmentTypeCodes;
extern const CodeTable kSingleOrCombinedCodes;
extern const CodeTable kSocialInsuranceCodes;
extern const CodeTable kConsistencyCodes;
extern const CodeTable kInfectionCodes;
extern const CodeTable kElderlyCareCodes;
extern const CodeTable kPrefecturalExpensesCodes;
extern const CodeTable kDesignatedInstitutionCodes;
extern const CodeTable kMedicalTreatmentFlagCodes;

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_CODE_TABLES_H_
