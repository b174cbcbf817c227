/** Clients that push a broker to the limits of its disk, and watch what becomes of it. */
import assert from "node:assert/strict";
import { statfsSync } from "node:fs";
import { ClusterClient } from "../../src/client/cluster_client.ts";
import { Isolation, PartitionReader } from "../../src/client/consumer/partition_reader.ts";
import { DenoClock } from "../../src/host/deno_clock.ts";
import { DenoNetwork } from "../../src/host/deno_network.ts";
import { produceApi } from "../../src/protocol/generated/apis/produce.ts";
import { buildBatch } from "../../src/protocol/records/batch_builder.ts";
import * as layout from "../../src/protocol/records/batch_layout.ts";
import { scanBatches } from "../../src/protocol/records/batch_scan.ts";
import { ZERO_UUID } from "../../src/base/uuid.ts";

/** The newest version that names topics. */
const PRODUCE_VERSION = 12;
const IN_FLIGHT = 5;

/** A client of the broker at `address`. */
export function openClient(address: string): ClusterClient {
  const [host, port] = address.split(":");
  return new ClusterClient({ network: new DenoNetwork(), clock: new DenoClock() }, {
    bootstrap: [{ host: host!, port: Number(port) }],
    clientId: "storage-test",
    software: { name: "storage-test", version: "1" },
    requestTimeoutMs: 30_000,
    operationTimeoutMs: 60_000,
  });
}

/** What became of a batch: an error code, and how long the broker asked to be left alone. */
export interface ProduceAnswer {
  readonly errorCode: number;
  readonly throttleTimeMs: number;
}

/** A batch of one record with a value of `bytes` bytes. */
export function batchOfBytes(bytes: number): Uint8Array {
  return buildBatch([{ timestamp: Date.now(), value: new Uint8Array(bytes) }], {});
}

/** Sends one batch, acks=1. */
export async function produceBatch(
  client: ClusterClient,
  topic: string,
  partition: number,
  records: Uint8Array,
): Promise<ProduceAnswer> {
  const link = await client.link({ to: "leader", topic, partition });
  const response = await link.send(produceApi, {
    transactionalId: null,
    acks: 1,
    timeoutMs: 5000,
    topicData: [{
      name: topic,
      topicId: ZERO_UUID,
      partitionData: [{ index: partition, records }],
    }],
  }, { versionMax: PRODUCE_VERSION });
  const { errorCode } = response.responses[0]!.partitionResponses[0]!;
  return { errorCode, throttleTimeMs: response.throttleTimeMs };
}

/** Figures of a {@link Flood}. */
export interface FloodFigures {
  bytes: number;
  batches: number;
  refused: number;
  throttled: number;
}

/** Writes as fast as the broker takes it, until it is stopped. */
export class Flood {
  readonly figures: FloodFigures = { bytes: 0, batches: 0, refused: 0, throttled: 0 };
  #isStopped = false;
  readonly #writers: Promise<unknown>;

  constructor(
    private readonly client: ClusterClient,
    private readonly topic: string,
    private readonly partitions: number,
    private readonly batchBytes: number,
  ) {
    this.#writers = Promise.all(Array.from({ length: IN_FLIGHT }, (_, i) => this.#write(i)));
    // A test that fails has closed the client by then, and has its own error.
    this.#writers.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#writers;
  }

  async #write(from: number): Promise<void> {
    const { client, topic, partitions, batchBytes, figures } = this;
    const records = batchOfBytes(batchBytes);
    for (let i = from; !this.#isStopped; i++) {
      const answer = await produceBatch(client, topic, i % partitions, records);
      if (answer.throttleTimeMs > 0) figures.throttled++;
      if (answer.errorCode === 0) {
        figures.batches++;
        figures.bytes += batchBytes;
      } else {
        figures.refused++;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}

/** Reads all partitions as records come, and tells of every offset that it did not see. */
export class Tail {
  readonly figures = { records: 0, lost: 0 };
  readonly #next = new Map<number, number>();
  readonly #reader: PartitionReader;
  readonly #run: Promise<void>;

  constructor(client: ClusterClient, topic: string, partitions: number) {
    const ranges = Array.from({ length: partitions }, (_, partition) => ({
      topic,
      partition,
      start: 0,
      end: Infinity,
    }));
    const options = {
      isolation: Isolation.uncommitted,
      waitMsMax: 100,
      partitionMaxBytes: 4 * 1024 * 1024,
    };
    this.#reader = new PartitionReader(client, ranges, options, {
      take: ({ partition, records }) => this.#take(partition, records),
      room: () => undefined,
      skipped: (_topic, _partition, from, logStart) => this.figures.lost += logStart - from,
    });
    this.#run = this.#reader.run();
  }

  /** Offset after the last that was read; 0 before the first. */
  position(partition: number): number {
    return this.#next.get(partition) ?? 0;
  }

  async stop(): Promise<void> {
    this.#reader.stop();
    await this.#run;
  }

  #take(partition: number, records: Uint8Array): boolean {
    scanBatches(records, (start) => {
      const first = layout.baseOffset(records, start);
      const last = layout.lastOffset(records, start);
      const next = this.position(partition);
      if (last < next) return;
      this.figures.lost += Math.max(0, first - next);
      this.figures.records += last + 1 - Math.max(first, next);
      this.#next.set(partition, last + 1);
    });
    return true;
  }
}

/** Looks at a file system again and again, and remembers when it was fullest. */
export class FillWatch {
  /** From 0 to 1. */
  fullest = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(private readonly path: string) {
    this.#timer = setInterval(() => this.look(), 20);
  }

  look(): number {
    const { blocks, bavail } = statfsSync(this.path);
    const share = 1 - bavail / blocks;
    this.fullest = Math.max(this.fullest, share);
    return share;
  }

  stop(): void {
    clearInterval(this.#timer);
    assert.ok(this.fullest < 1, "the disk was full");
  }
}
