// Makes a record of each line of standard input:
//
//	cd examples/go && printf 'one\ntwo\n' | go run ./produce 127.0.0.1:9092 greetings
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: produce BOOTSTRAP TOPIC")
	}
	topic := os.Args[2]
	// Idempotent and with acks=all, unless told otherwise.
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(os.Args[1], ",")...),
		kgo.DefaultProduceTopic(topic),
		kgo.AllowAutoTopicCreation(),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	var records []*kgo.Record
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		records = append(records, kgo.StringRecord(lines.Text()))
	}
	if err := client.ProduceSync(context.Background(), records...).FirstErr(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d records to %s\n", len(records), topic)
}
