#ifndef MADOGUCHI_ADAPTERS_DESTINATION_ORCA_MESSAGES_H_
#define MADOGUCHI_ADAPTERS_DESTINATION_ORCA_MESSAGES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "madoguchi/v1/confirmation.pb.h"

// Messages of the API of the receipt computer ORCA (日医標準レセプトソフト API), in its form
// `xml2`: what its public pages patientlist and patientmod say, no more. Pure functions. Answers
// are hostile: bounded, without a document type, read by the names below and nothing else.
namespace madoguchi::adapters {

inline constexpr size_t kMostOrcaBytes = size_t{4} << 20;
inline constexpr char kOrcaFindPath[] = "/api01rv2/patientlst2v2?class=01";
inline constexpr char kOrcaAddPath[] = "/orca12/patientmodv2?class=04";

// One insurance of a patient there, each field as it is written.
struct OrcaInsurance {
  std::string insurer_number;
  std::string symbol;
  std::string number;
  std::string branch;
  std::string relation;
  std::string expired;
};
struct OrcaPublicInsurance {
  std::string payer_number;
  std::string recipient_number;
};
struct OrcaPatient {
  std::string patient_id;
  std::string name;
  std::string kana;
  std::string birth_date;
  std::string sex;
  std::vector<OrcaInsurance> insurances;
  std::vector<OrcaPublicInsurance> public_insurances;
};

// The question for one patient by number. This one and not `patientgetv2`, whose answer may hold
// the national personal number, which is never asked for here.
std::string OrcaFindRequest(absl::string_view patient_id);
// MDG-2306 for what is no answer; MDG-2304 when another screen has the patient open; MDG-2307 when
// the user is not registered; MDG-2311 for a number nobody has; MDG-2305 for any other code, which
// `what` names.
absl::StatusOr<OrcaPatient> ReadOrcaPatient(absl::string_view answer);

// What of an answer of OQS is not so in the receipt computer: names of ORCA's fields, never values.
// Empty: all that counts today is there. Birth date and sex are compared first: a difference there
// is probably another person, and is told alone.
std::vector<std::string> OrcaDifferences(const v1::Confirmation& confirmation,
                                         const OrcaPatient& patient);

// The request that adds those insurances and public insurances of the answer whose insurer or payer
// the patient does not have there. Empty when there is none.
std::string OrcaAddRequest(const v1::Confirmation& confirmation, const OrcaPatient& patient);
// The same failures as ReadOrcaPatient.
absl::Status ReadOrcaAdded(absl::string_view answer);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_DESTINATION_ORCA_MESSAGES_H_
