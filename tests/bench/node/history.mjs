// The drug history of oqs_medical_bench with a common XML parser of npm: the same extraction as the
// codec's, and how long it takes.
//
//   node history.mjs FILE ENCODING SECONDS PORTIONS    one line of JSON: {seconds_each, extraction}
//
// ENCODING as TextDecoder names it: utf-8 or shift_jis. Measured are portions of so many seconds;
// the fastest counts.
import { readFileSync } from "node:fs";
import { XMLParser } from "fast-xml-parser";

const REPEATED = new Set(["MeTrMonthInf", "DiDateInf", "DrugInf"]);
const parser = new XMLParser({ parseTagValue: false, isArray: (name) => REPEATED.has(name) });

const DRUG_FIELDS = ["MeTrIdCl", "DrugC", "DrugN", "IngreN", "Qua1", "Unit", "UsageN", "SpInst",
  "Times"];

function linesOf(month) {
  const code = month.PrlsHCd ?? "";
  const prescribes = code.length > 2 && (code[2] === "1" || code[2] === "3");
  const provider = [month.MeTrDiHCd ?? "", month.MeTrDiHNm ?? ""];
  const prescriber = prescribes ? [code, month.PrlsHNm ?? ""] : provider;
  const lines = [];
  for (const day of month.DiDateInfs?.DiDateInf ?? []) {
    for (const drug of day.DrugInfs?.DrugInf ?? []) {
      lines.push({
        provider,
        prescriber,
        site: [month.DiOrg ?? "", month.PrIsOrg ?? "", month.InOut ?? ""],
        days: [month.MeTrMonth ?? "", day.DiDate ?? "", day.PrDate ?? ""],
        drug: DRUG_FIELDS.map((name) => drug[name] ?? ""),
      });
    }
  }
  return lines;
}

function extract(bytes, encoding) {
  const root = parser.parse(new TextDecoder(encoding, { fatal: true }).decode(bytes)).XmlMsg;
  const head = root.MessageHeader;
  const person = head.QuaInf ?? {};
  return {
    header: [head.MedicalInstitutionCode ?? "", head.ArbitraryFileIdentifier ?? "",
      head.ResultCode ?? "", head.MessageContents ?? ""],
    person: [person.Name ?? "", person.KanaName ?? "", person.Birth ?? "",
      person.AdmGendCode ?? ""],
    lines: (root.MessageBody?.MeTrMonthInf ?? []).flatMap(linesOf),
  };
}

// The text the driver compares: what every side must have found.
function textOf({ header, person, lines }) {
  const rows = lines.map((line) =>
    [...line.provider, ...line.prescriber, ...line.site, ...line.days, ...line.drug]);
  return [header, person, ...rows].map((row) => row.join("\t")).join("\n");
}

function runFor(seconds, bytes, encoding) {
  const start = process.hrtime.bigint();
  const nanoseconds = BigInt(Math.round(seconds * 1e9));
  let rounds = 0;
  let spent = 0n;
  while (spent < nanoseconds) {
    for (let i = 0; i < 20; ++i) extract(bytes, encoding);
    rounds += 20;
    spent = process.hrtime.bigint() - start;
  }
  return Number(spent) / 1e9 / rounds;
}

const [file, encoding, seconds, portions] = process.argv.slice(2);
const bytes = readFileSync(file);
runFor(Number(seconds), bytes, encoding); // Warm-up: compiled by then.
const measured = Array.from({ length: Number(portions) },
  () => runFor(Number(seconds), bytes, encoding));
console.log(JSON.stringify({
  seconds_each: Math.min(...measured),
  extraction: textOf(extract(bytes, encoding)),
}));
