#include "hl7/jahis/notebook.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/text/cp932.h"
#include "agent/text/jis.h"
#include "agent/text/kana.h"
#include "agent/text/utf8.h"
#include "hl7/v2/assembly.h"
#include "hl7/v2/drugs.h"
#include "hl7/v2/notes.h"

namespace madoguchi::hl7::jahis {
namespace {

// Characters, as the format counts them.
constexpr size_t kNameWidth = 40;
constexpr size_t kDrugWidth = 120;
constexpr size_t kUnitWidth = 12;
constexpr size_t kTextWidth = 200;
constexpr size_t kCodeSize = 10;
constexpr size_t kLineBytes = 320;

// 作成者 1: a medical institution or pharmacy wrote what the line says.
constexpr absl::string_view kByProfessionals = "1";
constexpr absl::string_view kRemark = "オンライン資格確認等システムの薬剤情報から作成";

constexpr Field kFields[] = {
    {"medical_record.header.medical_institution_code", "",
     "who asked; a notebook names who dispensed"},
    {"medical_record.header.arbitrary_file_identifier", "", "of the exchange with OQS"},
    {"medical_record.patient.name", "1-1", "at most 40 characters"},
    {"medical_record.patient.name_kana", "1-10", "in full width"},
    {"medical_record.patient.birth_date", "1-3", "of days that exist"},
    {"medical_record.patient.sex_code", "1-2", "1 and 2; there is no code for 3"},
    {"medical_record.result.code", "", "of the exchange with OQS"},
    {"medical_record.result.message", "", "of the exchange with OQS"},
    {"medical_record.months[].provider_kind_code", "", "its meaning is not public"},
    {"medical_record.months[].provider.code", "11-2, 11-3, 11-4",
     "prefecture, kind, 7 digits; only a code of 10 digits"},
    {"medical_record.months[].provider.name", "11-1", "at most 40 characters"},
    {"medical_record.months[].month", "", "the day says it"},
    {"medical_record.months[].prescriber.code", "51-2, 51-3, 51-4",
     "when another than who dispensed, and its third digit is 1 or 3 (the rule of drug_lines)"},
    {"medical_record.months[].prescriber.name", "51-1", "likewise"},
    {"medical_record.months[].own_site_code", "", "says who asked, not what was dispensed"},
    {"medical_record.months[].in_out_code", "", "the lines 11 and 51 say it"},
    {"medical_record.months[].days[].dispensed_on", "5-1", "lines without a real day are left out"},
    {"medical_record.months[].days[].prescribed_on", "5-1", "without a day of dispensing"},
    {"medical_record.months[].days[].drugs[].treatment_class_code", "301-5",
     "21 is 1 (internal), 22 is 3 (as needed), 23 is 5 (external), 30 to 39 is 4 (injection), "
     "all else is 10"},
    {"medical_record.months[].days[].drugs[].drug_code", "201-6", "201-5 says 2: code of claims"},
    {"medical_record.months[].days[].drugs[].drug_name", "201-2", "at most 120 characters"},
    {"medical_record.months[].days[].drugs[].ingredient_name", "201-8", "at most 120 characters"},
    {"medical_record.months[].days[].drugs[].amount", "201-3", "at most 12 characters"},
    {"medical_record.months[].days[].drugs[].unit", "201-4", "at most 12 characters"},
    {"medical_record.months[].days[].drugs[].usage", "301-2",
     "once for medicines that share usage, instruction and times; at most 200 characters"},
    {"medical_record.months[].days[].drugs[].special_instruction", "311-2",
     "likewise; at most 200 characters"},
    {"medical_record.months[].days[].drugs[].times", "301-3",
     "likewise; of classes 21 and 22, else the format wants 1"},
    {"medical_record.months[].days[].treatments[].treatment_class_code", "",
     "treatments are no medicines"},
    {"medical_record.months[].days[].treatments[].treatment_code", "", "likewise"},
    {"medical_record.months[].days[].treatments[].treatment_name", "", "likewise"},
    {"medical_record.months[].days[].treatments[].amount", "", "likewise"},
    {"medical_record.months[].days[].treatments[].unit", "", "likewise"},
    {"medical_record.months[].days[].treatments[].times", "", "likewise"},
};

// 剤形 of record 301, and what its quantity counts.
struct DosageForm {
  absl::string_view code;
  absl::string_view unit;
  // The quantity is the times; else 1.
  bool counts_times = false;
};
DosageForm FormOf(absl::string_view treatment_class) {
  if (treatment_class == "21") return {"1", "日分", true};
  if (treatment_class == "22") return {"3", "回分", true};
  if (treatment_class == "23") return {"5", "調剤", false};
  if (treatment_class.size() == 2 && treatment_class[0] == '3') return {"4", "調剤", false};
  return {"10", "調剤", false};
}

// Writes lines of UTF-8 text, and notes what could not be written as it was.
class Lines {
 public:
  explicit Lines(Notebook& notebook) : notebook_(notebook) {}

