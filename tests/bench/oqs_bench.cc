#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <pugixml.hpp>
#include <sstream>
#include <string>

#include "agent/oqs/message.h"
#include "agent/text/cp932.h"

// How long a face push takes from bytes to record, beside a bare pugixml parse of the same bytes:
// the least that any reader on top of it could take. The ratio of the two is what we watch.
namespace madoguchi::oqs {
namespace {

// 4 KB, one qualification with everything.
constexpr char kFace[] = "OQSsiquc01res_face_99100000170a1b2c3d4e5f60718293_20260410091512.xml";

std::string Utf8Bytes() {
  std::ifstream file(
      std::string(MADOGUCHI_SOURCE_DIR "/tests/fixtures/oqs/02-face-push/face/") + kFace,
      std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  if (bytes.str().empty()) {
    std::fprintf(stderr, "no fixture %s\n", kFace);
    std::exit(1);
  }
  return bytes.str();
}

v1::OqsMessage Record() { return ReadMessage(kFace, Utf8Bytes()).value(); }

std::string Cp932Bytes() { return WriteMessage(Record(), Encoding::kShiftJis).value(); }

void Read(benchmark::State& state, const std::string& bytes) {
  for (auto _ : state) {
    absl::StatusOr<v1::OqsMessage> message = ReadMessage(kFace, bytes);
    if (!message.ok()) state.SkipWithError("refused");
    benchmark::DoNotOptimize(message);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}

// pugixml knows no CP932: it takes the bytes as they are and makes no text of them.
void Parse(benchmark::State& state, const std::string& bytes) {
  for (auto _ : state) {
    pugi::xml_document document;
    const auto parsed =
        document.load_buffer(bytes.data(), bytes.size(), pugi::parse_default, pugi::encoding_utf8);
    if (!parsed) state.SkipWithError("refused");
    benchmark::DoNotOptimize(document);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}

void BM_PugixmlParseUtf8(benchmark::State& state) { Parse(state, Utf8Bytes()); }
BENCHMARK(BM_PugixmlParseUtf8);

void BM_ReadMessageUtf8(benchmark::State& state) { Read(state, Utf8Bytes()); }
BENCHMARK(BM_ReadMessageUtf8);

void BM_PugixmlParseCp932(benchmark::State& state) { Parse(state, Cp932Bytes()); }
BENCHMARK(BM_PugixmlParseCp932);

void BM_ReadMessageCp932(benchmark::State& state) { Read(state, Cp932Bytes()); }
BENCHMARK(BM_ReadMessageCp932);

void BM_DecodeCp932(benchmark::State& state) {
  const std::string bytes = Cp932Bytes();
  for (auto _ : state) {
    benchmark::DoNotOptimize(text::DecodeCp932(bytes));
  }
}
BENCHMARK(BM_DecodeCp932);

void BM_WriteMessageUtf8(benchmark::State& state) {
  const v1::OqsMessage record = Record();
  for (auto _ : state) {
    benchmark::DoNotOptimize(WriteMessage(record, Encoding::kUtf8));
  }
}
BENCHMARK(BM_WriteMessageUtf8);

void BM_LooksComplete(benchmark::State& state) {
  const std::string bytes = Utf8Bytes();
  for (auto _ : state) {
    benchmark::DoNotOptimize(LooksComplete(bytes));
  }
}
BENCHMARK(BM_LooksComplete);

}  // namespace
}  // namespace madoguchi::oqs

BENCHMARK_MAIN();
