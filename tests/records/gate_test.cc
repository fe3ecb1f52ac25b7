#include "agent/records/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "tests/records/receptions.h"

namespace madoguchi::records {
namespace {

using base::ErrorCode;
using testing::ElementsAre;
using testing::SizeIs;

constexpr v1::ConsentCategory kCategories[] = {
    v1::CONSENT_CATEGORY_DRUG, v1::CONSENT_CATEGORY_CHECKUP, v1::CONSENT_CATEGORY_DIAGNOSIS,
    v1::CONSENT_CATEGORY_OPERATION};

class GateTest : public testing::Test {
 protected:
  GateTest()
      : clock_(Morning()),
        trusted_(clock_, absl::InfinitePast(), [this] { return skew_; }),
        gate_(
            {}, [this](absl::string_view id) { return Find(id); },
            [this](const GateEvent& event) {
              events_.push_back(event);
              return audit_;
            },
            trusted_) {}

  absl::StatusOr<std::shared_ptr<const v1::Reception>> Find(absl::string_view id) const {
    if (id != reception_.reception_id()) {
      return base::MakeError(ErrorCode::kReceptionNotFound);
    }
    return std::make_shared<const v1::Reception>(reception_);
  }

  Label Of(Kind kind, int index = 0) const {
    return {
        .reception_id = "r1", .kind = kind, .qualification_index = index, .fetched_at = Morning()};
  }

