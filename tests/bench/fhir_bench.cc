#include <benchmark/benchmark.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <new>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "agent/base/japan_time.h"
#include "agent/oqs/message.h"
#include "google/protobuf/arena.h"
#include "hl7/fhir/bundle_writer.h"

// How long a medicine history takes from the bytes of its message to the bytes of a Bundle, beside
// the least that any program with these two libraries must do: a bare pugixml parse of the same
// message and a bare RapidJSON write of the same Bundle. Counts allocations too.
//
//   fhir_bench                          the benchmarks
//   fhir_bench --write FOLDER           the message and its Bundle, for fhir_languages.py
//   fhir_bench --records N              converts N messages, all different; prints peak memory

namespace {

// Of operator new, which protobuf, absl and std::string use. RapidJSON takes its one stack by
// malloc when the first record is written.
uint64_t allocations = 0;

}  // namespace

// The whole program counts: tests and daemon do not link this. Not inlined, as GCC would then take
// free() for a mismatch of its own new.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* room = std::malloc(size)) return room;
  std::abort();
}
[[gnu::noinline]] void operator delete(void* room) noexcept { std::free(room); }
[[gnu::noinline]] void operator delete(void* room, size_t) noexcept { std::free(room); }

namespace madoguchi::hl7::fhir {
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

// Claims of one pharmacy. `person` makes messages differ.
std::string Message(int lines, int person = 0) {
  v1::OqsMessage message;
  message.set_family(v1::MESSAGE_FAMILY_YZKSIQUC01);
  message.set_role(v1::MESSAGE_ROLE_RESPONSE);
  v1::MedicalRecord& record = *message.mutable_medical_record();
  record.mutable_header()->set_medical_institution_code("9910000017");
  record.mutable_header()->set_arbitrary_file_identifier(absl::StrCat("r", person));
  record.mutable_patient()->set_name(absl::StrCat("架空　太郎", person));
  base::ParseOqsDate("19800115", *record.mutable_patient()->mutable_birth_date());
  record.mutable_patient()->set_sex_code("1");
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
  return oqs::WriteMessage(message, oqs::Encoding::kUtf8).value();
}

bool Convert(const std::string& bytes, BundleWriter& writer, google::protobuf::Arena& arena,
             std::string& out) {
  auto& message = *google::protobuf::Arena::CreateMessage<v1::OqsMessage>(&arena);
  if (!oqs::ReadMessage(kName, bytes, message, oqs::Wanted::kLines).ok()) return false;
  writer.Write(message, 0, out);
  return true;
}

std::string BundleOf(const std::string& bytes) {
  BundleWriter writer(JpCore::k1_2_0);
  google::protobuf::Arena arena;
  std::string out;
  if (!Convert(bytes, writer, arena, out)) std::abort();
  return out;
}

// What a Bundle is made of, in RapidJSON's events, so that writing them again is all that is left.
struct Event {
  enum class Kind : uint8_t { kObject, kEndObject, kArray, kEndArray, kKey, kString, kNumber };
  Kind kind;
  std::string text;
};

class Recorder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Recorder> {
 public:
  bool StartObject() { return Keep(Event::Kind::kObject); }
  bool EndObject(rapidjson::SizeType) { return Keep(Event::Kind::kEndObject); }
  bool StartArray() { return Keep(Event::Kind::kArray); }
  bool EndArray(rapidjson::SizeType) { return Keep(Event::Kind::kEndArray); }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    return Keep(Event::Kind::kKey, {text, size});
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return Keep(Event::Kind::kString, {text, size});
  }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return Keep(Event::Kind::kNumber, {text, size});
  }
  bool Default() { return false; }

  std::vector<Event> events;

 private:
  bool Keep(Event::Kind kind, std::string text = {}) {
    events.push_back({kind, std::move(text)});
    return true;
  }
};

std::vector<Event> EventsOf(const std::string& json) {
  rapidjson::Reader reader;
  rapidjson::StringStream stream(json.c_str());
  Recorder recorder;
  if (!reader.Parse<rapidjson::kParseNumbersAsStringsFlag>(stream, recorder)) std::abort();
  return std::move(recorder.events);
}

void Replay(const std::vector<Event>& events, rapidjson::Writer<rapidjson::StringBuffer>& writer) {
  for (const Event& event : events) {
    const auto size = static_cast<rapidjson::SizeType>(event.text.size());
    switch (event.kind) {
      case Event::Kind::kObject:
        writer.StartObject();
        break;
      case Event::Kind::kEndObject:
        writer.EndObject();
        break;
      case Event::Kind::kArray:
        writer.StartArray();
        break;
      case Event::Kind::kEndArray:
        writer.EndArray();
        break;
      case Event::Kind::kKey:
        writer.Key(event.text.data(), size);
        break;
      case Event::Kind::kString:
        writer.String(event.text.data(), size);
        break;
      case Event::Kind::kNumber:
        writer.RawValue(event.text.data(), size, rapidjson::kNumberType);
        break;
    }
  }
}

