#include "hl7/fhir/medicine.h"

#include "absl/strings/str_cat.h"
#include "hl7/fhir/extensions.h"
#include "hl7/fhir/quantity.h"
#include "hl7/fhir/values.h"

namespace madoguchi::hl7::fhir {
namespace {

// 診療識別 of claims: amounts of 21 are of a day and its times are days, amounts of 22 are of one
// time; of all others the amount is the whole.
constexpr absl::string_view kInternal = "21";
constexpr absl::string_view kAsNeeded = "22";

absl::string_view SourceOf(v1::DrugSource source) {
  switch (source) {
    case v1::DRUG_SOURCE_RECEIPT:
      return "receipt";
    case v1::DRUG_SOURCE_DISPENSING:
      return "dispensing";
    case v1::DRUG_SOURCE_PRESCRIPTION:
      return "prescription";
    default:
      return "unknown";
  }
}

bool IsPharmacy(const v1::Provider& provider) {
  return provider.code().size() > 2 && provider.code()[2] == '4';
}

bool SameProvider(const v1::Provider& a, const v1::Provider& b) {
  return a.code() == b.code() && a.name() == b.name();
}

// Of one institution and day, from one source: what they have in common is written alike, and RP
// numbers begin anew for others.
bool SameBlock(const v1::DrugLine& a, const v1::DrugLine& b) {
  return a.source() == b.source() && a.dispensed_on().text() == b.dispensed_on().text() &&
         a.prescribed_on().text() == b.prescribed_on().text() &&
         a.month().text() == b.month().text() && SameProvider(a.provider(), b.provider()) &&
         SameProvider(a.prescriber(), b.prescriber()) &&
         a.provider_kind_code() == b.provider_kind_code() &&
         a.own_site_code() == b.own_site_code() && a.in_out_code() == b.in_out_code();
}

// Taken in the same way: of one RP.
bool SameUsage(const v1::DrugItem& a, const v1::DrugItem& b) {
  return a.treatment_class_code() == b.treatment_class_code() && a.usage() == b.usage() &&
         a.times() == b.times() && a.special_instruction() == b.special_instruction();
}

}  // namespace

Medicines::Meaning Medicines::MeaningOf(const v1::DrugLine& line) {
  const v1::DrugItem& drug = line.drug();
  Meaning meaning;
  meaning.per_day = drug.treatment_class_code() == kInternal;
  meaning.per_time = drug.treatment_class_code() == kAsNeeded;
  meaning.amount = MedicineAmountOf(drug.amount(), drug.unit());
  const auto times = DecimalOf(drug.times());
  if (meaning.per_day) meaning.days = times;
  if (meaning.amount && !meaning.per_day && !meaning.per_time) {
    meaning.total = meaning.amount->value;
  } else if (meaning.amount && times) {
    meaning.total = Product(meaning.amount->value.view(), times->view());
  }
  const bool handed_over =
      line.source() == v1::DRUG_SOURCE_DISPENSING ||
      (line.source() == v1::DRUG_SOURCE_RECEIPT && IsPharmacy(line.provider()));
  meaning.dispense = handed_over && IsDay(line.dispensed_on()) && meaning.total.has_value();
  return meaning;
}

void Medicines::Write(const v1::DrugHistory& history, const Id& patient) {
  block_.first = nullptr;
  const v1::DrugLine* before = nullptr;
  for (int i = 0; i < history.drug_lines_size(); ++i) {
    const v1::DrugLine& line = history.drug_lines(i);
    if (block_.first == nullptr || !SameBlock(*block_.first, line)) EnterBlock(line);
    WriteLine(line, line_ids_[static_cast<size_t>(i)], patient, NextRp(before, line));
    before = &line;
  }
}

void Medicines::TakeIds(const v1::DrugHistory& history, const Id& patient, Fingerprint& content) {
  line_ids_.clear();
  const v1::DrugLine* first = nullptr;
  Fingerprint block("Medicine");
  for (const v1::DrugLine& line : history.drug_lines()) {
    const v1::DrugItem& drug = line.drug();
    if (first == nullptr || !SameBlock(*first, line)) {
      first = &line;
      block = Fingerprint("Medicine");
      block.Add(patient).Add(static_cast<uint64_t>(line.source())).Add(line.provider().code());
      block.Add(line.dispensed_on().text()).Add(line.prescribed_on().text());
      block.Add(line.month().text());
    }
    Fingerprint fingerprint = block;
    // A code says more than a name.
    fingerprint.Add(drug.treatment_class_code()).Add(drug.drug_code());
    if (drug.drug_code().empty()) fingerprint.Add(drug.drug_name());
    fingerprint.Add(drug.amount()).Add(drug.unit()).Add(drug.times()).Add(drug.usage());
    line_ids_.push_back(bundle_.ids().Take(fingerprint));
    bundle_.AddTarget(line_ids_.back());
    content.Add(line_ids_.back());
  }
}

void Medicines::EnterBlock(const v1::DrugLine& line) {
  const auto find = [this](const v1::Provider& provider) -> std::optional<Id> {
    Id id = {};
    const bool found = bundle_.organizations().Write(OrganizationKind::kInstitution,
                                                     provider.code(), provider.name(), id);
    return found ? std::optional<Id>(id) : std::nullopt;
  };
  block_.first = &line;
  block_.provider = find(line.provider());
  block_.prescriber =
      SameProvider(line.provider(), line.prescriber()) ? std::nullopt : find(line.prescriber());
  block_json_.Start(block_.extensions);
  block_json_.Object();
  {
    Extensions extensions(block_json_);
    extensions.Date("PrDate", line.prescribed_on());
    extensions.Date("MeTrMonth", line.month());
    extensions.Code("DiOrg", "oqs-provider-kind", line.provider_kind_code());
    extensions.Code("PrIsOrg", "oqs-own-site", line.own_site_code());
    extensions.Code("InOut", "oqs-in-out", line.in_out_code());
    if (block_.prescriber) extensions.Reference("Prescriber", *block_.prescriber);
  }
  block_json_.EndObject();
  block_json_.Finish();
}

Medicines::Rp Medicines::NextRp(const v1::DrugLine* before, const v1::DrugLine& line) {
  if (&line == block_.first) {
    rp_ = {1, 1};
  } else if (SameUsage(before->drug(), line.drug())) {
    ++rp_.order;
  } else {
    rp_ = {rp_.number + 1, 1};
  }
  return rp_;
}

void Medicines::WriteLine(const v1::DrugLine& line, const Id& id, const Id& patient, const Rp& rp) {
  const Meaning meaning = MeaningOf(line);
  const bool dispense = meaning.dispense;
  Json& json = bundle_.json();
  StartEntry(json, id, dispense ? "MedicationDispense" : "MedicationStatement");
  WriteMeta(line, dispense);
  WriteExtensions(line, meaning);
  if (dispense) WriteIdentifiers(rp);
  json.Members(dispense ? R"("status":"completed")" : R"("status":"unknown")");
  WriteConcept(json, "category", LocalSystem("receipt-treatment-class"),
               line.drug().treatment_class_code());
  WriteMedicine(line.drug());
  WriteReference(json, "subject", patient);
  if (dispense) {
    WriteDispense(line, meaning);
  } else {
    WriteStatement(line, meaning);
  }
  EndEntry(json);
}

void Medicines::WriteIdentifiers(const Rp& rp) {
  const Dialect& dialect = bundle_.dialect();
  bundle_.json().Members({R"("identifier":[{"system":")", dialect.rp_number, R"(","value":")",
                          absl::AlphaNum(rp.number).Piece(), R"("},{"system":")",
                          dialect.order_in_rp, R"(","value":")", absl::AlphaNum(rp.order).Piece(),
                          R"("}])"});
}

