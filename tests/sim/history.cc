#include "tests/sim/history.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/base/japan_time.h"
#include "tests/sim/draw.h"

namespace madoguchi::sim {
namespace {

constexpr int kMonthsOfClaims = 36;
constexpr int kMonthsUntilClaim = 2;
constexpr int kDaysOfPrescriptions = 100;
constexpr int kAgeOfHabits = 40;
constexpr int kDaysBetweenVisits = 28;
constexpr int kDaysBetweenVisitsOfTheYoung = 63;
constexpr int kDaysBetweenHospitalVisits = 84;
constexpr int kOperationEvery = 4;
constexpr int kNextDayEvery = 5;
constexpr absl::string_view kManyMedicines = "many-medicines";

constexpr absl::string_view kOtherSite = "2";
constexpr absl::string_view kOwnSite = "1";
constexpr absl::string_view kInside = "1";
constexpr absl::string_view kOutside = "2";
// 1 hospitals and practices, 2 pharmacies, as far as one can tell.
constexpr absl::string_view kProviderKind = "2";

struct Institution {
  absl::string_view code;
  absl::string_view name;
};
constexpr Institution kPractices[] = {{"9910000025", "架空整形外科医院"},
                                      {"9910000041", "見本内科クリニック"},
                                      {"9910000058", "例示こどもと大人の医院"}};
constexpr Institution kPharmacies[] = {{"9940000012", "まどぐち薬局　本店"},
                                       {"9940000020", "見本調剤薬局"}};
constexpr Institution kHospital = {"9910000033", "みほん市立病院"};

struct Medicine {
  absl::string_view treatment_class;
  absl::string_view code;
  absl::string_view name;
  absl::string_view ingredient;
  absl::string_view amount;
  absl::string_view unit;
  absl::string_view usage;
  absl::string_view instruction;
  absl::string_view times;
};
// What one takes for years.
constexpr Medicine kLasting[] = {
    {"21", "699900001", "架空アムロジピン錠５ｍｇ「見本」", "アムロジピンベシル酸塩", "1", "錠",
     "１日１回朝食後服用", "", "28"},
    {"21", "699900005", "架空ロスバスタチン錠２．５ｍｇ「見本」", "ロスバスタチンカルシウム", "1",
     "錠", "１日１回夕食後服用", "", "28"},
    {"21", "699900006", "架空メトホルミン塩酸塩錠２５０ｍｇＭＴ", "メトホルミン塩酸塩", "2", "錠",
     "１日２回朝夕食後服用", "食直後", "28"},
    {"21", "699900003", "架空レバミピド錠１００ｍｇ「例示」", "レバミピド", "3", "錠",
     "１日３回毎食後服用", "", "28"},
    {"21", "699900011", "架空カンデサルタン錠８ｍｇ「例示」", "カンデサルタンシレキセチル", "1",
     "錠", "１日１回朝食後服用", "", "28"},
    {"21", "699900012", "架空ランソプラゾールＯＤ錠１５ｍｇ「見本」", "ランソプラゾール", "1", "錠",
     "１日１回夕食後服用", "", "28"},
    {"21", "699900013", "架空酸化マグネシウム錠３３０ｍｇ", "酸化マグネシウム", "3", "錠",
     "１日３回毎食後服用", "便の具合で加減", "28"},
    {"21", "699900014", "架空エチゾラム錠０．５ｍｇ「例示」", "エチゾラム", "1", "錠",
     "１日１回就寝前服用", "", "28"},
    {"23", "699900004", "架空ケトプロフェンテープ４０ｍｇ", "ケトプロフェン", "35", "枚",
     "１日１回貼付", "腰部", "1"},
};
// What one takes for some days.
constexpr Medicine kPassing[] = {
    {"21", "699900002", "架空ロキソプロフェン錠６０ｍｇ「見本」",
     "ロキソプロフェンナトリウム水和物", "3", "錠", "１日３回毎食後服用", "", "5"},
    {"21", "699900021", "架空カルボシステイン錠５００ｍｇ", "Ｌ－カルボシステイン", "3", "錠",
     "１日３回毎食後服用", "", "5"},
    {"22", "699900007", "架空アセトアミノフェン錠２００ｍｇ", "アセトアミノフェン", "2", "錠",
     "疼痛時服用", "", "10"},
    {"21", "699900022", "架空フェキソフェナジン錠６０ｍｇ「例示」", "フェキソフェナジン塩酸塩", "2",
     "錠", "１日２回朝夕食後服用", "", "14"},
    {"23", "699900023", "架空ヘパリン類似物質油性クリーム０．３％", "ヘパリン類似物質", "25", "ｇ",
     "１日２回塗布", "両手", "1"},
};

struct Treatment {
  absl::string_view treatment_class;
  absl::string_view code;
  absl::string_view name;
  absl::string_view amount;
};
constexpr Treatment kTreatments[] = {{"13", "199990001", "架空生活習慣病管理料", "1"},
                                     {"60", "199990002", "架空末梢血液一般検査", "1"},
                                     {"70", "199990003", "架空単純撮影", "2"},
                                     {"60", "199990005", "架空心電図検査", "1"}};
constexpr Treatment kOperations[] = {{"50", "199990004", "架空関節鏡下手術", "1"},
                                     {"50", "199990006", "架空内視鏡的切除術", "1"}};

// Somebody goes to one place again and again.
struct Habit {
  Institution place;
  // nullptr: the place dispenses itself.
  const Institution* pharmacy = nullptr;
  int every = kDaysBetweenVisits;
  int phase = 0;
  std::vector<Medicine> medicines = {};
  const Treatment* operation = nullptr;
};

struct Visit {
  absl::CivilDay day;
  // Counted since the Unix epoch, so that it is the same tomorrow.
  int64_t number = 0;
};

int AgeOf(const v1::Qualification& person, absl::CivilDay day) {
  if (!base::IsRealDay(person.birth_date())) return 0;
  return static_cast<int>((day - base::ToCivilDay(person.birth_date())) / 365);
}

uint64_t SeedOfPerson(const v1::Qualification& person, absl::string_view what) {
  return SeedOf(absl::StrCat(what, "|", person.insured().insurer_number(), "|",
                             person.insured().symbol(), "|", person.insured().number(), "|",
                             person.name_kana(), "|", person.birth_date().text()));
}

template <size_t n>
std::vector<Medicine> DrawMedicines(Draw& draw, const Medicine (&list)[n], size_t count) {
  std::vector<Medicine> drawn;
  const auto start = static_cast<size_t>(draw.Below(static_cast<int>(n)));
  for (size_t i = 0; i < count && i < n; ++i) drawn.push_back(list[(start + i) % n]);
  return drawn;
}

std::vector<Habit> HabitsOf(const Person& person, absl::CivilDay today) {
  const v1::Qualification& who = person.answer.qualifications(0);
  Draw draw(SeedOfPerson(who, "habits"));
  const bool many = person.persona == kManyMedicines;
  const bool settled = AgeOf(who, today) >= kAgeOfHabits;
  Habit practice{.place = draw.Of(kPractices),
                 .pharmacy = &draw.Of(kPharmacies),
                 .every = settled ? kDaysBetweenVisits : kDaysBetweenVisitsOfTheYoung,
                 .phase = draw.Below(kDaysBetweenVisits)};
  practice.medicines =
      settled ? DrawMedicines(draw, kLasting, 3) : DrawMedicines(draw, kPassing, 2);
  if (many) {
    practice.every = kDaysBetweenVisits / 2;
    practice.medicines.assign(std::begin(kLasting), std::end(kLasting));
  }
  Habit hospital{.place = kHospital,
                 .pharmacy = nullptr,
                 .every = kDaysBetweenHospitalVisits,
                 .phase = draw.Below(kDaysBetweenHospitalVisits)};
  hospital.medicines = DrawMedicines(draw, kPassing, 2);
  hospital.operation = &draw.Of(kOperations);
  return {practice, hospital};
}

std::vector<Visit> VisitsOf(const Habit& habit, const v1::Qualification& person,
                            absl::CivilDay today) {
  absl::CivilDay first(absl::CivilMonth(today) - kMonthsOfClaims);
  if (base::IsRealDay(person.birth_date())) {
    first = std::max(first, base::ToCivilDay(person.birth_date()));
  }
  const absl::CivilDay epoch(1970, 1, 1);
  const int64_t start = first - epoch - habit.phase + habit.every - 1;
  std::vector<Visit> visits;
  for (int64_t number = start / habit.every;; ++number) {
    const absl::CivilDay day = epoch + habit.phase + number * habit.every;
    if (day >= today) return visits;
    if (day >= first) visits.push_back({day, number});
  }
}

v1::DrugItem DrugOf(const Medicine& medicine) {
  v1::DrugItem drug;
  drug.set_treatment_class_code(std::string(medicine.treatment_class));
  drug.set_drug_code(std::string(medicine.code));
  drug.set_drug_name(std::string(medicine.name));
  drug.set_ingredient_name(std::string(medicine.ingredient));
  drug.set_amount(std::string(medicine.amount));
  drug.set_unit(std::string(medicine.unit));
  drug.set_usage(std::string(medicine.usage));
  drug.set_special_instruction(std::string(medicine.instruction));
  drug.set_times(std::string(medicine.times));
  return drug;
}

void AddTreatment(const Treatment& treatment, v1::DayBlock& day) {
  v1::TreatmentItem& item = *day.add_treatments();
  item.set_treatment_class_code(std::string(treatment.treatment_class));
  item.set_treatment_code(std::string(treatment.code));
  item.set_treatment_name(std::string(treatment.name));
  item.set_amount(std::string(treatment.amount));
  item.set_times("1");
}

void SetProvider(const Institution& institution, v1::Provider& provider) {
  provider.set_code(std::string(institution.code));
  provider.set_name(std::string(institution.name));
}

using Blocks = google::protobuf::RepeatedPtrField<v1::MonthBlock>;

// The block of a habit in the month of `day`: the last one, or a new one.
v1::MonthBlock& BlockFor(const Habit& habit, v1::DrugSource source, absl::CivilDay day,
                         Blocks& blocks) {
  const absl::CivilMonth month(day);
  const std::string text = base::FormatOqsDay(day).substr(0, 6);
  const bool inside = habit.pharmacy == nullptr;
  const Institution& provider = inside ? habit.place : *habit.pharmacy;
  if (!blocks.empty() && blocks.rbegin()->month().text() == text &&
      (blocks.rbegin()->provider().code() == provider.code ||
       source == v1::DRUG_SOURCE_PRESCRIPTION)) {
    return *blocks.rbegin();
  }
  v1::MonthBlock& block = *blocks.Add();
  block.set_provider_kind_code(std::string(kProviderKind));
  *block.mutable_month() = base::ParseOqsDate(text);
  if (source != v1::DRUG_SOURCE_PRESCRIPTION) SetProvider(provider, *block.mutable_provider());
  if (!inside) SetProvider(habit.place, *block.mutable_prescriber());
  block.set_own_site_code(std::string(provider.code == kInstitution ? kOwnSite : kOtherSite));
  block.set_in_out_code(std::string(inside ? kInside : kOutside));
  return block;
}

// The medicine is fetched the next day now and then.
absl::CivilDay DispensedOn(const Visit& visit, absl::CivilDay today) {
  const absl::CivilDay next = visit.day + 1;
  const bool later = visit.number % kNextDayEvery == 0 && next < today &&
                     absl::CivilMonth(next) == absl::CivilMonth(visit.day);
  return later ? next : visit.day;
}

v1::DayBlock& AddDay(const Habit& habit, v1::DrugSource source, const Visit& visit,
                     absl::CivilDay today, Blocks& blocks) {
  v1::DayBlock& day = *BlockFor(habit, source, visit.day, blocks).add_days();
  if (source == v1::DRUG_SOURCE_PRESCRIPTION) {
    *day.mutable_prescribed_on() = base::ToDate(visit.day);
  } else if (habit.pharmacy == nullptr) {
    *day.mutable_dispensed_on() = base::ToDate(visit.day);
  } else {
    *day.mutable_dispensed_on() = base::ToDate(DispensedOn(visit, today));
    *day.mutable_prescribed_on() = base::ToDate(visit.day);
  }
  for (const Medicine& medicine : habit.medicines) *day.add_drugs() = DrugOf(medicine);
  return day;
}

void AddVisit(const Habit& habit, const Visit& visit, absl::CivilDay today,
              v1::MedicalRecord& record) {
  if (absl::CivilMonth(visit.day) <= absl::CivilMonth(today) - kMonthsUntilClaim) {
    v1::DayBlock& day =
        AddDay(habit, v1::DRUG_SOURCE_RECEIPT, visit, today, *record.mutable_receipt_months());
    if (habit.pharmacy == nullptr) {
      AddTreatment(kTreatments[0], day);
      AddTreatment(kTreatments[1 + static_cast<size_t>(visit.number % 3)], day);
    }
    if (habit.operation != nullptr && visit.number % kOperationEvery == 0) {
      AddTreatment(*habit.operation, day);
    }
  }
  if (habit.pharmacy == nullptr || visit.day < today - kDaysOfPrescriptions) return;
  AddDay(habit, v1::DRUG_SOURCE_DISPENSING, visit, today, *record.mutable_dispensing_months());
  AddDay(habit, v1::DRUG_SOURCE_PRESCRIPTION, visit, today, *record.mutable_prescription_months());
}

}  // namespace

v1::MedicalRecord MakeMedicalHistory(const Person& person, absl::CivilDay today) {
  v1::MedicalRecord record;
  if (person.answer.qualifications().empty()) return record;
  for (const Habit& habit : HabitsOf(person, today)) {
    for (const Visit& visit : VisitsOf(habit, person.answer.qualifications(0), today)) {
      AddVisit(habit, visit, today, record);
    }
  }
  return record;
}

}  // namespace madoguchi::sim
