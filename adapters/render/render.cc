#include "adapters/render/render.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "adapters/render/csv.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/text/cp932.h"
#include "agent/text/jis.h"
#include "google/protobuf/util/json_util.h"
#include "hl7/fhir/bundle_writer.h"
#include "hl7/jahis/notebook.h"
#include "hl7/ssmix2/entries.h"
#include "hl7/v2/convert.h"

namespace madoguchi::adapters {
namespace {

struct Named {
  absl::string_view name;
  Format format;
};
constexpr Named kNames[] = {
    {"fhir", Format::kFhir},        {"fhir-1.1", Format::kFhir11},
    {"hl7v2", Format::kHl7v2},      {"ssmix2", Format::kSsmix2},
    {"jahis", Format::kJahis},      {"oqs-xml", Format::kOqsXml},
    {"oqs-json", Format::kOqsJson}, {"reception-json", Format::kReceptionJson},
    {"csv", Format::kCsv}};

absl::Status NoForm(absl::string_view why) {
  return base::MakeError(base::ErrorCode::kNotRenderable, {.what = std::string(why)});
}

// What the converters say of a record that has nothing to be sent is about the format of a route.
absl::Status AsRoute(const absl::Status& status) {
  if (!base::Is(status, base::ErrorCode::kNoSuchForm)) return status;
  return NoForm(base::DetailOf(status)->text_en());
}

// A label has letters, digits and hyphens only: a name is made with it.
std::string LabelOf(absl::string_view text) {
  std::string label;
  for (const char c : text) {
    label.push_back(absl::ascii_isalnum(static_cast<unsigned char>(c)) ? c : '-');
  }
  return label;
}

absl::Status ToFhir(const FormatOptions& options, Parcel& parcel) {
  using hl7::fhir::BundleWriter;
  using hl7::fhir::JpCore;
  const int count = BundleWriter::CountOf(parcel.record);
  if (count == 0) return NoForm("no record of a person");
  BundleWriter writer(options.format == Format::kFhir ? JpCore::k1_2_0 : JpCore::k1_1_2);
  for (int i = 0; i < count; ++i) {
    Piece piece{.label = absl::StrCat(i + 1), .bytes = {}};
    writer.Write(parcel.record, i, piece.bytes);
    parcel.pieces.push_back(std::move(piece));
  }
  parcel.media_type = "application/fhir+json";
  parcel.file_extension = "json";
  return absl::OkStatus();
}

absl::Status ToHl7v2(const FormatOptions& options, Parcel& parcel) {
  hl7::v2::Options to;
  to.charset = options.charset;
  to.in1 = options.in1;
  to.registers = options.registers;
  to.receiving_application = options.receiving_application;
  to.receiving_facility = options.receiving_facility;
  to.patient_id = parcel.reception.assignment().patient_id();
  // A second message of one record has `-2` behind the id, and MSH-10 takes 20 characters.
  to.control_id =
      parcel.what == v1::EXPORT_WHAT_CHECKUPS ? parcel.message_id.substr(0, 18) : parcel.message_id;
  const auto messages = hl7::v2::Convert(parcel.record, to);
  if (!messages.ok()) return AsRoute(messages.status());
  int number = 0;
  for (const hl7::v2::Message& message : *messages) {
    parcel.pieces.push_back({.label = absl::StrCat(++number), .bytes = message.bytes});
  }
  parcel.media_type =
      absl::StrCat("x-application/hl7-v2+er7; charset=",
                   options.charset == hl7::v2::Charset::kUtf8 ? "utf-8" : "iso-2022-jp");
  parcel.file_extension = "hl7";
  return absl::OkStatus();
}

absl::Status ToSsmix2(const FormatOptions& /*options*/, Parcel& parcel) {
  const std::string& chart = parcel.reception.assignment().patient_id();
  if (chart.empty()) return base::MakeError(base::ErrorCode::kNotAssignedYet);
  // Of what OQS gave: the same record again has to be the same file.
  const v1::MessageHeader& header =
      parcel.record.has_checkup_history()  ? parcel.record.checkup_history().header()
      : parcel.record.has_medical_record() ? parcel.record.medical_record().header()
                                           : parcel.record.confirmation().header();
  const auto entries = hl7::ssmix2::EntriesOf(
      parcel.record, {.patient_id = chart, .time = header.process_execution_time().text()});
  if (!entries.ok()) return AsRoute(entries.status());
  for (const hl7::ssmix2::Entry& entry : entries->entries) {
    parcel.pieces.push_back(
        {.label = LabelOf(absl::StrCat(entry.type, "-", entry.order)), .bytes = entry.bytes});
  }
  parcel.media_type = "x-application/hl7-v2+er7; charset=iso-2022-jp";
  parcel.file_extension = "hl7";
  return absl::OkStatus();
}

absl::Status ToJahis(const FormatOptions& /*options*/, Parcel& parcel) {
  auto notebook = hl7::jahis::Convert(parcel.record);
  if (!notebook.ok()) return AsRoute(notebook.status());
  parcel.pieces.push_back({.label = "1", .bytes = std::move(notebook->bytes)});
  parcel.media_type = "text/csv; charset=Shift_JIS; header=absent";
  parcel.file_extension = "csv";
  return absl::OkStatus();
}

absl::Status ToOqsXml(const FormatOptions& options, Parcel& parcel) {
  auto bytes = oqs::WriteMessage(parcel.record, options.encoding);
  if (!bytes.ok()) return NoForm(base::DetailOf(bytes.status())->text_en());
  parcel.pieces.push_back({.label = "1", .bytes = *std::move(bytes)});
  parcel.media_type =
      absl::StrCat("application/xml; charset=",
                   options.encoding == oqs::Encoding::kUtf8 ? "utf-8" : "Shift_JIS");
  parcel.file_extension = "xml";
  return absl::OkStatus();
}

// Without what changes while the record does not: the same record again has to be the same bytes.
v1::Reception StableOf(v1::Reception reception) {
  reception.clear_revision();
  reception.clear_changed_at();
  reception.clear_state();
  reception.clear_next_step();
  reception.clear_usable_consents();
  reception.clear_records();
  reception.clear_superseded_by();
  return reception;
}

absl::Status ToJson(const FormatOptions& options, Parcel& parcel) {
  std::string json;
  const v1::Reception reception = StableOf(parcel.reception);
  const google::protobuf::Message& message =
      options.format == Format::kOqsJson
          ? static_cast<const google::protobuf::Message&>(parcel.record)
          : reception;
  if (!google::protobuf::util::MessageToJsonString(message, &json).ok()) {
    return NoForm("text that is not UTF-8");
  }
  parcel.pieces.push_back({.label = "1", .bytes = std::move(json)});
  parcel.media_type = "application/json";
  parcel.file_extension = "json";
  return absl::OkStatus();
}

absl::Status ToCsv(const FormatOptions& options, Parcel& parcel) {
  auto csv = WriteCsv(options.csv, parcel.reception, parcel.record);
  if (!csv.ok()) return csv.status();
  const bool utf8 = options.encoding == oqs::Encoding::kUtf8;
  if (!utf8) {
    // A character that CP932 lacks is shown as missing; the rest of the line is worth having.
    std::string rest = *std::move(csv);
    csv = std::string();
    while (true) {
      const auto encoded = text::EncodeCp932(rest);
      if (!encoded.ok()) return encoded.status();
      csv->append(encoded->cp932);
      if (!encoded->bad_offset.has_value()) break;
      const size_t bad = *encoded->bad_offset;
      csv->append("\x81\xA1");  // U+25A0
      size_t next = bad + 1;
      while (next < rest.size() && (static_cast<unsigned char>(rest[next]) & 0xC0U) == 0x80U)
        ++next;
      rest.erase(0, next);
    }
  }
  parcel.pieces.push_back({.label = "1", .bytes = *std::move(csv)});
  parcel.media_type =
      absl::StrCat("text/csv; charset=", utf8 ? "utf-8" : "Shift_JIS", "; header=present");
  parcel.file_extension = "csv";
  return absl::OkStatus();
}

}  // namespace

std::optional<Format> FormatNamed(absl::string_view name) {
  for (const Named& each : kNames) {
    if (each.name == name) return each.format;
  }
  return std::nullopt;
}

std::string FormatNames() {
  std::string names;
  for (const Named& each : kNames) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", "\"", each.name, "\"");
  }
  return names;
}

