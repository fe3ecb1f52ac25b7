#include "adapters/route/wish.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace madoguchi::adapters {
namespace {

class WishTest : public ::testing::Test {
 protected:
  WishTest() {
    reception_.set_reception_id("r1");
    reception_.set_revision(4);
    reception_.set_counter("desk");
    reception_.set_origin(v1::RECEPTION_ORIGIN_FACE_READER);
    reception_.set_state(v1::RECEPTION_STATE_ANSWERED);
    reception_.mutable_confirmation()->set_confirmation_id("c1");
    reception_.mutable_confirmation()->set_validity(v1::VALIDITY_VALID);
  }
  std::optional<Wish> Get(v1::ExportWhat what = v1::EXPORT_WHAT_RECEPTION,
                          Stage stage = Stage::kReady) const {
    return WishOf(reception_, what, stage, hash_);
  }
  void Record(v1::ConsentCategory category, v1::RecordState state) {
    v1::RecordStatus& record = *reception_.add_records();
    record.set_category(category);
    record.set_state(state);
  }

  v1::Reception reception_;
  crypto::KeyedHash hash_{std::string(32, 'k')};
};

TEST_F(WishTest, OnlyAnsweredReceptionsAreDelivered) {
  EXPECT_TRUE(Get().has_value());
  for (const auto state : {v1::RECEPTION_STATE_ASKING, v1::RECEPTION_STATE_CANCELLED,
                           v1::RECEPTION_STATE_REFUSED, v1::RECEPTION_STATE_ABANDONED}) {
    reception_.set_state(state);
    EXPECT_FALSE(Get().has_value()) << state;
  }
  reception_.set_state(v1::RECEPTION_STATE_CLOSED);
  EXPECT_TRUE(Get().has_value());
  reception_.clear_confirmation();
  EXPECT_FALSE(Get().has_value());
}

TEST_F(WishTest, TheKeyChangesWithAnswerAndChartAndNothingElse) {
  const std::string key = Get()->key;
  reception_.set_revision(5);
  reception_.set_state(v1::RECEPTION_STATE_CLOSED);
  Record(v1::CONSENT_CATEGORY_DRUG, v1::RECORD_STATE_READY);
  EXPECT_EQ(Get()->key, key);
  reception_.mutable_assignment()->set_patient_id("77");
  const std::string assigned = Get()->key;
  EXPECT_NE(assigned, key);
  reception_.mutable_confirmation()->set_confirmation_id("c2");
  EXPECT_NE(Get()->key, assigned);
}

TEST_F(WishTest, TheLineIsTheChartAndShowsItToNobody) {
  EXPECT_EQ(Get()->line, "r1");
  EXPECT_FALSE(Get()->has_chart);
  reception_.mutable_assignment()->set_patient_id("12345678");
  const Wish wish = *Get();
  EXPECT_TRUE(wish.has_chart);
  EXPECT_EQ(wish.line.find("12345678"), std::string::npos);
  reception_.set_reception_id("r2");
  EXPECT_EQ(Get()->line, wish.line);
  const crypto::KeyedHash other(std::string(32, 'o'));
  EXPECT_NE(WishOf(reception_, v1::EXPORT_WHAT_RECEPTION, Stage::kReady, other)->line, wish.line);
}

TEST_F(WishTest, MedicalRecordsAreDeliveredWhenTheyAreThere) {
  const auto drugs = v1::EXPORT_WHAT_DRUG_HISTORY;
  EXPECT_FALSE(Get(drugs, Stage::kOwed).has_value());
  Record(v1::CONSENT_CATEGORY_DRUG, v1::RECORD_STATE_NOT_FETCHED);
  EXPECT_FALSE(Get(drugs).has_value());
  ASSERT_TRUE(Get(drugs, Stage::kFetch).has_value());
  const std::string key = Get(drugs, Stage::kFetch)->key;
  reception_.mutable_records(0)->set_state(v1::RECORD_STATE_READY);
  EXPECT_EQ(Get(drugs)->key, key);
  reception_.mutable_records(0)->set_state(v1::RECORD_STATE_EXPIRED);
  EXPECT_FALSE(Get(drugs, Stage::kFetch).has_value());
  EXPECT_EQ(Get(drugs, Stage::kOwed)->key, key);
  reception_.mutable_records(0)->set_state(v1::RECORD_STATE_NOT_CONSENTED);
  EXPECT_FALSE(Get(drugs, Stage::kOwed).has_value());
}

TEST_F(WishTest, DiagnosesComeAnewWhenMoreOfThemIsConsentedTo) {
  const auto what = v1::EXPORT_WHAT_DIAGNOSES;
  Record(v1::CONSENT_CATEGORY_DIAGNOSIS, v1::RECORD_STATE_READY);
  const std::string key = Get(what)->key;
  Record(v1::CONSENT_CATEGORY_OPERATION, v1::RECORD_STATE_READY);
  EXPECT_NE(Get(what)->key, key);
}

TEST_F(WishTest, MessageIdsAreStableAndFitMsh10) {
  const std::string id = MessageIdOf("emr", *Get(), hash_);
  EXPECT_THAT(id, ::testing::MatchesRegex("[A-Z0-9]{20}"));
  reception_.set_revision(9);
  EXPECT_EQ(MessageIdOf("emr", *Get(), hash_), id);
  EXPECT_NE(MessageIdOf("other", *Get(), hash_), id);
  reception_.mutable_assignment()->set_patient_id("1");
  EXPECT_NE(MessageIdOf("emr", *Get(), hash_), id);
}

TEST_F(WishTest, AFilterIsMetWhenAllOfItIs) {
  EXPECT_TRUE(Fits({}, reception_));
  EXPECT_TRUE(Fits({.counters = {"desk"},
                    .origins = {v1::RECEPTION_ORIGIN_FACE_READER},
                    .validities = {v1::VALIDITY_VALID}},
                   reception_));
  EXPECT_FALSE(Fits({.counters = {"other"}}, reception_));
  EXPECT_FALSE(Fits({.origins = {v1::RECEPTION_ORIGIN_OWN_READER}}, reception_));
  EXPECT_FALSE(Fits({.validities = {v1::VALIDITY_INVALID}}, reception_));
}

}  // namespace
}  // namespace madoguchi::adapters
