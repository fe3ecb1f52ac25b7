#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string>

#include "agent/oqs/message.h"
#include "google/protobuf/arena.h"
#include "hl7/v2/convert.h"

// How long a medicine history takes from record, and from bytes of OQS, to an HL7 v2 message, what
// a line costs when there are thousands, and how often memory is asked for.

namespace {
std::atomic<int64_t> allocations{0};
}  // namespace

// Counted, to be told as a figure of the benchmarks. Not inlined: GCC 12 sees malloc and delete
// together otherwise, and takes them for a mistake.
[[gnu::noinline]] void* operator new(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size); memory != nullptr) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace madoguchi::hl7::v2 {
namespace {

constexpr char kName[] = "YZKsiquc01res_022604100920000101.xml";
// So many lines are 20 KB in UTF-8: the history of oqs_medical_bench.
constexpr int kYearOfLines = 38;
constexpr int kLinesPerDay = 4;
constexpr int kDaysPerMonth = 3;

std::string HistoryBytes(int lines) {
  v1::OqsMessage message;
  message.set_family(v1::MESSAGE_FAMILY_YZKSIQUC01);
  message.set_role(v1::MESSAGE_ROLE_RESPONSE);
  v1::MedicalRecord& record = *message.mutable_medical_record();
  record.mutable_header()->set_medical_institution_code("9910000017");
  record.mutable_patient()->set_name("架空　太郎");
  record.mutable_result()->set_code("1");
  for (int i = 0; i < lines; ++i) {
    if (i % (kLinesPerDay * kDaysPerMonth) == 0) {
      v1::MonthBlock& month = *record.add_receipt_months();
      month.mutable_provider()->set_code("9940000012");
      month.mutable_provider()->set_name("まどぐち薬局　本店");
      month.mutable_prescriber()->set_code("9910000025");
      month.mutable_prescriber()->set_name("架空整形外科医院");
      month.mutable_month()->set_text("202602");
    }
    v1::MonthBlock& month = *record.mutable_receipt_months(record.receipt_months_size() - 1);
    if (i % kLinesPerDay == 0) {
      v1::DayBlock& day = *month.add_days();
      day.mutable_dispensed_on()->set_text("20260205");
      day.mutable_prescribed_on()->set_text("20260205");
    }
    v1::DrugItem& drug = *month.mutable_days(month.days_size() - 1)->add_drugs();
    drug.set_treatment_class_code("21");
    drug.set_drug_code(std::to_string(699900000 + i));
    drug.set_drug_name("架空ロキソプロフェン錠６０ｍｇ「見本」");
    drug.set_ingredient_name("ロキソプロフェンナトリウム水和物");
    drug.set_amount("3");
    drug.set_unit("錠");
    drug.set_usage("１日３回毎食後服用");
    drug.set_times("14");
  }
  return oqs::WriteMessage(message, oqs::Encoding::kUtf8).value();
}

v1::OqsMessage History(int lines) { return oqs::ReadMessage(kName, HistoryBytes(lines)).value(); }

// Runs `make`, which gives a message, and tells its size and how often memory was asked for.
template <typename Make>
void Run(benchmark::State& state, int lines, Make make) {
  const int64_t before = allocations.load();
  const size_t size = make();
  const int64_t asked = allocations.load() - before;
  for (auto _ : state) {
    if (make() != size) {
      state.SkipWithError("not the same message");
      break;
    }
  }
  state.counters["message_bytes"] = static_cast<double>(size);
  state.counters["allocations"] = static_cast<double>(asked);
  state.counters["allocations_per_line"] = static_cast<double>(asked) / lines;
  state.counters["time_per_line"] =
      benchmark::Counter(static_cast<double>(lines), benchmark::Counter::kIsIterationInvariantRate |
                                                         benchmark::Counter::kInvert);
}

void ConvertRecord(benchmark::State& state, int lines, const Options& options) {
  const v1::OqsMessage message = History(lines);
  Run(state, lines, [&message, &options] {
    const auto converted = ConvertDrugHistory(message.medical_record(), options);
    return converted.ok() ? converted->bytes.size() : 0;
  });
}

void BM_RecordToV2(benchmark::State& state) { ConvertRecord(state, kYearOfLines, {}); }
BENCHMARK(BM_RecordToV2);

void BM_RecordToV2Iso2022Jp(benchmark::State& state) {
  ConvertRecord(state, kYearOfLines, {.charset = Charset::kIso2022Jp});
}
BENCHMARK(BM_RecordToV2Iso2022Jp);

// As a program goes that has the file of OQS.
void BM_FileToV2(benchmark::State& state) {
  const std::string bytes = HistoryBytes(kYearOfLines);
  Run(state, kYearOfLines, [&bytes]() -> size_t {
    google::protobuf::Arena arena;
    auto& message = *google::protobuf::Arena::CreateMessage<v1::OqsMessage>(&arena);
    if (!oqs::ReadMessage(kName, bytes, message).ok()) return 0;
    const auto converted = ConvertDrugHistory(message.medical_record(), {});
    return converted.ok() ? converted->bytes.size() : 0;
  });
  state.counters["file_bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(BM_FileToV2);

// Linear when time_per_line and allocations_per_line stay what they are.
void BM_RecordToV2Lines(benchmark::State& state) {
  ConvertRecord(state, static_cast<int>(state.range(0)), {});
}
BENCHMARK(BM_RecordToV2Lines)->Arg(10)->Arg(100)->Arg(1'000)->Arg(10'000);

int WriteFile(const std::string& path) {
  const v1::OqsMessage history = History(kYearOfLines);
  std::ofstream out(path, std::ios::binary);
  out << ConvertDrugHistory(history.medical_record(), {})->bytes;
  return out.flush() ? 0 : 1;
}

}  // namespace
}  // namespace madoguchi::hl7::v2

// `--write FILE` writes the message of the history, for hl7v2_parsers.py.
int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--write") {
    return madoguchi::hl7::v2::WriteFile(argv[2]);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