void Medicines::WriteMeta(const v1::DrugLine& line, bool dispense) {
  Json& json = bundle_.json();
  constexpr absl::string_view kSource =
      R"("meta":{"source":"http://madoguchi.example.jp/fhir/oqs/)";
  if (!dispense && bundle_.dialect().version != JpCore::k1_2_0) {
    // JP Core 1.1.2 has no profile of it.
    json.Members({kSource, SourceOf(line.source()), R"("})"});
    return;
  }
  json.Members({kSource, SourceOf(line.source()), R"(","profile":[")", kProfileBase,
                dispense ? "JP_MedicationDispense" : "JP_MedicationStatement", R"("]})"});
}

void Medicines::WriteExtensions(const v1::DrugLine& line, const Meaning& meaning) {
  // `{"extension":[` and `]}` around those of the block.
  constexpr size_t kBefore = 14;
  constexpr size_t kAround = kBefore + 2;
  const v1::DrugItem& drug = line.drug();
  Extensions extensions(bundle_.json());
  extensions.Text("IngreN", drug.ingredient_name());
  if (!meaning.dispense) extensions.Date("DiDate", line.dispensed_on());
  const absl::string_view block = block_.extensions;
  if (block.size() > kAround) {
    extensions.Again(block.substr(kBefore, block.size() - kAround));
  }
  if (!meaning.days) extensions.Text("Times", drug.times());
  if (!meaning.dispense && !meaning.dosed()) {
    extensions.Text("Qua1", drug.amount());
    extensions.Text("Unit", drug.unit());
  }
  // Places count from 1; the line named is of this list.
  if (line.duplicate_of() > 0 && line.duplicate_of() <= static_cast<int>(line_ids_.size())) {
    extensions.Reference("DuplicateOf", line_ids_[static_cast<size_t>(line.duplicate_of() - 1)]);
    extensions.Text("DuplicateReason", line.duplicate_reason());
  }
}

