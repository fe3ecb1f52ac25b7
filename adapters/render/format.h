#ifndef MADOGUCHI_ADAPTERS_RENDER_FORMAT_H_
#define MADOGUCHI_ADAPTERS_RENDER_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "agent/oqs/message.h"
#include "hl7/v2/message.h"

// What a route may make of a record.
namespace madoguchi::adapters {

enum class Format : uint8_t {
  // A FHIR R4 Bundle in JP Core 1.2.0, or 1.1.2 (docs/en/mapping-fhir.md).
  kFhir,
  kFhir11,
  // HL7 v2.5, a piece a message (docs/en/mapping-hl7v2.md).
  kHl7v2,
  // The entries of an SS-MIX2 standardized storage, a piece an entry. Needs a chart.
  kSsmix2,
  // JAHIS 電子版お薬手帳 (docs/en/mapping-jahis.md): drug histories only.
  kJahis,
  // The file of OQS.
  kOqsXml,
  // OqsMessage and Reception in the JSON form of Protocol Buffers.
  kOqsJson,
  kReceptionJson,
  // A line for each entry of one list in the record.
  kCsv,
};

// A column of a CSV: `名前=row.name`.
struct CsvColumn {
  std::string header;
  // See CsvPath in csv.h.
  std::string path;
};

struct CsvOptions {
  // The list that has a line for each entry; empty: one line a record.
  std::string rows = {};
  std::vector<CsvColumn> columns = {};
};

// Options of formats. Those of another format than `format` do not count.
struct FormatOptions {
  Format format = Format::kFhir;
  hl7::v2::Charset charset = hl7::v2::Charset::kUtf8;
  hl7::v2::In1Layout in1 = hl7::v2::In1Layout::kSsmix2;
  // ADT^A04 instead of A08.
  bool registers = false;
  std::string receiving_application = {};
  std::string receiving_facility = {};
  // Of kOqsXml and kCsv.
  oqs::Encoding encoding = oqs::Encoding::kUtf8;
  CsvOptions csv = {};
};

// How formats are written in a configuration.
std::optional<Format> FormatNamed(absl::string_view name);
// All of them: `"fhir", "fhir-1.1", ...`.
std::string FormatNames();

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_RENDER_FORMAT_H_
