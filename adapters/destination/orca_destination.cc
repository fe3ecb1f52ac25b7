#include "adapters/destination/orca_destination.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "adapters/destination/checks.h"
#include "adapters/destination/outcome.h"
#include "agent/text/utf8.h"

namespace madoguchi::adapters {
namespace {

constexpr int kWidestChart = 20;
constexpr size_t kMostChartBytes = 20;
constexpr char kNobody[] = "0";

Delivered Judge(absl::Status status) {
  const bool later = base::Is(status, base::ErrorCode::kDestinationBusy) ||
                     base::Is(status, base::ErrorCode::kDestinationLoginRefused) ||
                     base::Is(status, base::ErrorCode::kDestinationAnswerUnusable);
  return {.kind = later ? Delivered::Kind::kTryAgain : Delivered::Kind::kRefused,
          .why = std::move(status)};
}

}  // namespace

absl::StatusOr<std::unique_ptr<OrcaDestination>> OrcaDestination::Make(OrcaConfig config) {
  config.url = std::string(absl::StripSuffix(config.url, "/"));
  const absl::StatusOr<UrlParts> parts = PartsOf(config.url);
  if (!parts.ok()) return parts.status();
  // After the two slashes of the scheme there may be none.
  if (config.url.find('/', config.url.find("//") + 2) != std::string::npos) {
    return NotAllowed("url", "https://HOST:PORT without a path");
  }
  if (!parts->tls && !config.plain) {
    return NotAllowed("url", "https://; http:// needs plain = true");
  }
  if (parts->tls) MDG_RETURN_IF_ERROR(CheckKeys(config.keys));
  MDG_RETURN_IF_ERROR(CheckLogin(config.login));
  if (config.patient_digits < 0 || config.patient_digits > kWidestChart) {
    return NotAllowed("patient_digits", "0 to 20");
  }
  MDG_RETURN_IF_ERROR(CheckTime("connect_within", config.connect_within));
  MDG_RETURN_IF_ERROR(CheckTime("answer_within", config.answer_within));
  return std::unique_ptr<OrcaDestination>(new OrcaDestination(std::move(config)));
}

OrcaDestination::OrcaDestination(OrcaConfig config)
    : config_(std::move(config)), http_(std::make_unique<web::Http>(config_.keys)) {}

Delivered OrcaDestination::Post(const std::string& path, std::string body, const Patience& patience,
                                std::string& answer) {
  absl::StatusOr<std::string> authorization = AuthorizationOf(config_.login);
  if (!authorization.ok()) {
    return {.kind = Delivered::Kind::kTryAgain, .why = authorization.status()};
  }
  web::Request request;
  request.url = config_.url + path;
  request.plain = config_.plain;
  request.body = std::move(body);
  request.content_type = "application/xml";
  request.accept = "application/xml";
  request.token_header = "Authorization";
  request.token = *std::move(authorization);
  request.connect_within = config_.connect_within;
  request.within = config_.answer_within;
  request.most_bytes = kMostOrcaBytes;
  web::Result result = Ask(http_, config_.keys, std::move(request), patience);
  answer = std::move(result.body);
  return JudgeHttp(result, config_.url);
}

Delivered OrcaDestination::Find(const std::string& chart, const Patience& patience,
                                OrcaPatient& patient) {
  std::string answer;
  Delivered asked = Post(kOrcaFindPath, OrcaFindRequest(chart), patience, answer);
  if (asked.kind != Delivered::Kind::kDone) return asked;
  absl::StatusOr<OrcaPatient> found = ReadOrcaPatient(answer);
  if (!found.ok()) return Judge(found.status());
  patient = *std::move(found);
  return Done();
}

Delivered OrcaDestination::Add(const Parcel& parcel, const OrcaPatient& patient,
                               const Patience& patience) {
  std::string request = OrcaAddRequest(parcel.record.confirmation(), patient);
  if (request.empty()) return Done();
  std::string answer;
  Delivered asked = Post(kOrcaAddPath, std::move(request), patience, answer);
  if (asked.kind != Delivered::Kind::kDone) return asked;
  absl::Status added = ReadOrcaAdded(answer);
  return added.ok() ? Done() : Judge(std::move(added));
}

Delivered OrcaDestination::Deliver(const Parcel& parcel, const Patience& patience) {
  if (parcel.what != v1::EXPORT_WHAT_RECEPTION || !parcel.record.has_confirmation()) {
    return Refused(base::ErrorCode::kNotRenderable, {.what = "only answers about insurance"});
  }
  std::string chart = parcel.reception.assignment().patient_id();
  if (chart.empty()) {
    return TryAgain(base::ErrorCode::kNotAssignedYet,
                    {.reception_id = parcel.reception.reception_id()});
  }
  if (chart.size() > kMostChartBytes || text::FindNonXml(chart).has_value()) {
    return Refused(base::ErrorCode::kPatientNotThere, {.what = "it knows no such numbers"});
  }
  const auto digits = static_cast<size_t>(config_.patient_digits);
  if (chart.size() < digits) chart.insert(0, digits - chart.size(), '0');

  OrcaPatient patient;
  Delivered found = Find(chart, patience, patient);
  if (found.kind != Delivered::Kind::kDone) return found;
  std::vector<std::string> differences = OrcaDifferences(parcel.record.confirmation(), patient);
  const bool person =
      !differences.empty() && (differences.front() == "BirthDate" || differences.front() == "Sex");
  if (!differences.empty() && !person && config_.add_insurance) {
    Delivered added = Add(parcel, patient, patience);
    if (added.kind != Delivered::Kind::kDone) return added;
    found = Find(chart, patience, patient);
    if (found.kind != Delivered::Kind::kDone) return found;
    differences = OrcaDifferences(parcel.record.confirmation(), patient);
  }
  if (differences.empty()) return Done();
  return Refused(base::ErrorCode::kInsuranceDiffers,
                 {.what = absl::StrJoin(differences, ", "), .field = config_.url});
}

absl::Status OrcaDestination::Probe(const Patience& patience) {
  OrcaPatient patient;
  const Delivered found = Find(kNobody, patience, patient);
  if (base::Is(found.why, base::ErrorCode::kPatientNotThere) ||
      base::Is(found.why, base::ErrorCode::kDestinationRefused)) {
    return absl::OkStatus();
  }
  return found.why;
}

}  // namespace madoguchi::adapters