void Medicines::WriteMedicine(const v1::DrugItem& drug) {
  Json& json = bundle_.json();
  json.Object("medicationCodeableConcept");
  if (!IsBlank(drug.drug_code())) {
    json.Array("coding");
    // No URL is agreed on yet: the OID is that of both dialects.
    WriteCoding(json, {}, {"urn:oid:1.2.392.100495.20.2.71"}, drug.drug_code(), drug.drug_name());
    json.EndArray();
  }
  if (!IsBlank(drug.drug_name())) {
    json.Text("text", drug.drug_name());
  } else if (IsBlank(drug.drug_code())) {
    WriteUnknown(json, "text");
  }
  json.EndObject();
}

void Medicines::WriteDispense(const v1::DrugLine& line, const Meaning& meaning) {
  Json& json = bundle_.json();
  if (block_.provider) {
    json.Members(
        {R"("performer":[{"actor":{"reference":"urn:uuid:)", block_.provider->view(), R"("}}])"});
  }
  WriteMedicineAmount(json, bundle_.dialect(), "quantity",
                      {.value = *meaning.total, .unit = meaning.amount->unit});
  if (meaning.days) WriteDays(json, "daysSupply", meaning.days->view());
  WriteDate(json, "whenHandedOver", line.dispensed_on());
  WriteDosage(line.drug(), meaning, "dosageInstruction");
}

void Medicines::WriteStatement(const v1::DrugLine& line, const Meaning& meaning) {
  Json& json = bundle_.json();
  // The day the medicine was given counts, else that of the prescription, else the month.
  for (const v1::Date* date : {&line.dispensed_on(), &line.prescribed_on(), &line.month()}) {
    if (const auto text = DateOf(*date)) {
      json.Plain("effectiveDateTime", text->view());
      break;
    }
  }
  if (block_.provider) WriteReference(json, "informationSource", *block_.provider);
  WriteDosage(line.drug(), meaning, "dosage");
}

void Medicines::WriteDosage(const v1::DrugItem& drug, const Meaning& meaning,
                            absl::string_view key) {
  Json& json = bundle_.json();
  // A MedicationDispense has days of its own.
  const bool with_days = !meaning.dispense && meaning.days;
  if (IsBlank(drug.usage()) && IsBlank(drug.special_instruction()) && !meaning.dosed() &&
      !with_days) {
    return;
  }
  json.Array(key);
  json.Object();
  if (with_days) {
    Extensions extensions(json);
    extensions.Start(kExtensionBase, "JP_MedicationDosage_UsageDuration");
    WriteDays(json, "valueDuration", meaning.days->view());
    extensions.End();
  }
  json.Text("text", drug.usage());
  if (!IsBlank(drug.special_instruction())) {
    json.Array("additionalInstruction");
    json.Object();
    json.Text("text", drug.special_instruction());
    json.EndObject();
    json.EndArray();
  }
  if (meaning.dosed()) WriteDose(meaning);
  json.EndObject();
  json.EndArray();
}

void Medicines::WriteDose(const Meaning& meaning) {
  Json& json = bundle_.json();
  json.Array("doseAndRate");
  json.Object();
  if (meaning.per_day) {
    json.Object("rateRatio");
    WriteMedicineAmount(json, bundle_.dialect(), "numerator", *meaning.amount);
    WriteDays(json, "denominator", "1");
    json.EndObject();
  } else {
    WriteMedicineAmount(json, bundle_.dialect(), "doseQuantity", *meaning.amount);
  }
  json.EndObject();
  json.EndArray();
}

}  // namespace madoguchi::hl7::fhir
