// The message of hl7v2_bench with a common HL7 v2 parser of npm: how long reading it takes.
//
//   node hl7v2_parse.cjs FILE SECONDS PORTIONS    one line of JSON: {seconds_each, names}
'use strict';

const fs = require('node:fs');
const { Parser } = require('simple-hl7');

const [file, seconds, portions] = process.argv.slice(2);
const text = fs.readFileSync(file, 'utf8');

function names() {
  return new Parser().parse(text).segments.filter((segment) => segment.name === 'RXE')
    .map((segment) => segment.getComponent(2, 2));
}

let fastest = Infinity;
for (let i = 0; i < Number(portions); i += 1) {
  const start = process.hrtime.bigint();
  let rounds = 0;
  let spent = 0;
  do {
    names();
    rounds += 1;
    spent = Number(process.hrtime.bigint() - start) / 1e9;
  } while (spent < Number(seconds));
  fastest = Math.min(fastest, spent / rounds);
}
process.stdout.write(JSON.stringify({ seconds_each: fastest, names: names() }));
