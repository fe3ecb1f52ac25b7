#include "adapters/adapter/config.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "adapters/adapter/config_destinations.h"
#include "adapters/render/csv.h"
#include "agent/base/error.h"
#include "agent/config/checks.h"
#include "agent/config/file.h"
#include "agent/config/section.h"

namespace madoguchi::adapters {
namespace {

using config::AnyName;
using config::AnyPath;
using config::Check;
using config::OneOf;
using config::Section;

// How values are written, each with what it stands for.
template <typename Value>
struct Word {
  absl::string_view word;
  Value value;
};

constexpr Word<v1::ExportWhat> kWhats[] = {{"reception", v1::EXPORT_WHAT_RECEPTION},
                                           {"drugs", v1::EXPORT_WHAT_DRUG_HISTORY},
                                           {"checkups", v1::EXPORT_WHAT_CHECKUPS},
                                           {"diagnoses", v1::EXPORT_WHAT_DIAGNOSES}};
constexpr Word<v1::ReceptionOrigin> kOrigins[] = {{"face_reader", v1::RECEPTION_ORIGIN_FACE_READER},
                                                  {"own_reader", v1::RECEPTION_ORIGIN_OWN_READER},
                                                  {"identifiers", v1::RECEPTION_ORIGIN_IDENTIFIERS},
                                                  {"batch", v1::RECEPTION_ORIGIN_BATCH_UNIT}};
constexpr Word<v1::Validity> kValidities[] = {
    {"valid", v1::VALIDITY_VALID},
    {"invalid", v1::VALIDITY_INVALID},
    {"invalid_newer_exists", v1::VALIDITY_INVALID_NEWER_EXISTS},
    {"not_found", v1::VALIDITY_NOT_FOUND},
    {"several_match", v1::VALIDITY_SEVERAL_MATCH},
    {"valid_unregistered", v1::VALIDITY_VALID_UNREGISTERED}};

template <typename Value, size_t kSize>
std::vector<Value> ReadWords(Section& from, const std::string& key,
                             const Word<Value> (&words)[kSize]) {
  std::string allowed;
  for (const auto& [word, value] : words) {
    absl::StrAppend(&allowed, allowed.empty() ? "" : ", ", "\"", word, "\"");
  }
  const auto find = [&words](const std::string& text) {
    return std::find_if(std::begin(words), std::end(words),
                        [&text](const auto& each) { return each.word == text; });
  };
  std::vector<Value> values;
  for (const std::string& text : from.List(
           key, {[&](const std::string& each) { return find(each) != std::end(words); }, allowed},
           false)) {
    const Value value = find(text)->value;
    if (std::find(values.begin(), values.end(), value) != values.end()) {
      from.RefuseKey(key, "each word once");
    }
    values.push_back(value);
  }
  return values;
}

// HL7 v2 names: nothing that would end a field.
bool IsHl7Name(const std::string& text) {
  return !text.empty() && text.size() <= 180 && text.find_first_of("|^~\\&\r\n") == text.npos;
}

// What is wrong, without what the catalogue says of every wrong field.
std::string WhatOf(const absl::Status& status) {
  const v1::ErrorDetail detail = *base::DetailOf(status);
  const size_t colon = detail.text_en().find(": ");
  return colon == std::string::npos ? detail.text_en() : detail.text_en().substr(colon + 2);
}

class FileReader {
 public:
  explicit FileReader(const std::string& path)
      : folder_(std::filesystem::absolute(path).parent_path()) {}

  absl::StatusOr<AdapterConfig> Read(Section top) {
    if (auto table = top.Table("daemon", true)) ReadDaemon(*table);
    if (auto table = top.Table("adapter", true)) {
      config_.state_dir = Absolute(table->Text("state_dir", AnyPath(), "", true));
      table->RefuseUnknown();
    }
    for (Section& table : top.Tables("route")) ReadRoute(table);
    if (config_.routes.empty()) top.RefuseKey("route", "at least one [[route]] table");
    top.RefuseUnknown();
    MDG_RETURN_IF_ERROR(top.status());
    return std::move(config_);
  }

