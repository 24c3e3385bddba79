// Publish one event with franz-go: the schemas in the registry, the inbox and a login are all it takes.
//
//	PASSWORD=... go run . 127.0.0.1:19092 http://127.0.0.1:18081/apis/ccompat/v7 \
//	    tender TENDER-2026-0018 uscc:91370200000000000Y
//
// It prints the receipt, and ends with 1 and a sentence when there is none.
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/hamba/avro/v2"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

func main() {
	if len(os.Args) != 6 {
		fmt.Fprintln(os.Stderr, "usage: PASSWORD=... publish KAFKA REGISTRY SOURCE RECORD SUBJECT")
		os.Exit(2)
	}
	broker, registry, source := os.Args[1], os.Args[2], os.Args[3]
	value, err := framed(registry, event(source, os.Args[4], os.Args[5]))
	if err == nil {
		err = publish(broker, source, os.Args[4], value)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: not published: %v\n", source, err)
		os.Exit(1)
	}
}

func event(source, recordID, subject string) map[string]any {
	return map[string]any{
		"envelope": map[string]any{
			"event_id":        recordID + "-1",
			"source":          source,
			"record_id":       recordID,
			"record_revision": 1,
			"sequence":        0,
			"subject_kind":    "LEGAL_PERSON",
			"subject_id":      subject,
			"occurred_at":     time.Now().UTC(),
			"decided_on":      day("2026-05-11"),
			"document_number": "青招监决〔2026〕18号",
			"bases":           []string{"TBL-ART53"},
			"synthetic":       true, // leave this out for a real subject
		},
		"list_id":          "BL-BID-ZT",
		"subject_name":     map[string]any{"string": "（测）示例一号有限公司"}, // of a union, the branch is named
		"provisions":       []string{"53"},
		"ends_on":          map[string]any{"int.date": day("2028-05-10")},
		"notice_served_on": map[string]any{"int.date": day("2026-04-20")},
		"rights_stated":    true,
	}
}

func day(text string) time.Time {
	found, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return found
}

// framed returns the event in Confluent's wire format: a zero byte, the schema's id, the Avro body.
func framed(registry string, event map[string]any) ([]byte, error) {
	answer, err := http.Get(registry + "/subjects/entry_listed/versions/latest")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the registry answers %s: is %s its whole address?", answer.Status, registry)
	}
	var latest struct {
		ID     uint32 `json:"id"`
		Schema string `json:"schema"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&latest); err != nil {
		return nil, err
	}
	schema, err := avro.Parse(latest.Schema)
	if err != nil {
		return nil, err
	}
	body, err := avro.Marshal(schema, event) // fields left out take the schema's defaults
	if err != nil {
		return nil, err
	}
	return append(binary.BigEndian.AppendUint32([]byte{0}, latest.ID), body...), nil
}

func publish(broker, source, recordID string, value []byte) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(broker),
		kgo.ClientID(source),
		kgo.SASL(scram.Auth{User: source, Pass: os.Getenv("PASSWORD")}.AsSha256Mechanism()),
		kgo.RecordDeliveryTimeout(15*time.Second), // acks=all and idempotence are its defaults
	)
	if err != nil {
		return err
	}
	defer client.Close()
	record := &kgo.Record{Topic: "credit.inbox." + source + ".v1", Key: []byte(recordID), Value: value}
	receipt, err := client.ProduceSync(context.Background(), record).First()
	if err != nil {
		return err
	}
	fmt.Printf("receipt: %s/%d/%d\n", receipt.Topic, receipt.Partition, receipt.Offset)
	return nil
}
