// Prints what simple-hl7 finds in a file of HL7 v2 messages, each ended by a line feed, as JSON: a list
// of messages, each a list of segments [name, fields], a field a list of repetitions of components of
// subcomponents. Escapes stay as they are: the parser leaves them.
//
//     node hl7v2_fields.cjs FILE CHARSET
'use strict';

const fs = require('node:fs');
const { Parser } = require('simple-hl7');

// The parser nests a field that has repetitions one level deeper.
function repetitions(field) {
  const first = field.value[0];
  const repeated = first !== undefined && !Array.isArray(first);
  const all = repeated ? field.value.map((each) => each.value[0]) : field.value;
  return all.map((components) => components.map((component) =>
    component.value.flatMap((text) => text)));
}

const [file, charset] = process.argv.slice(2);
// Decoded as a whole before anything is cut: bytes of kanji look like delimiters.
const text = new TextDecoder(charset, { fatal: true }).decode(fs.readFileSync(file));
const messages = text.split('\n').filter((each) => each !== '').map((each) => {
  const message = new Parser().parse(each);
  const head = ['MSH', [[], [], ...message.header.fields.map(repetitions)]];
  return [head, ...message.segments.map((segment) => [segment.name, segment.fields.map(repetitions)])];
});
process.stdout.write(JSON.stringify(messages));
