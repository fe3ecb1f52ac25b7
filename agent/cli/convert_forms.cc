#include "agent/cli/convert_forms.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/cli/json.h"
#include "hl7/fhir/bundle_writer.h"
#include "hl7/jahis/notebook.h"
#include "hl7/ssmix2/storage.h"
#include "hl7/v2/convert.h"
#include "hl7/v2/notes.h"

namespace madoguchi::cli {
namespace {

Converter ToJsonLines(const ConvertOptions& /*options*/) {
  return [](const v1::OqsMessage& message, std::ostream& out, std::vector<std::string>&) {
    const absl::StatusOr<std::string> json = ToJson(message);
    MDG_RETURN_IF_ERROR(json.status());
    out << *json << '\n';
    return absl::OkStatus();
  };
}

// No message holds a line feed: one ends each of them.
absl::Status WriteHl7v2(const v1::OqsMessage& message, const hl7::v2::Options& options,
                        std::ostream& out, std::vector<std::string>& notes) {
  const auto messages = hl7::v2::Convert(message, options);
  MDG_RETURN_IF_ERROR(messages.status());
  for (const hl7::v2::Message& each : *messages) {
    out << each.bytes << '\n';
    hl7::v2::AddNotes(each.replaced, each.replaced_count, notes);
  }
  return absl::OkStatus();
}

Converter ToHl7v2(const ConvertOptions& options) {
  hl7::v2::Options to;
  if (options.in1 == "jahis") to.in1 = hl7::v2::In1Layout::kJahis;
  if (options.charset == "iso-2022-jp") to.charset = hl7::v2::Charset::kIso2022Jp;
  to.registers = options.event == "A04";
  to.time = options.time;
  return [to](const v1::OqsMessage& message, std::ostream& out, std::vector<std::string>& notes) {
    return WriteHl7v2(message, to, out, notes);
  };
}

absl::Status WriteNotebook(const v1::OqsMessage& message, std::ostream& out,
                           std::vector<std::string>& notes) {
  const absl::StatusOr<hl7::jahis::Notebook> notebook = hl7::jahis::Convert(message);
  MDG_RETURN_IF_ERROR(notebook.status());
  out << notebook->bytes;
  notes = hl7::jahis::NotesOf(*notebook);
  return absl::OkStatus();
}

Converter ToJahis(const ConvertOptions& /*options*/) { return WriteNotebook; }

Converter ToFhirLines(const ConvertOptions& options) {
  using hl7::fhir::BundleWriter;
  const auto version = hl7::fhir::ParseJpCore(options.jp_core);
  return [writer = std::make_shared<BundleWriter>(version.value_or(hl7::fhir::JpCore::k1_2_0)),
          bundle = std::string()](const v1::OqsMessage& message, std::ostream& out,
                                  std::vector<std::string>& /*notes*/) mutable {
    const int count = BundleWriter::CountOf(message);
    if (count == 0) return base::MakeError(base::ErrorCode::kNoSuchForm, {.field = "file"});
    for (int i = 0; i < count; ++i) {
      writer->Write(message, i, bundle);
      out << bundle << '\n';
    }
    return absl::OkStatus();
  };
}

// Writes the files of one message to the storage, and the name of each below the root to `out`.
absl::Status WriteToStorage(const v1::OqsMessage& message, const ConvertOptions& options,
                            std::ostream& out, std::vector<std::string>& notes) {
  const auto entries = hl7::ssmix2::EntriesOf(message, {.patient_id = options.patient_id,
                                                        .patient_digits = options.patient_digits,
                                                        .time = options.time});
  MDG_RETURN_IF_ERROR(entries.status());
  hl7::ssmix2::Storage storage(
      options.storage, options.institution.empty() ? entries->institution : options.institution);
  for (const hl7::ssmix2::Entry& entry : entries->entries) {
    MDG_RETURN_IF_ERROR(storage.Put(entry));
    out << FolderOf(entry) << '/' << FileNameOf(entry, '1') << '\n';
  }
  hl7::v2::AddNotes(entries->replaced, entries->replaced_count, notes);
  if (entries->left_out > 0) {
    notes.push_back(
        absl::StrCat("left out: ", entries->left_out, " without a day or without a specimen"));
  }
  return absl::OkStatus();
}

Converter ToSsmix2(const ConvertOptions& options) {
  return
      [options](const v1::OqsMessage& message, std::ostream& out, std::vector<std::string>& notes) {
        return WriteToStorage(message, options, out, notes);
      };
}

constexpr Form kForms[] = {
    {"json", ToJsonLines, oqs::Wanted::kAll},
    {"fhir", ToFhirLines},
    {"hl7v2", ToHl7v2},
    {"jahis", ToJahis},
    {"ssmix2", ToSsmix2},
};

}  // namespace

std::span<const Form> Forms() { return kForms; }

std::vector<std::string> FormNames() {
  std::vector<std::string> names;
  for (const Form& form : kForms) names.emplace_back(form.name);
  return names;
}

const Form* FindForm(absl::string_view name) {
  for (const Form& form : kForms) {
    if (form.name == name) return &form;
  }
  return nullptr;
}

}  // namespace madoguchi::cli
