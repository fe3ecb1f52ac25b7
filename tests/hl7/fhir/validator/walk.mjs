// Walks a value together with the tree of a definition, and tells what does not fit: what
// @medplum/core leaves out (bindings, fixed values inside slices, slices, targets of references,
// rules of data types, extensions).
import { evalFhirPath } from "@medplum/core";
import { R4 } from "./definitions.mjs";

// Rules that say nothing about a value alone.
const ELSEWHERE = new Set(["ele-1", "ext-1", "ref-1"]);

function isWithin(pattern, value) {
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && pattern.every((part) => value.some((each) => isWithin(part, each)));
  }
  if (pattern !== null && typeof pattern === "object") {
    return value !== null && typeof value === "object"
      && Object.entries(pattern).every(([key, part]) => isWithin(part, value[key]));
  }
  return pattern === value;
}

// What an element must be: `fixed` to the letter, `pattern` as a part.
function demandOf(element) {
  const key = Object.keys(element).find((each) => /^(fixed|pattern)[A-Z]/.test(each));
  if (!key) return undefined;
  const wanted = element[key];
  const exact = key.startsWith("fixed");
  return {
    wanted,
    fits: (value) => (exact ? isWithin(wanted, value) && isWithin(value, wanted) : isWithin(wanted, value)),
  };
}

// The values of `name` in an object, of `value[x]` too, with their keys and, of the latter, types.
function valuesOf(object, name) {
  if (name.endsWith("[x]")) {
    const stem = name.slice(0, -3);
    const keys = Object.keys(object).filter((key) =>
      key.startsWith(stem) && /^[A-Z]/.test(key.slice(stem.length)));
    return keys.map((key) => ({ key, value: object[key], type: key.slice(stem.length) }));
  }
  const value = object[name];
  if (Array.isArray(value)) return value.map((each, i) => ({ key: `${name}[${i}]`, value: each }));
  if (value !== undefined) return [{ key: name, value }];
  // A primitive value of which there are only extensions counts as there.
  return object[`_${name}`] === undefined ? [] : [{ key: `_${name}`, value: undefined }];
}

function sameType(code, type) {
  return code.toLowerCase() === type.toLowerCase();
}

// Whether `value` belongs to a slice; undefined when nobody can tell.
function belongsTo(slice, slicing, { value, type }) {
  for (const { type: kind, path } of slicing.discriminator ?? []) {
    if (kind === "type" && path === "$this") {
      if (!slice.element.type.some(({ code }) => sameType(code, type ?? code))) return false;
      continue;
    }
    if (kind !== "value" && kind !== "pattern") return undefined;
    if (path === "url") {
      const profile = slice.element.type?.[0]?.profile?.[0];
      if (profile === undefined) return undefined;
      if (value?.url !== profile) return false;
      continue;
    }
    const steps = path === "$this" ? [] : path.split(".");
    const told = discriminate(slice, steps, [value]);
    if (told === undefined) return undefined;
    if (!told) return false;
  }
  return (slicing.discriminator ?? []).length > 0 ? true : undefined;
}

// Follows the path in tree and values; where it ends, every demand at and below must be met.
function discriminate(node, steps, values) {
  if (steps.length > 0) {
    const next = node.children.get(steps[0]);
    const inner = values.flatMap((each) => (each && typeof each === "object"
      ? valuesOf(each, steps[0]).map((one) => one.value) : []));
    return next ? discriminate(next, steps.slice(1), inner) : undefined;
  }
  const demand = demandOf(node.element);
  let told = demand ? values.some(demand.fits) : undefined;
  for (const name of node.children.keys()) {
    const below = discriminate(node.children.get(name), [], values.flatMap((each) =>
      (each && typeof each === "object" ? valuesOf(each, name).map((one) => one.value) : [])));
    if (below !== undefined) told = (told ?? true) && below;
  }
  return told;
}

export class Walker {
  // `typeOfTarget`: the type of the resource a reference leads to, or undefined.
  constructor(definitions, typeOfTarget, tell) {
    this.definitions = definitions;
    this.typeOfTarget = typeOfTarget;
    this.tell = tell;
  }

  // `resource` against the definition with that URL.
  resource(url, resource, where) {
    const tree = this.definitions.tree(url);
    this.#children(tree, tree.root, resource, where);
  }

