#ifndef MADOGUCHI_TESTS_RECORDS_RECEPTIONS_H_
#define MADOGUCHI_TESTS_RECORDS_RECEPTIONS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "agent/base/japan_time.h"
#include "madoguchi/v1/reception.pb.h"

namespace madoguchi::records {

// 2026-04-10 09:00 in Japan.
inline absl::Time Morning() {
  return base::JapanDayStart(absl::CivilDay(2026, 4, 10)) + absl::Hours(9);
}

inline void AddConsent(v1::Qualification& qualification, v1::ConsentCategory category,
                       v1::ConsentFlag flag, absl::Time until) {
  v1::Consent& consent = *qualification.add_consents();
  consent.set_category(category);
  consent.set_flag(flag);
  *consent.mutable_available_until() = base::ParseOqsTime(base::FormatOqsTime(until));
}

// Somebody fictional who was read at `Morning()` and consented to nothing yet.
inline v1::Reception MakeReception() {
  v1::Reception reception;
  reception.set_reception_id("r1");
  reception.set_counter("main");
  reception.set_medical_institution_code("9910000017");
  reception.set_state(v1::RECEPTION_STATE_ANSWERED);
  reception.set_origin(v1::RECEPTION_ORIGIN_FACE_READER);
  v1::Qualification& qualification = *reception.mutable_confirmation()->add_qualifications();
  qualification.mutable_insured()->set_insurer_number("06990121");
  qualification.mutable_insured()->set_symbol("窓本・12");
  qualification.mutable_insured()->set_number("3456");
  qualification.mutable_insured()->set_branch("00");
  qualification.set_name("架空　太郎");
  qualification.set_name_kana("ｶｸｳ ﾀﾛｳ");
  *qualification.mutable_birth_date() = base::ParseOqsDate("19800115");
  qualification.set_sex1_code("1");
  qualification.set_sex1(v1::SEX_MALE);
  return reception;
}

inline void OpenConsent(v1::Reception& reception, int index, v1::ConsentCategory category,
                        absl::Time until) {
  v1::UsableConsent& open = *reception.add_usable_consents();
  open.set_category(category);
  open.set_qualification_index(index);
  if (until != absl::InfiniteFuture()) *open.mutable_until() = base::ToProto(until);
}

// The same with consent to `category` for 24 hours.
inline v1::Reception Consented(v1::ConsentCategory category,
                               absl::Time until = Morning() + absl::Hours(24)) {
  v1::Reception reception = MakeReception();
  AddConsent(*reception.mutable_confirmation()->mutable_qualifications(0), category,
             v1::CONSENT_FLAG_GRANTED, until);
  OpenConsent(reception, 0, category, until);
  return reception;
}

}  // namespace madoguchi::records

#endif  // MADOGUCHI_TESTS_RECORDS_RECEPTIONS_H_
