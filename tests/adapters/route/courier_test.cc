#include "adapters/route/courier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"

namespace madoguchi::adapters {
namespace {

using base::ErrorCode;
using Kind = Outcome::Kind;

class FakeSource final : public Source {
 public:
  absl::StatusOr<v1::Reception> Get(const std::string& /*id*/, absl::Time /*deadline*/) override {
    return reception;
  }
  absl::StatusOr<v1::OqsMessage> Record(const std::string& /*id*/, v1::ExportWhat /*what*/,
                                        absl::Time /*deadline*/) override {
    ++asked;
    return record;
  }

  absl::StatusOr<v1::Reception> reception;
  absl::StatusOr<v1::OqsMessage> record;
  int asked = 0;
};

class FakeDestination final : public Destination {
 public:
  Delivered Deliver(const Parcel& parcel, const Patience& /*patience*/) override {
    last = parcel;
    return answer;
  }
  absl::Status Probe(const Patience& /*patience*/) override { return absl::OkStatus(); }
  bool NeedsChart() const override { return needs_chart; }

  Parcel last;
  Delivered answer = {.kind = Delivered::Kind::kDone, .why = absl::OkStatus()};
  bool needs_chart = false;
};

class CourierTest : public ::testing::Test {
 protected:
  CourierTest() {
    v1::Reception reception;
    reception.set_reception_id("r");
    reception.set_state(v1::RECEPTION_STATE_ANSWERED);
    reception.mutable_confirmation()->set_confirmation_id("c");
    reception.mutable_confirmation()->add_qualifications()->set_name("試験　花子");
    v1::RecordStatus& drugs = *reception.add_records();
    drugs.set_category(v1::CONSENT_CATEGORY_DRUG);
    drugs.set_state(v1::RECORD_STATE_EXPIRED);
    source_.reception = reception;
    v1::OqsMessage record;
    record.set_family(v1::MESSAGE_FAMILY_YZKSIQUC01);
    record.mutable_medical_record()->mutable_result()->set_code("1");
    source_.record = record;
    auto destination = std::make_unique<FakeDestination>();
    destination_ = destination.get();
    route_.name = "emr";
    route_.format.format = Format::kOqsJson;
    route_.destination = std::move(destination);
    item_.set_reception_id("r");
    item_.set_what(v1::EXPORT_WHAT_RECEPTION);
  }
  Outcome Do() {
    return Carry(route_, source_, hash_, item_, {.deadline = absl::InfiniteFuture()});
  }
  void Drugs() { item_.set_what(v1::EXPORT_WHAT_DRUG_HISTORY); }
  Kind WhenDaemonSays(ErrorCode code) {
    source_.record = base::MakeError(code);
    return Do().kind;
  }

  FakeSource source_;
  FakeDestination* destination_ = nullptr;
  Route route_;
  kept::v1::OwedItem item_;
  crypto::KeyedHash hash_{std::string(32, 'k')};
};

TEST_F(CourierTest, WhatTheDaemonGivesNowIsDelivered) {
  const Outcome outcome = Do();
  EXPECT_EQ(outcome.kind, Kind::kDelivered);
  ASSERT_EQ(destination_->last.pieces.size(), 1U);
  EXPECT_THAT(destination_->last.pieces[0].bytes, ::testing::HasSubstr("試験　花子"));
  EXPECT_EQ(destination_->last.message_id.size(), 20U);
  EXPECT_EQ(source_.asked, 0);
}

TEST_F(CourierTest, AMedicalRecordIsAskedForEachTimeAlsoWhenItsTimeIsOver) {
  Drugs();
  EXPECT_EQ(Do().kind, Kind::kDelivered);
  EXPECT_EQ(Do().kind, Kind::kDelivered);
  EXPECT_EQ(source_.asked, 2);
}

TEST_F(CourierTest, RefusalsOfTheDaemon) {
  Drugs();
  EXPECT_EQ(WhenDaemonSays(ErrorCode::kConsentWithdrawn), Kind::kWithheld);
  EXPECT_EQ(WhenDaemonSays(ErrorCode::kNoConsent), Kind::kWithheld);
  EXPECT_EQ(WhenDaemonSays(ErrorCode::kConsentEnded), Kind::kWithheld);
  EXPECT_EQ(WhenDaemonSays(ErrorCode::kClockNotTrusted), Kind::kNotYet);
  EXPECT_EQ(WhenDaemonSays(ErrorCode::kNotAsked), Kind::kNotYet);
  EXPECT_EQ(WhenDaemonSays(ErrorCode::kRecordRefused), Kind::kTryAgain);
  source_.reception = base::MakeError(ErrorCode::kCannotReach);
  EXPECT_EQ(Do().kind, Kind::kDaemonAway);
  source_.reception = base::MakeError(ErrorCode::kReceptionNotFound);
  EXPECT_EQ(Do().kind, Kind::kWithheld);
}

TEST_F(CourierTest, ACancelledReceptionIsNotDelivered) {
  source_.reception->set_state(v1::RECEPTION_STATE_CANCELLED);
  EXPECT_EQ(Do().kind, Kind::kWithheld);
}

TEST_F(CourierTest, WhatHasNoFormIsWithheldAndWhatIsRefusedParked) {
  route_.format.format = Format::kJahis;
  const Outcome outcome = Do();
  EXPECT_EQ(outcome.kind, Kind::kWithheld);
  EXPECT_TRUE(base::Is(outcome.why, ErrorCode::kNotRenderable));
  route_.format.format = Format::kOqsJson;
  destination_->answer = {.kind = Delivered::Kind::kRefused,
                          .why = base::MakeError(ErrorCode::kDestinationRefused)};
  EXPECT_EQ(Do().kind, Kind::kRefused);
  destination_->answer = {.kind = Delivered::Kind::kTryAgain,
                          .why = base::MakeError(ErrorCode::kDestinationBusy)};
  EXPECT_EQ(Do().kind, Kind::kTryAgain);
}

TEST_F(CourierTest, ADestinationThatNeedsAChartIsNotCalledWithoutOne) {
  destination_->needs_chart = true;
  EXPECT_EQ(Do().kind, Kind::kNoChart);
  EXPECT_TRUE(destination_->last.pieces.empty());
  source_.reception->mutable_assignment()->set_patient_id("77");
  EXPECT_EQ(Do().kind, Kind::kDelivered);
}

}  // namespace
}  // namespace madoguchi::adapters
