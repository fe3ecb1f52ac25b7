// A drug history as a FHIR Bundle (JP Core 1.2.0), mapped as hl7/fhir maps it, with a common XML
// parser of npm: how long it takes, and the Bundle for a comparison.
//
//   node fhir.mjs FILE SECONDS PORTIONS BUNDLE    one line of JSON: {seconds_each}; writes BUNDLE
//
// Measured are portions of so many seconds from the bytes of the message to the text of the Bundle;
// the fastest counts. Left out: the months of electronic prescriptions, whose elements have names of
// their own, and with them marks of duplicates (the history of the benchmark is of claims); treatments.
// Ids are UUIDs of what a resource is about, by MD5: those of hl7/fhir are of its own making.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { XMLParser } from "fast-xml-parser";

const JP = "http://jpfhir.jp/fhir/core/";
const OWN = "http://madoguchi.example.jp/fhir/";
const PROFILE = `${JP}StructureDefinition/`;
const MERIT9 = new Map(Object.entries({
  錠: "TAB", カプセル: "CAP", 包: "PCK", "ｇ": "G", g: "G", "ｍＬ": "ML", mL: "ML", 枚: "SHT", 本: "HON",
  個: "KO", 瓶: "BTL", 管: "TUBE", 筒: "PIPE", キット: "KIT", 袋: "BAG", "ｍｇ": "MG", mg: "MG",
  アンプル: "AMP", バイアル: "VIL", シリンジ: "SYRG", 回: "TIME", 回分: "DOSE", 単位: "UNT",
  国際単位: "IUNT", 丸: "PILL", 滴: "DROP", シート: "SHET", ブリスター: "BLST", トローチ: "TROC", 缶: "CAN",
  容器: "VSL", "μｇ": "MCG", μL: "MCL", "Ｌ": "L", L: "L", "ｋｇ": "KG", "ｃｍ２": "CM2", "ｃｍ": "CM",
  "ｍ": "M", 箱: "BOX", 巻: "ROLL", 組: "PARI", セット: "SET", 千単位: "TUNT", 万単位: "TTUN",
  万国際単位: "TTIU", "ｍＥｑ": "MEQ", "ＭＢｑ": "MGBQ",
}));

const REPEATED = new Set(["MeTrMonthInf", "DiDateInf", "DrugInf"]);
const parser = new XMLParser({ parseTagValue: false, isArray: (name) => REPEATED.has(name) });

const has = (text) => text !== undefined && text.trim() !== "";

// `2026-02-05`, `2026-02`, or undefined for what is no day and no month.
function dateOf(text) {
  const found = /^(\d{4})(\d{2})(\d{2})?$/.exec(text ?? "");
  if (!found) return undefined;
  const [, year, month, day] = found;
  if (month < "01" || month > "12" || year === "0000") return undefined;
  if (day === undefined) return `${year}-${month}`;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return day !== "00" && date.getUTCDate() === Number(day) ? `${year}-${month}-${day}` : undefined;
}

// A decimal as text, which keeps zeros at its end.
function decimalOf(text) {
  const half = (text ?? "").normalize("NFKC");
  if (half.length > 18 || !/^-?\d+(\.\d+)?$/.test(half)) return undefined;
  return half.replace(/^(-?)0+(?=\d)/, "$1");
}

class Bundle {
  constructor() {
    this.taken = new Set();
    this.organizations = new Map();
    this.entries = [];
  }

