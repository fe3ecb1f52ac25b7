#include "agent/oqs/web_assumed.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/oqs/json_events.h"
#include "agent/text/utf8.h"

namespace madoguchi::oqs {
namespace {

using base::ErrorCode;

constexpr size_t kMostLevels = 4;
constexpr size_t kMostMembers = 64;
constexpr size_t kMostName = 64;
constexpr size_t kMostText = 128;
constexpr size_t kMostPassword = 1024;
// A certificate has 1.3 to 2 KB, a signature of RSA-2048 has 256 bytes.
constexpr size_t kMostCertificate = 4096;
constexpr size_t kMostSignature = 512;
constexpr size_t kLeastNonce = 16;
constexpr size_t kMostNonce = 64;
constexpr absl::Duration kMostValid = absl::Minutes(10);
constexpr absl::string_view kDone = "1";
constexpr absl::string_view kTimeForm = "%Y-%m-%dT%H:%M:%SZ";

absl::Status Unusable(std::string field) {
  return base::MakeError(
      ErrorCode::kNotAnOqsMessage,
      {.what = "missing, or not what this message has there", .field = std::move(field)});
}

// The leaves of a JSON text of objects, by path (`card.nonce`).
class Leaves : public JsonEvents {
 public:
  static absl::StatusOr<Leaves> Of(absl::string_view bytes) {
    Leaves leaves;
    MDG_RETURN_IF_ERROR(ParseJson(bytes, kMaxWebRequestBytes, leaves));
    return leaves;
  }

  // Empty when it is not there.
  const std::string& Get(const std::string& path) const {
    static const std::string nothing;
    const auto found = leaves_.find(path);
    return found == leaves_.end() ? nothing : found->second;
  }
  const std::map<std::string, std::string>& all() const { return leaves_; }

  bool Key(absl::string_view name) override {
    if (name.size() > kMostName || text::FindNonXml(name)) {
      return Stop(ErrorCode::kNotAnOqsMessage, "a name that is too long");
    }
    path_.back().assign(name.data(), name.size());
    return true;
  }
  bool Value(absl::string_view text) override {
    if (path_.empty()) return Stop(ErrorCode::kNotAnOqsMessage, "it must be an object");
    if (leaves_.size() >= kMostMembers) return Stop(ErrorCode::kTooDeep, "too many members");
    std::string path;
    for (const std::string& name : path_) absl::StrAppend(&path, path.empty() ? "" : ".", name);
    return leaves_.emplace(std::move(path), text).second ||
           Stop(ErrorCode::kNotAnOqsMessage, "a member given twice");
  }
  bool StartObject() override {
    if (path_.size() >= kMostLevels) return Stop(ErrorCode::kTooDeep, "too many levels");
    path_.emplace_back();
    return true;
  }
  bool EndObject() override {
    path_.pop_back();
    return true;
  }
  bool StartArray() override { return Stop(ErrorCode::kNotAnOqsMessage, "an array"); }
  bool EndArray() override { return true; }

 private:
  std::vector<std::string> path_;
  std::map<std::string, std::string> leaves_;
};

// Writes objects of strings.
class Printer {
 public:
  Printer() { writer_.StartObject(); }
  Printer& Open(absl::string_view name) {
    Name(name);
    writer_.StartObject();
    return *this;
  }
  Printer& Close() {
    writer_.EndObject();
    return *this;
  }
  Printer& Text(absl::string_view name, absl::string_view value) {
    Name(name);
    writer_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    return *this;
  }
  std::string Take() {
    writer_.EndObject();
    return {buffer_.GetString(), buffer_.GetSize()};
  }

 private:
  void Name(absl::string_view name) {
    writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  }
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

bool IsPrintable(absl::string_view text, size_t least, size_t most) {
  return text.size() >= least && text.size() <= most &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isprint(static_cast<unsigned char>(c)); });
}

bool IsInstitution(absl::string_view text) {
  return text.size() == 10 && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isdigit(static_cast<unsigned char>(c));
         });
}

