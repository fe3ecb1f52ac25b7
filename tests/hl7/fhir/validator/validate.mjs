// Holds FHIR against R4 and JP Core, and against the npm package `fhir`.
//
//   node validate.mjs PROFILE_FOLDER FILE...    files of one Bundle per line
//
// Prints one line of JSON: {bundles, resources, profiles, errors: [{file, line, where, what}]}.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import fhirPackage from "fhir";
import { check } from "./check.mjs";
import { Definitions } from "./definitions.mjs";

const [folder, ...files] = process.argv.slice(2);
const definitions = new Definitions(folder);
const other = new fhirPackage.Fhir();
const result = { bundles: 0, resources: 0, profiles: {}, errors: [] };

// The package does not know that `_created`, the extensions of a value, can stand for the value.
function isOnlyBeside(bundle, location) {
  const [type, member] = location.split(".");
  return bundle.entry.some(({ resource }) =>
    resource.resourceType === type && resource[`_${member}`] !== undefined);
}

for (const path of files) {
  const lines = readFileSync(path, "utf8").split("\n").filter((line) => line !== "");
  lines.forEach((text, index) => {
    const place = { file: basename(path), line: index + 1 };
    const bundle = JSON.parse(text);
    result.bundles += 1;
    for (const { resource } of bundle.entry ?? []) {
      result.resources += 1;
      for (const url of resource.meta?.profile ?? []) {
        result.profiles[url] = (result.profiles[url] ?? 0) + 1;
      }
    }
    for (const each of check(definitions, bundle)) result.errors.push({ ...place, ...each });
    const { valid, messages } = other.validate(bundle, { errorOnUnexpected: true });
    if (!valid) {
      for (const { severity, location, message } of messages) {
        const excused = message === "Missing property" && isOnlyBeside(bundle, location);
        if (severity === "error" && !excused) {
          result.errors.push({ ...place, where: location, what: `npm fhir: ${message}` });
        }
      }
    }
  });
}
console.log(JSON.stringify(result));
