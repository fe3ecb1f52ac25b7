#include <benchmark/benchmark.h>

#include <cstdint>
#include <fstream>
#include <pugixml.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/oqs/message.h"
#include "google/protobuf/arena.h"

// How long a medicine history takes from bytes to record and lines, beside a bare pugixml parse of
// the same bytes, and what a line costs when there are thousands.
namespace madoguchi::oqs {
namespace {

constexpr char kName[] = "YZKsiquc01res_022604100920000101.xml";
// So many lines are 20 KB in UTF-8.
constexpr int kYearOfLines = 38;
constexpr int kLinesPerDay = 4;
constexpr int kDaysPerMonth = 3;

v1::DrugItem Drug(int i) {
  v1::DrugItem drug;
  drug.set_treatment_class_code("21");
  drug.set_drug_code(std::to_string(699900000 + i));
  drug.set_drug_name("架空ロキソプロフェン錠６０ｍｇ「見本」");
  drug.set_ingredient_name("ロキソプロフェンナトリウム水和物");
  drug.set_amount("3");
  drug.set_unit("錠");
  drug.set_usage("１日３回毎食後服用");
  drug.set_times("14");
  return drug;
}

// Every line is a claim.
v1::OqsMessage History(int lines) {
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
    *month.mutable_days(month.days_size() - 1)->add_drugs() = Drug(i);
  }
  return message;
}

std::string Bytes(int lines, Encoding encoding) {
  return WriteMessage(History(lines), encoding).value();
}

void Read(benchmark::State& state, int lines, Encoding encoding) {
  const std::string bytes = Bytes(lines, encoding);
  // Counting walks the whole record: not while the clock runs.
  const absl::StatusOr<v1::OqsMessage> first = ReadMessage(kName, bytes);
  const size_t size = first.ok() ? first->SpaceUsedLong() : 0;
  size_t arena_size = 0;
  for (auto _ : state) {
    google::protobuf::Arena arena;
    auto& message = *google::protobuf::Arena::CreateMessage<v1::OqsMessage>(&arena);
    if (!ReadMessage(kName, bytes, message).ok() ||
        message.medical_record().drug_history().drug_lines_size() != lines) {
      state.SkipWithError("refused or lines lost");
      break;
    }
    arena_size = arena.SpaceUsed();
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
  state.counters["file_bytes"] = static_cast<double>(bytes.size());
  state.counters["record_bytes_per_line"] = static_cast<double>(size) / lines;
  // Without what long texts hold outside of it.
  state.counters["arena_bytes_per_line"] = static_cast<double>(arena_size) / lines;
  state.counters["time_per_line"] =
      benchmark::Counter(static_cast<double>(lines), benchmark::Counter::kIsIterationInvariantRate |
                                                         benchmark::Counter::kInvert);
}

// pugixml knows no CP932: it takes the bytes as they are and makes no text of them.
void Parse(benchmark::State& state, Encoding encoding) {
  const std::string bytes = Bytes(kYearOfLines, encoding);
  for (auto _ : state) {
    pugi::xml_document document;
    const auto parsed =
        document.load_buffer(bytes.data(), bytes.size(), pugi::parse_default, pugi::encoding_utf8);
    if (!parsed) state.SkipWithError("refused");
    benchmark::DoNotOptimize(document);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}

void BM_PugixmlParseHistoryUtf8(benchmark::State& state) { Parse(state, Encoding::kUtf8); }
BENCHMARK(BM_PugixmlParseHistoryUtf8);

void BM_ReadHistoryUtf8(benchmark::State& state) { Read(state, kYearOfLines, Encoding::kUtf8); }
BENCHMARK(BM_ReadHistoryUtf8);

// As who wants a message that can be moved reads.
void BM_ReadHistoryOnHeap(benchmark::State& state) {
  const std::string bytes = Bytes(kYearOfLines, Encoding::kUtf8);
  for (auto _ : state) benchmark::DoNotOptimize(ReadMessage(kName, bytes));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}
BENCHMARK(BM_ReadHistoryOnHeap);

void BM_PugixmlParseHistoryCp932(benchmark::State& state) { Parse(state, Encoding::kShiftJis); }
BENCHMARK(BM_PugixmlParseHistoryCp932);

void BM_ReadHistoryCp932(benchmark::State& state) {
  Read(state, kYearOfLines, Encoding::kShiftJis);
}
BENCHMARK(BM_ReadHistoryCp932);

// Linear when time_per_line and record_bytes_per_line stay what they are.
void BM_ReadLines(benchmark::State& state) {
  Read(state, static_cast<int>(state.range(0)), Encoding::kUtf8);
}
BENCHMARK(BM_ReadLines)->Arg(100)->Arg(1'000)->Arg(10'000);

void BM_WriteHistoryUtf8(benchmark::State& state) {
  const v1::OqsMessage message = ReadMessage(kName, Bytes(kYearOfLines, Encoding::kUtf8)).value();
  for (auto _ : state) {
    benchmark::DoNotOptimize(WriteMessage(message, Encoding::kUtf8));
  }
}
BENCHMARK(BM_WriteHistoryUtf8);

// What programs in other languages take out of the same file, for oqs_languages.py to compare: the
// head, the person, and a row of fields per line.
std::string Extraction(const v1::MedicalRecord& record) {
  const auto& header = record.header();
  const v1::PatientBlock& person = record.patient();
  std::string text =
      absl::StrJoin({header.medical_institution_code(), header.arbitrary_file_identifier(),
                     record.result().code(), record.result().message()},
                    "\t");
  absl::StrAppend(&text, "\n",
                  absl::StrJoin({person.name(), person.name_kana(), person.birth_date().text(),
                                 person.sex_code()},
                                "\t"));
  for (const v1::DrugLine& line : record.drug_history().drug_lines()) {
    const v1::DrugItem& drug = line.drug();
    absl::StrAppend(
        &text, "\n",
        absl::StrJoin({line.provider().code(), line.provider().name(), line.prescriber().code(),
                       line.prescriber().name(), line.provider_kind_code(), line.own_site_code(),
                       line.in_out_code(), line.month().text(), line.dispensed_on().text(),
                       line.prescribed_on().text(), drug.treatment_class_code(), drug.drug_code(),
                       drug.drug_name(), drug.ingredient_name(), drug.amount(), drug.unit(),
                       drug.usage(), drug.special_instruction(), drug.times()},
                      "\t"));
  }
  return text;
}

int WriteFiles(const std::string& folder) {
  const std::string utf8 = Bytes(kYearOfLines, Encoding::kUtf8);
  const v1::OqsMessage message = ReadMessage(kName, utf8).value();
  std::ofstream(folder + "/Utf8.xml", std::ios::binary) << utf8;
  std::ofstream(folder + "/Cp932.xml", std::ios::binary)
      << Bytes(kYearOfLines, Encoding::kShiftJis);
  std::ofstream out(folder + "/extraction.txt", std::ios::binary);
  out << Extraction(message.medical_record());
  return out.flush() ? 0 : 1;
}

}  // namespace
}  // namespace madoguchi::oqs

// `--write FOLDER` writes the files that are read here, and what must be found in them.
int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--write") {
    return madoguchi::oqs::WriteFiles(argv[2]);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