// `least` to `most` bytes in base64.
bool Bytes(absl::string_view text, size_t least, size_t most, std::string& bytes) {
  return absl::Base64Unescape(text, &bytes) && bytes.size() >= least && bytes.size() <= most;
}

struct NamedPurpose {
  absl::string_view name;
  kept::v1::CardQuestion::Purpose purpose;
};
constexpr NamedPurpose kPurposes[] = {
    {"confirm", kept::v1::CardQuestion::PURPOSE_CONFIRM},
    {"enrol", kept::v1::CardQuestion::PURPOSE_ENROL},
};
struct NamedMethod {
  absl::string_view name;
  v1::IdentityMethod method;
};
constexpr NamedMethod kMethods[] = {
    {"pin", v1::IDENTITY_METHOD_PIN},
    {"visual", v1::IDENTITY_METHOD_VISUAL},
    {"faceDevice", v1::IDENTITY_METHOD_FACE_DEVICE},
};
struct NamedCategory {
  absl::string_view name;
  v1::ConsentCategory category;
};
constexpr NamedCategory kCategories[] = {
    {"drug", v1::CONSENT_CATEGORY_DRUG},
    {"checkup", v1::CONSENT_CATEGORY_CHECKUP},
    {"diagnosis", v1::CONSENT_CATEGORY_DIAGNOSIS},
    {"operation", v1::CONSENT_CATEGORY_OPERATION},
    {"limitCertificate", v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE},
    {"specificDisease", v1::CONSENT_CATEGORY_SPECIFIC_DISEASE},
};

struct CodedOutcome {
  CardOutcome outcome;
  absl::string_view code;
};
constexpr CodedOutcome kOutcomes[] = {
    {CardOutcome::kNotEnrolled, "SYN-E0201"},   {CardOutcome::kRevoked, "SYN-E0202"},
    {CardOutcome::kSuspended, "SYN-E0203"},     {CardOutcome::kExpired, "SYN-E0204"},
    {CardOutcome::kHolderUnknown, "SYN-E0205"}, {CardOutcome::kProofRefused, "SYN-E0206"},
};

absl::Status ReadConsents(const Leaves& leaves, kept::v1::CardQuestion& card) {
  for (const NamedCategory& entry : kCategories) {
    const std::string path = absl::StrCat("consents.", entry.name);
    const std::string& answer = leaves.Get(path);
    if (answer.empty()) continue;
    if (answer != "0" && answer != "1") return Unusable(path);
    v1::ConsentAnswer& consent = *card.add_consents();
    consent.set_category(entry.category);
    consent.set_granted(answer == "1");
  }
  return absl::OkStatus();
}

absl::Status ReadCard(const Leaves& leaves, kept::v1::CardQuestion& card) {
  for (const NamedPurpose& entry : kPurposes) {
    if (leaves.Get("card.purpose") == entry.name) card.set_purpose(entry.purpose);
  }
  for (const NamedMethod& entry : kMethods) {
    if (leaves.Get("card.identifiedBy") == entry.name) card.set_identified_by(entry.method);
  }
  if (card.purpose() == kept::v1::CardQuestion::PURPOSE_UNSPECIFIED) {
    return Unusable("card.purpose");
  }
  if (card.identified_by() == v1::IDENTITY_METHOD_UNSPECIFIED) {
    return Unusable("card.identifiedBy");
  }
  if (!Bytes(leaves.Get("card.certificate"), 1, kMostCertificate, *card.mutable_certificate())) {
    return Unusable("card.certificate");
  }
  if (!Bytes(leaves.Get("card.signature"), 0, kMostSignature, *card.mutable_signature())) {
    return Unusable("card.signature");
  }
  card.set_center(leaves.Get("card.center"));
  card.set_nonce(leaves.Get("card.nonce"));
  if (!IsPrintable(card.center(), 0, kMostText)) return Unusable("card.center");
  if (!IsPrintable(card.nonce(), 0, kMostNonce)) return Unusable("card.nonce");
  absl::Time time;
  const std::string& at = leaves.Get("card.challengedAt");
  if (at.empty()) return absl::OkStatus();
  if (at.size() > kMostText ||
      !absl::ParseTime(kTimeForm, at, absl::UTCTimeZone(), &time, nullptr)) {
    return Unusable("card.challengedAt");
  }
  *card.mutable_challenged_at() = base::ToProto(time);
  return absl::OkStatus();
}

