// Asks OQS about a patient who has no card with them, over mutual TLS, and asks once:
//   node ask.mjs HOST:PORT PKI_FOLDER CLIENT_NAME REQUEST_ID < PERSON.json
// PERSON.json: {"insurer_number", "symbol", "number", "branch", "birth_date"} as on the certificate.
// After any failure repeat with the same REQUEST_ID. The rest as in watch.mjs.
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [target, pki, name, requestId] = process.argv.slice(2);
const protos = fileURLToPath(new URL('../../../proto', import.meta.url));
const definition = loader.loadSync('madoguchi/v1/eligibility_service.proto',
                                   { includeDirs: [protos], enums: String, longs: String });
const { EligibilityService } = grpc.loadPackageDefinition(definition).madoguchi.v1;
const read = (path) => readFileSync(`${pki}/${path}`);
const client = new EligibilityService(
  target, grpc.credentials.createSsl(read('ca.pem'), read(`${name}.key`), read(`${name}.pem`)),
  { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 2000 });
const confirm = promisify(client.confirmEligibility.bind(client));

// quote-begin: ask
async function ask(person) {
  const request = {
    requestId, openReception: true, waitSeconds: 20, counter: person.counter ?? '',
    query: {
      insured: { insurerNumber: person.insurer_number, symbol: person.symbol,
                 number: person.number, branch: person.branch },
      birthDate: { text: person.birth_date },  // S55.1.15, 1980-01-15, ...
    },
  };
  const again = [grpc.status.UNAVAILABLE, grpc.status.CANCELLED, grpc.status.DEADLINE_EXCEEDED];
  for (;;) {
    try {
      const metadata = new grpc.Metadata({ waitForReady: true });
      const response = await confirm(request, metadata, { deadline: Date.now() + 30_000 });
      // Still asking. A program that watches receptions need not do this: the answer comes there.
      if (response.reception.state !== 'RECEPTION_STATE_ASKING') return response;
    } catch (error) {
      // The daemon went down: the same request id finds the question where it stands.
      if (!again.includes(error.code)) throw error;
      await pause(200);
    }
  }
}
// quote-end: ask

const { reception, confirmation } = await ask(JSON.parse(readFileSync(0, 'utf8')));
const validity = (confirmation?.validity ?? 'VALIDITY_UNSPECIFIED').replace('VALIDITY_', '');
console.log(reception.receptionId, reception.state.replace('RECEPTION_STATE_', ''), validity);
for (const { name: patient, insured } of confirmation?.qualifications ?? []) {
  console.log('   ', patient, insured.insurerNumberTrimmed);
}
client.close();
