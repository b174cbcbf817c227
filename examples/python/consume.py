"""Prints COUNT records as a member of a group, and commits how far it came:

    pip install -r examples/python/requirements.txt
    python examples/python/consume.py 127.0.0.1:9092 greetings readers 2
"""

import sys

from confluent_kafka import Consumer, KafkaException

if len(sys.argv) != 5:
    sys.exit("usage: consume.py BOOTSTRAP TOPIC GROUP COUNT")
bootstrap, topic, group, count = sys.argv[1:]
consumer = Consumer(
    {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
)
consumer.subscribe([topic])
printed = 0
while printed < int(count):
    message = consumer.poll(1.0)
    if message is None:
        continue
    if message.error() is not None:
        raise KafkaException(message.error())
    print(message.partition(), message.offset(), message.value().decode(), flush=True)
    consumer.commit(message, asynchronous=False)
    printed += 1
consumer.close()
