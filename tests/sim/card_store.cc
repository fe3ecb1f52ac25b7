#include "tests/sim/card_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/crypto/digest.h"
#include "agent/crypto/pki.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "tests/sim/card_keys.h"
#include "tests/sim/files.h"
#include "tests/sim/json.h"

namespace madoguchi::sim {
namespace {

constexpr mode_t kForEverybody = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH;
constexpr mode_t kForOwner = S_IRUSR | S_IWUSR;
constexpr int kMostTries = 15;
// A card is issued some time before it is used first.
constexpr absl::Duration kIssuedBefore = absl::Hours(24 * 90);

std::string CardsFolder(const Site& site) { return absl::StrCat(site.SimFolder(), "/cards"); }

std::string PersonFolder(const Site& site, int number) {
  return absl::StrFormat("%s/%06d", CardsFolder(site), number);
}

std::string PinsFile(const Site& site, int number) {
  return absl::StrCat(PersonFolder(site, number), "/pins.json");
}

absl::string_view UseName(CardUse use) { return use == CardUse::kAuthenticate ? "user" : "sign"; }

std::string RootPath(const Site& site, CardUse use, absl::string_view ending) {
  return absl::StrCat(CardsFolder(site), "/", UseName(use), "-root.", ending);
}

absl::StatusOr<CardKeyPair> ReadPair(const std::string& certificate, const std::string& key) {
  CardKeyPair pair;
  absl::StatusOr<std::string> text = ReadFile(certificate);
  if (!text.ok()) return text.status();
  pair.certificate = *std::move(text);
  text = ReadFile(key);
  if (!text.ok()) return text.status();
  pair.key = *std::move(text);
  return pair;
}

absl::StatusOr<CardKeyPair> ReadRoot(const Site& site, CardUse use) {
  return ReadPair(RootPath(site, use, "pem"), RootPath(site, use, "key"));
}

absl::Status MakeRoot(const Site& site, CardUse use, absl::Time now) {
  if (Exists(RootPath(site, use, "pem"))) return absl::OkStatus();
  const absl::StatusOr<CardKeyPair> root = MakeCardRoot(use, now);
  if (!root.ok()) return root.status();
  MDG_RETURN_IF_ERROR(crypto::WritePemFile(RootPath(site, use, "key"), root->key, kForOwner, true));
  if (use == CardUse::kAuthenticate) {
    MDG_RETURN_IF_ERROR(
        crypto::WritePemFile(absl::StrCat(site.SimFolder(), "/../pki/jpki-user-root.pem"),
                             root->certificate, kForEverybody, true));
  }
  // Last: a root with a certificate is whole.
  return crypto::WritePemFile(RootPath(site, use, "pem"), root->certificate, kForEverybody, true);
}

absl::Status MakeRoots(const Site& site, absl::Time now) {
  MDG_RETURN_IF_ERROR(MakeFolder(CardsFolder(site)));
  MDG_RETURN_IF_ERROR(MakeRoot(site, CardUse::kAuthenticate, now));
  return MakeRoot(site, CardUse::kSign, now);
}

const v1::Qualification* QualificationOf(const Person& person) {
  return person.answer.qualifications().empty() ? nullptr : &person.answer.qualifications(0);
}

// Opaque, as on real cards: nothing about the person.
std::string CommonName(int number) {
  const std::string digest = absl::AsciiStrToUpper(
      absl::BytesToHexString(crypto::Sha256(absl::StrCat("card of person ", number))));
  return absl::StrFormat("99%06d%sA", number, digest.substr(0, 14));
}

// To the end of the fifth birthday after the issue.
absl::Time EndOfValidity(const Person& person, absl::Time issued, absl::Time now) {
  if (person.persona == "card-expiring") return now + absl::Hours(24 * 30);
  const v1::Qualification* const qualification = QualificationOf(person);
  const absl::CivilDay day = base::JapanDay(issued);
  absl::CivilDay birthday = absl::CivilDay(day.year() + 5, day.month(), day.day());
  if (qualification != nullptr && base::IsRealDay(qualification->birth_date())) {
    const absl::CivilDay birth = base::ToCivilDay(qualification->birth_date());
    const absl::CivilDay this_year(day.year(), birth.month(), birth.day());
    birthday = absl::CivilDay(day.year() + (this_year > day ? 4 : 5), birth.month(), birth.day());
  }
  return base::JapanDayStart(birthday + 1) - absl::Seconds(1);
}

CardCertificateWishes WishesFor(const Person& person, CardUse use, absl::Time now) {
  const v1::Qualification* const qualification = QualificationOf(person);
  const absl::Time issued = now - kIssuedBefore;
  return {.use = use,
          .subject = CommonName(person.number),
          .name = qualification == nullptr ? "" : qualification->name(),
          .from = issued,
          .to = EndOfValidity(person, issued, now)};
}

absl::Status MakeOne(const Site& site, const Person& person, CardUse use, absl::Time now) {
  const std::string folder = PersonFolder(site, person.number);
  const absl::StatusOr<CardKeyPair> root = ReadRoot(site, use);
  if (!root.ok()) return root.status();
  const absl::StatusOr<std::string> key = MakeCardKey();
  if (!key.ok()) return key.status();
  const absl::StatusOr<std::string> certificate =
      IssueCardCertificate(*root, *key, WishesFor(person, use, now));
  if (!certificate.ok()) return certificate.status();
  MDG_RETURN_IF_ERROR(
      crypto::WritePemFile(absl::StrCat(folder, "/", UseName(use), ".key"), *key, kForOwner, true));
  return crypto::WritePemFile(absl::StrCat(folder, "/", UseName(use), ".pem"), *certificate,
                              kForEverybody, true);
}

absl::Status MakeCard(const Site& site, const Person& person, absl::Time now) {
  const absl::StatusOr<SiteLock> lock = SiteLock::Take(site.SimFolder(), SiteLock::Mode::kAlone);
  if (!lock.ok()) return lock.status();
  if (Exists(PinsFile(site, person.number))) return absl::OkStatus();
  MDG_RETURN_IF_ERROR(MakeRoots(site, now));
  MDG_RETURN_IF_ERROR(MakeFolder(PersonFolder(site, person.number)));
  MDG_RETURN_IF_ERROR(MakeOne(site, person, CardUse::kAuthenticate, now));
  MDG_RETURN_IF_ERROR(MakeOne(site, person, CardUse::kSign, now));
  // Last: a card with PINs is whole.
  return SaveCardPins(site, person.number, CardPins());
}

absl::StatusOr<CardPins> ReadPins(const Site& site, int number) {
  const std::string path = PinsFile(site, number);
  const absl::StatusOr<std::string> json = ReadFile(path);
  if (!json.ok()) return json.status();
  google::protobuf::Struct document;
  CardPins pins;
  if (google::protobuf::util::JsonStringToMessage(*json, &document).ok()) {
    const auto& fields = document.fields();
    const auto text = [&](const std::string& key) {
      return fields.contains(key) ? fields.at(key).string_value() : "";
    };
    const auto count = [&](const std::string& key) {
      return fields.contains(key) ? static_cast<int>(fields.at(key).number_value()) : -1;
    };
    pins = {.auth = text("auth_pin"),
            .auth_left = count("auth_left"),
            .sign = text("sign_pin"),
            .sign_left = count("sign_left")};
    const bool is_whole = !pins.auth.empty() && !pins.sign.empty() &&
                          std::min(pins.auth_left, pins.sign_left) >= 0 &&
                          std::max(pins.auth_left, pins.sign_left) <= kMostTries;
    if (is_whole) return pins;
  }
  return absl::UnavailableError(absl::StrCat(
      path, " is damaged: it needs auth_pin, auth_left, sign_pin and sign_left (0 to 15)"));
}

// The files of the person's card, in DER.
absl::Status ReadCard(const Site& site, int number, OwnedCard& card, std::string& auth_key) {
  const std::string folder = PersonFolder(site, number);
  for (const CardUse use : {CardUse::kAuthenticate, CardUse::kSign}) {
    const bool is_auth = use == CardUse::kAuthenticate;
    const std::string path = absl::StrCat(folder, "/", UseName(use));
    const absl::StatusOr<CardKeyPair> pair =
        ReadPair(absl::StrCat(path, ".pem"), absl::StrCat(path, ".key"));
    if (!pair.ok()) return pair.status();
    const absl::StatusOr<CardKeyPair> root = ReadRoot(site, use);
    if (!root.ok()) return root.status();
    absl::StatusOr<std::string> der = CertificateDer(pair->certificate);
    if (!der.ok()) return der.status();
    absl::StatusOr<std::string> issuer = CertificateDer(root->certificate);
    if (!issuer.ok()) return issuer.status();
    absl::StatusOr<CardKey> key = LoadCardKey(pair->key);
    if (!key.ok()) return key.status();
    CardContents& contents = card.contents;
    (is_auth ? contents.auth_certificate : contents.sign_certificate) = *std::move(der);
    (is_auth ? contents.auth_issuer : contents.sign_issuer) = *std::move(issuer);
    (is_auth ? contents.auth_key : contents.sign_key) = *std::move(key);
    if (is_auth) auth_key = pair->key;
  }
  return absl::OkStatus();
}

// Another authentication certificate for the same key.
absl::Status ReplaceCertificate(const Site& site, const Person& person, CardCertificate kind,
                                const std::string& auth_key, absl::Time now, OwnedCard& card) {
  if (kind == CardCertificate::kGood) return absl::OkStatus();
  if (kind == CardCertificate::kNone) {
    card.contents.auth_certificate.clear();
    return absl::OkStatus();
  }
  CardCertificateWishes wishes = WishesFor(person, CardUse::kAuthenticate, now);
  if (kind == CardCertificate::kExpired) wishes.to = now - absl::Hours(24);
  if (kind == CardCertificate::kNotYetValid) wishes.from = now + absl::Hours(24);
  wishes.wrong_usage = kind == CardCertificate::kWrongUsage;
  const absl::StatusOr<CardKeyPair> root = kind == CardCertificate::kUnknownIssuer
                                               ? MakeCardRoot(CardUse::kAuthenticate, now)
                                               : ReadRoot(site, CardUse::kAuthenticate);
  if (!root.ok()) return root.status();
  const absl::StatusOr<std::string> pem = IssueCardCertificate(*root, auth_key, wishes);
  if (!pem.ok()) return pem.status();
  absl::StatusOr<std::string> der = CertificateDer(*pem);
  if (!der.ok()) return der.status();
  card.contents.auth_certificate = *std::move(der);
  return absl::OkStatus();
}

absl::Status ReplaceKey(OwnedCard& card) {
  const absl::StatusOr<std::string> pem = MakeCardKey();
  if (!pem.ok()) return pem.status();
  absl::StatusOr<CardKey> key = LoadCardKey(*pem);
  if (!key.ok()) return key.status();
  card.contents.auth_key = *std::move(key);
  return absl::OkStatus();
}

}  // namespace

absl::Status EnsureCardRoots(const Site& site, absl::Time now) {
  const absl::StatusOr<SiteLock> lock = SiteLock::Take(site.SimFolder(), SiteLock::Mode::kAlone);
  if (!lock.ok()) return lock.status();
  return MakeRoots(site, now);
}

absl::StatusOr<OwnedCard> LoadCard(const Site& site, int number, const CardBehaviour& behaviour,
                                   absl::Time now) {
  const absl::StatusOr<Person> person = site.LoadPerson(number);
  if (!person.ok()) return person.status();
  if (!Exists(PinsFile(site, number))) MDG_RETURN_IF_ERROR(MakeCard(site, *person, now));
  OwnedCard card{.person = number, .persona = person->persona};
  std::string auth_key;
  MDG_RETURN_IF_ERROR(ReadCard(site, number, card, auth_key));
  MDG_RETURN_IF_ERROR(
      ReplaceCertificate(site, *person, behaviour.certificate, auth_key, now, card));
  if (behaviour.wrong_key) MDG_RETURN_IF_ERROR(ReplaceKey(card));
  absl::StatusOr<CardPins> pins = ReadPins(site, number);
  if (!pins.ok()) return pins.status();
  card.pins = *std::move(pins);
  if (behaviour.tries.has_value() && *behaviour.tries != card.pins.auth_left) {
    card.pins.auth_left = *behaviour.tries;
    MDG_RETURN_IF_ERROR(SaveCardPins(site, number, card.pins));
  }
  return card;
}

absl::Status SaveCardPins(const Site& site, int number, const CardPins& pins) {
  JsonObject document;
  document.Text("auth_pin", pins.auth)
      .Number("auth_left", pins.auth_left)
      .Text("sign_pin", pins.sign)
      .Number("sign_left", pins.sign_left);
  return ReplaceFile(PinsFile(site, number), absl::StrCat(document.Str(), "\n"));
}

}  // namespace madoguchi::sim
