#include "agent/eligibility/web_line.h"

#include <utility>

#include "agent/eligibility/web_worker.h"

namespace madoguchi::eligibility {
namespace {

// Nothing else counts there, and one day has no more questions than this.
constexpr int kMostNumbers = 9'999'999;

}  // namespace

WebLine::WebLine(WebConfig config, base::Clock& clock, LineSink sink)
    : about_{.name = config.name,
             .counter = "",
             .only = config.counters,
             .range = {.first = 1, .last = kMostNumbers},
             .topics = config.answers,
             .first = true},
      worker_(std::make_shared<Worker>(std::move(config), clock, std::move(sink))) {}

WebLine::~WebLine() { WebLine::Stop(absl::Seconds(2)); }

void WebLine::Ask(Outgoing outgoing) { worker_->Ask(std::move(outgoing)); }
void WebLine::GiveUp(const std::string& id) { worker_->GiveUp(id); }
void WebLine::Drop(const std::string& id) { worker_->Drop(id); }
void WebLine::Start() { worker_->Start(); }
bool WebLine::Stop(absl::Duration patience) { return worker_->Stop(patience); }
v1::LineStatus WebLine::Status() const { return worker_->Status(); }
bool WebLine::Ready() const { return worker_->Ready(); }
void WebLine::AskChallenge(const std::string& institution, ChallengeDone done) {
  worker_->AskChallenge(institution, std::move(done));
}
std::optional<absl::Time> WebLine::CertificateEnds() const { return worker_->CertificateEnds(); }
absl::Duration WebLine::ClockSkew() const { return worker_->ClockSkew(); }

}  // namespace madoguchi::eligibility
