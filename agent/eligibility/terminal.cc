#include "agent/eligibility/terminal.h"

#include <utility>

#include "agent/eligibility/terminal_worker.h"

namespace madoguchi::eligibility {

// Whose institution a push is of is decided in the reception room, which hears of foreign ones.
Terminal::Terminal(TerminalConfig config, const std::string& /*medical_institution_code*/,
                   base::Clock& clock, FacePushSink sink, std::function<void()> on_change)
    : worker_(std::make_shared<Worker>(std::move(config), clock, std::move(sink),
                                       std::move(on_change))) {}

Terminal::~Terminal() { Stop(absl::Seconds(2)); }

void Terminal::Start() { worker_->Start(); }

bool Terminal::Stop(absl::Duration patience) { return worker_->Stop(patience); }

v1::ConnectionStatus Terminal::Status() const { return worker_->Status(); }

absl::Duration Terminal::ClockSkew() const { return worker_->ClockSkew(); }

int Terminal::Waiting() const { return worker_->Waiting(); }

}  // namespace madoguchi::eligibility
