#include "tests/hl7/fhir/mapping_page.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/oqs/mapping.h"
#include "hl7/fhir/mapping.h"

namespace madoguchi::hl7::fhir {
namespace {

constexpr char kHead[] = R"(# OQS elements and FHIR resources

<!-- Made by fhir_mapping_page from hl7/fhir/mapping.cc. Do not edit. -->

Where each element of an OQS answer is in the Bundle that `madoguchi convert --to fhir` and
`ExportService` make: FHIR R4, type `collection`, profiles of JP Core 1.2.0 or 1.1.2. A Bundle is about
one person; a batch's answer is one Bundle of each person. Questions, registrations and PDFs have no
such form (MDG-1311).

* **Nothing is invented.** What OQS does not say is absent; where FHIR demands it, data-absent-reason
  `unknown` stands there. A day or time that is none is kept as text in the extension `originalText`.
* **Stable.** There is no clock and no randomness: the same record gives the same bytes. Ids are UUIDs
  (version 8) of what a resource is about, so that the same medicine has the same id in the next answer.
* **ext(X)** is the extension `http://madoguchi.example.jp/fhir/StructureDefinition/X`: what FHIR and JP
  Core have no element for, named as OQS names it. Code systems of our own are below
  `http://madoguchi.example.jp/fhir/CodeSystem/`; the host is a placeholder that nobody is to look up.
* **MedicationDispense** are lines of a pharmacy's claim and of the dispensing data of electronic
  prescriptions, when day and amount are there as JP Core demands. All other lines are
  **MedicationStatement** with the status `unknown`, as nobody says whether the medicine is taken
  (JP Core 1.1.2 has no profile of it). `meta.source` ends in `receipt`, `dispensing` or
  `prescription`. RP numbers count the ways of taking in one day's lines of one institution.
* A line that repeats one of a better source has ext(DuplicateOf) and ext(DuplicateReason).
* **Coverage.status** is `active` for validity 1 and 6, `cancelled` for 2 and 3, else `draft`.
  **Consent.status** is `active`, `rejected`, `inactive` (expired) or `proposed` (could not be asked).
* **Patient** of a medical record is the person of its own patient block. `ExportService` knows more: the
  qualification the record was asked for (`asked_for` of the `OqsMessage`), with address, chart number and
  insurance number.
* **Provenance** is there when the answer says when OQS made it: FHIR demands that time.
* `unknown_elements` have no place: nobody knows what they mean.

)";

absl::string_view TitleOf(absl::string_view message) {
  if (message == "OQSsiquc01res") return "Qualification of one person";
  if (message == "OQSmuquc02res") return "Batches";
  if (message == "YZKsiquc01res") return "Medicine, treatments and operations";
  return "Health checkups";
}

}  // namespace

std::string MappingPage() {
  std::string page = kHead;
  for (const std::vector<oqs::MappingRow>& rows :
       {oqs::ResponseMapping(), oqs::BatchAnswerMapping(), oqs::MedicalMapping(),
        oqs::CheckupMapping()}) {
    absl::StrAppend(&page, "## ", TitleOf(rows.front().message), "\n\nAs in `",
                    rows.front().message,
                    "`; below `XmlMsg`.\n\n| element | meaning | FHIR |\n|---|---|---|\n");
    for (const oqs::MappingRow& row : rows) {
      const MappingRow* mapped = FindMapping(row.field);
      if (row.field.empty() || row.kind == "group" || row.kind == "repeated") continue;
      absl::StrAppend(&page, "| `", row.element.substr(row.element.find('/') + 1), "` | ",
                      row.meaning_ja, " | ");
      if (mapped == nullptr) {
        page += "?";
      } else if (mapped->shown == Shown::kNot) {
        absl::StrAppend(&page, "not mapped: ", mapped->target);
      } else {
        page += std::string(mapped->target);
      }
      page += " |\n";
    }
    page += "\n";
  }
  page.pop_back();
  return page;
}

}  // namespace madoguchi::hl7::fhir
