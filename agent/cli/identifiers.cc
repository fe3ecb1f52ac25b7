#include "agent/cli/identifiers.h"

#include <functional>
#include <vector>

#include "agent/base/error.h"
#include "agent/text/counter_date.h"
#include "agent/text/insured.h"

namespace madoguchi::cli {
namespace {

constexpr int kTries = 3;

using Check = std::function<absl::Status(const std::string& typed)>;

absl::Status AskFor(const std::string& question, const Check& check, std::string& answer,
                    std::istream& in, std::ostream& out) {
  absl::Status last;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    out << question << ": " << std::flush;
    std::string line;
    const bool got = static_cast<bool>(std::getline(in, line));
    last = check(line);
    if (last.ok() && got) {
      answer = line;
      return last;
    }
    if (!got) return last;
    const v1::ErrorDetail detail = *base::DetailOf(last);
    out << "  " << detail.number() << "  " << detail.text_ja() << "\n  " << detail.next_step_ja()
        << '\n';
  }
  return last;
}

absl::Status CheckInsurer(const std::string& typed) {
  return text::ReadInsurerNumber(typed, "insured.insurer_number").status();
}

// The fields of a certificate are checked together; the others here are good ones.
absl::Status CheckInsured(const v1::InsuredId& typed) {
  v1::InsuredId whole = typed;
  whole.set_insurer_number("06990121");
  if (whole.number().empty()) whole.set_number("1");
  std::vector<v1::ErrorDetail> warnings;
  return text::ReadInsured(whole, "insured", warnings).status();
}

absl::Status CheckSymbol(const std::string& typed) {
  v1::InsuredId insured;
  insured.set_symbol(typed);
  return CheckInsured(insured);
}

absl::Status CheckNumber(const std::string& typed) {
  v1::InsuredId insured;
  // Empty would be taken for one that is not being asked for.
  insured.set_number(typed.empty() ? " " : typed);
  return CheckInsured(insured);
}

absl::Status CheckBranch(const std::string& typed) {
  v1::InsuredId insured;
  insured.set_branch(typed);
  return CheckInsured(insured);
}

}  // namespace

absl::Status AskForMissing(Identifiers& identifiers, absl::CivilDay today, std::istream& in,
                           std::ostream& out) {
  if (identifiers.insurer_number.empty()) {
    MDG_RETURN_IF_ERROR(
        AskFor("保険者番号 (6桁か8桁)", CheckInsurer, identifiers.insurer_number, in, out));
  }
  if (identifiers.number.empty()) {
    if (identifiers.symbol.empty()) {
      MDG_RETURN_IF_ERROR(
          AskFor("記号 (なければ空のまま)", CheckSymbol, identifiers.symbol, in, out));
    }
    MDG_RETURN_IF_ERROR(AskFor("番号", CheckNumber, identifiers.number, in, out));
    if (identifiers.branch.empty()) {
      MDG_RETURN_IF_ERROR(
          AskFor("枝番 (なければ空のまま)", CheckBranch, identifiers.branch, in, out));
    }
  }
  if (!identifiers.birth_date.empty()) return absl::OkStatus();
  const auto check_birth = [today](const std::string& typed) {
    v1::Date date;
    date.set_text(typed);
    return text::ReadBirthDate(date, "birth_date", today).status();
  };
  return AskFor("生年月日 (例 S55.1.15、昭和55年1月15日、19800115)", check_birth,
                identifiers.birth_date, in, out);
}

}  // namespace madoguchi::cli
