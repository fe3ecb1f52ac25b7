#include "agent/eligibility/line.h"

#include <utility>

#include "agent/eligibility/line_worker.h"

namespace madoguchi::eligibility {

Line::Line(LineConfig config, base::Clock& clock, LineSink sink)
    : worker_(std::make_shared<Worker>(std::move(config), clock, std::move(sink))) {}

Line::~Line() { Stop(absl::Seconds(2)); }

const LineConfig& Line::config() const { return worker_->config(); }
void Line::Ask(Outgoing outgoing) { worker_->Ask(std::move(outgoing)); }
void Line::GiveUp(const std::string& id) { worker_->GiveUp(id); }
void Line::Drop(const std::string& id) { worker_->Drop(id); }
void Line::Start() { worker_->Start(); }
bool Line::Stop(absl::Duration patience) { return worker_->Stop(patience); }
v1::LineStatus Line::Status() const { return worker_->Status(); }
bool Line::Ready() const { return worker_->Ready(); }
bool Line::Hangs() const { return worker_->Hangs(); }

}  // namespace madoguchi::eligibility
