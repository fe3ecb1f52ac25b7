#ifndef MADOGUCHI_TESTS_SIM_PEOPLE_H_
#define MADOGUCHI_TESTS_SIM_PEOPLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "madoguchi/v1/confirmation.pb.h"

// The fictional population: prefecture 99, post codes 000-xxxx, invented places. Pure functions.
namespace madoguchi::sim {

// An invented insurer. `number` ends in its check digit; its prefecture is 99.
struct Insurer {
  absl::string_view number;
  absl::string_view name;
};
inline constexpr Insurer kKyokai{"01990019", "架空健康保険協会みほん支部"};
inline constexpr Insurer kMachineKumiai{"06990121", "見本機械健康保険組合"};
inline constexpr Insurer kTradeKumiai{"06990345", "架空商事健康保険組合"};
inline constexpr Insurer kMihonCity{"990119", "見本市"};
inline constexpr Insurer kKakuCity{"990127", "架空市"};
inline constexpr Insurer kHinaTown{"990135", "雛形町"};
inline constexpr Insurer kKouki{"39991013", "みほん県後期高齢者医療広域連合"};
inline constexpr Insurer kWelfareOffice{"12990016", "見本市福祉事務所"};

// The check digit of an insurer number whose other digits are `digits`: weights 2, 1, 2, … from the
// right, digits of the products added, filled up to a multiple of ten.
char InsurerCheckDigit(absl::string_view digits);
// True for 6 or 8 digits that end in their check digit.
bool IsInsurerNumber(absl::string_view number);

// What a qualification is made of.
struct Member {
  absl::string_view family = {};
  absl::string_view family_kana = {};
  absl::string_view given = {};
  absl::string_view given_kana = {};
  // OQSCD007.
  absl::string_view sex = "1";
  absl::CivilDay birth = {};
  Insurer insurer = kKyokai;
  std::string symbol = {};
  std::string number = {};
  // Empty: none.
  std::string branch = {};
  // Empty: no chart number registered.
  std::string reference_number = {};
  // Picks the address and the post code.
  int house = 1;
};

// A valid qualification of `member` as OQS would answer it on `today`, consents all refused. Dates
// that depend on the day of the push are left empty (see FillPush).
v1::Qualification MakeQualification(const Member& member, absl::CivilDay today);
// A normal answer to a card read (segment 1, status 1, validity 1) without qualifications.
v1::Confirmation MakeAnswer();

// Sets the flag of `category`, adding the consent if it is not there. Times stay empty: they are
// those of the push.
void SetConsent(v1::Qualification& qualification, v1::ConsentCategory category,
                absl::string_view flag_code);
// The four categories that come with a window: drug, checkup, diagnosis, operation.
inline constexpr v1::ConsentCategory kMedicalConsents[] = {
    v1::CONSENT_CATEGORY_DRUG, v1::CONSENT_CATEGORY_CHECKUP, v1::CONSENT_CATEGORY_DIAGNOSIS,
    v1::CONSENT_CATEGORY_OPERATION};

// Everything about an age between 70 and 74, and from 75 on (ratio: `010`, `020` or `030`).
void AddElderlyCertificate(v1::Qualification& qualification, absl::CivilDay today,
                           absl::string_view ratio);
void SetKoukiRatio(v1::Qualification& qualification, absl::CivilDay today, absl::string_view ratio);

// Patients 1 to `count`, all with a valid qualification. The same arguments give the same people on
// every machine.
std::vector<v1::Confirmation> MakePatients(uint64_t seed, int count, absl::CivilDay today);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_PEOPLE_H_
