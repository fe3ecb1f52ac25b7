#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/bounded_file.h"
#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/cli/commands.h"
#include "agent/cli/json.h"
#include "agent/oqs/any_form.h"
#include "hl7/fhir/bundle_writer.h"

namespace madoguchi::cli {
namespace {

std::string NameOf(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  base::FileContents file = base::ReadBoundedFile(path, oqs::kMaxFileBytes);
  switch (file.fault) {
    case base::FileFault::kNone:
      return std::move(file.bytes);
    case base::FileFault::kCannotOpen:
    case base::FileFault::kNotRegular:
      return base::MakeError(base::ErrorCode::kFileProblem,
                             {.what = "allowed is a readable regular file", .field = "file"});
    case base::FileFault::kCannotRead:
      return base::MakeError(base::ErrorCode::kFileProblem,
                             {.what = "reading failed", .field = "file"});
    case base::FileFault::kTooLarge:
      break;
  }
  return base::MakeError(base::ErrorCode::kMessageTooLarge, {.field = "file"});
}

// Writes one message as lines. A converter keeps its rooms from message to message.
using Converter = std::function<absl::Status(const v1::OqsMessage& message, std::ostream& out)>;

Converter ToJsonLines(const ConvertOptions& /*options*/) {
  return [](const v1::OqsMessage& message, std::ostream& out) {
    const auto json = ToJson(message);
    MDG_RETURN_IF_ERROR(json.status());
    out << *json << '\n';
    return absl::OkStatus();
  };
}

Converter ToFhirLines(const ConvertOptions& options) {
  using hl7::fhir::BundleWriter;
  const auto version = hl7::fhir::ParseJpCore(options.jp_core);
  return [writer = std::make_shared<BundleWriter>(version.value_or(hl7::fhir::JpCore::k1_2_0)),
          bundle = std::string()](const v1::OqsMessage& message, std::ostream& out) mutable {
    const int count = BundleWriter::CountOf(message);
    if (count == 0) return base::MakeError(base::ErrorCode::kNoSuchForm, {.field = "file"});
    for (int i = 0; i < count; ++i) {
      writer->Write(message, i, bundle);
      out << bundle << '\n';
    }
    return absl::OkStatus();
  };
}

struct Format {
  absl::string_view name;
  Converter (*make)(const ConvertOptions& options);
};
constexpr Format kFormats[] = {{"json", ToJsonLines}, {"fhir", ToFhirLines}};

Converter ConverterOf(const ConvertOptions& options) {
  for (const Format& format : kFormats) {
    if (format.name == options.to) return format.make(options);
  }
  return ToJsonLines(options);
}

absl::Status ConvertOne(const std::string& path, const Converter& converter) {
  const auto bytes = ReadFile(path);
  MDG_RETURN_IF_ERROR(bytes.status());
  const auto message = oqs::ReadAnyForm(NameOf(path), *bytes);
  MDG_RETURN_IF_ERROR(message.status());
  return converter(*message, std::cout);
}

}  // namespace

int Convert(const ConvertOptions& options) {
  const Converter converter = ConverterOf(options);
  int exit = kSuccess;
  for (const std::string& path : options.files) {
    const absl::Status status = ConvertOne(path, converter);
    if (status.ok()) continue;
    // The place stands in parentheses at the end of a catalogued message.
    std::cerr << absl::StrCat(base::Printable(path, 1000), ": ", status.message(), "\n");
    exit = kAnswerIsNo;
  }
  std::cout.flush();
  return std::cout.good() ? exit : kOutsideFailed;
}

}  // namespace madoguchi::cli
