#ifndef MADOGUCHI_AGENT_RECORDS_PERSON_MATCH_H_
#define MADOGUCHI_AGENT_RECORDS_PERSON_MATCH_H_

#include <string>

#include "madoguchi/v1/confirmation.pb.h"
#include "madoguchi/v1/types.pb.h"

// Whether a medical record is about the person it was asked for. OQS's answer carries no insured
// number, only a patient block of four items. Pure functions.
namespace madoguchi::records {

// The patient block of an answer (YZK: QuaInf, TKK: QualificationsInfo).
struct PatientFacts {
  std::string name;
  std::string name_kana;
  v1::Date birth_date;
  std::string sex_code;
};

enum class PersonMatch {
  kSame,
  // The block lacks what is needed to tell.
  kIncomplete,
  kOtherBirthDate,
  kOtherSex,
  kOtherName,
};

// Equal birth date and sex, and one of: equal kana (width, small kana and spaces do not count);
// equal name without any ●; equal name with ● standing for one character each, as long as the two
// kana do not contradict it - twins share birth date, sex and family name, and a ● where their
// names differ would make them one. Everything but kSame means: not this patient.
PersonMatch MatchPerson(const v1::Qualification& asked, const PatientFacts& answered);

}  // namespace madoguchi::records

#endif  // MADOGUCHI_AGENT_RECORDS_PERSON_MATCH_H_
