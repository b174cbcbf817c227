// Prints COUNT records as a member of a group, and commits how far it came:
//
//	cd examples/go && go run ./consume 127.0.0.1:9092 greetings readers 2
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: consume BOOTSTRAP TOPIC GROUP COUNT")
	}
	count, err := strconv.Atoi(os.Args[4])
	if err != nil {
		log.Fatal(err)
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(os.Args[1], ",")...),
		kgo.ConsumeTopics(os.Args[2]),
		kgo.ConsumerGroup(os.Args[3]),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	ctx := context.Background()
	for printed := 0; printed < count; {
		fetches := client.PollRecords(ctx, count-printed)
		if err := fetches.Err(); err != nil {
			log.Fatal(err)
		}
		records := fetches.Records()
		for _, record := range records {
			fmt.Println(record.Partition, record.Offset, string(record.Value))
		}
		if err := client.CommitRecords(ctx, records...); err != nil {
			log.Fatal(err)
		}
		printed += len(records)
	}
}
