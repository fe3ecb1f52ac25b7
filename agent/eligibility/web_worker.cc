#include "agent/eligibility/web_worker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/log.h"
#include "agent/crypto/pki.h"

namespace madoguchi::eligibility {
namespace {

// The longest wait without anything to do.
constexpr absl::Duration kLook = absl::Minutes(1);

}  // namespace

WebLine::Worker::Worker(WebConfig config, base::Clock& clock, LineSink sink)
    : config_(std::move(config)),
      sink_(std::move(sink)),
      board_(config_.name,
             {.hang_after = absl::InfiniteDuration(), .try_again_after = config_.try_again_after}),
      outside_(clock),
      clock_(clock),
      session_(config_.token_lifetime, config_.try_again_after),
      http_(config_.keys) {}

void WebLine::Worker::Start() {
  thread_.Start(absl::StrCat("web-", config_.name), [self = shared_from_this()] { self->Run(); });
}

bool WebLine::Worker::Stop(absl::Duration patience) {
  return thread_.Stop(patience, wake_up_, outside_, [this] {
    base::LogWarning("web_line_abandoned", {{"name", config_.name}});
  });
}

void WebLine::Worker::Leave(std::function<void()> word) {
  {
    absl::MutexLock lock(&mu_);
    words_.push_back(std::move(word));
  }
  wake_up_.Wake();
}

void WebLine::Worker::TakeWords() {
  std::vector<std::function<void()>> words;
  std::vector<Challenge> challenges;
  {
    absl::MutexLock lock(&mu_);
    words.swap(words_);
    challenges.swap(asked_challenges_);
  }
  for (const auto& word : words) word();
  for (Challenge& challenge : challenges) challenges_.push_back(std::move(challenge));
}

void WebLine::Worker::Ask(Outgoing outgoing) {
  if (outgoing.step == JournalStep::kPrepared && !outgoing.given_up) board_.Queued();
  Leave([this, out = std::make_shared<Outgoing>(std::move(outgoing))] {
    Item item;
    item.out = std::move(*out);
    item.file_name =
        NamesOf(item.out.question.family, SuffixOf(item.out.ticket.day, item.out.ticket.number))
            .reply;
    items_.push_back(std::move(item));
  });
}

void WebLine::Worker::GiveUp(const std::string& id) {
  Leave([this, id] {
    for (Item& item : items_) item.out.given_up |= item.out.ticket.id == id;
  });
}

void WebLine::Worker::Drop(const std::string& id) {
  Leave([this, id] {
    for (Item& item : items_) item.dropped |= item.out.ticket.id == id;
  });
}

void WebLine::Worker::AskChallenge(const std::string& institution, ChallengeDone done) {
  {
    absl::MutexLock lock(&mu_);
    if (!ended_) {
      asked_challenges_.push_back(
          {.institution = institution, .done = std::exchange(done, nullptr)});
    }
  }
  if (done != nullptr) return done(base::MakeError(base::ErrorCode::kStopping));
  wake_up_.Wake();
}

v1::LineStatus WebLine::Worker::Status() const {
  return board_.Status(absl::ZeroDuration(), clock_.Now());
}

bool WebLine::Worker::Ready() const { return board_.Ready(absl::ZeroDuration(), Monotonic()); }

std::optional<absl::Time> WebLine::Worker::CertificateEnds() const {
  absl::MutexLock lock(&mu_);
  return certificate_ends_;
}

absl::Duration WebLine::Worker::ClockSkew() const {
  absl::MutexLock lock(&mu_);
  return skew_;
}

void WebLine::Worker::LookAtCertificate() {
  if (Monotonic() < next_look_) return;
  next_look_ = Monotonic() + kLook;
  std::optional<absl::Time> ends;
  if (const auto pem = crypto::ReadPemFile(config_.keys.certificate); pem.ok()) {
    if (const auto time = crypto::NotAfter(*pem); time.ok()) ends = *time;
  }
  absl::MutexLock lock(&mu_);
  certificate_ends_ = ends;
}

void WebLine::Worker::Run() {
  while (!thread_.Stopping()) {
    TakeWords();
    LookAtCertificate();
    StepSession();
    OfferAll();
    StartDue();
    CountUp();
    if (board_.TakeChanged()) outside_.Call(sink_.changed);
    http_.Turn(Idle(), wake_up_.descriptor());
    wake_up_.Clear();
  }
  {
    absl::MutexLock lock(&mu_);
    ended_ = true;
  }
  TakeWords();
  for (Challenge& challenge : challenges_) {
    outside_.Call([&] { challenge.done(base::MakeError(base::ErrorCode::kStopping)); });
  }
}

absl::Duration WebLine::Worker::Idle() const {
  const absl::Duration now = Monotonic();
  absl::Duration next = std::min(next_look_, session_.NextStep());
  for (const Item& item : items_) {
    if (item.stage == Stage::kOffered) next = std::min(next, item.next_offer);
  }
  return std::clamp(next - now, absl::ZeroDuration(), kLook);
}

void WebLine::Worker::CountUp() {
  int queued = 0;
  int in_flight = 0;
  for (const Item& item : items_) {
    if (item.stage == Stage::kOffered || item.out.given_up) continue;
    ++(item.out.step == JournalStep::kSent ? in_flight : queued);
  }
  board_.SetCounts(queued, in_flight);
}

void WebLine::Worker::Trouble(base::ErrorCode code, const std::string& what) {
  trouble_ = base::MakeDetail(code, {.what = base::Printable(what), .field = "center"});
  board_.Unreachable(trouble_, outside_.Now());
  session_.Lost(Monotonic());
}

base::ErrorCode WebLine::Worker::CodeOf(const web::Result& result) {
  switch (result.why) {
    case web::Result::Why::kNone:
    case web::Result::Why::kNoHttp:
    case web::Result::Why::kBrokenOff:
      return base::ErrorCode::kCenterFailed;
    case web::Result::Why::kUnreachable:
      return base::ErrorCode::kCenterUnreachable;
    case web::Result::Why::kNotSecure:
      return base::ErrorCode::kCenterNotSecure;
    case web::Result::Why::kTooSlow:
      return result.kind == web::Result::Kind::kNotSent ? base::ErrorCode::kCenterUnreachable
                                                        : base::ErrorCode::kCenterSilent;
    case web::Result::Why::kTooLarge:
      return base::ErrorCode::kCenterAnswerUnusable;
  }
  return base::ErrorCode::kCenterFailed;
}

}  // namespace madoguchi::eligibility
