#include "tests/sim/people.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/base/japan_time.h"
#include "tests/sim/draw.h"

namespace madoguchi::sim {
namespace {

struct Name {
  absl::string_view text;
  absl::string_view kana;
};

// Kana as OQS sends it: half width, small ones written large.
constexpr Name kFamilies[] = {
    {"架空", "ｶｸｳ"},   {"見本", "ﾐﾎﾝ"},    {"例示", "ﾚｲｼﾞ"},  {"仮名", "ｶﾘﾅ"},  {"試山", "ﾀﾒｼﾔﾏ"},
    {"例田", "ﾚｲﾀﾞ"},  {"想川", "ｵﾓｲｶﾞﾜ"}, {"空木", "ｿﾗｷ"},   {"写本", "ｼﾔﾎﾝ"}, {"雛形", "ﾋﾅｶﾞﾀ"},
    {"仮野", "ｶﾘﾉ"},   {"模木", "ﾓｷﾞ"},    {"標本", "ﾋﾖｳﾎﾝ"}, {"夢野", "ﾕﾒﾉ"},  {"幻山", "ﾏﾎﾞﾛｼﾔﾏ"},
    {"演習", "ｴﾝｼﾕｳ"}, {"雛田", "ﾋﾅﾀﾞ"},   {"図絵", "ｽﾞｴ"},   {"空想", "ｸｳｿｳ"}, {"題名", "ﾀﾞｲﾒｲ"},
};
constexpr Name kMen[] = {
    {"太郎", "ﾀﾛｳ"}, {"一郎", "ｲﾁﾛｳ"}, {"次郎", "ｼﾞﾛｳ"},  {"三郎", "ｻﾌﾞﾛｳ"},
    {"健", "ｹﾝ"},    {"誠", "ﾏｺﾄ"},    {"守", "ﾏﾓﾙ"},     {"翔", "ｼﾖｳ"},
    {"勇", "ｲｻﾑ"},   {"実", "ﾐﾉﾙ"},    {"大輔", "ﾀﾞｲｽｹ"}, {"正一", "ｼﾖｳｲﾁ"},
};
constexpr Name kWomen[] = {
    {"花子", "ﾊﾅｺ"}, {"春子", "ﾊﾙｺ"},  {"夏子", "ﾅﾂｺ"}, {"秋子", "ｱｷｺ"},
    {"冬美", "ﾌﾕﾐ"}, {"桜", "ｻｸﾗ"},    {"結衣", "ﾕｲ"},  {"京子", "ｷﾖｳｺ"},
    {"恵", "ﾒｸﾞﾐ"},  {"和子", "ｶｽﾞｺ"}, {"静", "ｼｽﾞｶ"},  {"明美", "ｱｹﾐ"},
};
constexpr Insurer kCompanies[] = {kKyokai, kMachineKumiai, kTradeKumiai};
constexpr Insurer kTowns[] = {kMihonCity, kKakuCity, kHinaTown};
constexpr absl::string_view kPlaces[] = {"架空市見本町", "架空市中央", "見本市東町", "見本市北",
                                         "雛形町本町"};

std::string FullWidth(int number) {
  constexpr absl::string_view kDigits[] = {"０", "１", "２", "３", "４",
                                           "５", "６", "７", "８", "９"};
  std::string out;
  for (const char c : absl::StrCat(number)) absl::StrAppend(&out, kDigits[c - '0']);
  return out;
}

v1::Date Day(absl::CivilDay day) { return base::ToDate(day); }

// The 1 August that begins the insurance year `today` lies in.
absl::CivilDay InsuranceYear(absl::CivilDay today) {
  const absl::CivilDay august(today.year(), 8, 1);
  return august <= today ? august : absl::CivilDay(today.year() - 1, 8, 1);
}

void SetYearlyCard(v1::Qualification& qualification, absl::CivilDay today) {
  const absl::CivilDay start = InsuranceYear(today);
  *qualification.mutable_certificate_issued() = Day(start);
  *qualification.mutable_card_valid_from() = Day(start);
  *qualification.mutable_card_valid_until() = Day(absl::CivilDay(start.year() + 1, 7, 31));
}

int AgeOn(absl::CivilDay birth, absl::CivilDay today) {
  const int64_t years = today.year() - birth.year();
  const bool had_birthday =
      absl::CivilDay(today.year(), birth.month(), std::min(birth.day(), 28)) <= today;
  return static_cast<int>(had_birthday ? years : years - 1);
}

absl::CivilDay DrawBirth(Draw& draw, absl::CivilDay today) {
  // Clinics see the old more often than the young.
  const int age = draw.Percent(45) ? 60 + draw.Below(35) : draw.Below(60);
  return absl::CivilDay(today.year() - age - 1, 1 + draw.Below(12), 1 + draw.Below(28));
}

void DrawConsents(Draw& draw, v1::Qualification& qualification) {
  const bool drug = draw.Percent(80);
  const bool checkup = draw.Percent(70);
  const bool diagnosis = draw.Percent(60);
  const bool operation = draw.Percent(50);
  SetConsent(qualification, v1::CONSENT_CATEGORY_DRUG, drug ? "1" : "0");
  SetConsent(qualification, v1::CONSENT_CATEGORY_CHECKUP, checkup ? "1" : "0");
  SetConsent(qualification, v1::CONSENT_CATEGORY_DIAGNOSIS, diagnosis ? "1" : "0");
  SetConsent(qualification, v1::CONSENT_CATEGORY_OPERATION, operation ? "1" : "0");
}

v1::Confirmation MakePatient(Draw& draw, int number, absl::CivilDay today) {
  const bool man = draw.Percent(48);
  const Name& family = draw.Of(kFamilies);
  const Name& given = man ? draw.Of(kMen) : draw.Of(kWomen);
  Member member{.family = family.text,
                .family_kana = family.kana,
                .given = given.text,
                .given_kana = given.kana,
                .sex = man ? "1" : "2",
                .birth = DrawBirth(draw, today),
                .insurer = kKyokai,
                .symbol = {},
                .number = {},
                .branch = {},
                .reference_number = {},
                .house = 1 + draw.Below(90)};
  const int age = AgeOn(member.birth, today);
  const bool company = draw.Percent(60);
  const int branch = age < 20 ? 2 + draw.Below(3) : draw.Below(2);
  if (age >= 75) {
    member.insurer = kKouki;
    member.number = absl::StrFormat("%08d", 1000000 + number);
  } else {
    member.insurer = company ? draw.Of(kCompanies) : draw.Of(kTowns);
    member.symbol = company ? absl::StrCat(99010000 + draw.Below(1000))
                            : absl::StrCat("見国", FullWidth(10 + draw.Below(90)));
    member.number = absl::StrCat(10000 + number);
    member.branch = absl::StrFormat("%02d", branch);
  }
  if (draw.Percent(85)) member.reference_number = absl::StrFormat("%06d", number);
  v1::Confirmation answer = MakeAnswer();
  answer.set_prescription_issue_select_code(draw.Percent(30) ? "1" : "2");
  v1::Qualification qualification = MakeQualification(member, today);
  if (age >= 75) {
    SetKoukiRatio(qualification, today, draw.Percent(70) ? "010" : "020");
  } else if (branch > 0) {
    qualification.set_personal_family_code("2");
    qualification.set_insured_name(absl::StrCat(family.text, "　", kMen[draw.Below(12)].text));
  }
  if (age >= 70 && age < 75) AddElderlyCertificate(qualification, today, "020");
  if (age < 6) qualification.set_preschool_code("1");
  DrawConsents(draw, qualification);
  *answer.add_qualifications() = std::move(qualification);
  return answer;
}

}  // namespace

char InsurerCheckDigit(absl::string_view digits) {
  int sum = 0;
  int weight = 2;
  for (auto it = digits.rbegin(); it != digits.rend(); ++it) {
    const int product = (*it - '0') * weight;
    sum += product / 10 + product % 10;
    weight = 3 - weight;
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

bool IsInsurerNumber(absl::string_view number) {
  if (number.size() != 6 && number.size() != 8) return false;
  if (!std::all_of(number.begin(), number.end(),
                   [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); })) {
    return false;
  }
  return InsurerCheckDigit(number.substr(0, number.size() - 1)) == number.back();
}

void SetConsent(v1::Qualification& qualification, v1::ConsentCategory category,
                absl::string_view flag_code) {
  int place = 0;
  for (; place < qualification.consents_size(); ++place) {
    v1::Consent& consent = *qualification.mutable_consents(place);
    if (consent.category() == category) {
      consent.set_flag_code(std::string(flag_code));
      return;
    }
    if (consent.category() > category) break;
  }
  v1::Consent& added = *qualification.add_consents();
  added.set_category(category);
  added.set_flag_code(std::string(flag_code));
  std::rotate(qualification.mutable_consents()->begin() + place,
              std::prev(qualification.mutable_consents()->end()),
              qualification.mutable_consents()->end());
}

v1::Qualification MakeQualification(const Member& member, absl::CivilDay today) {
  v1::Qualification qualification;
  const bool aid = member.insurer.number == kWelfareOffice.number;
  const bool kouki = member.insurer.number == kKouki.number;
  const std::string name = absl::StrCat(member.family, "　", member.given);
  qualification.set_insured_card_classification_code(aid ? "A1" : "01");
  qualification.mutable_insured()->set_insurer_number(std::string(member.insurer.number));
  qualification.mutable_insured()->set_insurer_number_trimmed(std::string(member.insurer.number));
  qualification.mutable_insured()->set_symbol(member.symbol);
  qualification.mutable_insured()->set_number(member.number);
  qualification.mutable_insured()->set_branch(member.branch);
  if (!aid && !kouki) {
    qualification.set_personal_family_code("1");
    qualification.set_insured_name(name);
  }
  qualification.set_name(name);
  qualification.set_name_kana(absl::StrCat(member.family_kana, " ", member.given_kana));
  qualification.set_sex1_code(std::string(member.sex));
  *qualification.mutable_birth_date() = Day(member.birth);
  qualification.set_address(absl::StrCat("みほん県", kPlaces[member.house % std::size(kPlaces)],
                                         FullWidth(1 + member.house / 10), "－",
                                         FullWidth(1 + member.house % 10)));
  qualification.set_post_number(absl::StrFormat("000-%04d", 1 + member.house % 20));
  const absl::CivilDay start = std::max(absl::CivilDay(today.year() - 4, 4, 1), member.birth);
  *qualification.mutable_qualification_date() = Day(start);
  qualification.set_insurer_name(std::string(member.insurer.name));
  qualification.set_reference_number(member.reference_number);
  if (aid) return qualification;
  if (kouki || member.insurer.number.size() == 6) {
    SetYearlyCard(qualification, today);
  } else {
    *qualification.mutable_certificate_issued() = Day(start + 7);
    *qualification.mutable_card_valid_from() = Day(start);
  }
  for (const v1::ConsentCategory category : kMedicalConsents) {
    SetConsent(qualification, category, "0");
  }
  SetConsent(qualification, v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE, "0");
  SetConsent(qualification, v1::CONSENT_CATEGORY_SPECIFIC_DISEASE, "0");
  return qualification;
}

v1::Confirmation MakeAnswer() {
  v1::Confirmation answer;
  answer.mutable_header()->set_reference_classification_code("1");
  answer.mutable_header()->set_segment_of_result_code("1");
  answer.set_processing_result_status_code("1");
  answer.set_prescription_issue_select_code("2");
  answer.set_validity_code("1");
  return answer;
}

void AddElderlyCertificate(v1::Qualification& qualification, absl::CivilDay today,
                           absl::string_view ratio) {
  const absl::CivilDay start = InsuranceYear(today);
  v1::ElderlyCertificate& certificate = *qualification.mutable_elderly_certificate();
  *certificate.mutable_issued() = Day(start);
  *certificate.mutable_valid_from() = Day(start);
  *certificate.mutable_valid_until() = Day(absl::CivilDay(start.year() + 1, 7, 31));
  certificate.set_contribution_ratio_code(std::string(ratio));
}

void SetKoukiRatio(v1::Qualification& qualification, absl::CivilDay today,
                   absl::string_view ratio) {
  SetYearlyCard(qualification, today);
  qualification.set_contribution_ratio_code(std::string(ratio));
}

std::vector<v1::Confirmation> MakePatients(uint64_t seed, int count, absl::CivilDay today) {
  Draw draw(seed);
  std::vector<v1::Confirmation> patients;
  patients.reserve(static_cast<size_t>(count));
  for (int number = 1; number <= count; ++number) {
    patients.push_back(MakePatient(draw, number, today));
  }
  return patients;
}

}  // namespace madoguchi::sim