  void Begin(absl::string_view record) {
    if (line_ > 0) text_ += "\r\n";
    ++line_;
    record_ = std::string(record);
    records_.emplace_back(record);
    text_.append(record.data(), record.size());
  }
  void End() { text_ += "\r\n"; }

  void Reserve(size_t bytes) { text_.reserve(bytes); }

  // A field of ours.
  void Constant(absl::string_view text) {
    text_ += ',';
    text_.append(text.data(), text.size());
  }

  // A field of at most `most` characters; one of the record.
  void Field(absl::string_view text, size_t most) {
    text_ += ',';
    for (size_t count = 0; !text.empty(); ++count) {
      if (count == most) {
        Note({line_, record_, 0, ""});
        break;
      }
      const text::CodePoint c = text::DecodeUtf8(text).value_or(text::CodePoint{0xFFFD, 1});
      // There are no quotes: a comma would end the field, a line end the line.
      if (c.value == ',') {
        Replace(c.value, "，");
      } else if (c.value < 0x20 || c.value == 0x7F) {
        Replace(c.value, " ");
      } else {
        text_.append(text.data(), c.length);
      }
      text.remove_prefix(c.length);
    }
  }

  // All lines in Shift_JIS.
  absl::StatusOr<std::string> Encode() {
    absl::StatusOr<text::JisText> fitted = text::FitToJis(text_);
    MDG_RETURN_IF_ERROR(fitted.status());
    size_t at = 0;
    size_t line = 0;
    for (text::JisReplacement& each : fitted->replaced) {
      for (; at < each.offset; ++at) line += text_[at] == '\n' ? 1 : 0;
      Note({static_cast<int>(line) + 1, records_[line], each.character, std::move(each.by)});
    }
    notebook_.change_count += fitted->replaced_count - fitted->replaced.size();
    return text::Utf8ToCp932(fitted->utf8);
  }

 private:
  void Replace(char32_t character, absl::string_view by) {
    text_.append(by.data(), by.size());
    Note({line_, record_, character, std::string(by)});
  }
  void Note(Change change) {
    if (++notebook_.change_count <= kMaxChanges) notebook_.changes.push_back(std::move(change));
  }

