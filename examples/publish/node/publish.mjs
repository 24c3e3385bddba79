// Publish one event with kafkajs: the schemas in the registry, the inbox and a login are all it takes.
//
//     npm ci && PASSWORD=... node publish.mjs 127.0.0.1:19092 http://127.0.0.1:18081/apis/ccompat/v7 \
//         tender TENDER-2026-0018 uscc:91370200000000000Y
//
// Node 18 or newer. It prints the receipt, and ends with 1 and a sentence when there is none.

import avro from "avsc";
import { Kafka, Partitioners, logLevel } from "kafkajs";

const [broker, registry, source, recordId, subject] = process.argv.slice(2);
const topic = `credit.inbox.${source}.v1`;
const day = (text) => Date.parse(`${text}T00:00:00Z`) / 86_400_000; // Avro's date: days since 1970

const answer = await fetch(`${registry}/subjects/entry_listed/versions/latest`);
if (!answer.ok) {
  throw new Error(`the registry answers ${answer.status}: is ${registry} its whole address?`);
}
const { id, schema } = await answer.json();
const type = avro.Type.forSchema(JSON.parse(schema)); // fields left out take the schema's defaults

const event = {
  envelope: {
    event_id: `${recordId}-1`,
    source,
    record_id: recordId,
    record_revision: 1,
    sequence: 0,
    subject_kind: "LEGAL_PERSON",
    subject_id: subject,
    occurred_at: Date.now() * 1000, // microseconds
    decided_on: day("2026-05-11"),
    document_number: "青招监决〔2026〕18号",
    bases: ["TBL-ART53"],
    synthetic: true, // leave this out for a real subject
  },
  list_id: "BL-BID-ZT",
  subject_name: "（测）示例一号有限公司",
  provisions: ["53"],
  ends_on: day("2028-05-10"),
  notice_served_on: day("2026-04-20"),
  rights_stated: true,
};

// Confluent's wire format: a zero byte, the schema's id in four bytes, the Avro body.
const frame = Buffer.alloc(5);
frame.writeInt32BE(id, 1);
const value = Buffer.concat([frame, type.toBuffer(event)]); // throws and names a field of another type

const kafka = new Kafka({
  clientId: source,
  brokers: [broker],
  sasl: { mechanism: "scram-sha-256", username: source, password: process.env.PASSWORD },
  ssl: false, // over TLS: { ca: [readFileSync("ca.pem")] }
  logLevel: logLevel.NOTHING,
});
const producer = kafka.producer({
  idempotent: true,
  createPartitioner: Partitioners.DefaultPartitioner, // as Java's
});
try {
  await producer.connect();
  const [receipt] = await producer.send({ topic, acks: -1, messages: [{ key: recordId, value }] });
  console.log(`receipt: ${topic}/${receipt.partition}/${receipt.baseOffset}`);
} catch (failure) {
  console.error(`${source}: not published: ${failure.message}`);
  process.exitCode = 1;
} finally {
  await producer.disconnect();
}
