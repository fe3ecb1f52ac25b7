// Defects planted in good Bundles, which the validator must find.
//
//   node must_fail.mjs PROFILE_FOLDER FILE    a file of good Bundles, one per line
//
// Prints {planted, missed: [what was not found]}.
import { readFileSync } from "node:fs";
import { check } from "./check.mjs";
import { Definitions } from "./definitions.mjs";

const [folder, path] = process.argv.slice(2);
const definitions = new Definitions(folder);
const bundles = readFileSync(path, "utf8").split("\n").filter((line) => line !== "");

// A fresh copy of the first Bundle that has a resource `fits` likes, and that resource.
function take(fits) {
  for (const line of bundles) {
    const bundle = JSON.parse(line);
    const found = bundle.entry.map(({ resource }) => resource).find(fits);
    if (found) return [found, bundle];
  }
  throw new Error(`no Bundle has ${fits}`);
}
const of = (type) => (resource) => resource.resourceType === type;
const laboratory = (resource) => resource.specimen !== undefined;
const measured = (resource) => resource.valueQuantity !== undefined;
const institution = (resource) => resource.resourceType === "Organization" && resource.extension;
const named = (resource) => resource.resourceType === "Patient" && resource.name?.length > 1;
const certified = (resource) => resource.resourceType === "Coverage" && resource.extension;

const DEFECTS = {
  "an unknown element": [of("Patient"), (r) => { r.kana = "x"; }],
  "a date of another form": [of("Patient"), (r) => { r.birthDate = "19800401"; }],
  "a code outside its value set": [of("Patient"), (r) => { r.gender = "2"; }],
  "JP_Patient without identifier": [of("Patient"), (r) => { delete r.identifier; }],
  "a representation nobody knows": [named, (r) => { r.name[0].extension[0].valueCode = "KANJI"; }],
  "a Coverage nobody pays": [of("Coverage"), (r) => { delete r.payor; }],
  "a status of no Coverage": [of("Coverage"), (r) => { r.status = "valid"; }],
  "an extension with another type": [certified, (r) => {
    r.extension[0] = { url: r.extension[0].url, valueInteger: 12 };
  }],
  "an Organization that is insured": [of("Coverage"), (r) => { r.beneficiary = r.payor[0]; }],
  "a reference to nowhere": [of("Coverage"), (r) => {
    r.beneficiary.reference = "urn:uuid:00000000-0000-4000-8000-000000000000";
  }],
  "the OID of the other dialect": [institution, (r) => {
    r.extension[2].valueIdentifier.system = "urn:oid:1.2.392.100495.20.3.23";
  }],
  "an answer to no request": [of("CoverageEligibilityResponse"), (r) => { delete r.request; }],
  "a Consent without scope": [of("Consent"), (r) => { delete r.scope; }],
  "a Consent without policy": [of("Consent"), (r) => { delete r.policyRule; }],
  "no RP number": [of("MedicationDispense"), (r) => { r.identifier.shift(); }],
  "no day of dispensing": [of("MedicationDispense"), (r) => { delete r.whenHandedOver; }],
  "no quantity": [of("MedicationDispense"), (r) => { delete r.quantity; }],
  "a quantity without code": [of("MedicationDispense"), (r) => { delete r.quantity.code; }],
  "a code without system": [of("MedicationDispense"), (r) => { delete r.quantity.system; }],
  "a status of no statement": [of("MedicationStatement"), (r) => { r.status = "dispensed"; }],
  "a medicine without name": [of("MedicationStatement"), (r) => { delete r.medicationCodeableConcept; }],
  "no specimen": [laboratory, (r) => { delete r.specimen; }],
  "another category": [laboratory, (r) => { r.category[0].coding[0].code = "vital-signs"; }],
  "two values": [measured, (r) => { r.valueString = "x"; }],
  "a value and a reason for none": [measured, (r) => { r.dataAbsentReason = { text: "x" }; }],
  "a Procedure without status": [of("Procedure"), (r) => { delete r.status; }],
  "a blank text": [(r) => r.resourceType === "Organization" && r.name, (r) => { r.name = " "; }],
  "an id twice": [of("Patient"), (r, bundle) => { bundle.entry[1].fullUrl = bundle.entry[0].fullUrl; }],
  "a Bundle of no type": [of("Patient"), (r, bundle) => { bundle.type = "list"; }],
  "a profile for something else": [of("Patient"), (r) => {
    r.meta.profile = ["http://jpfhir.jp/fhir/core/StructureDefinition/JP_Coverage"];
  }],
};

const missed = [];
for (const [name, [fits, spoil]] of Object.entries(DEFECTS)) {
  const [resource, bundle] = take(fits);
  if (check(definitions, bundle).length > 0) missed.push(`${name}: wrong before it was spoilt`);
  spoil(resource, bundle);
  if (check(definitions, bundle).length === 0) missed.push(name);
}
if (check(definitions, { hello: 1 }).length === 0) missed.push("no resource");
console.log(JSON.stringify({ planted: Object.keys(DEFECTS).length + 1, missed }));
