#include "tests/sim/card_behaviour.h"

#include <algorithm>
#include <span>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "agent/base/error.h"

namespace madoguchi::sim {
namespace {

constexpr int kMostExchange = 1'000'000;
constexpr absl::Duration kLongestWait = absl::Minutes(10);
constexpr size_t kMostAtr = 33;
constexpr absl::string_view kContactless = "3B888001000005E0B381A1007F";
constexpr absl::string_view kContact = "3BE000FF8131FE4514";

using Setter = bool (*)(CardBehaviour& behaviour, absl::string_view value);

struct Part {
  absl::string_view name;
  // What a value looks like; empty: there is none.
  absl::string_view form;
  absl::string_view text;
  Setter set;
};

template <bool CardBehaviour::*Flag>
bool SetFlag(CardBehaviour& behaviour, absl::string_view /*value*/) {
  behaviour.*Flag = true;
  return true;
}

template <int CardBehaviour::*Place>
bool SetExchange(CardBehaviour& behaviour, absl::string_view value) {
  int& number = behaviour.*Place;
  return absl::SimpleAtoi(value, &number) && number >= 1 && number <= kMostExchange;
}

template <CardCertificate Certificate>
bool SetCertificate(CardBehaviour& behaviour, absl::string_view /*value*/) {
  behaviour.certificate = Certificate;
  return true;
}

std::optional<absl::Duration> ParseWait(absl::string_view value) {
  absl::Duration wait;
  if (!absl::ParseDuration(value, &wait) || wait < absl::ZeroDuration() || wait > kLongestWait) {
    return std::nullopt;
  }
  return wait;
}

bool SetSlow(CardBehaviour& behaviour, absl::string_view value) {
  behaviour.slow = ParseWait(value).value_or(absl::InfiniteDuration());
  return behaviour.slow != absl::InfiniteDuration();
}

bool SetBack(CardBehaviour& behaviour, absl::string_view value) {
  behaviour.back = ParseWait(value);
  return behaviour.back.has_value();
}

bool SetTries(CardBehaviour& behaviour, absl::string_view value) {
  int tries = 0;
  if (!absl::SimpleAtoi(value, &tries) || tries < 0 || tries > 3) return false;
  behaviour.tries = tries;
  return true;
}

bool SetSwap(CardBehaviour& behaviour, absl::string_view value) {
  behaviour.swap = std::string(value);
  return !value.empty();
}

bool SetLabel(CardBehaviour& behaviour, absl::string_view value) {
  struct Label {
    absl::string_view name;
    absl::string_view label;
    bool phone;
  };
  constexpr Label kLabels[] = {{"plastic", "JPKIAPICCTOKEN2", false},
                               {"android", "JPKIAPGPSETOKEN", true},
                               {"iphone", "JPKIAPIOSTOKEN", true},
                               {"old", "JPKIAPICCTOKEN", false}};
  const auto* const found = std::find_if(std::begin(kLabels), std::end(kLabels),
                                         [&](const Label& one) { return one.name == value; });
  if (found == std::end(kLabels)) return false;
  behaviour.label = std::string(found->label);
  behaviour.phone = found->phone;
  return true;
}

bool SetAtr(CardBehaviour& behaviour, absl::string_view value) {
  const absl::string_view digits =
      value == "contact" ? kContact : (value == "contactless" ? kContactless : value);
  if (digits.size() < 4 || digits.size() % 2 != 0 || digits.size() > 2 * kMostAtr ||
      !std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit)) {
    return false;
  }
  behaviour.atr = absl::HexStringToBytes(digits);
  return true;
}

constexpr Part kParts[] = {
    {"label", "plastic|android|iphone|old", "what the token information says", SetLabel},
    {"other-card", "", "a card without any of the applications",
     SetFlag<&CardBehaviour::other_card>},
    {"expired", "", "the certificate has ended", SetCertificate<CardCertificate::kExpired>},
    {"not-yet-valid", "", "the certificate begins tomorrow",
     SetCertificate<CardCertificate::kNotYetValid>},
    {"unknown-issuer", "", "the certificate is of a root of the same name with another key",
     SetCertificate<CardCertificate::kUnknownIssuer>},
    {"wrong-usage", "", "key usage of a certificate for signatures",
     SetCertificate<CardCertificate::kWrongUsage>},
    {"no-certificate", "", "the holder has no authentication certificate",
     SetCertificate<CardCertificate::kNone>},
    {"wrong-key", "", "signs with a key that is not the certificate's",
     SetFlag<&CardBehaviour::wrong_key>},
    {"tries", "0..3", "attempts left at the PIN; 0: blocked", SetTries},
    {"no-pin", "", "a card issued without usable PINs", SetFlag<&CardBehaviour::no_pin>},
    {"blocked-6983", "", "a blocked PIN answers 6983, not 6984",
     SetFlag<&CardBehaviour::blocked_6983>},
    {"slow", "TIME", "every exchange takes that long", SetSlow},
    {"no-extended", "", "extended lengths answer 6700", SetFlag<&CardBehaviour::no_extended>},
    {"no-short-ids", "", "short file ids answer 6A86", SetFlag<&CardBehaviour::no_short_ids>},
    {"first-6f00", "", "6F00 for the first command after power-up",
     SetFlag<&CardBehaviour::first_6f00>},
    {"end-6282", "", "6282 for a read past the end", SetFlag<&CardBehaviour::end_6282>},
    {"le-6c", "", "6Cxx for a read past the end", SetFlag<&CardBehaviour::le_6c>},
    {"chain-61", "", "61xx and GET RESPONSE for long answers", SetFlag<&CardBehaviour::chain_61>},
    {"yank-before", "N", "taken away when exchange N comes; it is not done",
     SetExchange<&CardBehaviour::yank_before>},
    {"yank-during", "N", "taken away after exchange N was done, before its answer",
     SetExchange<&CardBehaviour::yank_during>},
    {"back", "TIME", "after a yank a card is there again that much later", SetBack},
    {"swap", "PERSONA|NUMBER", "after a yank it is this person's card", SetSwap},
    {"hang", "N", "exchange N is not answered until card-change",
     SetExchange<&CardBehaviour::hang>},
    {"atr", "contactless|contact|HEX", "answer to reset", SetAtr},
};

absl::Status NotAllowed(absl::string_view part) {
  return absl::InvalidArgumentError(
      absl::StrCat("--behave ", part, ": allowed are ",
                   absl::StrJoin(kParts, ", ", [](std::string* out, const Part& one) {
                     absl::StrAppend(out, one.name, one.form.empty() ? "" : "=", one.form);
                   })));
}

}  // namespace

CardBehaviour::CardBehaviour() { SetAtr(*this, "contactless"); }

absl::StatusOr<CardBehaviour> ParseCardBehaviour(absl::string_view list) {
  CardBehaviour behaviour;
  if (list == "none") return behaviour;
  for (const absl::string_view part : absl::StrSplit(list, ',', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> words =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    const auto* const found =
        std::find_if(std::begin(kParts), std::end(kParts),
                     [&](const Part& one) { return one.name == words.first; });
    const bool has_value = part.size() != words.first.size();
    if (found == std::end(kParts) || has_value == found->form.empty() ||
        !found->set(behaviour, words.second)) {
      return NotAllowed(part);
    }
  }
  return behaviour;
}

std::string CardBehaviourHelp() {
  return absl::StrJoin(kParts, "\n", [](std::string* out, const Part& one) {
    absl::StrAppend(out, one.name, one.form.empty() ? "" : "=", one.form, ": ", one.text);
  });
}

}  // namespace madoguchi::sim
