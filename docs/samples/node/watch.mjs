// Watches receptions as an EMR on another machine would, over mutual TLS, and never loses one:
//   node watch.mjs HOST:PORT PKI_FOLDER CLIENT_NAME CURSOR_FILE
// PKI_FOLDER holds ca.pem, CLIENT_NAME.pem and CLIENT_NAME.key (`madoguchi pki client CLIENT_NAME`).
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [target, pki, name, file] = process.argv.slice(2);
const protos = fileURLToPath(new URL('../../../proto', import.meta.url));
const definition = loader.loadSync('madoguchi/v1/reception_service.proto',
                                   { includeDirs: [protos], enums: String, longs: String });
const { ReceptionService } = grpc.loadPackageDefinition(definition).madoguchi.v1;

// quote-begin: watch
const read = (path) => readFileSync(`${pki}/${path}`);
const client = new ReceptionService(
  target, grpc.credentials.createSsl(read('ca.pem'), read(`${name}.key`), read(`${name}.pem`)),
  { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 2000 });

function watch() {
  const cursor = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const stream = client.watchReceptions(cursor ? { afterCursor: cursor } : { today: true },
                                        new grpc.Metadata({ waitForReady: true }));
  stream.on('data', ({ reception, cursor }) => {
    if (reception) show(reception);  // otherwise it is a heartbeat
    writeFileSync(`${file}.new`, cursor);
    renameSync(`${file}.new`, file);  // only after it was dealt with
  });
  stream.on('error', (error) => {
    if (error.code === grpc.status.OUT_OF_RANGE) rmSync(file);  // too old: begin again with today
    else if (![grpc.status.UNAVAILABLE, grpc.status.CANCELLED].includes(error.code)) throw error;
  });
  stream.on('close', () => setTimeout(watch, 200));
}
// quote-end: watch

function show({ receptionId, state, counter, assignment }) {
  const chart = assignment?.patientId || '-';
  console.log(receptionId, state.replace('RECEPTION_STATE_', ''), counter, chart);
}

watch();
