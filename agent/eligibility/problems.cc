#include "agent/eligibility/problems.h"

#include <utility>

#include "agent/base/japan_time.h"

namespace madoguchi::eligibility {
namespace {

constexpr int kMostProblems = 20;

}  // namespace

void PutNewest(google::protobuf::RepeatedPtrField<v1::FileProblem>& problems,
               const std::string& file_name, v1::ErrorDetail problem, absl::Time now) {
  // A new list, as protobuf has no insertion at the front.
  google::protobuf::RepeatedPtrField<v1::FileProblem> list;
  v1::FileProblem& newest = *list.Add();
  newest.set_file_name(file_name);
  *newest.mutable_at() = base::ToProto(now);
  *newest.mutable_problem() = std::move(problem);
  for (v1::FileProblem& old : problems) {
    if (old.file_name() == file_name || list.size() >= kMostProblems) continue;
    list.Add()->Swap(&old);
  }
  problems.Swap(&list);
}

}  // namespace madoguchi::eligibility