  base::ManualClock clock_;
  absl::Duration skew_;
  TrustedClock trusted_;
  v1::Reception reception_ = Consented(v1::CONSENT_CATEGORY_DRUG);
  std::vector<GateEvent> events_;
  absl::Status audit_;
  const Asker emr_{.identity = "emr", .person = "nurse1", .counters = {}};
  const Asker adapter_{.identity = "adapter", .person = "", .counters = {}, .late_receiver = true};
  Gate gate_;
};

TEST_F(GateTest, OpensOneBoxOnceAndWritesItDownBefore) {
  const Guarded<std::string> box(Of(Kind::kDrug), std::make_shared<const std::string>("drugs"));
  auto release = gate_.Permit(emr_, box.label());
  ASSERT_TRUE(release.ok()) << release.status();
  ASSERT_THAT(events_, SizeIs(1));
  EXPECT_EQ(events_[0].outcome, GateEvent::Outcome::kReleased);
  EXPECT_EQ(events_[0].asker.identity, "emr");
  EXPECT_EQ(events_[0].asker.person, "nurse1");
  EXPECT_EQ(events_[0].reception_id, "r1");
  EXPECT_EQ(release->usable_until, Morning() + absl::Hours(24));
  const auto opened = box.Open(std::move(release->permit));
  ASSERT_NE(opened, nullptr);
  EXPECT_EQ(*opened, "drugs");
  // NOLINTNEXTLINE(bugprone-use-after-move): a permit that was used must stay useless.
  EXPECT_EQ(box.Open(std::move(release->permit)), nullptr);
}

TEST_F(GateTest, APermitOpensNoOtherBox) {
  Label other_kind = Of(Kind::kCheckup);
  Label other_person = Of(Kind::kDrug);
  other_person.reception_id = "r2";
  Label other_qualification = Of(Kind::kDrug, 1);
  Label other_fetch = Of(Kind::kDrug);
  other_fetch.fetched_at += absl::Seconds(1);
  for (const Label& label : {other_kind, other_person, other_qualification, other_fetch}) {
    const Guarded<int> box(label, std::make_shared<const int>(1));
    auto release = gate_.Permit(emr_, Of(Kind::kDrug));
    ASSERT_TRUE(release.ok());
    EXPECT_EQ(box.Open(std::move(release->permit)), nullptr);
  }
}

TEST_F(GateTest, NoAuditEntryNoPermit) {
  audit_ = base::MakeError(ErrorCode::kStoreFull);
  EXPECT_TRUE(base::Is(gate_.Permit(emr_, Of(Kind::kDrug)).status(), ErrorCode::kStoreFull));
  // A refusal stays the refusal it is.
  EXPECT_TRUE(base::Is(gate_.Permit(emr_, Of(Kind::kCheckup)).status(), ErrorCode::kNoConsent));
}

TEST_F(GateTest, AnotherCountersReceptionIsNotThere) {
  const Asker other{.identity = "emr", .person = "", .counters = {"annex"}};
  EXPECT_TRUE(
      base::Is(gate_.Permit(other, Of(Kind::kDrug)).status(), ErrorCode::kReceptionNotFound));
  EXPECT_TRUE(
      base::Is(gate_.Admit(other, "r1", Kind::kDrug).status(), ErrorCode::kReceptionNotFound));
  EXPECT_TRUE(
      base::Is(gate_.Admit(emr_, "r9", Kind::kDrug).status(), ErrorCode::kReceptionNotFound));
  EXPECT_THAT(events_, SizeIs(3));
}

TEST_F(GateTest, AClockThatIsNotTrustedShutsEverything) {
  skew_ = absl::Seconds(-121);
  EXPECT_TRUE(base::Is(gate_.Permit(emr_, Of(Kind::kDrug)).status(), ErrorCode::kClockNotTrusted));
  EXPECT_TRUE(base::Is(gate_.Admit(emr_, "r1", Kind::kDrug).status(), ErrorCode::kClockNotTrusted));
  skew_ = absl::ZeroDuration();
  ASSERT_TRUE(gate_.Permit(emr_, Of(Kind::kDrug)).ok());
  clock_.Set(Morning() - absl::Minutes(1));
  EXPECT_TRUE(base::Is(gate_.Permit(emr_, Of(Kind::kDrug)).status(), ErrorCode::kClockNotTrusted));
}

TEST_F(GateTest, AWindowThatEndedStaysShutWhenTheClockGoesBack) {
  clock_.Set(Morning() + absl::Hours(24));
  EXPECT_TRUE(base::Is(gate_.Permit(emr_, Of(Kind::kDrug)).status(), ErrorCode::kConsentEnded));
  for (const int seconds : {-1, -2, -3, -3600}) {
    clock_.Set(Morning() + absl::Hours(24) + absl::Seconds(seconds));
    EXPECT_FALSE(gate_.Permit(emr_, Of(Kind::kDrug)).ok()) << seconds;
  }
}

TEST_F(GateTest, LateReceiversGetWhatWasFetchedInTimeUntilTheGraceEnds) {
  clock_.Set(Morning() + absl::Hours(30));
  reception_.set_state(v1::RECEPTION_STATE_CLOSED);
  reception_.clear_usable_consents();
  EXPECT_TRUE(base::Is(gate_.Permit(emr_, Of(Kind::kDrug)).status(), ErrorCode::kConsentEnded));
  const auto late = gate_.Permit(adapter_, Of(Kind::kDrug));
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_EQ(late->usable_until, Morning() + absl::Hours(72));
  EXPECT_THAT(late->coverage.categories, ElementsAre(v1::CONSENT_CATEGORY_DRUG));
  // What was never covered, or fetched after the window, is not given late either.
  EXPECT_FALSE(gate_.Permit(adapter_, Of(Kind::kCheckup)).ok());
  Label after = Of(Kind::kDrug);
  after.fetched_at = Morning() + absl::Hours(25);
  EXPECT_FALSE(gate_.Permit(adapter_, after).ok());
  // Nobody is asked after the window.
  EXPECT_FALSE(gate_.Admit(adapter_, "r1", Kind::kDrug).ok());
  v1::Reception before = reception_;
  reception_.set_superseded_by("r2");
  EXPECT_TRUE(
      base::Is(gate_.Permit(adapter_, Of(Kind::kDrug)).status(), ErrorCode::kConsentWithdrawn));
  reception_ = before;
  clock_.Set(Morning() + absl::Hours(72));
  EXPECT_TRUE(base::Is(gate_.Permit(adapter_, Of(Kind::kDrug)).status(), ErrorCode::kConsentEnded));
}

TEST_F(GateTest, AStreamEndsWhenConsentIsTakenBack) {
  ASSERT_TRUE(gate_.MayGoOn(emr_, Of(Kind::kDrug)).ok());
  reception_.set_state(v1::RECEPTION_STATE_CANCELLED);
  EXPECT_EQ(gate_.MayGoOn(emr_, Of(Kind::kDrug)).code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(events_, SizeIs(0));
}

// What the patient said about one category, and what has happened since.
enum class Situation {
  kNone,
  kRefused,
  kOtherCategory,
  kOtherQualification,
  kValid,
  kLastMoment,
  kJustEnded,
  kSuperseded,
  kCancelled,
  kUnassigned,
  kClosed,
  kByIdentifiers,
};
constexpr Situation kSituations[] = {Situation::kNone,          Situation::kRefused,
                                     Situation::kOtherCategory, Situation::kOtherQualification,
                                     Situation::kValid,         Situation::kLastMoment,
                                     Situation::kJustEnded,     Situation::kSuperseded,
                                     Situation::kCancelled,     Situation::kUnassigned,
                                     Situation::kClosed,        Situation::kByIdentifiers};

void Consent(v1::Reception& reception, int index, v1::ConsentCategory category,
             v1::ConsentFlag flag, absl::Time until) {
  AddConsent(*reception.mutable_confirmation()->mutable_qualifications(index), category, flag,
             until);
  if (flag == v1::CONSENT_FLAG_GRANTED) OpenConsent(reception, index, category, until);
}

// The situation in `category`; nothing is said about any other one but kOtherCategory's.
v1::Reception Make(Situation situation, v1::ConsentCategory category) {
  const absl::Time day = Morning() + absl::Hours(24);
  v1::Reception reception = MakeReception();
  switch (situation) {
    case Situation::kNone:
      return reception;
    case Situation::kRefused:
      Consent(reception, 0, category, v1::CONSENT_FLAG_REFUSED, day);
      return reception;
    case Situation::kOtherCategory:
      for (const v1::ConsentCategory other : kCategories) {
        if (other != category) Consent(reception, 0, other, v1::CONSENT_FLAG_GRANTED, day);
      }
      return reception;
    case Situation::kOtherQualification:
      reception.mutable_confirmation()->add_qualifications()->set_beneficiary_number("0001112");
      Consent(reception, 1, category, v1::CONSENT_FLAG_GRANTED, day);
      return reception;
    case Situation::kJustEnded:
      Consent(reception, 0, category, v1::CONSENT_FLAG_GRANTED, Morning());
      return reception;
    case Situation::kLastMoment:
      Consent(reception, 0, category, v1::CONSENT_FLAG_GRANTED, Morning() + absl::Seconds(1));
      return reception;
    default:
      Consent(reception, 0, category, v1::CONSENT_FLAG_GRANTED, day);
      break;
  }
  if (situation == Situation::kSuperseded) reception.set_superseded_by("r2");
  if (situation == Situation::kCancelled) reception.set_state(v1::RECEPTION_STATE_CANCELLED);
  if (situation == Situation::kClosed) reception.set_state(v1::RECEPTION_STATE_CLOSED);
  if (situation == Situation::kByIdentifiers) {
    reception.set_origin(v1::RECEPTION_ORIGIN_IDENTIFIERS);
  }
  if (situation == Situation::kUnassigned) {
    *reception.mutable_assignment()->mutable_unassigned_at() = base::ToProto(Morning());
  }
  return reception;
}

// The rule, said in another way than the code says it: which consents each kind needs.
const std::map<Kind, std::vector<v1::ConsentCategory>> kAnyOf = {
    {Kind::kDrug, {v1::CONSENT_CATEGORY_DRUG}},
    {Kind::kCheckup, {v1::CONSENT_CATEGORY_CHECKUP}},
    {Kind::kDiagnosis, {v1::CONSENT_CATEGORY_DIAGNOSIS, v1::CONSENT_CATEGORY_OPERATION}},
    {Kind::kDrugDocument, {v1::CONSENT_CATEGORY_DRUG}},
    {Kind::kCheckupDocument, {v1::CONSENT_CATEGORY_CHECKUP}},
    // Needs three consents at once, so one alone is never enough.
    {Kind::kDrugAndDiagnosisDocument, {}},
};

bool Expected(Situation situation, v1::ConsentCategory category, Kind kind) {
  const auto& needed = kAnyOf.at(kind);
  const auto needs = [&needed](v1::ConsentCategory one) {
    return std::find(needed.begin(), needed.end(), one) != needed.end();
  };
  if (situation == Situation::kValid || situation == Situation::kLastMoment) {
    return needs(category);
  }
  if (situation != Situation::kOtherCategory) return false;
  // Everything but the checkups: just what the whole document needs.
  if (kind == Kind::kDrugAndDiagnosisDocument) return category == v1::CONSENT_CATEGORY_CHECKUP;
  return std::any_of(std::begin(kCategories), std::end(kCategories),
                     [&](v1::ConsentCategory one) { return one != category && needs(one); });
}

TEST_F(GateTest, ReleasesExactlyWhereTheRuleSays) {
  size_t cells = 0;
  size_t released = 0;
  for (const v1::ConsentCategory category : kCategories) {
    for (const Situation situation : kSituations) {
      reception_ = Make(situation, category);
      for (const Kind kind : kKinds) {
        SCOPED_TRACE(absl::StrCat(v1::ConsentCategory_Name(category), " situation ",
                                  static_cast<int>(situation), " kind ", static_cast<int>(kind)));
        events_.clear();
        const bool expected = Expected(situation, category, kind);
        EXPECT_EQ(gate_.Permit(emr_, Of(kind)).ok(), expected);
        EXPECT_EQ(gate_.Admit(emr_, "r1", kind).ok(), expected);
        EXPECT_EQ(gate_.MayGoOn(emr_, Of(kind)).ok(), expected);
        // Every attempt leaves a trace: a release one, refusals of both.
        ASSERT_THAT(events_, SizeIs(expected ? 1 : 2));
        for (const GateEvent& event : events_) {
          EXPECT_EQ(event.outcome == GateEvent::Outcome::kReleased, expected);
          EXPECT_EQ(event.error.empty(), expected);
        }
        ++cells;
        released += expected ? 1 : 0;
      }
    }
  }
  EXPECT_EQ(cells, 4u * 12u * 6u);
  EXPECT_EQ(released, 2u * 6u + 17u);
}

TEST_F(GateTest, TheWholeDocumentTakesThreeConsents) {
  const absl::Time day = Morning() + absl::Hours(24);
  for (int mask = 0; mask < 16; ++mask) {
    reception_ = MakeReception();
    for (int i = 0; i < 4; ++i) {
      if ((mask >> i & 1) != 0) {
        Consent(reception_, 0, kCategories[i], v1::CONSENT_FLAG_GRANTED, day);
      }
    }
    // Drug, diagnosis and operation.
    EXPECT_EQ(gate_.Permit(emr_, Of(Kind::kDrugAndDiagnosisDocument)).ok(), (mask & 13) == 13)
        << mask;
  }
}

TEST_F(GateTest, ConsentsOfTwoQualificationsAreNotAddedUp) {
  reception_ = MakeReception();
  *reception_.mutable_confirmation()->add_qualifications() =
      reception_.confirmation().qualifications(0);
  const absl::Time day = Morning() + absl::Hours(24);
  Consent(reception_, 0, v1::CONSENT_CATEGORY_DRUG, v1::CONSENT_FLAG_GRANTED, day);
  Consent(reception_, 1, v1::CONSENT_CATEGORY_DIAGNOSIS, v1::CONSENT_FLAG_GRANTED, day);
  Consent(reception_, 1, v1::CONSENT_CATEGORY_OPERATION, v1::CONSENT_FLAG_GRANTED, day);
  EXPECT_FALSE(gate_.Admit(emr_, "r1", Kind::kDrugAndDiagnosisDocument).ok());
  EXPECT_EQ(gate_.Admit(emr_, "r1", Kind::kDrug)->coverage.qualification_index, 0);
  EXPECT_EQ(gate_.Admit(emr_, "r1", Kind::kDiagnosis)->coverage.qualification_index, 1);
  // What was asked for the one is not given on the word of the other.
  EXPECT_FALSE(gate_.Permit(emr_, Of(Kind::kDrug, 1)).ok());
  EXPECT_FALSE(gate_.Permit(emr_, Of(Kind::kDiagnosis, 0)).ok());
}

TEST_F(GateTest, DiagnosesAloneCoverNoOperations) {
  reception_ = Consented(v1::CONSENT_CATEGORY_DIAGNOSIS);
  const auto release = gate_.Permit(emr_, Of(Kind::kDiagnosis));
  ASSERT_TRUE(release.ok()) << release.status();
  EXPECT_TRUE(release->coverage.Covers(v1::CONSENT_CATEGORY_DIAGNOSIS));
  EXPECT_FALSE(release->coverage.Covers(v1::CONSENT_CATEGORY_OPERATION));
  EXPECT_FALSE(release->coverage.Covers(v1::CONSENT_CATEGORY_DRUG));
}

}  // namespace
}  // namespace madoguchi::records
