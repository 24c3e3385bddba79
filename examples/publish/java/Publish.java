// Publish one event with kafka-clients: the schemas in the registry, the inbox and a login are all it takes.
//
//     PASSWORD=... java -cp 'jars/*' Publish.java 127.0.0.1:19092 http://127.0.0.1:18081/apis/ccompat/v7 \
//         tender TENDER-2026-0018 uscc:91370200000000000Y
//
// Java 17 or newer. In jars: org.apache.kafka:kafka-clients:4.2.2, org.apache.avro:avro:1.12.2, and what
// they need (jackson-core, jackson-databind, jackson-annotations 2.21, slf4j-api 1.7). Whoever has
// Confluent's or Apicurio's serializer already sets its name strategy to the record, not the topic.

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

public final class Publish {
    public static void main(String[] words) throws Exception {
        if (words.length != 5) {
            System.err.println("usage: PASSWORD=... java Publish.java KAFKA REGISTRY SOURCE RECORD SUBJECT");
            System.exit(2);
        }
        String source = words[2];
        String recordId = words[3];
        byte[] value = framed(words[1], source, recordId, words[4]);
        try (var producer = new KafkaProducer<String, byte[]>(settings(words[0], source))) {
            var record = new ProducerRecord<>("credit.inbox." + source + ".v1", recordId, value);
            RecordMetadata receipt = producer.send(record).get();
            System.out.printf("receipt: %s/%d/%d%n", receipt.topic(), receipt.partition(), receipt.offset());
        } catch (ExecutionException failure) {
            System.err.printf("%s: not published: %s%n", source, failure.getCause().getMessage());
            System.exit(1);
        }
    }

    private static Map<String, Object> settings(String broker, String source) {
        String login = "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%s\" password=\"%s\";";
        return Map.of(
                "bootstrap.servers", broker,
                "client.id", source,
                "security.protocol", "SASL_PLAINTEXT", // over TLS: SASL_SSL, and ssl.truststore.location
                "sasl.mechanism", "SCRAM-SHA-256",
                "sasl.jaas.config", login.formatted(source, System.getenv("PASSWORD")),
                "delivery.timeout.ms", 15_000, // acks=all and idempotence are its defaults
                "request.timeout.ms", 10_000,
                "key.serializer", StringSerializer.class,
                "value.serializer", ByteArraySerializer.class);
    }

    private static GenericRecord event(Schema schema, String source, String recordId, String subject) {
        Schema envelope = schema.getField("envelope").schema();
        Schema kind = envelope.getField("subject_kind").schema();
        var about = new GenericRecordBuilder(envelope) // fields left out take the schema's defaults
                .set("event_id", recordId + "-1")
                .set("source", source)
                .set("record_id", recordId)
                .set("record_revision", 1L)
                .set("sequence", 0L)
                .set("subject_kind", new GenericData.EnumSymbol(kind, "LEGAL_PERSON"))
                .set("subject_id", subject)
                .set("occurred_at", Instant.now().toEpochMilli() * 1000) // microseconds
                .set("decided_on", day("2026-05-11"))
                .set("document_number", "青招监决〔2026〕18号")
                .set("bases", List.of("TBL-ART53"))
                .set("synthetic", true) // leave this out for a real subject
                .build();
        return new GenericRecordBuilder(schema)
                .set("envelope", about)
                .set("list_id", "BL-BID-ZT")
                .set("subject_name", "（测）示例一号有限公司")
                .set("provisions", List.of("53"))
                .set("ends_on", day("2028-05-10"))
                .set("notice_served_on", day("2026-04-20"))
                .set("rights_stated", true)
                .build();
    }

    private static int day(String text) {
        return (int) LocalDate.parse(text).toEpochDay(); // Avro's date: days since 1970
    }

    /** Returns the event in Confluent's wire format: a zero byte, the schema's id, the Avro body. */
    private static byte[] framed(String registry, String source, String recordId, String subject)
            throws IOException, InterruptedException {
        var asked = HttpRequest.newBuilder(URI.create(registry + "/subjects/entry_listed/versions/latest")).build();
        var answer = HttpClient.newHttpClient().send(asked, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException(
                    "the registry answers " + answer.statusCode() + ": is " + registry + " its whole address?");
        }
        var latest = new ObjectMapper().readTree(answer.body());
        var schema = new Schema.Parser().parse(latest.get("schema").asText());
        var bytes = new ByteArrayOutputStream();
        bytes.write(ByteBuffer.allocate(5).put((byte) 0).putInt(latest.get("id").asInt()).array());
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
        new GenericDatumWriter<GenericRecord>(schema).write(event(schema, source, recordId, subject), encoder);
        encoder.flush();
        return bytes.toByteArray();
    }
}
