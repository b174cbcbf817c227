/**
 * A Kafka client of a hundred lines, for what no ready-made client can time: the first acknowledged
 * record of a starting broker, ten thousand connections, ten thousand partitions.
 *
 * It is written apart from the broker's own codecs on purpose: a benchmark that shares them would
 * also share their mistakes. It speaks the last versions before the flexible encodings (KIP-482).
 *
 * @module
 */

import { crc32c, FieldReader, FieldWriter } from "./frames.ts";

const API_PRODUCE = 0;
const API_METADATA = 3;
const API_FIND_COORDINATOR = 10;
const API_VERSIONS = 18;
const API_CREATE_TOPICS = 19;
const API_DELETE_TOPICS = 20;

const PRODUCE_VERSION = 7;
const METADATA_VERSION = 4;
const FIND_COORDINATOR_VERSION = 2;
const API_VERSIONS_VERSION = 0;
const CREATE_TOPICS_VERSION = 4;
const DELETE_TOPICS_VERSION = 3;
const API_ELECT_LEADERS = 43;
const ELECT_LEADERS_VERSION = 1;
const ELECTION_NOT_NEEDED = 84;

/** Error codes of the Kafka protocol that a starting broker gives, and that are asked again. */
const NOT_READY_CODES: readonly number[] = [
  3, // UNKNOWN_TOPIC_OR_PARTITION
  5, // LEADER_NOT_AVAILABLE
  6, // NOT_LEADER_OR_FOLLOWER
  7, // REQUEST_TIMED_OUT
  8, // BROKER_NOT_AVAILABLE
  15, // COORDINATOR_NOT_AVAILABLE
  38, // INVALID_REPLICATION_FACTOR: no live broker is registered yet
  41, // NOT_CONTROLLER
  56, // KAFKA_STORAGE_ERROR
];
const TOPIC_ALREADY_EXISTS = 36;

/** True for a code that a broker gives while it starts and that a client retries. */
export function isNotReady(code: number): boolean {
  return NOT_READY_CODES.includes(code);
}

const REQUEST_TIMEOUT_MS = 30_000;
const CLIENT_ID = "jocko-bench";

/** A topic to be made, with settings such as `flush.messages`. */
export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
  /** 1 when left out. */
  readonly replicas?: number;
}

/** Where a partition is led, and how many replicas are in sync. */
export interface PartitionPlace {
  readonly leaderId: number;
  /** -1 when there is no leader. */
  readonly leaderPort: number;
  readonly inSync: number;
}

/** Leaders of one topic as Metadata tells them. */
export interface TopicLeaders {
  readonly name: string;
  readonly partitionCount: number;
  /** Partitions with a leader and no error. */
  readonly ledCount: number;
}

/** One connection. Requests are answered one at a time. */
export class WireConnection {
  #correlationId = 0;
  #closed = false;

  private constructor(readonly socket: Deno.TcpConn) {}

  /** Dials `host:port`. Rejects as `Deno.connect` does. */
  static async open(bootstrap: string): Promise<WireConnection> {
    const colon = bootstrap.lastIndexOf(":");
    const socket = await Deno.connect({
      hostname: bootstrap.slice(0, colon),
      port: Number(bootstrap.slice(colon + 1)),
    });
    socket.setNoDelay(true);
    return new WireConnection(socket);
  }

