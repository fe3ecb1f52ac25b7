#include <iostream>
#include <string>

#include "absl/strings/numbers.h"
#include "agent/oqs/message.h"
#include "hl7/fhir/bundle_writer.h"
#include "tests/hl7/fhir/full_records.h"
#include "tests/oqs/generate.h"

// Prints the Bundles of full and of generated records, one per line, for validator_test.py:
//   fhir_generated 1.2.0 SEEDS
namespace madoguchi::hl7::fhir {
namespace {

void Print(const v1::OqsMessage& message, BundleWriter& writer) {
  std::string json;
  for (int i = 0; i < BundleWriter::CountOf(message); ++i) {
    writer.Write(message, i, json);
    std::cout << json << '\n';
  }
}

int Main(const std::string& version_text, uint32_t seeds) {
  const auto version = ParseJpCore(version_text);
  if (!version) return 2;
  BundleWriter writer(*version);
  for (const v1::OqsMessage& record : FullRecords()) Print(record, writer);
  for (uint32_t seed = 0; seed < seeds; ++seed) {
    const v1::OqsMessage message = oqs::GenerateMessage(seed, oqs::Encoding::kUtf8);
    // As it is read: with the lines that are derived.
    const auto bytes = oqs::WriteMessage(message, oqs::Encoding::kUtf8);
    if (!bytes.ok()) return 1;
    const auto read = oqs::ReadMessage(message.file_name(), *bytes);
    if (!read.ok()) return 1;
    Print(*read, writer);
  }
  return std::cout.flush() ? 0 : 1;
}

}  // namespace
}  // namespace madoguchi::hl7::fhir

int main(int argc, char** argv) {
  uint32_t seeds = 0;
  if (argc != 3 || !absl::SimpleAtoi(argv[2], &seeds)) return 2;
  return madoguchi::hl7::fhir::Main(argv[1], seeds);
}
