#ifndef MADOGUCHI_HL7_FHIR_MEDICINE_H_
#define MADOGUCHI_HL7_FHIR_MEDICINE_H_

#include <optional>
#include <string>
#include <vector>

#include "hl7/fhir/bundle.h"
#include "hl7/fhir/identity.h"
#include "hl7/fhir/quantity.h"
#include "hl7/fhir/values.h"
#include "madoguchi/v1/medical.pb.h"

namespace madoguchi::hl7::fhir {

// Lines of a drug history. What a pharmacy handed over, as its claim or its dispensing data say, is
// a MedicationDispense, when day and amount are there as JP Core demands; any other line, those of
// clinics and prescriptions among them, is a MedicationStatement with the status unknown, as nobody
// says whether the medicine is taken.
class Medicines {
 public:
  explicit Medicines(Bundle& bundle) : bundle_(bundle) {}

  // Gives each line its id, and adds all of them to `content`. Before Write().
  void TakeIds(const v1::DrugHistory& history, const Id& patient, Fingerprint& content);
  // An entry of each line, and of the organizations they name.
  void Write(const v1::DrugHistory& history, const Id& patient);

 private:
  struct Rp {
    int number = 0;
    int order = 0;
  };
  // What a line means.
  struct Meaning {
    std::optional<MedicineAmount> amount;
    // Of days, for medicines taken every day.
    std::optional<ShortText> days;
    // The amount is that of a day, or of one time.
    bool per_day = false;
    bool per_time = false;
    // All that was handed over.
    std::optional<ShortText> total;
    bool dispense = false;

    bool dosed() const { return amount && (per_day || per_time); }
  };
  static Meaning MeaningOf(const v1::DrugLine& line);
  // What lines of one institution, day and source have in common.
  struct Block {
    const v1::DrugLine* first = nullptr;
    std::optional<Id> provider;
    std::optional<Id> prescriber;
    // An object with nothing but `extension`.
    std::string extensions;
  };

  void EnterBlock(const v1::DrugLine& line);
  Rp NextRp(const v1::DrugLine* before, const v1::DrugLine& line);
  void WriteLine(const v1::DrugLine& line, const Id& id, const Id& patient, const Rp& rp);
  void WriteIdentifiers(const Rp& rp);
  void WriteDispense(const v1::DrugLine& line, const Meaning& meaning);
  void WriteStatement(const v1::DrugLine& line, const Meaning& meaning);
  void WriteMeta(const v1::DrugLine& line, bool dispense);
  void WriteExtensions(const v1::DrugLine& line, const Meaning& meaning);
  void WriteMedicine(const v1::DrugItem& drug);
  void WriteDosage(const v1::DrugItem& drug, const Meaning& meaning, absl::string_view key);
  void WriteDose(const Meaning& meaning);

  Bundle& bundle_;
  // Of each line.
  std::vector<Id> line_ids_;
  Rp rp_;
  Block block_;
  // For the block's extensions.
  Json block_json_;
};

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_MEDICINE_H_
