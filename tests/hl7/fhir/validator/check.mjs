// What is wrong with a resource or a Bundle: [{where, what}], empty when nothing is.
import { validateResource } from "@medplum/core";
import { R4 } from "./definitions.mjs";
import { Walker } from "./walk.mjs";

const UUID = /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const CHOICES = /^(value|effective|medication|onset|deceased|serviced|occurrence|performed)[A-Z]/;

// @medplum/core throws for errors and returns what is less.
function medplum(resource, profile, tell) {
  const name = resource.resourceType;
  try {
    validateResource(resource, profile ? { profile } : undefined);
  } catch (error) {
    if (!error.outcome) return tell(name, error.message);
    for (const issue of error.outcome.issue) {
      const what = issue.details?.text ?? issue.diagnostics;
      // References inside a Bundle are looked at with the Bundle in view.
      if (/^Invalid reference: got "urn:/.test(what)) continue;
      tell(issue.expression?.[0] ?? name, what);
    }
  }
  return undefined;
}

function* referencesIn(value) {
  if (value === null || typeof value !== "object") return;
  if (typeof value.reference === "string") yield value.reference;
  for (const each of Object.values(value)) yield* referencesIn(each);
}

function checkOne(definitions, resource, typeOfTarget, tell) {
  const base = resource?.resourceType && definitions.structure(R4 + resource.resourceType);
  if (!base) return tell("-", "is no resource");
  medplum(resource, undefined, tell);
  const walker = new Walker(definitions, typeOfTarget, tell);
  walker.resource(base.url, resource, resource.resourceType);
  const chosen = Object.keys(resource).map((key) => CHOICES.exec(key)?.[1]).filter(Boolean);
  for (const name of chosen.filter((each, i) => chosen.indexOf(each) !== i)) {
    tell(resource.resourceType, `more than one of ${name}[x]`);
  }
  for (const url of resource.meta?.profile ?? []) {
    const profile = definitions.structure(url);
    if (!profile) {
      tell(resource.resourceType, `nobody knows the profile ${url}`);
    } else if (profile.type !== resource.resourceType) {
      tell(resource.resourceType, `the profile ${url} is for a ${profile.type}`);
    } else {
      medplum(resource, profile, tell);
      walker.resource(url, resource, resource.resourceType);
    }
  }
  return undefined;
}

export function check(definitions, document) {
  const wrong = [];
  const tell = (where, what) => {
    if (!wrong.some((each) => each.where === where && each.what === what)) wrong.push({ where, what });
  };
  if (document?.resourceType !== "Bundle") {
    checkOne(definitions, document, () => undefined, tell);
    return wrong;
  }
  const types = new Map();
  for (const { fullUrl, resource } of document.entry ?? []) {
    if (types.has(fullUrl)) tell("Bundle", `fullUrl used twice: ${fullUrl}`);
    if (!UUID.test(fullUrl)) tell("Bundle", `no UUID: ${fullUrl}`);
    types.set(fullUrl, resource?.resourceType);
  }
  // The frame alone: its entries are looked at one by one.
  const frame = { ...document, entry: undefined };
  checkOne(definitions, JSON.parse(JSON.stringify(frame)), () => undefined, tell);
  (document.entry ?? []).forEach(({ resource }, i) => {
    checkOne(definitions, resource, (url) => types.get(url),
      (where, what) => tell(`entry[${i}].${where}`, what));
    for (const reference of referencesIn(resource)) {
      if (!types.has(reference)) tell(`entry[${i}]`, `a reference leads nowhere: ${reference}`);
    }
  });
  return wrong;
}
