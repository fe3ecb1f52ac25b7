#include "agent/eligibility/folder_line.h"

#include <algorithm>
#include <utility>

#include "agent/eligibility/folder_line_worker.h"

namespace madoguchi::eligibility {

bool LineAbout::Answers(absl::string_view counter_name, Topic topic) const {
  const bool serves =
      only.empty() || std::find(only.begin(), only.end(), counter_name) != only.end();
  return serves && std::find(topics.begin(), topics.end(), topic) != topics.end();
}

FolderLine::FolderLine(LineConfig config, base::Clock& clock, LineSink sink)
    : about_{.name = config.terminal,
             .counter = config.counter,
             .range = config.range,
             .topics = {Topic::kIdentifiers, Topic::kRecords}},
      worker_(std::make_shared<Worker>(std::move(config), clock, std::move(sink))) {}

FolderLine::~FolderLine() { FolderLine::Stop(absl::Seconds(2)); }

void FolderLine::Ask(Outgoing outgoing) { worker_->Ask(std::move(outgoing)); }
void FolderLine::GiveUp(const std::string& id) { worker_->GiveUp(id); }
void FolderLine::Drop(const std::string& id) { worker_->Drop(id); }
void FolderLine::Start() { worker_->Start(); }
bool FolderLine::Stop(absl::Duration patience) { return worker_->Stop(patience); }
v1::LineStatus FolderLine::Status() const { return worker_->Status(); }
bool FolderLine::Ready() const { return worker_->Ready(); }
bool FolderLine::Hangs() const { return worker_->Hangs(); }

}  // namespace madoguchi::eligibility
