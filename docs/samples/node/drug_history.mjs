// From a card read to the drug history, as a pharmacy on another machine has it, over mutual TLS:
//   node drug_history.mjs HOST:PORT PKI_FOLDER CLIENT_NAME [PATIENTS]
// Shows the medicines of every patient of today who agreed to that, and of everybody who comes after;
// ends after so many PATIENTS. The rest as in watch.mjs.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [target, pki, name, patients] = process.argv.slice(2);
const protos = fileURLToPath(new URL('../../../proto', import.meta.url));
const definition = loader.loadSync(
  ['madoguchi/v1/reception_service.proto', 'madoguchi/v1/medical_record_service.proto'],
  { includeDirs: [protos], enums: String, longs: String, arrays: true });
const { ReceptionService, MedicalRecordService } =
  grpc.loadPackageDefinition(definition).madoguchi.v1;
const read = (path) => readFileSync(`${pki}/${path}`);
const credentials =
  grpc.credentials.createSsl(read('ca.pem'), read(`${name}.key`), read(`${name}.pem`));
const receptions = new ReceptionService(target, credentials);
const records = new MedicalRecordService(target, credentials);

// quote-begin: history
const getDrugHistory = promisify(records.getDrugHistory.bind(records));

// What is stored, else OQS is asked: once, whoever asks at the same time.
function drugHistory({ receptionId }) {
  const metadata = new grpc.Metadata();
  metadata.set('madoguchi-operator', 'sakura');
  return getDrugHistory({ receptionId, requestId: `${receptionId}-drugs`,
                          freshness: 'FRESHNESS_STORED_OR_FETCH' },
                        metadata, { deadline: Date.now() + 60_000 });
}

// Receptions whose patients let us see their medicines, each once, as they come.
async function* consented() {
  const seen = new Set();
  const stream = receptions.watchReceptions({ today: true },
                                            new grpc.Metadata({ waitForReady: true }));
  try {
    for await (const { reception } of stream) {
      const open = reception?.usableConsents ?? [];
      if (!open.some(({ category }) => category === 'CONSENT_CATEGORY_DRUG')) continue;
      if (seen.has(reception.receptionId)) continue;
      seen.add(reception.receptionId);
      yield reception;
    }
  } finally {
    stream.on('error', () => {});  // the end that we asked for
    stream.cancel();
  }
}
// quote-end: history

let left = Number(patients ?? -1);
for await (const reception of consented()) {
  console.log(reception.receptionId, reception.assignment?.patientId || '-');
  try {
    const history = await drugHistory(reception);
    for (const { provider, dispensedOn, prescribedOn, drug } of history.drugHistory.drugLines) {
      console.log('   ', (dispensedOn ?? prescribedOn)?.text, provider?.name ?? '', drug.drugName,
                  drug.amount + drug.unit, drug.usage, drug.times);
    }
  } catch (error) {
    console.log('   ', error.code, error.details);  // PERMISSION_DENIED: MDG-2001 to 2003
  }
  left -= 1;
  if (left === 0) break;
}
receptions.close();
records.close();
