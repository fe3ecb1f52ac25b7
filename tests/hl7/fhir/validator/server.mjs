// A FHIR endpoint that takes transactions of valid resources only: R4, JP Core, and the npm package
// `fhir`. Keeps what it took in memory.
//
//   node server.mjs PROFILE_FOLDER PORT [TOKEN]
//
// Prints `ready`, then one line of JSON for each transaction: {errors, entries, resources}.
import { createServer } from "node:http";
import fhirPackage from "fhir";
import { check } from "./check.mjs";
import { Definitions } from "./definitions.mjs";

const [folder, port, token] = process.argv.slice(2);
const definitions = new Definitions(folder);
const other = new fhirPackage.Fhir();
const kept = new Map();

function errorsOf(bundle) {
  if (bundle.resourceType !== "Bundle" || bundle.type !== "transaction") {
    return [{ where: "Bundle", what: "no transaction" }];
  }
  const wrong = [...check(definitions, bundle)];
  const { valid, messages } = other.validate(bundle, { errorOnUnexpected: true });
  if (!valid) {
    // That `_created` can stand for `created` is not known to it.
    wrong.push(...messages
      .filter(({ severity, message }) => severity === "error" && message !== "Missing property")
      .map(({ location, message }) => ({ where: location, what: `npm fhir: ${message}` })));
  }
  bundle.entry.forEach(({ resource, request }, i) => {
    const own = `${resource.resourceType}/${resource.id}`;
    const fine = request?.method === "PUT" ? request.url === own
      : request?.method === "POST" && request.url === resource.resourceType && request.ifNoneExist;
    if (!fine) wrong.push({ where: `entry[${i}].request`, what: "may not be repeated" });
  });
  return wrong;
}

function take(bundle) {
  return bundle.entry.map(({ resource, request }) => {
    const key = request.ifNoneExist ?? request.url;
    const status = kept.has(key) ? "200 OK" : "201 Created";
    kept.set(key, resource);
    return { response: { status, location: `${resource.resourceType}/${resource.id}` } };
  });
}

function answer(request, text) {
  if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) return [401, {}];
  if (request.method === "GET" && request.url === "/fhir/metadata") {
    return [200, { resourceType: "CapabilityStatement" }];
  }
  if (request.method !== "POST" || request.url !== "/fhir"
      || request.headers["content-type"] !== "application/fhir+json") {
    return [404, {}];
  }
  const bundle = JSON.parse(text);
  const errors = errorsOf(bundle);
  const entry = errors.length === 0 ? take(bundle) : [];
  console.log(JSON.stringify({ errors, entries: entry.length, resources: kept.size }));
  if (errors.length > 0) return [422, { resourceType: "OperationOutcome" }];
  return [200, { resourceType: "Bundle", type: "transaction-response", entry }];
}

createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    let status = 400;
    let body = {};
    try {
      [status, body] = answer(request, Buffer.concat(parts).toString("utf8"));
    } catch (error) {
      console.log(JSON.stringify({ errors: [{ where: "-", what: String(error) }] }));
    }
    response.writeHead(status, { "Content-Type": "application/fhir+json" });
    response.end(JSON.stringify(body));
  });
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
