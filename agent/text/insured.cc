#include "agent/text/insured.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/base/error.h"
#include "agent/text/counter_date.h"
#include "agent/text/kana.h"
#include "agent/text/utf8.h"

namespace madoguchi::text {
namespace {

// OQS: symbol and number up to 20 characters (reference 4.1).
constexpr size_t kLongestText = 20;
// What is looked at in any case; typing more than this is no mistake of a clerk.
constexpr size_t kMostBytes = 256;
constexpr absl::string_view kWideSpace = "　";

absl::Status Unfit(base::ErrorCode code, absl::string_view field, std::string what) {
  return base::MakeError(code, {.what = std::move(what), .field = std::string(field)});
}

bool AllDigits(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
}

// Number of characters; nullopt when there are control characters (C0, DEL, C1) or no UTF-8.
std::optional<size_t> PlainCharacters(absl::string_view text) {
  size_t count = 0;
  while (!text.empty()) {
    const std::optional<CodePoint> character = DecodeUtf8(text);
    if (!character || character->value < 0x20 ||
        (character->value >= 0x7F && character->value < 0xA0)) {
      return std::nullopt;
    }
    text.remove_prefix(character->length);
    ++count;
  }
  return count;
}

absl::string_view WithoutEndSpaces(absl::string_view text) {
  for (;;) {
    const size_t before = text.size();
    text = absl::StripAsciiWhitespace(text);
    absl::ConsumePrefix(&text, kWideSpace);
    absl::ConsumeSuffix(&text, kWideSpace);
    if (text.size() == before) return text;
  }
}

absl::Status CheckText(absl::string_view text, absl::string_view field) {
  const std::optional<size_t> characters = PlainCharacters(text);
  if (text.size() > kMostBytes || (characters && *characters > kLongestText)) {
    return Unfit(base::ErrorCode::kBadInsuredText, field,
                 absl::StrCat("at most ", kLongestText, " characters are allowed"));
  }
  if (!characters) {
    return Unfit(base::ErrorCode::kBadInsuredText, field, "control characters are not allowed");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadBranch(absl::string_view typed, absl::string_view field) {
  if (typed.size() <= kMostBytes) {
    std::string branch = FoldWidth(typed);
    if (branch.empty()) return branch;
    if (branch.size() <= 2 && AllDigits(branch)) {
      return branch.size() == 2 ? branch : absl::StrCat("0", branch);
    }
  }
  return Unfit(base::ErrorCode::kBadInsuredText, field, "nothing, or 1 or 2 digits are allowed");
}

bool MayBeMissing(const absl::Status& status, Missing missing) {
  return missing == Missing::kAllowed && base::Is(status, base::ErrorCode::kFieldMissing);
}

}  // namespace

absl::StatusOr<std::string> ReadInsurerNumber(absl::string_view typed, absl::string_view field) {
  if (typed.size() > kMostBytes) {
    return Unfit(base::ErrorCode::kBadInsurerNumber, field, "6 or 8 digits are allowed");
  }
  std::string digits = FoldWidth(typed);
  std::erase_if(digits, [](char c) { return c == ' ' || c == '-'; });
  if (digits.empty()) return Unfit(base::ErrorCode::kFieldMissing, field, "");
  if (!AllDigits(digits)) {
    return Unfit(base::ErrorCode::kBadInsurerNumber, field, "only digits are allowed");
  }
  if (digits.size() == 8 && absl::StartsWith(digits, "00")) digits.erase(0, 2);
  if (digits.size() != 6 && digits.size() != 8) {
    return Unfit(base::ErrorCode::kBadInsurerNumber, field,
                 absl::StrCat(digits.size(), " digits were given, 6 or 8 are allowed"));
  }
  return digits;
}

bool InsurerCheckDigitFits(absl::string_view number) {
  int sum = 0;
  int weight = 2;
  for (size_t place = number.size() - 1; place > 0; --place) {
    const int product = (number[place - 1] - '0') * weight;
    sum += product / 10 + product % 10;
    weight = 3 - weight;
  }
  return (sum + (number.back() - '0')) % 10 == 0;
}

absl::StatusOr<v1::InsuredId> ReadInsured(const v1::InsuredId& typed, absl::string_view prefix,
                                          std::vector<v1::ErrorDetail>& warnings, Missing missing) {
  const auto field = [&](absl::string_view name) { return absl::StrCat(prefix, ".", name); };
  absl::StatusOr<std::string> insurer =
      ReadInsurerNumber(typed.insurer_number(), field("insurer_number"));
  if (!insurer.ok()) {
    if (!MayBeMissing(insurer.status(), missing)) return insurer.status();
    insurer = "";
  }
  const absl::string_view symbol = WithoutEndSpaces(typed.symbol());
  MDG_RETURN_IF_ERROR(CheckText(symbol, field("symbol")));
  MDG_RETURN_IF_ERROR(CheckText(WithoutEndSpaces(typed.number()), field("number")));
  std::string number = FoldWidth(typed.number());
  if (number.empty() && missing == Missing::kRefused) {
    return Unfit(base::ErrorCode::kFieldMissing, field("number"), "");
  }
  absl::StatusOr<std::string> branch = ReadBranch(typed.branch(), field("branch"));
  if (!branch.ok()) return branch.status();
  v1::InsuredId insured;
  insured.set_insurer_number(*insurer);
  insured.set_insurer_number_trimmed(*insurer);
  insured.set_symbol(std::string(symbol));
  insured.set_number(std::move(number));
  insured.set_branch(*std::move(branch));
  if (!insurer->empty() && !InsurerCheckDigitFits(*insurer)) {
    warnings.push_back(
        base::MakeDetail(base::ErrorCode::kInsurerCheckDigit, {.field = field("insurer_number")}));
  }
  return insured;
}

absl::StatusOr<CounterQuery> ReadCounterQuery(const v1::EligibilityQuery& typed,
                                              absl::string_view prefix, absl::CivilDay today,
                                              Missing missing) {
  CounterQuery result{.query = typed, .warnings = {}};
  absl::StatusOr<v1::InsuredId> insured =
      ReadInsured(typed.insured(), absl::StrCat(prefix, ".insured"), result.warnings, missing);
  if (!insured.ok()) return insured.status();
  absl::StatusOr<v1::Date> birth =
      ReadBirthDate(typed.birth_date(), absl::StrCat(prefix, ".birth_date"), today);
  if (!birth.ok()) {
    if (!MayBeMissing(birth.status(), missing)) return birth.status();
    birth = v1::Date();
  }
  *result.query.mutable_insured() = *std::move(insured);
  *result.query.mutable_birth_date() = *std::move(birth);
  return result;
}

}  // namespace madoguchi::text