  /** Closes the connection; a second call does nothing. */
  close(): void {
    if (!this.#closed) this.socket.close();
    this.#closed = true;
  }

  /** ApiVersions v0; gives the number of APIs the broker names. */
  async apiVersions(): Promise<number> {
    const reply = await this.ask(API_VERSIONS, API_VERSIONS_VERSION, new FieldWriter(0));
    expectCode("ApiVersions", reply.int16());
    return reply.int32();
  }

  /** FindCoordinator v2 of a group; gives the error code. */
  async findCoordinator(group: string): Promise<number> {
    const body = new FieldWriter(64);
    body.string(group);
    body.int8(0); // a group
    const reply = await this.ask(API_FIND_COORDINATOR, FIND_COORDINATOR_VERSION, body);
    reply.int32(); // throttle time
    return reply.int16();
  }

  /** CreateTopics v4; gives the error code per topic, where "exists already" counts as made. */
  async createTopics(topics: readonly NewTopic[]): Promise<Map<string, number>> {
    const body = new FieldWriter(256 * topics.length + 64);
    body.int32(topics.length);
    for (const topic of topics) {
      body.string(topic.name);
      body.int32(topic.partitions);
      body.int16(topic.replicas ?? 1);
      body.int32(0);
      const configs = Object.entries(topic.configs);
      body.int32(configs.length);
      for (const [name, value] of configs) {
        body.string(name);
        body.string(value);
      }
    }
    body.int32(REQUEST_TIMEOUT_MS);
    body.int8(0);
    const reply = await this.ask(API_CREATE_TOPICS, CREATE_TOPICS_VERSION, body);
    reply.int32(); // throttle time
    const codes = new Map<string, number>();
    for (let n = reply.int32(); n > 0; n--) {
      const name = reply.string();
      const code = reply.int16();
      reply.string(); // message
      codes.set(name, code === TOPIC_ALREADY_EXISTS ? 0 : code);
    }
    return codes;
  }

  /** DeleteTopics v3. Throws when a topic can't be deleted. */
  async deleteTopics(names: readonly string[]): Promise<void> {
    const body = new FieldWriter(128 * names.length + 64);
    body.int32(names.length);
    for (const name of names) body.string(name);
    body.int32(REQUEST_TIMEOUT_MS);
    const reply = await this.ask(API_DELETE_TOPICS, DELETE_TOPICS_VERSION, body);
    reply.int32(); // throttle time
    for (let n = reply.int32(); n > 0; n--) {
      const name = reply.string();
      expectCode(`DeleteTopics of ${name}`, reply.int16());
    }
  }

  /** Metadata v4 of the named topics, without creating them. */
  async leaders(names: readonly string[]): Promise<TopicLeaders[]> {
    const body = new FieldWriter(128 * names.length + 64);
    body.int32(names.length);
    for (const name of names) body.string(name);
    body.int8(0);
    const reply = await this.ask(API_METADATA, METADATA_VERSION, body);
    reply.int32(); // throttle time
    for (let n = reply.int32(); n > 0; n--) {
      reply.int32(); // node id
      reply.string(); // host
      reply.int32(); // port
      reply.string(); // rack
    }
    reply.string(); // cluster id
    reply.int32(); // controller id
    const topics: TopicLeaders[] = [];
    for (let n = reply.int32(); n > 0; n--) topics.push(readTopicLeaders(reply));
    return topics;
  }

  /** Metadata v4 of one topic: its partitions in the order of their numbers. */
  async places(topic: string): Promise<PartitionPlace[]> {
    const body = new FieldWriter(128);
    body.int32(1);
    body.string(topic);
    body.int8(0);
    const reply = await this.ask(API_METADATA, METADATA_VERSION, body);
    reply.int32(); // throttle time
    const ports = new Map<number, number>();
    for (let n = reply.int32(); n > 0; n--) {
      const id = reply.int32();
      reply.string(); // host
      ports.set(id, reply.int32());
      reply.string(); // rack
    }
    reply.string(); // cluster id
    reply.int32(); // controller id
    reply.int32(); // one topic
    reply.int16();
    reply.string();
    reply.skip(1); // internal
    const places: PartitionPlace[] = [];
    for (let n = reply.int32(); n > 0; n--) {
      reply.int16();
      const partition = reply.int32();
      const leaderId = reply.int32();
      reply.skip(4 * reply.int32()); // replicas
      const inSync = reply.int32();
      reply.skip(4 * inSync);
      places[partition] = { leaderId, leaderPort: ports.get(leaderId) ?? -1, inSync };
    }
    return places;
  }

  /** ElectLeaders v1 of the preferred replica; gives the error code, 0 when it leads already. */
  async electPreferred(topic: string, partition: number): Promise<number> {
    const body = new FieldWriter(128);
    body.int8(0); // preferred
    body.int32(1);
    body.string(topic);
    body.int32(1);
    body.int32(partition);
    body.int32(REQUEST_TIMEOUT_MS);
    const reply = await this.ask(API_ELECT_LEADERS, ELECT_LEADERS_VERSION, body);
    reply.int32(); // throttle time
    const code = reply.int16();
    if (code !== 0) return code;
    reply.int32(); // one topic
    reply.string();
    reply.int32(); // one partition
    reply.int32();
    const partitionCode = reply.int16();
    return partitionCode === ELECTION_NOT_NEEDED ? 0 : partitionCode;
  }

  /**
   * Produce v7, acks=1: one batch to each partition of the list. Gives the first error code that is
   * not 0, or 0.
   */
  async produce(topic: string, partitions: readonly number[], batch: Uint8Array): Promise<number> {
    const body = new FieldWriter(partitions.length * (batch.length + 8) + topic.length + 64);
    body.string(null);
    body.int16(1);
    body.int32(REQUEST_TIMEOUT_MS);
    body.int32(1);
    body.string(topic);
    body.int32(partitions.length);
    for (const partition of partitions) {
      body.int32(partition);
      body.int32(batch.length);
      body.bytes(batch);
    }
    const reply = await this.ask(API_PRODUCE, PRODUCE_VERSION, body);
    let firstCode = 0;
    for (let topics = reply.int32(); topics > 0; topics--) {
      reply.string();
      for (let n = reply.int32(); n > 0; n--) {
        reply.int32(); // partition
        const code = reply.int16();
        reply.skip(24); // base offset, log append time, log start offset
        if (firstCode === 0) firstCode = code;
      }
    }
    return firstCode;
  }

  /** Sends a request of a version without the flexible encodings; gives the body of its answer. */
  async ask(apiKey: number, version: number, body: FieldWriter): Promise<FieldReader> {
    const correlationId = ++this.#correlationId;
    const header = new FieldWriter(64);
    header.int16(apiKey);
    header.int16(version);
    header.int32(correlationId);
    header.string(CLIENT_ID);
    const frame = new FieldWriter(4 + header.length + body.length);
    frame.int32(header.length + body.length);
    frame.bytes(header.written());
    frame.bytes(body.written());
    // A broker that falls silent ends the request by losing its connection.
    const timer = setTimeout(() => this.close(), 2 * REQUEST_TIMEOUT_MS);
    try {
      return await this.#exchange(frame.written(), correlationId);
    } finally {
      clearTimeout(timer);
    }
  }

  async #exchange(frame: Uint8Array, correlationId: number): Promise<FieldReader> {
    await writeAll(this.socket, frame);
    const size = await readExactly(this.socket, 4);
    const reply = new FieldReader(
      await readExactly(this.socket, new DataView(size.buffer).getInt32(0)),
    );
    const answered = reply.int32();
    if (answered !== correlationId) {
      throw new Error(`reply to request ${answered}, expected ${correlationId}`);
    }
    return reply;
  }
}

