// What the audit trail costs: a reception committed alone, with an entry in the same transaction,
// and with an entry that names somebody under seal; and how fast a trail is verified.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/audit/trail.h"
#include "agent/base/clock.h"
#include "agent/store/store.h"
#include "tests/store/temp_dir.h"

namespace madoguchi {
namespace {

// About what the reception of a face push takes.
constexpr size_t kReceptionBytes = 4000;

struct Site {
  Site() {
    store = *store::Store::Open(dir / "s.db");
    trail = *audit::Trail::Open(dir.path(), *store, clock);
    trail->Start();
  }
  store::TempDir dir;
  base::SystemClock clock;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<audit::Trail> trail;
};

store::Changes Reception(int64_t number) {
  store::Changes changes;
  store::ReceptionRow row;
  row.id = absl::StrCat("reception-", number);
  row.counter = "front-1";
  row.day = absl::CivilDay(2026, 11, 25);
  row.body = std::string(kReceptionBytes, 'b');
  changes.receptions.push_back(std::move(row));
  return changes;
}

void CommitAlone(benchmark::State& state) {
  Site site;
  int64_t number = 0;
  for (auto _ : state) {
    if (!site.store->Commit(Reception(++number)).ok()) std::abort();
  }
}
BENCHMARK(CommitAlone)->Unit(benchmark::kMicrosecond)->UseRealTime();

void CommitAudited(benchmark::State& state) {
  Site site;
  int64_t number = 0;
  for (auto _ : state) {
    const audit::Entry entry{.kind = audit::Kind::kReceptionOpened,
                             .reception_id = "019d74b0-3c00-7065-81ba-43c05c0abf0c",
                             .detail = "FACE_READER, ANSWERED"};
    if (!site.trail->Commit(Reception(++number), {entry}).ok()) std::abort();
  }
}
BENCHMARK(CommitAudited)->Unit(benchmark::kMicrosecond)->UseRealTime();

void CommitSealed(benchmark::State& state) {
  Site site;
  int64_t number = 0;
  for (auto _ : state) {
    const audit::Entry entry{.kind = audit::Kind::kReceptionAssigned,
                             .identity = "emr",
                             .person = "sato",
                             .reception_id = "019d74b0-3c00-7065-81ba-43c05c0abf0c",
                             .subject = std::string(120, 's')};
    if (!site.trail->Commit(Reception(++number), {entry}).ok()) std::abort();
  }
}
BENCHMARK(CommitSealed)->Unit(benchmark::kMicrosecond)->UseRealTime();

void Verify(benchmark::State& state) {
  Site site;
  constexpr int kEntries = 20'000;
  const std::vector<audit::Entry> entries(
      kEntries, audit::Entry{.kind = audit::Kind::kReceptionOpened,
                             .reception_id = "019d74b0-3c00-7065-81ba-43c05c0abf0c",
                             .detail = "FACE_READER, ANSWERED"});
  if (!site.trail->Commit({}, entries).ok()) std::abort();
  for (auto _ : state) {
    if (!site.trail->Verify({})->Intact()) std::abort();
  }
  state.SetItemsProcessed(state.iterations() * kEntries);
}
BENCHMARK(Verify)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace madoguchi

BENCHMARK_MAIN();