// Both halves with their rooms used again, as a program would that cares.
void BM_Limit(benchmark::State& state) {
  const std::string bytes = Message(kYearOfLines);
  const std::string bundle = BundleOf(bytes);
  const std::vector<Event> events = EventsOf(bundle);
  rapidjson::StringBuffer buffer;
  for (auto _ : state) {
    pugi::xml_document document;
    if (!document.load_buffer(bytes.data(), bytes.size(), pugi::parse_default,
                              pugi::encoding_utf8)) {
      state.SkipWithError("refused");
    }
    benchmark::DoNotOptimize(document);
    buffer.Clear();
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    Replay(events, writer);
    benchmark::DoNotOptimize(buffer.GetString());
  }
  if (bundle != std::string(buffer.GetString(), buffer.GetSize())) {
    state.SkipWithError("not the same bytes");
  }
  state.counters["bundle_bytes"] = static_cast<double>(bundle.size());
}
BENCHMARK(BM_Limit);

// Parse alone, and write alone: what the limit is made of.
void BM_BareParse(benchmark::State& state) {
  const std::string bytes = Message(kYearOfLines);
  for (auto _ : state) {
    pugi::xml_document document;
    benchmark::DoNotOptimize(
        document.load_buffer(bytes.data(), bytes.size(), pugi::parse_default, pugi::encoding_utf8));
  }
}
BENCHMARK(BM_BareParse);

// The arena's first block is used again by every message.
class Room {
 public:
  google::protobuf::ArenaOptions options() {
    google::protobuf::ArenaOptions options;
    options.initial_block = bytes_.data();
    options.initial_block_size = bytes_.size();
    return options;
  }

 private:
  std::vector<char> bytes_ = std::vector<char>(size_t{256} << 10);
};

void ToFhir(benchmark::State& state, int lines, JpCore version) {
  const std::string bytes = Message(lines);
  BundleWriter writer(version);
  std::string out;
  Room room;
  uint64_t counted = 0;
  for (auto _ : state) {
    const uint64_t before = allocations;
    google::protobuf::Arena arena(room.options());
    if (!Convert(bytes, writer, arena, out)) state.SkipWithError("refused");
    benchmark::DoNotOptimize(out);
    counted = allocations - before;
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
  state.counters["message_bytes"] = static_cast<double>(bytes.size());
  state.counters["bundle_bytes"] = static_cast<double>(out.size());
  state.counters["allocations"] = static_cast<double>(counted);
  state.counters["time_per_line"] =
      benchmark::Counter(static_cast<double>(lines), benchmark::Counter::kIsIterationInvariantRate |
                                                         benchmark::Counter::kInvert);
}

void BM_MessageToFhir(benchmark::State& state) { ToFhir(state, kYearOfLines, JpCore::k1_2_0); }
BENCHMARK(BM_MessageToFhir);
void BM_MessageToFhir112(benchmark::State& state) { ToFhir(state, kYearOfLines, JpCore::k1_1_2); }
BENCHMARK(BM_MessageToFhir112);

// Linear when time_per_line stays what it is.
void BM_Lines(benchmark::State& state) {
  ToFhir(state, static_cast<int>(state.range(0)), JpCore::k1_2_0);
}
BENCHMARK(BM_Lines)->Arg(10)->Arg(100)->Arg(1'000)->Arg(10'000);

// From the record alone.
void BM_RecordToFhir(benchmark::State& state) {
  const std::string bytes = Message(kYearOfLines);
  const v1::OqsMessage message = oqs::ReadMessage(kName, bytes).value();
  BundleWriter writer(JpCore::k1_2_0);
  std::string out;
  writer.Write(message, 0, out);
  const uint64_t before = allocations;
  for (auto _ : state) {
    writer.Write(message, 0, out);
    benchmark::DoNotOptimize(out);
  }
  state.counters["allocations"] = benchmark::Counter(static_cast<double>(allocations - before),
                                                     benchmark::Counter::kAvgIterations);
}
BENCHMARK(BM_RecordToFhir);

int WriteFiles(const std::string& folder) {
  const std::string bytes = Message(kYearOfLines);
  std::ofstream(folder + "/history.xml", std::ios::binary) << bytes;
  std::ofstream out(folder + "/bundle.json", std::ios::binary);
  out << BundleOf(bytes);
  return out.flush() ? 0 : 1;
}

int64_t PeakKilobytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

// Fails when memory grows after the first tenth: then something is kept.
int ConvertMany(int64_t records) {
  BundleWriter writer(JpCore::k1_2_0);
  std::string out;
  Room room;
  int64_t early = 0;
  constexpr int64_t kAllowedKilobytes = 1024;
  for (int64_t i = 0; i < records; ++i) {
    // Writing a message costs more than reading it: a hundred of them take turns.
    static const std::vector<std::string> messages = [] {
      std::vector<std::string> all;
      all.reserve(100);
      for (int person = 0; person < 100; ++person) {
        all.push_back(Message(kYearOfLines - person % 10, person));
      }
      return all;
    }();
    google::protobuf::Arena arena(room.options());
    if (!Convert(messages[static_cast<size_t>(i) % messages.size()], writer, arena, out)) return 1;
    if (i == records / 10) early = PeakKilobytes();
  }
  const int64_t late = PeakKilobytes();
  std::cout << records << " records, peak " << early << " KB after a tenth, " << late
            << " KB at the end\n";
  return late - early <= kAllowedKilobytes ? 0 : 1;
}

}  // namespace
}  // namespace madoguchi::hl7::fhir

int main(int argc, char** argv) {
  const std::string option = argc == 3 ? argv[1] : "";
  if (option == "--write") return madoguchi::hl7::fhir::WriteFiles(argv[2]);
  if (option == "--records") {
    int64_t records = 0;
    if (!absl::SimpleAtoi(argv[2], &records) || records < 10) return 2;
    return madoguchi::hl7::fhir::ConvertMany(records);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