function readTopicLeaders(reply: FieldReader): TopicLeaders {
  const topicCode = reply.int16();
  const name = reply.string();
  reply.skip(1); // internal
  let ledCount = 0;
  const partitionCount = reply.int32();
  for (let i = 0; i < partitionCount; i++) {
    const code = reply.int16();
    reply.int32(); // partition
    if (reply.int32() >= 0 && code === 0) ledCount++;
    reply.skip(4 * reply.int32()); // replicas
    reply.skip(4 * reply.int32()); // in-sync replicas
  }
  return { name, partitionCount, ledCount: topicCode === 0 ? ledCount : 0 };
}

/** A record batch (magic 2) of one record with this value, ready for any partition. */
export function singleRecordBatch(value: Uint8Array, timestampMs: number): Uint8Array {
  const record = new FieldWriter(value.length + 32);
  record.int8(0); // attributes
  record.varint(0); // timestamp delta
  record.varint(0); // offset delta
  record.varint(-1); // no key
  record.varint(value.length);
  record.bytes(value);
  record.varint(0); // headers
  const sized = new FieldWriter(record.length + 8);
  sized.varint(record.length);
  sized.bytes(record.written());

  const fromAttributes = new FieldWriter(sized.length + 64);
  fromAttributes.int16(0); // attributes
  fromAttributes.int32(0); // last offset delta
  fromAttributes.int64(timestampMs);
  fromAttributes.int64(timestampMs);
  fromAttributes.int64(-1); // producer id
  fromAttributes.int16(-1); // producer epoch
  fromAttributes.int32(-1); // base sequence
  fromAttributes.int32(1); // record count
  fromAttributes.bytes(sized.written());

  const batch = new FieldWriter(fromAttributes.length + 32);
  batch.int64(0); // base offset
  batch.int32(9 + fromAttributes.length); // length after this field
  batch.int32(-1); // partition leader epoch
  batch.int8(2); // magic
  batch.int32(crc32c(fromAttributes.written()) | 0);
  batch.bytes(fromAttributes.written());
  return batch.written();
}

function expectCode(what: string, code: number): void {
  if (code !== 0) throw new Error(`${what} failed with error code ${code}`);
}

async function writeAll(socket: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await socket.write(bytes.subarray(sent));
}

async function readExactly(socket: Deno.TcpConn, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let read = 0; read < length;) {
    const n = await socket.read(bytes.subarray(read));
    if (n === null) throw new Deno.errors.ConnectionReset("the broker closed the connection");
    read += n;
  }
  return bytes;
}