  #children(tree, node, object, where) {
    for (const [name, child] of node.children) {
      if (name === "contained" || name === "resource") continue;
      const found = valuesOf(object, name);
      const { min, max } = child.element;
      if (found.length < min) this.tell(where, `${name} is missing`);
      if (max !== "*" && found.length > Number(max)) {
        this.tell(where, `more than ${max} of ${name}`);
      }
      for (const each of found) this.#value(tree, child, each, `${where}.${each.key}`);
      this.#slices(tree, child, found, where, name);
    }
  }

  #slices(tree, node, found, where, name) {
    for (const slice of node.slices) {
      const answers = found.map((each) => belongsTo(slice, node.element.slicing ?? {}, each));
      found.forEach((each, i) => {
        if (answers[i]) this.#value(tree, slice, each, `${where}.${each.key}`);
      });
      if (answers.includes(undefined) || !node.element.slicing?.discriminator?.length) continue;
      const count = answers.filter(Boolean).length;
      const { min, max, sliceName } = slice.element;
      if (count < min) this.tell(where, `${name} lacks the slice ${sliceName}`);
      if (max !== "*" && count > Number(max)) this.tell(where, `${name}: too many of the slice ${sliceName}`);
    }
  }

  #value(tree, node, { value, type }, where) {
    const { element } = node;
    if (value === undefined) return;
    const demand = demandOf(element);
    if (demand && !demand.fits(value)) {
      this.tell(where, `is not the fixed value ${JSON.stringify(demand.wanted)}`);
    }
    const kind = type ? element.type?.find(({ code }) => sameType(code, type)) : element.type?.[0];
    if (type && element.type && !kind) {
      this.tell(where, `the type ${type} is not allowed`);
      return;
    }
    this.#binding(element, value, where);
    if (kind?.code === "Reference") this.#target(kind, value, where);
    if (kind?.code === "Extension") this.#extension(value, where);
    if (typeof value !== "object" || value === null) return;
    this.#children(tree, node, value, where);
    if (element.contentReference) {
      const target = tree.nodes.get(element.contentReference.split("#")[1]);
      if (target) this.#children(tree, target, value, where);
    }
    this.#type(kind, value, where);
  }

  #type(kind, value, where) {
    if (!kind || ["Resource", "Extension", "BackboneElement", "Element"].includes(kind.code)) return;
    const url = kind.profile?.[0] ?? R4 + kind.code;
    const structure = this.definitions.structure(url);
    if (!structure || structure.kind === "primitive-type") return;
    for (const rule of structure.snapshot.element[0].constraint ?? []) {
      if (rule.severity !== "error" || ELSEWHERE.has(rule.key) || !rule.expression) continue;
      let result;
      try {
        result = evalFhirPath(rule.expression, value);
      } catch {
        continue; // A function this engine does not know.
      }
      if (result.length === 1 && result[0] === false) this.tell(where, `${rule.key}: ${rule.human}`);
    }
    const tree = this.definitions.tree(url);
    this.#children(tree, tree.root, value, where);
  }

  #binding(element, value, where) {
    if (element.binding?.strength !== "required" || !element.binding.valueSet) return;
    const codes = this.definitions.codesOf(element.binding.valueSet);
    if (!codes) return;
    const fits = typeof value === "string" ? codes.has(value)
      : value.coding ? value.coding.some(({ system, code }) => codes.has(`${system}|${code}`))
        : value.code === undefined || codes.has(`${value.system}|${value.code}`);
    if (!fits) this.tell(where, `is not in the required value set ${element.binding.valueSet}`);
  }

  #target(kind, value, where) {
    if (!kind.targetProfile?.length || !value.reference) return;
    const allowed = kind.targetProfile.map((url) =>
      this.definitions.structure(url)?.type ?? url.split("/").pop());
    const type = this.typeOfTarget(value.reference);
    if (type && !allowed.includes("Resource") && !allowed.includes(type)) {
      this.tell(where, `refers to a ${type}, allowed: ${allowed.join(", ")}`);
    }
  }

  #extension(value, where) {
    const tree = this.definitions.tree(value?.url ?? "");
    if (!tree) {
      if (/^http:\/\/(jpfhir\.jp|hl7\.org)\//.test(value?.url ?? "")) {
        this.tell(where, `nobody knows the extension ${value.url}`);
      }
      return;
    }
    this.#children(tree, tree.root, value, where);
  }
}
