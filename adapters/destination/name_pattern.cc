#include "adapters/destination/name_pattern.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/destination/safe_folder.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"

namespace madoguchi::adapters {
namespace {

constexpr absl::string_view kFields[] = {"message_id", "reception_id", "chart",
                                         "date",       "time",         "what",
                                         "label",      "extension",    "file_name"};
constexpr char kAllowed[] =
    "allowed are {message_id} {reception_id} {chart} {date} {time} {what} {label} {extension} "
    "{file_name} and characters of file names";
constexpr size_t kMostPatternBytes = 200;
constexpr size_t kDayDigits = 8;

absl::Status Problem(absl::string_view what) {
  return base::MakeError(base::ErrorCode::kInvalidField,
                         {.what = absl::StrCat(what, "; ", kAllowed), .field = "name"});
}

std::string ValueOf(absl::string_view field, const Parcel& parcel, const Piece& piece) {
  if (field == "message_id") return parcel.message_id;
  if (field == "reception_id") return parcel.reception.reception_id();
  if (field == "chart") return parcel.reception.assignment().patient_id();
  if (field == "what") return std::string(WordOf(parcel.what));
  if (field == "label") return piece.label;
  if (field == "extension") return parcel.file_extension;
  if (field == "file_name") return parcel.record.file_name();
  const std::string opened = base::FormatOqsTime(base::FromProto(parcel.reception.opened_at()));
  return field == "date" ? opened.substr(0, kDayDigits) : opened.substr(kDayDigits);
}

}  // namespace

absl::string_view WordOf(v1::ExportWhat what) {
  switch (what) {
    case v1::EXPORT_WHAT_RECEPTION:
      return "reception";
    case v1::EXPORT_WHAT_DRUG_HISTORY:
      return "drugs";
    case v1::EXPORT_WHAT_CHECKUPS:
      return "checkups";
    case v1::EXPORT_WHAT_DIAGNOSES:
      return "diagnoses";
    default:
      return "";
  }
}

absl::StatusOr<NamePattern> NamePattern::Parse(absl::string_view pattern) {
  if (pattern.empty() || pattern.size() > kMostPatternBytes) {
    return Problem("it has to have 1 to 200 bytes");
  }
  NamePattern parsed;
  while (!pattern.empty()) {
    const size_t brace = pattern.find_first_of("{}");
    if (brace != 0) {
      const absl::string_view text = pattern.substr(0, brace);
      // Neither end of this part has to be the end of the name.
      const std::string padded = absl::StrCat("a", text, "a");
      if (const char* why = WhyNoFileName(padded); why != nullptr) return Problem(why);
      parsed.parts_.push_back({.is_field = false, .text = std::string(text)});
      pattern.remove_prefix(text.size());
      continue;
    }
    const size_t end = pattern.find('}');
    if (pattern.front() == '}' || end == absl::string_view::npos) {
      return Problem("a brace has no other half");
    }
    const absl::string_view field = pattern.substr(1, end - 1);
    if (std::find(std::begin(kFields), std::end(kFields), field) == std::end(kFields)) {
      return Problem("no such field");
    }
    parsed.parts_.push_back({.is_field = true, .text = std::string(field)});
    pattern.remove_prefix(end + 1);
  }
  return parsed;
}

bool NamePattern::Has(absl::string_view field) const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [&](const Part& part) { return part.is_field && part.text == field; });
}

absl::StatusOr<std::string> NamePattern::NameOf(const Parcel& parcel, const Piece& piece) const {
  std::string name;
  for (const Part& part : parts_) {
    if (!part.is_field) {
      name += part.text;
      continue;
    }
    const std::string value = ValueOf(part.text, parcel, piece);
    if (value.empty() && part.text == "chart") {
      return base::MakeError(base::ErrorCode::kNotAssignedYet,
                             {.reception_id = parcel.reception.reception_id()});
    }
    if (const char* why = WhyNoFileName(absl::StrCat("a", value, "a"));
        value.empty() || why != nullptr) {
      return base::MakeError(base::ErrorCode::kNotRenderable,
                             {.what = value.empty() ? "this record has none" : why,
                              .field = absl::StrCat("name: ", part.text)});
    }
    name += value;
  }
  if (parcel.pieces.size() > 1 && !Has("label")) {
    const size_t dot = std::min(name.rfind('.'), name.size());
    name.insert(dot, absl::StrCat("-", piece.label));
  }
  if (const char* why = WhyNoFileName(name); why != nullptr) {
    return base::MakeError(base::ErrorCode::kNotRenderable, {.what = why, .field = "name"});
  }
  return name;
}

}  // namespace madoguchi::adapters
