// An HL7 receiver that is not ours: the MLLP server of simple-hl7, which acknowledges by itself. Prints
// one line of JSON for each message: its type, control id, and PID-3 and PID-5 as the parser has them.
//
//     node mllp_server.cjs PORT
'use strict';

const hl7 = require('simple-hl7');

const server = hl7.tcp();
server.use((request, response, next) => {
  const { msg } = request;
  const pid = msg.getSegment('PID');
  process.stdout.write(`${JSON.stringify({
    type: request.type,
    event: request.event,
    id: msg.header.getField(8).toString(),
    patient: pid.getField(3).toString(),
    name: pid.getField(5).toString(),
  })}\n`);
  next();
});
server.use((request, response) => response.end());
server.start(Number(process.argv[2]));
process.stdout.write('ready\n');