absl::Status Render(const FormatOptions& options, Parcel& parcel) {
  parcel.pieces.clear();
  switch (options.format) {
    case Format::kFhir:
    case Format::kFhir11:
      return ToFhir(options, parcel);
    case Format::kHl7v2:
      return ToHl7v2(options, parcel);
    case Format::kSsmix2:
      return ToSsmix2(options, parcel);
    case Format::kJahis:
      return ToJahis(options, parcel);
    case Format::kOqsXml:
      return ToOqsXml(options, parcel);
    case Format::kOqsJson:
    case Format::kReceptionJson:
      return ToJson(options, parcel);
    case Format::kCsv:
      return ToCsv(options, parcel);
  }
  return base::MakeError(base::ErrorCode::kInternal);
}

v1::OqsMessage MessageOf(const v1::Reception& reception) {
  v1::OqsMessage message;
  message.set_family(reception.origin() == v1::RECEPTION_ORIGIN_FACE_READER
                         ? v1::MESSAGE_FAMILY_OQSSIQUC01_FACE
                         : v1::MESSAGE_FAMILY_OQSSIQUC01);
  message.set_role(reception.origin() == v1::RECEPTION_ORIGIN_FACE_READER
                       ? v1::MESSAGE_ROLE_PUSH
                       : v1::MESSAGE_ROLE_RESPONSE);
  *message.mutable_confirmation() = reception.confirmation();
  return message;
}

std::string OqsFileName(const v1::OqsMessage& message, const std::string& message_id) {
  if (message.has_medical_record()) return absl::StrCat("YZKsiquc01res_", message_id, ".xml");
  if (message.has_checkup_history()) return absl::StrCat("TKKsiquc01res_", message_id, ".xml");
  const v1::MessageHeader& header = message.confirmation().header();
  std::string token;
  const bool readable = absl::Base64Unescape(header.arbitrary_file_identifier(), &token) &&
                        !token.empty() && token.size() <= 64 &&
                        std::all_of(token.begin(), token.end(), [](char c) {
                          return absl::ascii_isalnum(static_cast<unsigned char>(c));
                        });
  if (message.family() != v1::MESSAGE_FAMILY_OQSSIQUC01_FACE || !readable ||
      !header.process_execution_time().has_time()) {
    return absl::StrCat("OQSsiquc01res_", message_id, ".xml");
  }
  const absl::Time time = base::FromProto(header.process_execution_time().time());
  return absl::StrCat("OQSsiquc01res_face_", header.medical_institution_code(), token, "_",
                      base::FormatOqsTime(time), ".xml");
}

}  // namespace madoguchi::adapters
