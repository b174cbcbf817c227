"""Makes a record of each line of standard input:

    pip install -r examples/python/requirements.txt
    printf 'one\ntwo\n' | python examples/python/produce.py 127.0.0.1:9092 greetings
"""

import sys

from confluent_kafka import Producer

if len(sys.argv) != 3:
    sys.exit("usage: produce.py BOOTSTRAP TOPIC")
bootstrap, topic = sys.argv[1:]
producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
delivered = 0


def on_delivery(error, _message):
    global delivered
    if error is not None:
        sys.exit(f"not delivered: {error}")
    delivered += 1


for line in sys.stdin:
    producer.produce(topic, line.rstrip("\n"), on_delivery=on_delivery)
    producer.poll(0)
producer.flush()
print(f"{delivered} records to {topic}")