 private:
  std::string Absolute(const std::string& path) const {
    if (path.empty()) return path;
    return (folder_ / path).lexically_normal().string();
  }

  void ReadDaemon(Section& from) {
    const Check target{[](const std::string& text) {
                         return (absl::StartsWith(text, "unix:") && text.size() > 5) ||
                                (!absl::StartsWith(text, "unix:") && config::HostPort(text));
                       },
                       "unix:PATH or HOST:PORT"};
    client::Target& to = config_.daemon;
    to.address = from.Text("target", target, "", true);
    const bool tls = !absl::StartsWith(to.address, "unix:");
    if (!tls) to.address = absl::StrCat("unix:", Absolute(to.address.substr(5)));
    to.certificate = Absolute(from.Text("certificate", AnyPath(), "", tls));
    to.key = Absolute(from.Text("key", AnyPath(), "", tls));
    to.ca = Absolute(from.Text("ca", AnyPath(), "", tls));
    from.RefuseUnknown();
  }

  void ReadRoute(Section& from) {
    Route to;
    to.name = from.Text("name", AnyName(), "", true);
    for (const Route& other : config_.routes) {
      if (other.name == to.name) from.RefuseKey("name", "a name no other [[route]] has");
    }
    const Check format{[](const std::string& text) { return FormatNamed(text).has_value(); },
                       FormatNames()};
    const std::string format_name = from.Text("format", format, "", true);
    to.format.format = FormatNamed(format_name).value_or(Format::kFhir);
    if (auto what = ReadWords(from, "what", kWhats); !what.empty()) to.filter.what = what;
    to.filter.fetch = from.Flag("fetch", false);
    Policy& policy = to.policy;
    policy.tries = static_cast<int>(from.Number("tries", 1, 1000, policy.tries));
    policy.retry_first =
        from.Time("retry_first", absl::Milliseconds(100), absl::Minutes(5), policy.retry_first);
    policy.retry_most = from.Time("retry_most", policy.retry_first, absl::Hours(1),
                                  std::max(policy.retry_first, policy.retry_most));
    policy.deliver_within =
        from.Time("deliver_within", absl::Seconds(1), absl::Minutes(10), policy.deliver_within);
    if (auto table = from.Table("filter", false)) {
      to.filter.counters = table->List("counters", AnyName(), false);
      to.filter.origins = ReadWords(*table, "origins", kOrigins);
      to.filter.validities = ReadWords(*table, "validity", kValidities);
      table->RefuseUnknown();
    }
    std::optional<Section> options = from.Table("options", to.format.format == Format::kCsv);
    if (options.has_value()) ReadOptions(*options, to.format);
    CheckWhat(from, to);
    if (auto table = from.Table("to", true)) {
      CheckKind(*table, format_name);
      to.destination =
          ReadDestination(*table, [this](const std::string& path) { return Absolute(path); });
    }
    from.RefuseUnknown();
    config_.routes.push_back(std::move(to));
  }

  static void CheckWhat(Section& from, const Route& route) {
    for (const v1::ExportWhat what : route.filter.what) {
      const bool drugs = what == v1::EXPORT_WHAT_DRUG_HISTORY;
      if (route.format.format == Format::kJahis && !drugs) {
        from.RefuseKey("what", "[\"drugs\"]: the format jahis has no other record");
      }
      if (what == v1::EXPORT_WHAT_DIAGNOSES &&
          (route.format.format == Format::kHl7v2 || route.format.format == Format::kSsmix2)) {
        from.RefuseKey("what", "\"reception\", \"drugs\" or \"checkups\": HL7 v2 has no diagnoses");
      }
    }
  }

