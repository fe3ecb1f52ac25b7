#include "agent/records/consent_rule.h"

#include <gtest/gtest.h>

#include "agent/base/error.h"
#include "tests/records/receptions.h"

namespace madoguchi::records {
namespace {

using base::ErrorCode;
constexpr v1::ConsentCategory kDrug = v1::CONSENT_CATEGORY_DRUG;
constexpr v1::ConsentCategory kCheckup = v1::CONSENT_CATEGORY_CHECKUP;

void ExpectRefused(const absl::StatusOr<Window>& window, ErrorCode code) {
  EXPECT_TRUE(base::Is(window.status(), code)) << window.status();
}

TEST(ConsentRuleTest, OpenUntilItsEndAndNotAMomentLonger) {
  const absl::Time end = Morning() + absl::Hours(24);
  const v1::Reception reception = Consented(kDrug, end);
  const auto window = FindWindow(reception, kDrug, Morning());
  ASSERT_TRUE(window.ok()) << window.status();
  EXPECT_EQ(window->qualification_index, 0);
  EXPECT_EQ(window->until, end);
  EXPECT_TRUE(FindWindow(reception, kDrug, end - absl::Milliseconds(1)).ok());
  ExpectRefused(FindWindow(reception, kDrug, end), ErrorCode::kConsentEnded);
}

TEST(ConsentRuleTest, NobodyAskedOrThePatientSaidNo) {
  ExpectRefused(FindWindow(MakeReception(), kDrug, Morning()), ErrorCode::kNoConsent);
  for (const v1::ConsentFlag flag :
       {v1::CONSENT_FLAG_REFUSED, v1::CONSENT_FLAG_NOT_OBTAINABLE, v1::CONSENT_FLAG_UNSPECIFIED}) {
    v1::Reception reception = Consented(kDrug);
    reception.mutable_confirmation()->mutable_qualifications(0)->mutable_consents(0)->set_flag(
        flag);
    ExpectRefused(FindWindow(reception, kDrug, Morning()), ErrorCode::kNoConsent);
  }
  v1::Reception expired = Consented(kDrug);
  expired.mutable_confirmation()->mutable_qualifications(0)->mutable_consents(0)->set_flag(
      v1::CONSENT_FLAG_EXPIRED);
  ExpectRefused(FindWindow(expired, kDrug, Morning()), ErrorCode::kConsentEnded);
}

TEST(ConsentRuleTest, ConsentToOneCategoryOpensNoOther) {
  ExpectRefused(FindWindow(Consented(kCheckup), kDrug, Morning()), ErrorCode::kNoConsent);
  ExpectRefused(FindWindow(Consented(kDrug), v1::CONSENT_CATEGORY_DIAGNOSIS, Morning()),
                ErrorCode::kNoConsent);
}

TEST(ConsentRuleTest, ConsentOfAnotherQualificationCoversNothing) {
  v1::Reception reception = MakeReception();
  v1::Qualification& assistance = *reception.mutable_confirmation()->add_qualifications();
  // 医療扶助: no insurer and number that a question could name.
  assistance.set_public_expense_number("12990003");
  assistance.set_beneficiary_number("0001112");
  AddConsent(assistance, kDrug, v1::CONSENT_FLAG_GRANTED, Morning() + absl::Hours(24));
  OpenConsent(reception, 1, kDrug, Morning() + absl::Hours(24));
  ExpectRefused(FindWindow(reception, kDrug, Morning()), ErrorCode::kNoConsent);
  ExpectRefused(WindowOf(reception, kDrug, 0, Morning()), ErrorCode::kNoConsent);
  ExpectRefused(WindowOf(reception, kDrug, 1, Morning()), ErrorCode::kNoConsent);
  // With identifiers of its own it is the one that is addressed.
  *assistance.mutable_insured() = reception.confirmation().qualifications(0).insured();
  const auto window = FindWindow(reception, kDrug, Morning());
  ASSERT_TRUE(window.ok()) << window.status();
  EXPECT_EQ(window->qualification_index, 1);
  ExpectRefused(WindowOf(reception, kDrug, 0, Morning()), ErrorCode::kNoConsent);
  ExpectRefused(WindowOf(reception, kDrug, 2, Morning()), ErrorCode::kNoConsent);
  ExpectRefused(WindowOf(reception, kDrug, -1, Morning()), ErrorCode::kNoConsent);
}

TEST(ConsentRuleTest, WhatHasBeenShutStaysShut) {
  // The window has ended once (the snapshot lost it); the clock was set back since.
  v1::Reception reception = Consented(kDrug);
  reception.clear_usable_consents();
  ExpectRefused(FindWindow(reception, kDrug, Morning()), ErrorCode::kConsentEnded);
}

TEST(ConsentRuleTest, AnEndThatIsNoTimeOpensNothing) {
  v1::Reception reception = Consented(kDrug);
  v1::Consent& consent =
      *reception.mutable_confirmation()->mutable_qualifications(0)->mutable_consents(0);
  *consent.mutable_available_until() = base::ParseOqsTime("soon");
  ExpectRefused(FindWindow(reception, kDrug, Morning()), ErrorCode::kConsentEnded);
  consent.clear_available_until();
  ExpectRefused(FindWindow(reception, kDrug, Morning()), ErrorCode::kConsentEnded);
  *consent.mutable_available_until() = base::ParseOqsTime("99991231235959");
  const auto window = FindWindow(reception, kDrug, Morning());
  ASSERT_TRUE(window.ok()) << window.status();
  EXPECT_EQ(window->until, absl::InfiniteFuture());
}

TEST(ConsentRuleTest, TwoWordsAboutOneCategoryAreNone) {
  v1::Reception reception = Consented(kDrug);
  AddConsent(*reception.mutable_confirmation()->mutable_qualifications(0), kDrug,
             v1::CONSENT_FLAG_REFUSED, Morning() + absl::Hours(24));
  ExpectRefused(FindWindow(reception, kDrug, Morning()), ErrorCode::kNoConsent);
}

TEST(ConsentRuleTest, WithdrawnShutsAtOnceAlsoForLateReceivers) {
  v1::Reception superseded = Consented(kDrug);
  superseded.set_superseded_by("r2");
  v1::Reception cancelled = Consented(kDrug);
  cancelled.set_state(v1::RECEPTION_STATE_CANCELLED);
  v1::Reception unassigned = Consented(kDrug);
  *unassigned.mutable_assignment()->mutable_unassigned_at() = base::ToProto(Morning());
  for (const v1::Reception& reception : {superseded, cancelled, unassigned}) {
    ExpectRefused(FindWindow(reception, kDrug, Morning()), ErrorCode::kConsentWithdrawn);
    EXPECT_TRUE(base::Is(CheckGrace(reception, Morning(), absl::Hours(72), Morning()),
                         ErrorCode::kConsentWithdrawn));
  }
}

TEST(ConsentRuleTest, OnlyReceptionsThatCanHaveRecords) {
  for (const v1::ReceptionOrigin origin :
       {v1::RECEPTION_ORIGIN_IDENTIFIERS, v1::RECEPTION_ORIGIN_BATCH_UNIT,
        v1::RECEPTION_ORIGIN_UNSPECIFIED}) {
    v1::Reception reception = Consented(kDrug);
    reception.set_origin(origin);
    ExpectRefused(FindWindow(reception, kDrug, Morning()), ErrorCode::kNoRecordsHere);
  }
  v1::Reception own = Consented(kDrug);
  own.set_origin(v1::RECEPTION_ORIGIN_OWN_READER);
  EXPECT_TRUE(FindWindow(own, kDrug, Morning()).ok());
  own.set_records_closed(true);
  ExpectRefused(FindWindow(own, kDrug, Morning()), ErrorCode::kNoRecordsHere);
  for (int state = v1::ReceptionState_MIN; state <= v1::ReceptionState_MAX; ++state) {
    if (state == v1::RECEPTION_STATE_ANSWERED) continue;
    v1::Reception reception = Consented(kDrug);
    reception.set_state(static_cast<v1::ReceptionState>(state));
    EXPECT_FALSE(FindWindow(reception, kDrug, Morning()).ok()) << state;
  }
}

TEST(ConsentRuleTest, LateDeliveryEndsWithTheGrace) {
  v1::Reception reception = Consented(kDrug);
  reception.set_state(v1::RECEPTION_STATE_CLOSED);
  const absl::Duration grace = absl::Hours(72);
  EXPECT_TRUE(CheckGrace(reception, Morning(), grace, Morning() + grace - absl::Seconds(1)).ok());
  EXPECT_TRUE(base::Is(CheckGrace(reception, Morning(), grace, Morning() + grace),
                       ErrorCode::kConsentEnded));
  EXPECT_TRUE(base::Is(CheckGrace(reception, Morning(), grace, Morning() - absl::Seconds(1)),
                       ErrorCode::kConsentEnded));
  reception.set_state(v1::RECEPTION_STATE_REFUSED);
  EXPECT_FALSE(CheckGrace(reception, Morning(), grace, Morning()).ok());
}

}  // namespace
}  // namespace madoguchi::records
