#include "hl7/v2/drugs.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "hl7/v2/assembly.h"
#include "hl7/v2/patient.h"

namespace madoguchi::hl7::v2 {
namespace {

constexpr size_t kRdeHeadBytes = 1024;
constexpr size_t kLineBytes = 640;

// 診療識別 of the claims (reference 9.3, inferred): decides what an amount and times mean.
constexpr absl::string_view kInternal = "21";
constexpr absl::string_view kAsNeeded = "22";

// The coding system of the codes of claims. HL7 has no name for it in Japan: a local one (99...).
constexpr absl::string_view kClaimCodes = "99MHLW";

absl::string_view SourceName(v1::DrugSource source) {
  switch (source) {
    case v1::DRUG_SOURCE_RECEIPT:
      return "RECEIPT";
    case v1::DRUG_SOURCE_DISPENSING:
      return "DISPENSING";
    case v1::DRUG_SOURCE_PRESCRIPTION:
      return "PRESCRIPTION";
    default:
      return "";
  }
}

bool IsWholeNumber(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

bool SameProvider(const v1::Provider& a, const v1::Provider& b) {
  return a.code() == b.code() && a.name() == b.name();
}

bool SameOrder(const v1::DrugLine& a, const v1::DrugLine& b) {
  return a.source() == b.source() && a.dispensed_on().text() == b.dispensed_on().text() &&
         a.prescribed_on().text() == b.prescribed_on().text() &&
         SameProvider(a.provider(), b.provider()) && SameProvider(a.prescriber(), b.prescriber());
}

OrderNumber NumberOf(const v1::DrugLine& line) {
  OrderNumber number;
  number.Add(SourceName(line.source()));
  number.Add(line.dispensed_on().text());
  number.Add(line.prescribed_on().text());
  for (const v1::Provider* each : {&line.provider(), &line.prescriber()}) {
    number.Add(each->code());
    number.Add(each->name());
  }
  return number;
}

std::string DayOf(const v1::DrugLine& line) {
  std::string day = DayText(line.dispensed_on());
  return day.empty() ? DayText(line.prescribed_on()) : day;
}

// `000000250410001_01_002`: order, what is taken together, medicine in it.
std::string GroupNumber(absl::string_view order, int together, int medicine) {
  const auto digits = [](int number, size_t least) {
    const std::string text = std::to_string(number);
    return std::string(text.size() < least ? least - text.size() : 0, '0') + text;
  };
  return absl::StrCat(order, "_", digits(together, 2), "_", digits(medicine, 3));
}

void Order(const DrugOrder& order, const v1::DrugLine& line, const std::string& group, bool storage,
           SegmentWriter& writer) {
  writer.Segment("ORC");
  // What others were given is told, not ordered: a receiver must not fill it again.
  writer.Field(1, storage ? "NW" : "SC");
  writer.Field(2, order.number);
  writer.Field(4, group);
  if (!storage) writer.Field(5, "CM");
  writer.Field(9, order.day);
  const v1::Provider& prescriber = line.prescriber();
  writer.Field(21, {prescriber.name(), "", "", "", "", "", "", "", "", prescriber.code()});
}

void Medicine(const v1::DrugLine& line, SegmentWriter& writer) {
  const v1::DrugItem& drug = line.drug();
  const absl::string_view kind = drug.treatment_class_code();
  const bool internal = kind == kInternal;
  const bool as_needed = kind == kAsNeeded;
  writer.Segment("RXE");
  writer.Field(2,
               {drug.drug_code(), drug.drug_name(), drug.drug_code().empty() ? "" : kClaimCodes});
  if (as_needed) {
    writer.Field(3, drug.amount());
    writer.Field(5, {"", drug.unit()});
  } else if (!internal) {
    writer.Field(10, drug.amount());
    writer.Field(11, {"", drug.unit()});
  } else {
    writer.Quantity(19, drug.amount(), {"", drug.unit()});
  }
  writer.Field(21, {"", drug.special_instruction()});
  writer.Field(32, DayText(line.prescribed_on()));
  writer.Field(40, {line.provider().code(), line.provider().name()});
  writer.Segment("TQ1");
  writer.Field(1, "1");
  writer.Subcomponents(3, {"", drug.usage()});
  const bool counted = IsWholeNumber(drug.times());
  if (internal && counted) writer.Quantity(6, drug.times(), {"D", "日", "ISO+"});
  writer.Field(7, DayText(line.dispensed_on()));
  if (!internal && counted) writer.Field(14, drug.times());
  writer.Segment("RXR");
  if (internal || as_needed) {
    writer.Field(1, {"PO", "口", "HL70162"});
  } else {
    writer.Field(1, {"OTH", "その他", "HL70162"});
  }
}

void Local(const v1::DrugLine& line, size_t number, SegmentWriter& writer) {
  const v1::DrugItem& drug = line.drug();
  writer.Segment("ZOL");
  writer.Field(1, std::to_string(number));
  writer.Field(2, SourceName(line.source()));
  writer.Field(3, drug.treatment_class_code());
  writer.Field(4, line.provider_kind_code());
  writer.Field(5, line.own_site_code());
  writer.Field(6, line.in_out_code());
  writer.Field(7, line.month().text());
  writer.Field(8, line.dispensed_on().text());
  writer.Field(9, line.prescribed_on().text());
  writer.Field(10, drug.ingredient_name());
  writer.Field(11, drug.amount());
  writer.Field(12, drug.unit());
  writer.Field(13, drug.times());
  if (line.duplicate_of() > 0) writer.Field(14, std::to_string(line.duplicate_of()));
}

// MSH-7 of a history: the newest day in it.
std::string NewestDrugDay(const v1::DrugHistory& history) {
  std::string newest;
  for (const v1::DrugLine& line : history.drug_lines()) newest = std::max(newest, DayOf(line));
  return newest;
}

}  // namespace

bool SharesUsage(const v1::DrugItem& line, const v1::DrugItem& before) {
  return line.treatment_class_code() == before.treatment_class_code() &&
         line.usage() == before.usage() && line.times() == before.times() &&
         line.special_instruction() == before.special_instruction();
}

std::vector<DrugOrder> OrdersOf(const v1::DrugHistory& history) {
  std::vector<DrugOrder> orders;
  absl::flat_hash_map<std::string, int> given;
  for (int i = 0; i < history.drug_lines_size(); ++i) {
    const v1::DrugLine& line = history.drug_lines(i);
    if (i > 0 && SameOrder(line, history.drug_lines(i - 1))) {
      ++orders.back().count;
      continue;
    }
    OrderNumber number = NumberOf(line);
    std::string digits = number.Finish();
    // The same once more, apart from the first.
    if (const int before = given[digits]++; before > 0) {
      number.Add(std::to_string(before));
      digits = number.Finish();
      ++given[digits];
    }
    orders.push_back({static_cast<size_t>(i), 1, std::move(digits), DayOf(line)});
  }
  return orders;
}

absl::StatusOr<Message> WriteRde(const v1::MedicalRecord& record, std::span<const DrugOrder> orders,
                                 const Options& options) {
  const v1::DrugHistory& history = record.drug_history();
  size_t lines = 0;
  for (const DrugOrder& each : orders) lines += each.count;
  std::string time(ProcessTime(record.header()));
  if (time.empty() && options.time.empty()) time = NewestDrugDay(history);
  Assembly message({"RDE", "O11", "RDE_O11"}, options, record.header().medical_institution_code(),
                   time, 1, kRdeHeadBytes + lines * kLineBytes);
  SegmentWriter& writer = message.writer();
  message.Pid(PersonOf(record.patient(), options));
  for (const DrugOrder& order : orders) {
    int together = 0;
    int medicine = 0;
    for (size_t i = order.first; i < order.first + order.count; ++i) {
      const v1::DrugLine& line = history.drug_lines(static_cast<int>(i));
      const bool first = i == order.first;
      if (first || !SharesUsage(line.drug(), history.drug_lines(static_cast<int>(i) - 1).drug())) {
        ++together;
        medicine = 0;
      }
      Order(order, line, GroupNumber(order.number, together, ++medicine), options.ssmix2, writer);
      Medicine(line, writer);
      if (message.local()) Local(line, i + 1, writer);
    }
  }
  if (message.local()) {
    AddLeftovers(record.header(), record.patient(), record.result(), record.unknown_elements(),
                 "medical_record.", writer);
  }
  return message.Finish();
}

}  // namespace madoguchi::hl7::v2