  // What a way of delivering cannot carry.
  static void CheckKind(Section& to, const std::string& format) {
    struct Needs {
      absl::string_view kind;
      absl::string_view formats;
    };
    constexpr Needs kNeeds[] = {
        {"mllp", "hl7v2"}, {"fhir", "fhir fhir-1.1"}, {"ssmix2", "ssmix2"}, {"mirror", "oqs-xml"}};
    const Check any{[](const std::string&) { return true; }, "a text"};
    const std::string kind = to.Text("kind", any, "");
    for (const Needs& needs : kNeeds) {
      const std::vector<std::string> formats = absl::StrSplit(needs.formats, ' ');
      if (kind == needs.kind &&
          std::find(formats.begin(), formats.end(), format) == formats.end()) {
        to.RefuseKey("kind", absl::StrCat("this kind only for a route with format = \"",
                                          formats.front(), "\""));
      }
    }
  }

  static void ReadOptions(Section& from, FormatOptions& to) {
    switch (to.format) {
      case Format::kHl7v2:
        ReadHl7(from, to);
        break;
      case Format::kCsv:
        ReadCsv(from, to);
        [[fallthrough]];
      case Format::kOqsXml:
        if (from.Text("encoding", OneOf({"UTF-8", "Shift_JIS"}), "UTF-8") == "Shift_JIS") {
          to.encoding = oqs::Encoding::kShiftJis;
        }
        break;
      default:
        break;
    }
    from.RefuseUnknown();
  }

  static void ReadHl7(Section& from, FormatOptions& to) {
    const Check name{IsHl7Name, "1 to 180 characters without | ^ ~ \\ &"};
    if (from.Text("charset", OneOf({"utf-8", "iso-2022-jp"}), "utf-8") == "iso-2022-jp") {
      to.charset = hl7::v2::Charset::kIso2022Jp;
    }
    if (from.Text("in1", OneOf({"ssmix2", "jahis"}), "ssmix2") == "jahis") {
      to.in1 = hl7::v2::In1Layout::kJahis;
    }
    to.registers = from.Text("event", OneOf({"A08", "A04"}), "A08") == "A04";
    to.receiving_application = from.Text("receiving_application", name, "");
    to.receiving_facility = from.Text("receiving_facility", name, "");
  }

  static void ReadCsv(Section& from, FormatOptions& to) {
    const Check column{[](const std::string& text) {
                         const size_t equals = text.rfind('=');
                         return equals != std::string::npos && equals > 0 &&
                                equals + 1 < text.size() && text.size() <= 500;
                       },
                       "texts HEADER=PATH"};
    const Check path{[](const std::string& text) { return !text.empty() && text.size() <= 500; },
                     "the path of a list, such as record.confirmation.qualifications"};
    to.csv.rows = from.Text("rows", path, "");
    for (const std::string& text : from.List("columns", column, true)) {
      const size_t equals = text.rfind('=');
      to.csv.columns.push_back({text.substr(0, equals), text.substr(equals + 1)});
    }
    if (!from.status().ok()) return;
    CsvOptions rows_alone{.rows = to.csv.rows, .columns = {{"id", "reception.reception_id"}}};
    if (const absl::Status wrong = CheckCsv(rows_alone); !wrong.ok()) {
      return from.RefuseKey("rows", WhatOf(wrong));
    }
    if (const absl::Status wrong = CheckCsv(to.csv); !wrong.ok()) {
      from.RefuseKey("columns", WhatOf(wrong));
    }
  }

  const std::filesystem::path folder_;
  AdapterConfig config_;
};

}  // namespace

absl::StatusOr<AdapterConfig> LoadConfig(const std::string& path) {
  const absl::StatusOr<std::string> text = config::ReadText(path);
  if (!text.ok()) return text.status();
  return ParseConfig(*text, path);
}

absl::StatusOr<AdapterConfig> ParseConfig(absl::string_view text, const std::string& path) {
  absl::StatusOr<Section> root = Section::Parse(text, path);
  if (!root.ok()) return root.status();
  return FileReader(path).Read(*std::move(root));
}

}  // namespace madoguchi::adapters
