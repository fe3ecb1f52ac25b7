#include "hl7/v2/adt.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "hl7/v2/assembly.h"
#include "hl7/v2/law.h"
#include "hl7/v2/local.h"
#include "hl7/v2/standard.h"

namespace madoguchi::hl7::v2 {
namespace {

constexpr size_t kUsualBytes = 2048;
constexpr absl::string_view kSelf = "本人";
constexpr absl::string_view kOthers = "その他";

// The field of health insurance, or what stands in its place for public assistance.
const std::string& Either(const std::string& insurance, const std::string& assistance) {
  return insurance.empty() ? assistance : insurance;
}

// HL70063. `DEP` has a narrower meaning in Japan, and the kinship is not told.
absl::string_view RelationOf(absl::string_view code) {
  if (code == "1") return "SEL";
  return code == "2" ? "OTH" : "";
}

std::string ChartOf(const v1::Confirmation& confirmation, const Options& options) {
  if (!options.patient_id.empty()) return options.patient_id;
  for (const v1::Qualification& each : confirmation.qualifications()) {
    if (!each.reference_number().empty()) return each.reference_number();
  }
  for (const std::string& each : confirmation.reference_numbers()) {
    if (!each.empty()) return each;
  }
  return "";
}

void Insurance(const v1::Qualification& qualification, int number, In1Layout layout,
               SegmentWriter& writer) {
  const v1::InsuredId& insured = qualification.insured();
  const std::string& insurer =
      Either(insured.insurer_number_trimmed(), qualification.public_expense_number());
  const std::string& insured_number = Either(insured.number(), qualification.beneficiary_number());
  const Law law = LawOf(insurer);
  writer.Segment("IN1");
  writer.Field(1, std::to_string(number));
  writer.Field(2, {law.code, law.name, law.code.empty() ? "" : "JHSD0001"});
  writer.Field(3, insurer);
  writer.Field(4, Either(qualification.insurer_name(), qualification.welfare_office_name()));
  if (layout == In1Layout::kSsmix2) {
    writer.Repetitions(10, {insured.symbol(), insured_number, insured.branch()});
  } else {
    writer.Field(10, insured.symbol());
    writer.Field(11, insured_number);
  }
  writer.Field(12, DayText(qualification.card_valid_from()));
  writer.Field(13, DayText(qualification.card_valid_until()));
  if (const std::string& name = qualification.insured_name(); !name.empty()) {
    const NameParts parts = SplitName(name);
    writer.Field(16, {parts.family, parts.given, "", "", "", "", "L", "I"});
  }
  const absl::string_view relation = RelationOf(qualification.personal_family_code());
  if (!relation.empty()) {
    writer.Field(17, {relation, relation == "SEL" ? kSelf : kOthers, "HL70063"});
  }
}

// Whether a value stands in a standard field of the message, so that ZOQ needs not repeat it.
class Carried {
 public:
  Carried(const v1::Confirmation& confirmation, absl::string_view chart, bool insurances,
          const Options& options)
      : confirmation_(confirmation), chart_(chart), insurances_(insurances), options_(options) {}

  bool operator()(const Leaf& leaf) const {
    const Standard* row = FindStandard(leaf.record);
    return row != nullptr && InPlace(*row, leaf) && Fits(*row, leaf);
  }

 private:
  bool InPlace(const Standard& row, const Leaf& leaf) const {
    switch (row.when) {
      case When::kAlways:
        return true;
      case When::kFirst:
        return leaf.index == 0;
      case When::kIn1:
        return insurances_;
      case When::kIn1Ssmix2:
        return insurances_ && options_.in1 == In1Layout::kSsmix2;
      case When::kIn1InPlace:
        return insurances_ && InsuranceIsEmpty(row.target, leaf.index);
      case When::kChart:
        return leaf.text == chart_;
    }
    return false;
  }

  bool InsuranceIsEmpty(absl::string_view target, int index) const {
    const v1::Qualification& qualification = confirmation_.qualifications(index);
    if (target == "IN1-3") return qualification.insured().insurer_number_trimmed().empty();
    if (target == "IN1-4") return qualification.insurer_name().empty();
    return qualification.insured().number().empty();
  }

  bool Fits(const Standard& row, const Leaf& leaf) const {
    switch (row.form) {
      case Form::kDay:
        return !DayText(static_cast<const v1::Date&>(*leaf.message)).empty();
      case Form::kTime:
        return static_cast<const v1::OqsTime&>(*leaf.message).has_time();
      case Form::kSex:
        return !SexOf(leaf.text).empty();
      case Form::kFamily:
        return !RelationOf(leaf.text).empty();
      case Form::kTrimmed:
        return !confirmation_.qualifications(leaf.index).insured().insurer_number_trimmed().empty();
      default:
        return true;
    }
  }

  const v1::Confirmation& confirmation_;
  absl::string_view chart_;
  bool insurances_;
  const Options& options_;
};

}  // namespace

absl::StatusOr<Message> WriteAdt(const v1::Confirmation& confirmation,
                                 const v1::MessageHeader& header, int place,
                                 const Options& options) {
  if (confirmation.qualifications().empty()) {
    return base::MakeError(base::ErrorCode::kNoSuchForm,
                           {.what = "an answer without a qualification names nobody"});
  }
  const v1::Qualification& first = confirmation.qualifications(0);
  const std::string chart = ChartOf(confirmation, options);
  const absl::string_view time = ProcessTime(header);
  const bool insurances = confirmation.validity() == v1::VALIDITY_VALID;
  Assembly message({"ADT", options.registers ? "A04" : "A08", "ADT_A01"}, options,
                   header.medical_institution_code(), time, place, kUsualBytes);
  SegmentWriter& writer = message.writer();
  writer.Segment("EVN");
  writer.Field(2, message.time());
  message.Pid({.patient_id = chart,
               .name = first.name(),
               .kana = first.name_kana(),
               .other_name = first.name_of_other(),
               .other_kana = first.name_of_other_kana(),
               .birth_date = &first.birth_date(),
               .sex_code = first.sex1_code(),
               .address = first.address(),
               .post_number = first.post_number(),
               .updated = time});
  writer.Segment("PV1");
  writer.Field(1, "0001");
  // ADT_A01 needs a class. OQS confirms people at counters and on visits; it knows no wards.
  writer.Field(2, "O");
  int number = 0;
  for (const v1::Qualification& each : confirmation.qualifications()) {
    if (insurances) Insurance(each, ++number, options.in1, writer);
  }
  if (message.local()) {
    const Carried carried(confirmation, chart, insurances, options);
    Leftovers leftovers(writer);
    leftovers.Add(confirmation, "confirmation.", carried);
    // Units of batches share the head of the answer.
    if (&header != &confirmation.header()) {
      leftovers.Add(header, "confirmation.header.", carried);
    }
  }
  return message.Finish();
}

}  // namespace madoguchi::hl7::v2