  // The same for the same parts; a second resource that says the same has another.
  id(...parts) {
    for (let again = 0; ; ++again) {
      const hex = createHash("md5").update(JSON.stringify([...parts, again])).digest("hex");
      const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}` +
        `-${hex.slice(20)}`;
      if (this.taken.has(id)) continue;
      this.taken.add(id);
      return id;
    }
  }

  add(id, resourceType, rest) {
    this.entries.push({ fullUrl: `urn:uuid:${id}`, resource: { resourceType, id, ...rest } });
  }

  organization(code, name) {
    if (!has(code) && !has(name)) return undefined;
    const key = JSON.stringify([code, name]);
    let id = this.organizations.get(key);
    if (id !== undefined) return id;
    id = this.id("Organization", code, name);
    this.organizations.set(key, id);
    const resource = { meta: { profile: [`${PROFILE}JP_Organization`] } };
    const known = /^\d{10}$/.test(code);
    if (known) {
      const at = `${JP}Extension/StructureDefinition/`;
      resource.extension = [
        { url: `${at}JP_Organization_PrefectureNo`,
          valueCoding: { system: `${JP}mhlw/CodeSystem/PrefectureNo-2digits`,
                         code: code.slice(0, 2) } },
        { url: `${at}JP_Organization_InsuranceOrganizationCategory`,
          valueCoding: { system: `${JP}mhlw/CodeSystem/MedicationFeeScoreType`, code: code[2] } },
        { url: `${at}JP_Organization_InsuranceOrganizationNo`,
          valueIdentifier: { system: `${JP}mhlw/IdSystem/MedicalOrganizationID`,
                             value: code.slice(3) } },
      ];
    }
    if (has(code)) {
      resource.identifier = [{
        ...(known && { system: `${JP}IdSystem/insurance-medical-institution-no` }), value: code }];
    }
    resource.type = [{ coding: [{
      system: "http://terminology.hl7.org/CodeSystem/organization-type", code: "prov",
      display: "Healthcare Provider" }] }];
    if (has(name)) resource.name = name;
    this.add(id, "Organization", resource);
    return id;
  }
}

function personName(text, representation) {
  if (!has(text)) return [];
  const name = {
    extension: [{ url: "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation",
                  valueCode: representation }],
    use: "official",
  };
  const at = text.search(/[ 　]/);
  const [family, given] = at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
  if (!has(family) || !has(given)) return [{ ...name, text }];
  return [{ ...name, text: `${family} ${given}`, family, given: [given] }];
}

function addPatient(bundle, person) {
  const kana = (person.KanaName ?? "").normalize("NFKC");
  const id = bundle.id("Patient", person.Name, kana, person.AdmGendCode, person.Birth);
  const absent = { extension: [{
    url: "http://hl7.org/fhir/StructureDefinition/data-absent-reason", valueCode: "unknown" }] };
  const resource = { meta: { profile: [`${PROFILE}JP_Patient`] }, identifier: [{ _value: absent }] };
  const names = [...personName(person.Name, "IDE"), ...personName(kana, "SYL")];
  if (names.length > 0) resource.name = names;
  const gender = { 1: "male", 2: "female", 3: "unknown" }[person.AdmGendCode];
  if (gender) resource.gender = gender;
  const birth = dateOf(person.Birth);
  if (birth) resource.birthDate = birth;
  bundle.add(id, "Patient", resource);
  return id;
}

const reference = (id) => ({ reference: `urn:uuid:${id}` });
const text = (name, value) => (has(value) ? [{ url: `${OWN}StructureDefinition/${name}`,
                                               valueString: value }] : []);
const code = (name, table, value) => (has(value) ? [{
  url: `${OWN}StructureDefinition/${name}`,
  valueCoding: { system: `${OWN}CodeSystem/${table}`, code: value } }] : []);
function date(name, value) {
  const day = dateOf(value);
  return day ? [{ url: `${OWN}StructureDefinition/${name}`, valueDate: day }] : text(name, value);
}

const days = (count) => ({ value: Number(count), unit: "日", system: "http://unitsofmeasure.org",
                           code: "d" });
function quantity(value, unit) {
  const merit9 = MERIT9.get(unit);
  return merit9 === undefined
    ? { value: Number(value), unit, system: `${OWN}CodeSystem/oqs-unit`, code: unit }
    : { value: Number(value), unit, system: `${JP}mhlw/CodeSystem/MedicationUnitMERIT9Code`,
        code: merit9 };
}

// What amount and times of a line mean by the class of the claim.
function meaningOf(month, day, drug) {
  const perDay = drug.MeTrIdCl === "21";
  const perTime = drug.MeTrIdCl === "22";
  const value = decimalOf(drug.Qua1);
  const amount = value !== undefined && has(drug.Unit) ? value : undefined;
  const times = decimalOf(drug.Times);
  let total;
  if (amount !== undefined && !perDay && !perTime) total = Number(amount);
  else if (amount !== undefined && times !== undefined) total = Number(amount) * Number(times);
  const handedOver = (month.MeTrDiHCd ?? "")[2] === "4";
  const handedOn = dateOf(day.DiDate);
  return { perDay, amount, days: perDay ? times : undefined, total,
           dosed: amount !== undefined && (perDay || perTime),
           dispense: handedOver && handedOn?.length === 10 && total !== undefined };
}

function dosageOf(drug, meaning) {
  const dosage = {};
  if (!meaning.dispense && meaning.days !== undefined) {
    dosage.extension = [{
      url: `${JP}Extension/StructureDefinition/JP_MedicationDosage_UsageDuration`,
      valueDuration: days(meaning.days) }];
  }
  if (has(drug.UsageN)) dosage.text = drug.UsageN;
  if (has(drug.SpInst)) dosage.additionalInstruction = [{ text: drug.SpInst }];
  if (meaning.dosed) {
    const dose = quantity(meaning.amount, drug.Unit);
    dosage.doseAndRate = [meaning.perDay ? { rateRatio: { numerator: dose, denominator: days(1) } }
      : { doseQuantity: dose }];
  }
  return Object.keys(dosage).length > 0 ? [dosage] : undefined;
}

function addLine(bundle, patient, block, { month, day, drug }, rp) {
  const meaning = meaningOf(month, day, drug);
  const { dispense } = meaning;
  const type = dispense ? "MedicationDispense" : "MedicationStatement";
  const id = bundle.id(type, patient, month.MeTrDiHCd, month.MeTrMonth, day.DiDate,
                       day.PrDate, drug.MeTrIdCl, drug.DrugC, drug.DrugN, drug.Qua1, drug.Unit,
                       drug.Times, drug.UsageN);
  const resource = {
    meta: { source: `${OWN}oqs/receipt`, profile: [`${PROFILE}JP_${type}`] },
    extension: [
      ...text("IngreN", drug.IngreN),
      ...(dispense ? [] : date("DiDate", day.DiDate)),
      ...block.extension,
      ...(meaning.days === undefined ? text("Times", drug.Times) : []),
      ...(dispense || meaning.dosed ? [] : [...text("Qua1", drug.Qua1), ...text("Unit", drug.Unit)]),
    ],
  };
  if (resource.extension.length === 0) delete resource.extension;
  if (dispense) {
    resource.identifier = [
      { system: `${JP}mhlw/IdSystem/Medication-RPGroupNumber`, value: String(rp.number) },
      { system: `${JP}mhlw/IdSystem/MedicationAdministrationIndex`, value: String(rp.order) },
    ];
  }
  resource.status = dispense ? "completed" : "unknown";
  if (has(drug.MeTrIdCl)) {
    resource.category = { coding: [{ system: `${OWN}CodeSystem/receipt-treatment-class`,
                                     code: drug.MeTrIdCl }] };
  }
  const medicine = {};
  if (has(drug.DrugC)) {
    medicine.coding = [{ system: "urn:oid:1.2.392.100495.20.2.71", code: drug.DrugC,
                         ...(has(drug.DrugN) && { display: drug.DrugN }) }];
  }
  if (has(drug.DrugN)) medicine.text = drug.DrugN;
  resource.medicationCodeableConcept = medicine;
  resource.subject = reference(patient);
  if (dispense) {
    if (block.provider) resource.performer = [{ actor: reference(block.provider) }];
    resource.quantity = quantity(meaning.total, drug.Unit);
    if (meaning.days !== undefined) resource.daysSupply = days(meaning.days);
    resource.whenHandedOver = dateOf(day.DiDate);
  } else {
    const effective = dateOf(day.DiDate) ?? dateOf(day.PrDate) ?? dateOf(month.MeTrMonth);
    if (effective) resource.effectiveDateTime = effective;
    if (block.provider) resource.informationSource = reference(block.provider);
  }
  const dosage = dosageOf(drug, meaning);
  if (dosage) resource[dispense ? "dosageInstruction" : "dosage"] = dosage;
  bundle.add(id, type, resource);
}

// What all medicines of one institution and day have in common.
function blockOf(bundle, month, day) {
  const provider = bundle.organization(month.MeTrDiHCd, month.MeTrDiHNm);
  const prescribes = /^..[13]/.test(month.PrlsHCd ?? "") &&
    (month.PrlsHCd !== month.MeTrDiHCd || month.PrlsHNm !== month.MeTrDiHNm);
  const prescriber = prescribes ? bundle.organization(month.PrlsHCd, month.PrlsHNm) : undefined;
  return {
    provider,
    extension: [
      ...date("PrDate", day.PrDate), ...date("MeTrMonth", month.MeTrMonth),
      ...code("DiOrg", "oqs-provider-kind", month.DiOrg),
      ...code("PrIsOrg", "oqs-own-site", month.PrIsOrg), ...code("InOut", "oqs-in-out", month.InOut),
      ...(prescriber ? [{ url: `${OWN}StructureDefinition/Prescriber`,
                          valueReference: reference(prescriber) }] : []),
    ],
  };
}

const usageOf = (drug) => [drug.MeTrIdCl, drug.UsageN, drug.Times, drug.SpInst].join("\n");
const blockKey = (month, day) =>
  [day.DiDate, day.PrDate, month.MeTrMonth, month.MeTrDiHCd, month.MeTrDiHNm, month.PrlsHCd,
    month.PrlsHNm, month.DiOrg, month.PrIsOrg, month.InOut].join("\n");

function addMedicines(bundle, patient, body) {
  let key, block, usage, rp;
  for (const month of body.MeTrMonthInf ?? []) {
    for (const day of month.DiDateInfs?.DiDateInf ?? []) {
      const here = blockKey(month, day);
      for (const drug of day.DrugInfs?.DrugInf ?? []) {
        const way = usageOf(drug);
        if (here !== key) {
          block = blockOf(bundle, month, day);
          rp = { number: 1, order: 1 };
        } else {
          rp = way === usage ? { ...rp, order: rp.order + 1 } : { number: rp.number + 1, order: 1 };
        }
        [key, usage] = [here, way];
        addLine(bundle, patient, block, { month, day, drug }, rp);
      }
    }
  }
}

function bundleOf(bytes) {
  const root = parser.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)).XmlMsg;
  const head = root.MessageHeader;
  const bundle = new Bundle();
  bundle.organization(head.MedicalInstitutionCode, undefined);
  const patient = addPatient(bundle, head.QuaInf ?? {});
  addMedicines(bundle, patient, root.MessageBody ?? {});
  const file = head.ArbitraryFileIdentifier;
  return JSON.stringify({
    resourceType: "Bundle",
    id: bundle.id("Bundle", patient, bundle.entries.map((entry) => entry.resource.id)),
    ...(has(file) && { identifier: { system: `${OWN}IdSystem/oqs-arbitrary-file-identifier`,
                                     value: file } }),
    type: "collection",
    entry: bundle.entries,
  });
}

function runFor(seconds, bytes) {
  const start = process.hrtime.bigint();
  const nanoseconds = BigInt(Math.round(seconds * 1e9));
  let rounds = 0;
  let spent = 0n;
  while (spent < nanoseconds) {
    for (let i = 0; i < 20; ++i) bundleOf(bytes);
    rounds += 20;
    spent = process.hrtime.bigint() - start;
  }
  return Number(spent) / 1e9 / rounds;
}

const [file, seconds, portions, bundle] = process.argv.slice(2);
const bytes = readFileSync(file);
writeFileSync(bundle, bundleOf(bytes));
runFor(Number(seconds), bytes); // Warm-up: compiled by then.
const measured = Array.from({ length: Number(portions) }, () => runFor(Number(seconds), bytes));
console.log(JSON.stringify({ seconds_each: Math.min(...measured) }));