  Notebook& notebook_;
  std::string text_;
  std::string record_;
  std::vector<std::string> records_;
  int line_ = 0;
};

void Institution(absl::string_view record, const v1::Provider& provider, int empty_fields,
                 Lines& lines) {
  lines.Begin(record);
  lines.Field(provider.name(), kNameWidth);
  const absl::string_view code = provider.code();
  const bool known =
      code.size() == kCodeSize && std::all_of(code.begin(), code.end(), absl::ascii_isdigit);
  lines.Constant(known ? code.substr(0, 2) : "");
  lines.Constant(known ? code.substr(2, 1) : "");
  lines.Constant(known ? code.substr(3) : "");
  for (int i = 0; i < empty_fields; ++i) lines.Constant("");
  lines.Constant(kByProfessionals);
}

void Patient(const v1::PatientBlock& patient, Lines& lines) {
  const absl::string_view sex = patient.sex_code();
  lines.Begin("1");
  lines.Field(patient.name(), kNameWidth);
  lines.Constant(sex == "1" || sex == "2" ? sex : "");
  lines.Constant(v2::DayText(patient.birth_date()));
  // Post code, address, telephone, contact, blood type, weight: OQS does not say.
  for (int i = 0; i < 6; ++i) lines.Constant("");
  lines.Field(text::ToFullWidth(patient.name_kana()), kNameWidth);
}

void Medicine(const v1::DrugItem& drug, absl::string_view number, Lines& lines) {
  lines.Begin("201");
  lines.Constant(number);
  lines.Field(drug.drug_name(), kDrugWidth);
  lines.Field(drug.amount(), kUnitWidth);
  lines.Field(drug.unit(), kUnitWidth);
  lines.Constant(drug.drug_code().empty() ? "1" : "2");
  lines.Field(drug.drug_code(), kUnitWidth + 1);
  lines.Constant(kByProfessionals);
  lines.Field(drug.ingredient_name(), kDrugWidth);
  lines.Constant(drug.ingredient_name().empty() ? "" : "1");
  lines.Constant("");
}

void Usage(const v1::DrugItem& drug, absl::string_view number, Lines& lines) {
  const DosageForm form = FormOf(drug.treatment_class_code());
  lines.Begin("301");
  lines.Constant(number);
  lines.Field(drug.usage(), kTextWidth);
  lines.Field(form.counts_times ? absl::string_view(drug.times()) : "1", kUnitWidth);
  lines.Constant(form.unit);
  lines.Constant(form.code);
  lines.Constant("1");
  lines.Constant("");
  lines.Constant(kByProfessionals);
  if (drug.special_instruction().empty()) return;
  lines.Begin("311");
  lines.Constant(number);
  lines.Field(drug.special_instruction(), kTextWidth);
  lines.Constant(kByProfessionals);
}

bool IsLeftOut(const v1::DrugLine& line, absl::string_view day, Notebook& notebook) {
  int* reason = nullptr;
  if (line.source() == v1::DRUG_SOURCE_PRESCRIPTION) {
    reason = &notebook.prescriptions;
  } else if (line.duplicate_of() > 0) {
    reason = &notebook.duplicates;
  } else if (day.empty()) {
    reason = &notebook.without_day;
  }
  if (reason != nullptr) ++*reason;
  return reason != nullptr;
}

// The block of a day at one institution. `drugs` is not empty.
void Block(const v1::DrugLine& about, absl::string_view day,
           const std::vector<const v1::DrugItem*>& drugs, Lines& lines) {
  lines.Begin("5");
  lines.Constant(day);
  lines.Constant(kByProfessionals);
  Institution("11", about.provider(), 3, lines);
  const bool another = about.prescriber().code() != about.provider().code() ||
                       about.prescriber().name() != about.provider().name();
  if (another) Institution("51", about.prescriber(), 0, lines);
  int number = 1;
  for (size_t i = 0; i < drugs.size(); ++i) {
    const std::string text = std::to_string(number);
    Medicine(*drugs[i], text, lines);
    const bool last = i + 1 == drugs.size() || !v2::SharesUsage(*drugs[i + 1], *drugs[i]);
    if (!last) continue;
    Usage(*drugs[i], text, lines);
    ++number;
  }
}

}  // namespace

absl::StatusOr<Notebook> ConvertDrugHistory(const v1::MedicalRecord& record) {
  const v1::DrugHistory& history = record.drug_history();
  Notebook notebook;
  Lines lines(notebook);
  lines.Reserve(static_cast<size_t>(history.drug_lines_size() + 2) * kLineBytes);
  lines.Begin("JAHISTC08");
  lines.Constant("1");
  Patient(record.patient(), lines);
  bool any = false;
  for (const v2::DrugOrder& order : v2::OrdersOf(history)) {
    std::vector<const v1::DrugItem*> drugs;
    for (size_t i = order.first; i < order.first + order.count; ++i) {
      const v1::DrugLine& line = history.drug_lines(static_cast<int>(i));
      if (!IsLeftOut(line, order.day, notebook)) drugs.push_back(&line.drug());
    }
    if (drugs.empty()) continue;
    any = true;
    Block(history.drug_lines(static_cast<int>(order.first)), order.day, drugs, lines);
  }
  if (!any) {
    return base::MakeError(base::ErrorCode::kNoSuchForm,
                           {.what = "no medicine that was dispensed on a known day"});
  }
  lines.Begin("501");
  lines.Constant(kRemark);
  lines.Constant(kByProfessionals);
  lines.End();
  absl::StatusOr<std::string> bytes = lines.Encode();
  MDG_RETURN_IF_ERROR(bytes.status());
  notebook.bytes = *std::move(bytes);
  return notebook;
}

absl::StatusOr<Notebook> Convert(const v1::OqsMessage& message) {
  if (message.body_case() != v1::OqsMessage::kMedicalRecord) {
    return base::MakeError(base::ErrorCode::kNoSuchForm,
                           {.what = "only drug histories become a notebook"});
  }
  return ConvertDrugHistory(message.medical_record());
}

std::vector<std::string> NotesOf(const Notebook& notebook) {
  std::vector<std::string> notes;
  for (const Change& change : notebook.changes) {
    const std::string where = absl::StrCat("line ", change.line, ", ", change.record);
    notes.push_back(change.character == 0 ? absl::StrCat(where, ": too long, the rest is missing")
                                          : v2::NoteOf(where, change.character, change.by));
  }
  v2::AddMore(notebook.change_count, notebook.changes.size(), notes);
  const auto left_out = [&notes](int count, absl::string_view why) {
    if (count > 0) notes.push_back(absl::StrCat("left out: ", count, " ", why));
  };
  left_out(notebook.prescriptions, "prescribed, not known to be dispensed");
  left_out(notebook.duplicates, "repeated from a better source");
  left_out(notebook.without_day, "without a day");
  return notes;
}

std::span<const Field> Fields() { return kFields; }

}  // namespace madoguchi::hl7::jahis
