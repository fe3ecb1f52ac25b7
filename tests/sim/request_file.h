#ifndef MADOGUCHI_TESTS_SIM_REQUEST_FILE_H_
#define MADOGUCHI_TESTS_SIM_REQUEST_FILE_H_

#include <string>

#include "agent/base/japan_time.h"
#include "agent/oqs/message.h"
#include "tests/sim/site.h"

// For tests: the request file an asker would write.
namespace madoguchi::sim {

inline v1::OqsMessage MakeRequest(const v1::EligibilityQuery& query,
                                  const std::string& identifier) {
  v1::OqsMessage request;
  request.set_family(v1::MESSAGE_FAMILY_OQSSIQUC01);
  request.set_role(v1::MESSAGE_ROLE_REQUEST);
  *request.mutable_query() = query;
  v1::MessageHeader& header = *request.mutable_request_header();
  header.set_medical_institution_code(std::string(kInstitution));
  header.set_arbitrary_file_identifier(identifier);
  *header.mutable_confirmation_date() = base::ParseOqsDate("20260410");
  return request;
}

// What asks for qualification number `place` of a person.
inline v1::EligibilityQuery QueryFor(const v1::Confirmation& person, int place = 0) {
  v1::EligibilityQuery query;
  *query.mutable_insured() = person.qualifications(place).insured();
  query.mutable_insured()->clear_insurer_number_trimmed();
  *query.mutable_birth_date() = person.qualifications(place).birth_date();
  return query;
}

// What asks for a medical record of qualification number `place` of a person, for all months.
inline v1::OqsMessage MakeRecordRequest(v1::MessageFamily family, const v1::Confirmation& person,
                                        const std::string& file_category,
                                        const std::string& identifier, int place = 0) {
  v1::OqsMessage request;
  request.set_family(family);
  request.set_role(v1::MESSAGE_ROLE_REQUEST);
  v1::InformationQuery& query = *request.mutable_information_query();
  query.set_medical_institution_code(std::string(kInstitution));
  query.set_arbitrary_file_identifier(identifier);
  *query.mutable_insured() = person.qualifications(place).insured();
  query.set_file_category_code(file_category);
  query.set_prescription_dispensing_code("1");
  query.set_treatment_flag_code("1");
  return request;
}

inline std::string RequestBytes(const v1::OqsMessage& request) {
  return *oqs::WriteMessage(request, oqs::Encoding::kUtf8);
}

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_REQUEST_FILE_H_
