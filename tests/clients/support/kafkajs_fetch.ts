/**
 * KafkaJS's consumer reads in groups only. Below it lie its cluster and its broker, which fetch
 * from chosen partitions; this opens them to the suite, typed as far as the suite uses them.
 */
import type { Buffer } from "node:buffer";
import { compressionsAlgorithms } from "@platformatic/kafka";
import kafkajs from "kafkajs";

/** A record as KafkaJS decodes it. */
export interface KafkaJsMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | readonly Buffer[]>>;
  readonly isControlRecord: boolean;
}

/** What to fetch of partition 0. */
export interface FetchQuery {
  readonly topic: string;
  readonly fetchOffset: string;
  readonly maxBytes?: number;
  readonly maxWaitTime?: number;
  readonly minBytes?: number;
}

interface Broker {
  fetch(request: unknown): Promise<{
    readonly responses: readonly {
      readonly partitions: readonly {
        readonly highWatermark: string;
        readonly messages: readonly KafkaJsMessage[];
      }[];
    }[];
  }>;
}

interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>;
  findBroker(query: { readonly nodeId: string }): Promise<Broker>;
}

interface Internals {
  readonly Cluster: new (options: Readonly<Record<string, unknown>>) => Cluster;
  readonly socketFactory: () => unknown;
  readonly createLogger: (options: unknown) => unknown;
}

const { CompressionCodecs, CompressionTypes, logLevel } = kafkajs;

/** KafkaJS brings gzip alone; this registers the codecs of the other client in this repository. */
export function registerCodecs(): void {
  const { Snappy, LZ4, ZSTD } = CompressionTypes;
  for (const [type, name] of [[Snappy, "snappy"], [LZ4, "lz4"], [ZSTD, "zstd"]] as const) {
    const { compressSync, decompressSync } = compressionsAlgorithms[name];
    CompressionCodecs[type] = () => ({
      compress: (encoder: { readonly buffer: Buffer }) =>
        Promise.resolve(compressSync(encoder.buffer)),
      decompress: (buffer: Buffer) => Promise.resolve(decompressSync(buffer)),
    });
  }
}

/** A connection below the consumer: fetches without a group. */
export class KafkaJsFetcher {
  private constructor(private readonly cluster: Cluster) {}

  static async connect(bootstrap: string): Promise<KafkaJsFetcher> {
    const { Cluster, socketFactory, createLogger } = await internals();
    const logCreator = () => () => undefined;
    const cluster = new Cluster({
      logger: createLogger({ level: logLevel.NOTHING, logCreator }),
      socketFactory: socketFactory(),
      brokers: () => [bootstrap],
      clientId: "fetcher",
      connectionTimeout: 5000,
      requestTimeout: 15_000,
      enforceRequestTimeout: true,
      metadataMaxAge: 300_000,
      retry: { retries: 8, initialRetryTime: 100 },
      allowAutoTopicCreation: false,
    });
    await cluster.connect();
    return new KafkaJsFetcher(cluster);
  }

  /** One fetch of partition 0. KafkaJS throws the error of the partition. */
  async fetch(query: FetchQuery): Promise<readonly KafkaJsMessage[]> {
    const { topic, fetchOffset, maxBytes = 1_048_576, maxWaitTime = 1000, minBytes = 1 } = query;
    await this.cluster.addTargetTopic(topic);
    const [nodeId] = Object.keys(this.cluster.findLeaderForPartitions(topic, [0]));
    if (nodeId === undefined) throw new Error(`${topic} has no leader`);
    const broker = await this.cluster.findBroker({ nodeId });
    const partitions = [{ partition: 0, fetchOffset, maxBytes }];
    const topics = [{ topic, partitions }];
    const request = { replicaId: -1, isolationLevel: 0, maxWaitTime, minBytes, topics };
    const { responses } = await broker.fetch(request);
    return responses[0]?.partitions[0]?.messages ?? [];
  }

  /** Fetches from the first record on until `count` have come. */
  async fetchAll(topic: string, count: number): Promise<KafkaJsMessage[]> {
    const all: KafkaJsMessage[] = [];
    for (let fetches = 0; all.length < count; fetches++) {
      if (fetches > 100) throw new Error(`${all.length} of ${count} records after 100 fetches`);
      const next = all.length === 0 ? "0" : `${Number(all.at(-1)?.offset) + 1}`;
      // A batch comes whole: what lies before the offset asked for is the client's to drop.
      const messages = await this.fetch({ topic, fetchOffset: next });
      all.push(...messages.filter((message) => Number(message.offset) >= Number(next)));
    }
    return all;
  }

  async disconnect(): Promise<void> {
    await this.cluster.disconnect();
  }
}

/** KafkaJS has no types for what is below its clients. */
async function internals(): Promise<Internals> {
  const cluster = await import("kafkajs/src/cluster/index.js");
  const socketFactory = await import("kafkajs/src/network/socketFactory.js");
  const loggers = await import("kafkajs/src/loggers/index.js");
  return {
    Cluster: cluster.default as unknown as Internals["Cluster"],
    socketFactory: socketFactory.default as unknown as Internals["socketFactory"],
    createLogger: (loggers.default as { readonly createLogger: Internals["createLogger"] })
      .createLogger,
  };
}