void Append(std::string& bytes, absl::string_view field) {
  absl::StrAppend(&bytes, absl::StrFormat("%04X", field.size()), ":", field, "\n");
}

}  // namespace

std::string LoginChallenge::Bytes() const {
  std::string bytes;
  Append(bytes, "madoguchi JPKI login 1");
  Append(bytes, institution);
  Append(bytes, center);
  Append(bytes, nonce);
  Append(bytes, absl::FormatTime(kTimeForm, time, absl::UTCTimeZone()));
  return bytes;
}

LoginChallenge ChallengeOf(const kept::v1::CardQuestion& card, absl::string_view institution) {
  return {.institution = std::string(institution),
          .center = card.center(),
          .nonce = card.nonce(),
          .time = base::FromProto(card.challenged_at())};
}

std::string WriteWebAccount(const WebAccount& account) {
  return Printer().Text("userId", account.user).Text("password", account.password).Take();
}

absl::StatusOr<WebAccount> ReadWebAccount(absl::string_view bytes) {
  const absl::StatusOr<Leaves> leaves = Leaves::Of(bytes);
  if (!leaves.ok()) return leaves.status();
  WebAccount account{.user = leaves->Get("userId"), .password = leaves->Get("password")};
  if (account.user.empty() || account.user.size() > kMostText) return Unusable("userId");
  if (account.password.empty() || account.password.size() > kMostPassword) {
    return Unusable("password");
  }
  return account;
}

std::string WriteWebRenewal(absl::string_view refresh_token) {
  return Printer().Text("refreshToken", refresh_token).Take();
}

absl::StatusOr<std::string> ReadWebRenewal(absl::string_view bytes) {
  const absl::StatusOr<Leaves> leaves = Leaves::Of(bytes);
  if (!leaves.ok()) return leaves.status();
  std::string token = leaves->Get("refreshToken");
  if (token.empty()) return Unusable("refreshToken");
  return token;
}

std::string WriteWebLogin(const WebLogin& login) {
  Printer printer;
  printer.Text("status", login.status).Text("msg", login.message).Open("result");
  printer.Text("accessToken", login.access_token)
      .Text("refreshToken", login.refresh_token)
      .Text("idToken", login.id_token)
      .Text("linkSysCharCd", login.character_code);
  return printer.Close().Take();
}

std::string WriteWebChallengeRequest(absl::string_view institution) {
  return Printer().Text("medicalInstitutionCode", institution).Take();
}

absl::StatusOr<std::string> ReadWebChallengeRequest(absl::string_view bytes) {
  const absl::StatusOr<Leaves> leaves = Leaves::Of(bytes);
  if (!leaves.ok()) return leaves.status();
  std::string institution = leaves->Get("medicalInstitutionCode");
  if (!IsInstitution(institution)) return Unusable("medicalInstitutionCode");
  return institution;
}

std::string WriteWebChallenge(const WebChallenge& challenge) {
  return Printer()
      .Text("nonce", challenge.nonce)
      .Text("validSeconds", absl::StrCat(absl::ToInt64Seconds(challenge.valid_for)))
      .Take();
}

