#include "tests/sim/patient_block.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/text/kana.h"
#include "agent/text/utf8.h"

namespace madoguchi::sim {
namespace {

constexpr absl::string_view kMan = "1";
constexpr absl::string_view kWoman = "2";
constexpr absl::string_view kNotSet = "3";
constexpr absl::string_view kFullSpace = "　";
constexpr absl::string_view kMaru = "●";

// Given names of as many characters each, so that ● can stand for every one that differs.
struct Given {
  absl::string_view name;
  absl::string_view kana;
};
constexpr Given kTwins[] = {{"双", "ﾌﾀﾂ"}, {"双児", "ﾌﾀｺﾞ"}, {"双児子", "ﾌﾀｺﾞｺ"}};

size_t Characters(absl::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// `text` up to and with its space, and what comes behind.
std::pair<std::string, std::string> AtSpace(const std::string& text, absl::string_view space) {
  const size_t place = text.find(std::string(space));
  if (place == std::string::npos) return {"", text};
  return {text.substr(0, place + space.size()), text.substr(place + space.size())};
}

void BecomeTwin(bool maru, v1::PatientBlock& patient) {
  const auto [family, given] = AtSpace(patient.name(), kFullSpace);
  const auto [family_kana, given_kana] = AtSpace(patient.name_kana(), " ");
  const size_t length = std::clamp<size_t>(Characters(given), 1, std::size(kTwins));
  const Given& twin = kTwins[length - 1];
  std::string name(twin.name);
  if (maru) {
    name.clear();
    for (size_t i = 0; i < length; ++i) absl::StrAppend(&name, kMaru);
  }
  patient.set_name(absl::StrCat(family, name));
  patient.set_name_kana(absl::StrCat(family_kana, twin.kana));
}

void MaskFirst(v1::PatientBlock& patient) {
  const auto first = text::DecodeUtf8(patient.name());
  const size_t length = first ? first->length : 0;
  patient.set_name(absl::StrCat(kMaru, patient.name().substr(length)));
}

// Full width, and ヤユヨ small behind a syllable with i.
std::string WithSmallKana(absl::string_view kana) {
  constexpr std::pair<absl::string_view, absl::string_view> kSmall[] = {
      {"ヤ", "ャ"}, {"ユ", "ュ"}, {"ヨ", "ョ"}};
  constexpr absl::string_view kBefore = "キギシジチヂニヒビピミリ";
  constexpr size_t kBytes = 3;
  const std::string full = text::ToFullWidth(kana);
  std::string out;
  for (size_t i = 0; i < full.size(); i += kBytes) {
    std::string character = full.substr(i, kBytes);
    const auto* const small =
        std::find_if(std::begin(kSmall), std::end(kSmall),
                     [&](const auto& pair) { return pair.first == character; });
    const bool fits = out.size() >= kBytes &&
                      kBefore.find(out.substr(out.size() - kBytes)) != absl::string_view::npos;
    absl::StrAppend(&out, small != std::end(kSmall) && fits ? small->second : character);
  }
  return out;
}

absl::string_view TextOf(const v1::Date& date) { return date.text(); }

void AddMonths(absl::string_view source,
               const google::protobuf::RepeatedPtrField<v1::MonthBlock>& blocks,
               std::vector<std::string>& lines) {
  for (const v1::MonthBlock& block : blocks) {
    lines.push_back(absl::StrCat("■ ", source, " ", TextOf(block.month()), " ",
                                 block.provider().name(), " ", block.prescriber().name()));
    for (const v1::DayBlock& day : block.days()) {
      const absl::string_view date =
          day.has_dispensed_on() ? TextOf(day.dispensed_on()) : TextOf(day.prescribed_on());
      for (const v1::DrugItem& drug : day.drugs()) {
        lines.push_back(absl::StrCat("  ", date, " ", drug.drug_name(), " ", drug.amount(),
                                     drug.unit(), " ", drug.usage(), " ", drug.times()));
      }
      for (const v1::TreatmentItem& treatment : day.treatments()) {
        lines.push_back(absl::StrCat("  ", date, " ", treatment.treatment_name(), " ",
                                     treatment.amount(), " ", treatment.times()));
      }
    }
  }
}

}  // namespace

v1::PatientBlock PatientOf(const v1::Qualification& person, RecordTwist twist) {
  v1::PatientBlock patient;
  patient.set_name(person.name());
  patient.set_name_kana(person.name_kana());
  *patient.mutable_birth_date() = person.birth_date();
  const bool second = person.sex1_code() == kNotSet && !person.sex2_code().empty();
  patient.set_sex_code(second ? person.sex2_code() : person.sex1_code());
  switch (twist) {
    case RecordTwist::kOtherSex:
      patient.set_sex_code(std::string(patient.sex_code() == kMan ? kWoman : kMan));
      break;
    case RecordTwist::kTwin:
    case RecordTwist::kMaruTwin:
      BecomeTwin(twist == RecordTwist::kMaruTwin, patient);
      break;
    case RecordTwist::kMaruName:
      MaskFirst(patient);
      break;
    case RecordTwist::kSmallKana:
      patient.set_name_kana(WithSmallKana(patient.name_kana()));
      break;
    case RecordTwist::kNone:
    case RecordTwist::kOtherPerson:
    case RecordTwist::kNoPatient:
      break;
  }
  return patient;
}

std::vector<std::string> LinesOf(const v1::OqsMessage& message, const v1::PatientBlock& patient) {
  std::vector<std::string> lines = {
      message.has_checkup_history() ? "特定健診情報（合成）" : "薬剤情報・診療情報（合成）",
      absl::StrCat(patient.name(), " ", patient.name_kana(), " ", TextOf(patient.birth_date())),
      ""};
  AddMonths("レセプト", message.medical_record().receipt_months(), lines);
  AddMonths("調剤", message.medical_record().dispensing_months(), lines);
  AddMonths("処方", message.medical_record().prescription_months(), lines);
  for (const v1::Checkup& checkup : message.checkup_history().checkups()) {
    lines.push_back(absl::StrCat("■ ", TextOf(checkup.examined_on())));
    for (const v1::CheckupItem& item : checkup.items()) {
      lines.push_back(
          absl::StrCat("  ", item.item_name(), " ",
                       item.data_value_name().empty() ? item.data_value() : item.data_value_name(),
                       " ", item.unit()));
    }
  }
  return lines;
}

}  // namespace madoguchi::sim
