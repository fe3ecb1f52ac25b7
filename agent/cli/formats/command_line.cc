#include "agent/cli/formats/command_line.h"

#include <CLI/CLI.hpp>
#include <string>

#include "agent/base/japan_time.h"
#include "agent/cli/convert_forms.h"

namespace madoguchi::cli {
namespace {

void AddExport(CLI::App& app, const Global& global, ExportOptions& to, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand(
      "export", "a record of a reception in the format of others (他形式で出力)");
  command->add_option("ID", to.reception_id, "the reception")->required();
  command->add_option("--what", to.what, "reception (the insurance), drugs, checkups, diagnoses")
      ->required()
      ->check(CLI::IsMember(ExportWhatNames()));
  command
      ->add_option("--to", to.to,
                   "fhir, hl7v2 (not diagnoses), jahis (drugs only), xml (as OQS has it), "
                   "message (OqsMessage in Protocol Buffers)")
      ->required()
      ->check(CLI::IsMember({"fhir", "hl7v2", "jahis", "xml", "message"}));
  command->add_option("--jp-core", to.jp_core, "fhir: 1.2.0 (default) or 1.1.2")
      ->check(CLI::IsMember({"1.2.0", "1.1.2"}));
  command->add_option("--in1", to.in1, "hl7v2: layout of IN1, ssmix2 (default) or jahis");
  command->add_option("--charset", to.charset, "hl7v2: utf-8 (default) or iso-2022-jp");
  command->add_option("--event", to.event, "hl7v2: A08 (default) or A04");
  CLI::Option* out = command->add_option(
      "--out,--output", to.out, "the file to write, for its owner only (default: standard output)");
  command->add_flag("--force", to.force, "overwrite a file that exists")->needs(out);
  command->callback([&] { run = [&] { return Export(global, to); }; });
}

// Where a standardized storage of SS-MIX2 is, and whose a file is.
void AddStorage(CLI::App& convert, ConvertOptions& to) {
  convert
      .add_option("--storage", to.storage,
                  "ssmix2: the root of the storage (.../1319999999), a folder that exists")
      ->check(CLI::ExistingDirectory);
  convert.add_option("--institution", to.institution,
                     "ssmix2: the storage's FacilityID (default: who asked OQS)");
  convert.add_option("--patient-id", to.patient_id,
                     "ssmix2: the chart number (default: the reference number of the answer)");
  convert
      .add_option("--patient-digits", to.patient_digits,
                  "ssmix2: width of chart numbers in the storage (default 10)")
      ->check(CLI::Range(7, 15));
}

void AddConvert(CLI::App& app, ConvertOptions& to, std::function<int()>& run) {
  CLI::App* convert =
      app.add_subcommand("convert", "OQS message files to another form; no daemon needed");
  convert->add_option("--to", to.to, "json (default), fhir, hl7v2, jahis, ssmix2")
      ->check(CLI::IsMember(FormNames()));
  convert->add_option("--jp-core", to.jp_core, "fhir: 1.2.0 (default) or 1.1.2")
      ->check(CLI::IsMember({"1.2.0", "1.1.2"}));
  convert->add_option("--in1", to.in1, "hl7v2: layout of IN1, ssmix2 (default) or jahis")
      ->check(CLI::IsMember({"ssmix2", "jahis"}));
  convert->add_option("--charset", to.charset, "hl7v2: utf-8 (default) or iso-2022-jp")
      ->check(CLI::IsMember({"utf-8", "iso-2022-jp"}));
  convert->add_option("--event", to.event, "hl7v2: A08 (default) or A04")
      ->check(CLI::IsMember({"A08", "A04"}));
  convert->add_option("--time", to.time, "hl7v2, ssmix2: MSH-7, yyyyMMddHHmmss in Japan")
      ->check([](const std::string& text) {
        return std::string(base::ParseOqsTime(text).has_time() ? "" : "allowed is yyyyMMddHHmmss");
      });
  AddStorage(*convert, to);
  convert->add_option("FILE", to.files, "message files");
  convert->add_flag("--files-from-stdin", to.files_from_stdin,
                    "the names of (more) files come from standard input, one a line");
  convert->callback([&] {
    if (to.to == "ssmix2" && to.storage.empty()) {
      throw CLI::RequiredError("--storage");
    }
    if (to.files.empty() && !to.files_from_stdin) {
      throw CLI::RequiredError("FILE");
    }
    if (!to.patient_id.empty() && (to.files.size() > 1 || to.files_from_stdin)) {
      // Several files may be about several people.
      throw CLI::ValidationError("--patient-id", "allowed with one FILE only");
    }
    run = [&] { return Convert(to); };
  });
}

}  // namespace

void AddFormats(CLI::App& app, const Global& global, FormatOptions& to, std::function<int()>& run) {
  AddExport(app, global, to.export_record, run);
  AddConvert(app, to.convert, run);
}

}  // namespace madoguchi::cli