absl::StatusOr<WebChallenge> ReadWebChallenge(absl::string_view bytes) {
  const absl::StatusOr<Leaves> leaves = Leaves::Of(bytes);
  if (!leaves.ok()) return leaves.status();
  WebChallenge challenge{.nonce = leaves->Get("nonce"), .valid_for = {}};
  if (!IsPrintable(challenge.nonce, kLeastNonce, kMostNonce)) return Unusable("nonce");
  int64_t seconds = 0;
  if (!absl::SimpleAtoi(leaves->Get("validSeconds"), &seconds) || seconds < 1 ||
      absl::Seconds(seconds) > kMostValid) {
    return Unusable("validSeconds");
  }
  challenge.valid_for = absl::Seconds(seconds);
  return challenge;
}

std::string WriteWebCard(const WebCardQuestion& question) {
  const kept::v1::CardQuestion& card = question.card;
  Printer printer;
  printer.Open("header")
      .Text("medicalInstitutionCode", question.institution)
      .Text("arbitraryFileIdentifier", question.identifier)
      .Text("qualificationConfirmationDate", base::FormatOqsDay(question.day))
      .Close();
  printer.Open("card");
  for (const NamedPurpose& entry : kPurposes) {
    if (card.purpose() == entry.purpose) printer.Text("purpose", entry.name);
  }
  for (const NamedMethod& entry : kMethods) {
    if (card.identified_by() == entry.method) printer.Text("identifiedBy", entry.name);
  }
  printer.Text("certificate", absl::Base64Escape(card.certificate()))
      .Text("signature", absl::Base64Escape(card.signature()))
      .Text("center", card.center())
      .Text("nonce", card.nonce());
  if (card.has_challenged_at()) {
    printer.Text("challengedAt", absl::FormatTime(kTimeForm, base::FromProto(card.challenged_at()),
                                                  absl::UTCTimeZone()));
  }
  printer.Close().Open("consents");
  for (const v1::ConsentAnswer& consent : card.consents()) {
    for (const NamedCategory& entry : kCategories) {
      if (consent.category() == entry.category) {
        printer.Text(entry.name, consent.granted() ? "1" : "0");
      }
    }
  }
  return printer.Close().Take();
}

absl::StatusOr<WebCardQuestion> ReadWebCard(absl::string_view bytes) {
  const absl::StatusOr<Leaves> leaves = Leaves::Of(bytes);
  if (!leaves.ok()) return leaves.status();
  WebCardQuestion question{.institution = leaves->Get("header.medicalInstitutionCode"),
                           .identifier = leaves->Get("header.arbitraryFileIdentifier"),
                           .day = {},
                           .card = {}};
  if (!IsInstitution(question.institution)) return Unusable("header.medicalInstitutionCode");
  if (!IsPrintable(question.identifier, 1, kMostText)) {
    return Unusable("header.arbitraryFileIdentifier");
  }
  const v1::Date day = base::ParseOqsDate(leaves->Get("header.qualificationConfirmationDate"));
  if (!base::IsRealDay(day)) return Unusable("header.qualificationConfirmationDate");
  question.day = base::ToCivilDay(day);
  MDG_RETURN_IF_ERROR(ReadCard(*leaves, question.card));
  MDG_RETURN_IF_ERROR(ReadConsents(*leaves, question.card));
  return question;
}

absl::string_view CardOutcomeCode(CardOutcome outcome) {
  const auto* const found =
      std::find_if(std::begin(kOutcomes), std::end(kOutcomes),
                   [&](const CodedOutcome& entry) { return entry.outcome == outcome; });
  return found == std::end(kOutcomes) ? "" : found->code;
}

CardOutcome CardOutcomeOf(const v1::Confirmation& answer) {
  if (answer.header().segment_of_result_code() != kDone) return CardOutcome::kRefused;
  // A code beside a success is a notice.
  if (answer.processing_result_status_code() == kDone) return CardOutcome::kConfirmed;
  const auto* const found = std::find_if(
      std::begin(kOutcomes), std::end(kOutcomes),
      [&](const CodedOutcome& entry) { return entry.code == answer.processing_result().code(); });
  return found == std::end(kOutcomes) ? CardOutcome::kRefused : found->outcome;
}

}  // namespace madoguchi::oqs
