#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/eligibility/web_worker.h"
#include "agent/oqs/document.h"
#include "agent/oqs/json_form.h"

// Questions and challenges on their way over the web.
namespace madoguchi::eligibility {
namespace {

// What was refused before it was looked at: no rights, no such path, too many at once. Any other
// status but 200 leaves open what was done.
constexpr int kHttpRefusals[] = {403, 404, 405, 429};
// What could not be kept is offered again after this.
constexpr absl::Duration kOfferAgain = absl::Milliseconds(300);
constexpr size_t kMostChallengeBytes = size_t{16} << 10;

bool IsRefusal(int status) {
  return std::find(std::begin(kHttpRefusals), std::end(kHttpRefusals), status) !=
         std::end(kHttpRefusals);
}

}  // namespace

web::Request WebLine::Worker::RequestTo(const std::string& url, std::string body) const {
  return {.url = url,
          .body = std::move(body),
          .headers = config_.headers,
          .token_header = config_.token_header,
          .token = session_.token(),
          .connect_within = config_.connect_within,
          .within = config_.answer_within,
          .most_bytes = 0,
          .before_bytes = nullptr};
}

const std::string& WebLine::Worker::UrlOf(const Question& question) const {
  switch (TopicOf(question)) {
    case Topic::kCards:
      return question.card->purpose() == kept::v1::CardQuestion::PURPOSE_ENROL ? config_.enrol_url
                                                                               : config_.card_url;
    case Topic::kRecords:
      return question.family == v1::MESSAGE_FAMILY_TKKSIQUC01 ? config_.checkup_url
                                                              : config_.drug_url;
    case Topic::kIdentifiers:
      return config_.query_url;
  }
  return config_.query_url;
}

void WebLine::Worker::StartDue() {
  const std::optional<absl::Status> no_session = NoSession();
  const bool up = session_.Up(Monotonic());
  for (Challenge& challenge : std::exchange(challenges_, {})) {
    if (up) {
      StartChallenge(challenge);
    } else if (no_session.has_value()) {
      outside_.Call([&] { challenge.done(*no_session); });
    } else {
      challenges_.push_back(std::move(challenge));
    }
  }
  auto running = std::count_if(items_.begin(), items_.end(),
                               [](const Item& item) { return item.stage == Stage::kRunning; });
  for (Item& item : items_) {
    if (item.stage != Stage::kQueued) continue;
    const bool from_before = item.out.step != JournalStep::kPrepared && !item.refused_once;
    if (item.out.answered || from_before) {
      TakeBack(item);
    } else if (item.dropped) {
      item.stage = Stage::kOver;
    } else if (item.out.given_up) {
      NotSent(item, base::MakeError(base::ErrorCode::kNotAsked,
                                    {.what = "nobody waited for it any longer"}));
    } else if (up && running < config_.most_in_flight) {
      ++running;
      StartQuestion(item);
    } else if (no_session.has_value()) {
      NotSent(item, *no_session);
    }
  }
  items_.remove_if([](const Item& item) { return item.stage == Stage::kOver; });
}

void WebLine::Worker::TakeBack(Item& item) {
  item.stage = Stage::kOver;
  if (item.out.answered) {
    outside_.Call([&] { sink_.removed(item.out.ticket); });
  } else if (!item.out.given_up) {
    // The connection it was sent on is gone, and no answer comes by another.
    outside_.Call([&] {
      sink_.no_answer(item.out.ticket, base::MakeError(base::ErrorCode::kCenterFailed,
                                                       {.what = "this program was restarted"}));
    });
  }
}

void WebLine::Worker::StartQuestion(Item& item) {
  absl::StatusOr<std::string> body = RequestJson(item.out.question);
  if (!body.ok()) return NotSent(item, body.status());
  item.stage = Stage::kRunning;
  item.token = session_.token();
  item.journal = absl::OkStatus();
  web::Request request = RequestTo(UrlOf(item.out.question), *std::move(body));
  request.most_bytes = oqs::MaxMessageBytes(item.file_name);
  request.before_bytes = [this, &item] {
    item.journal = base::MakeError(base::ErrorCode::kStopping);
    outside_.Call([&] { item.journal = sink_.journal(item.out.ticket, JournalStep::kSent); });
    if (!item.journal.ok()) return false;
    item.out.step = JournalStep::kSent;
    if (!item.refused_once) board_.Asked();
    return true;
  };
  http_.Start(std::move(request),
              [this, &item](web::Result result) { OnResult(item, std::move(result)); });
}

void WebLine::Worker::OnResult(Item& item, web::Result result) {
  switch (result.kind) {
    case web::Result::Kind::kNotSent:
      if (!item.journal.ok()) return NotSent(item, item.journal);
      Trouble(CodeOf(result), result.text);
      return NotSent(item, base::ErrorFrom(trouble_));
    case web::Result::Kind::kBroken:
      return NoAnswer(item, CodeOf(result), result.text);
    case web::Result::Kind::kAnswered:
      break;
  }
  if (result.status == kHttpOk) return OnAnswer(item, std::move(result.body));
  if (result.status == kHttpUnauthorized || IsRefusal(result.status)) {
    return OnRefused(item, result.status);
  }
  NoAnswer(item, base::ErrorCode::kCenterFailed, absl::StrCat("HTTP ", result.status));
}

void WebLine::Worker::OnRefused(Item& item, int status) {
  if (status == kHttpUnauthorized) {
    session_.TokenRefused(item.token, Monotonic());
    if (!std::exchange(item.refused_once, true)) {
      item.stage = Stage::kQueued;
      return;
    }
  }
  Trouble(base::ErrorCode::kCenterRefused, absl::StrCat("HTTP ", status));
  NotSent(item, base::ErrorFrom(trouble_));
}

void WebLine::Worker::NoteSkew(const v1::OqsMessage& message) {
  // The answer was made while we waited for it: seconds, where minutes count.
  const auto& executed = message.confirmation().header().process_execution_time();
  if (!executed.has_time()) return;
  const absl::Duration skew = base::FromProto(executed.time()) - outside_.Now();
  absl::MutexLock lock(&mu_);
  skew_ = skew;
}

void WebLine::Worker::OnAnswer(Item& item, std::string body) {
  absl::StatusOr<v1::OqsMessage> message = oqs::LooksLikePdf(body)
                                               ? oqs::ReadPdf(item.file_name, body)
                                               : oqs::ReadJson(item.file_name, body);
  std::optional<v1::ErrorDetail> problem = message.ok()
                                               ? WhyNotItsAnswer(item.out.question, *message)
                                               : base::DetailOf(message.status());
  if (problem.has_value()) {
    const std::string what = absl::StrCat(problem->number(), " ", problem->field());
    board_.AddProblem(item.file_name, *std::move(problem), outside_.Now());
    return NoAnswer(item, base::ErrorCode::kCenterAnswerUnusable, what);
  }
  board_.Reachable(outside_.Now());
  NoteSkew(*message);
  item.reply = {.file_name = item.file_name,
                .bytes = std::move(body),
                .message = *std::move(message),
                .seen_at = outside_.Now()};
  item.stage = Stage::kOffered;
  Offer(item);
}

void WebLine::Worker::OfferAll() {
  for (Item& item : items_) {
    if (item.stage != Stage::kOffered) continue;
    if (item.dropped) {
      item.stage = Stage::kOver;
    } else if (Monotonic() >= item.next_offer) {
      Offer(item);
    }
  }
}

void WebLine::Worker::Offer(Item& item) {
  absl::Status kept = base::MakeError(base::ErrorCode::kStopping);
  outside_.Call([&] { kept = sink_.answered(item.out.ticket, item.reply); });
  item.next_offer = Monotonic() + kOfferAgain;
  if (!kept.ok()) return;
  board_.Answered(outside_.Now());
  item.stage = Stage::kOver;
  outside_.Call([&] { sink_.removed(item.out.ticket); });
}

void WebLine::Worker::NotSent(Item& item, absl::Status why) {
  item.stage = Stage::kOver;
  outside_.Call([&] { sink_.not_sent(item.out.ticket, std::move(why)); });
}

void WebLine::Worker::NoAnswer(Item& item, base::ErrorCode why, const std::string& what) {
  item.stage = Stage::kOver;
  board_.Unanswered(outside_.Now(), Monotonic(), why);
  outside_.Call([&] {
    sink_.no_answer(item.out.ticket, base::MakeError(why, {.what = base::Printable(what)}));
  });
}

void WebLine::Worker::StartChallenge(const Challenge& challenge) {
  web::Request request =
      RequestTo(config_.challenge_url, oqs::WriteWebChallengeRequest(challenge.institution));
  request.most_bytes = kMostChallengeBytes;
  const std::string token = request.token;
  http_.Start(std::move(request), [this, token, challenge](const web::Result& result) {
    OnChallenge(challenge, token, result);
  });
}

void WebLine::Worker::OnChallenge(Challenge challenge, const std::string& token,
                                  const web::Result& result) {
  if (result.kind == web::Result::Kind::kNotSent) Trouble(CodeOf(result), result.text);
  if (result.status == kHttpUnauthorized) {
    session_.TokenRefused(token, Monotonic());
    if (!std::exchange(challenge.refused_once, true)) {
      return challenges_.push_back(std::move(challenge));
    }
  }
  outside_.Call([&] { challenge.done(ChallengeIn(result)); });
}

absl::StatusOr<oqs::WebChallenge> WebLine::Worker::ChallengeIn(const web::Result& result) {
  if (result.kind != web::Result::Kind::kAnswered) {
    return base::MakeError(CodeOf(result), {.what = base::Printable(result.text)});
  }
  if (result.status != kHttpOk) {
    const bool refused = IsRefusal(result.status) || result.status == kHttpUnauthorized;
    return base::MakeError(
        refused ? base::ErrorCode::kCenterRefused : base::ErrorCode::kCenterFailed,
        {.what = absl::StrCat("HTTP ", result.status)});
  }
  absl::StatusOr<oqs::WebChallenge> read = oqs::ReadWebChallenge(result.body);
  if (read.ok()) return read;
  return base::MakeError(base::ErrorCode::kCenterAnswerUnusable,
                         {.field = base::DetailOf(read.status())->field()});
}

}  // namespace madoguchi::eligibility
