#include "agent/rpc/export_formats.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "agent/base/error.h"
#include "agent/oqs/message.h"
#include "hl7/fhir/bundle_writer.h"
#include "hl7/jahis/notebook.h"
#include "hl7/v2/convert.h"
#include "hl7/v2/notes.h"

namespace madoguchi::rpc {
namespace {

using Response = v1::ExportRecordResponse;
using Options = google::protobuf::RepeatedPtrField<std::string>;

constexpr size_t kMostNotes = 1000;

void SetNotes(std::vector<std::string> notes, Response& response) {
  const size_t count = notes.size();
  if (count > kMostNotes) {
    notes.resize(kMostNotes - 1);
    hl7::v2::AddMore(count, notes.size(), notes);
  }
  for (std::string& note : notes) response.add_notes(std::move(note));
}

absl::Status BadOption(int index, std::string what) {
  return base::MakeError(base::ErrorCode::kInvalidField,
                         {.what = std::move(what), .field = absl::StrCat("options[", index, "]")});
}

// A value an option may have, and what it does.
struct OptionRow {
  absl::string_view option;
  void (*apply)(hl7::v2::Options& options);
};

constexpr OptionRow kHl7v2Options[] = {
    {"charset=utf-8", [](hl7::v2::Options& to) { to.charset = hl7::v2::Charset::kUtf8; }},
    {"charset=iso-2022-jp",
     [](hl7::v2::Options& to) { to.charset = hl7::v2::Charset::kIso2022Jp; }},
    {"in1=ssmix2", [](hl7::v2::Options& to) { to.in1 = hl7::v2::In1Layout::kSsmix2; }},
    {"in1=jahis", [](hl7::v2::Options& to) { to.in1 = hl7::v2::In1Layout::kJahis; }},
    {"event=A08", [](hl7::v2::Options& to) { to.registers = false; }},
    {"event=A04", [](hl7::v2::Options& to) { to.registers = true; }},
};

absl::string_view NameOf(absl::string_view option) { return option.substr(0, option.find('=')); }

absl::StatusOr<hl7::v2::Options> ReadHl7v2Options(const Options& options) {
  hl7::v2::Options read;
  std::vector<absl::string_view> named;
  for (int i = 0; i < options.size(); ++i) {
    const auto* row =
        std::find_if(std::begin(kHl7v2Options), std::end(kHl7v2Options),
                     [&](const OptionRow& each) { return each.option == options[i]; });
    if (row == std::end(kHl7v2Options)) {
      std::string allowed = "allowed are";
      for (const OptionRow& each : kHl7v2Options) absl::StrAppend(&allowed, " ", each.option);
      return BadOption(i, std::move(allowed));
    }
    const absl::string_view name = NameOf(row->option);
    if (std::find(named.begin(), named.end(), name) != named.end()) {
      return BadOption(i, absl::StrCat(name, " is named twice"));
    }
    named.push_back(name);
    row->apply(read);
  }
  return read;
}

template <hl7::fhir::JpCore kVersion>
ExportWriter Fhir(const hl7::v2::Options& /*options*/) {
  return [](const v1::OqsMessage& record, Response& response) {
    hl7::fhir::BundleWriter(kVersion).Write(record, 0, *response.mutable_body());
    response.set_media_type("application/fhir+json");
    return absl::OkStatus();
  };
}

absl::Status WriteHl7v2(const v1::OqsMessage& record, const hl7::v2::Options& options,
                        Response& response) {
  const auto messages = hl7::v2::Convert(record, options);
  MDG_RETURN_IF_ERROR(messages.status());
  std::vector<std::string> notes;
  for (const hl7::v2::Message& each : *messages) {
    response.mutable_body()->append(each.bytes);
    response.add_message_sizes(static_cast<uint32_t>(each.bytes.size()));
    hl7::v2::AddNotes(each.replaced, each.replaced_count, notes);
  }
  SetNotes(std::move(notes), response);
  response.set_media_type(
      absl::StrCat("x-application/hl7-v2+er7; charset=",
                   options.charset == hl7::v2::Charset::kUtf8 ? "utf-8" : "iso-2022-jp"));
  return absl::OkStatus();
}

ExportWriter Hl7v2(const hl7::v2::Options& options) {
  return [options](const v1::OqsMessage& record, Response& response) {
    return WriteHl7v2(record, options, response);
  };
}

ExportWriter Notebook(const hl7::v2::Options& /*options*/) {
  return [](const v1::OqsMessage& record, Response& response) {
    absl::StatusOr<hl7::jahis::Notebook> notebook = hl7::jahis::Convert(record);
    MDG_RETURN_IF_ERROR(notebook.status());
    SetNotes(hl7::jahis::NotesOf(*notebook), response);
    response.set_body(std::move(notebook->bytes));
    response.set_media_type("text/csv; charset=Shift_JIS; header=absent");
    return absl::OkStatus();
  };
}

ExportWriter OqsXml(const hl7::v2::Options& /*options*/) {
  return [](const v1::OqsMessage& record, Response& response) {
    absl::StatusOr<std::string> xml = oqs::WriteMessage(record, oqs::Encoding::kUtf8);
    MDG_RETURN_IF_ERROR(xml.status());
    response.set_body(*std::move(xml));
    response.set_media_type("application/xml; charset=utf-8");
    return absl::OkStatus();
  };
}

ExportWriter OqsMessage(const hl7::v2::Options& /*options*/) {
  return [](const v1::OqsMessage& record, Response& response) {
    if (!record.SerializeToString(response.mutable_body())) {
      return base::MakeError(base::ErrorCode::kInternal);
    }
    response.set_media_type(R"(application/x-protobuf; messageType="madoguchi.v1.OqsMessage")");
    return absl::OkStatus();
  };
}

// Which records a format has a form of.
enum class Has { kAll, kNoDiagnoses, kDrugs };

struct FormatRow {
  v1::ExportFormat format;
  Has has;
  bool options;
  ExportWriter (*make)(const hl7::v2::Options& options);
};

constexpr FormatRow kRows[] = {
    {v1::EXPORT_FORMAT_FHIR_JP_CORE_1_2, Has::kAll, false, Fhir<hl7::fhir::JpCore::k1_2_0>},
    {v1::EXPORT_FORMAT_FHIR_JP_CORE_1_1, Has::kAll, false, Fhir<hl7::fhir::JpCore::k1_1_2>},
    {v1::EXPORT_FORMAT_HL7_V2_5, Has::kNoDiagnoses, true, Hl7v2},
    {v1::EXPORT_FORMAT_JAHIS_TC08, Has::kDrugs, false, Notebook},
    {v1::EXPORT_FORMAT_OQS_XML, Has::kAll, false, OqsXml},
    {v1::EXPORT_FORMAT_OQS_MESSAGE, Has::kAll, false, OqsMessage},
};

bool Writes(Has has, v1::ExportWhat what) {
  switch (has) {
    case Has::kAll:
      return true;
    case Has::kNoDiagnoses:
      return what != v1::EXPORT_WHAT_DIAGNOSES;
    case Has::kDrugs:
      return what == v1::EXPORT_WHAT_DRUG_HISTORY;
  }
  return false;
}

}  // namespace

absl::StatusOr<ExportWriter> FindExportWriter(const v1::ExportRecordRequest& request) {
  for (const FormatRow& row : kRows) {
    if (row.format != request.format() || !Writes(row.has, request.what())) continue;
    if (!row.options && !request.options().empty()) {
      return BadOption(0, "this format has no options");
    }
    const auto options = row.options ? ReadHl7v2Options(request.options()) : hl7::v2::Options();
    MDG_RETURN_IF_ERROR(options.status());
    return row.make(*options);
  }
  return base::MakeError(base::ErrorCode::kNoSuchForm, {.field = "format"});
}

}  // namespace madoguchi::rpc
