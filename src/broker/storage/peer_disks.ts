import type { Logger } from "../../base/logger.ts";
import type { Clock } from "../../io/clock.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import type { PartitionUse } from "../../metadata/storage/allotments.ts";
import { storageReportApi } from "../../protocol/generated/apis/cluster/storage_report.ts";
import type {
  StorageReportRequest,
  StorageTrim,
  StorageUseInit,
} from "../../protocol/generated/cluster/storage_report_request.ts";
import type { Partition } from "../partition.ts";
import type { PeerConnection } from "../replication/cluster_calls.ts";

/** Connections to the other brokers, as `PeerConnections` shares them. */
interface SharedPeers {
  shared(brokerId: number, purpose: "control"): Promise<PeerConnection>;
}

/** What {@link PeerDisks} works with. */
export interface PeerDisksOptions {
  readonly brokerId: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly image: ClusterImage;
  readonly peers: SharedPeers;
}

/** What this broker tells of itself. */
export interface OwnDisk {
  readonly budgetBytes: number | undefined;
  readonly isClosed: boolean;
  /** Partitions that it leads, of topics with a limit. */
  readonly uses: readonly StorageUseInit[];
}

interface PeerDisk {
  readonly report: StorageReportRequest;
  readonly atMs: number;
}

const REPORT_MS = 5000;
const REPORT_TIMEOUT_MS = 5000;
/** What was told longer ago says nothing of now. */
const STALE_MS = 3 * REPORT_MS;

/**
 * The disks of the other brokers: each tells all others how its own stands, every few seconds and
 * when it matters. A broker that has no room for what it follows asks the leaders to trim it, so
 * that the smallest disk among the replicas governs.
 */
export class PeerDisks {
  readonly #disks = new Map<number, PeerDisk>();
  readonly #underWay = new Set<number>();
  #trims = new Map<string, StorageTrim & { readonly leader: number }>();
  #lastSentMs = -Infinity;
  #wasClosed = false;

  constructor(private readonly options: PeerDisksOptions) {}

  /** Takes what another broker tells of itself. */
  take(report: StorageReportRequest): void {
    this.#disks.set(report.brokerId, { report, atMs: this.options.clock.monotonicMs() });
  }

  /** What the logs of a broker may take; undefined when it is not known. */
  budgetOf(brokerId: number): number | undefined {
    const budgetBytes = this.#current(brokerId)?.budgetBytes ?? -1;
    return budgetBytes < 0 ? undefined : budgetBytes;
  }

  /** Whether a broker with a replica has no room for what producers send. */
  isClosed(replicas: readonly number[]): boolean {
    if (this.#disks.size === 0) return false;
    return replicas.some((id) => this.#current(id)?.isClosed === true);
  }

  /** What other brokers lead of a topic, as they told. */
  usesOf(topic: string): PartitionUse[] {
    const uses: PartitionUse[] = [];
    for (const id of this.#disks.keys()) {
      for (
        const { partition, sizeBytes, bytesPerSecond, topic: name } of this.#current(id)?.uses ?? []
      ) {
        if (name === topic) uses.push({ partition, sizeBytes, bytesPerSecond, isRemote: true });
      }
    }
    return uses.sort((a, b) => a.partition - b.partition);
  }

  /** The leader of a replica here is asked, with the next report, to trim it. */
  wantTrim(
    { topic: { name: topic }, index: partition, leaderId: leader }: Partition,
    startOffset: number,
  ): void {
    this.#trims.set(`${topic}-${partition}`, { topic, partition, startOffset, leader });
  }

  /** The disk was looked at: tells the others when it is time, or when they have to know. */
  checked(own: OwnDisk): void {
    const { clock, image, brokerId } = this.options;
    const nowMs = clock.monotonicMs();
    const isUrgent = this.#trims.size > 0 || own.isClosed !== this.#wasClosed;
    if (!isUrgent && nowMs - this.#lastSentMs < REPORT_MS) return;
    this.#lastSentMs = nowMs;
    this.#wasClosed = own.isClosed;
    const trims = [...this.#trims.values()];
    this.#trims = new Map();
    for (const { id, fenced } of image.brokers.all()) {
      if (id === brokerId || fenced || this.#underWay.has(id)) continue;
      void this.#send(id, own, trims.filter(({ leader }) => leader === id));
    }
  }

  async #send(id: number, own: OwnDisk, trims: readonly StorageTrim[]): Promise<void> {
    const { peers, logger, brokerId } = this.options;
    this.#underWay.add(id);
    try {
      const connection = await peers.shared(id, "control");
      const { budgetBytes = -1, isClosed, uses } = own;
      const wanted = trims.map(({ topic, partition, startOffset }) => ({
        topic,
        partition,
        startOffset,
      }));
      const report = { brokerId, budgetBytes, isClosed, uses, trims: wanted };
      await connection.send(storageReportApi, 0, report, REPORT_TIMEOUT_MS);
    } catch (error) {
      // The next one tells all that counts by then.
      logger.debug("storage report not delivered", { to: id, error: String(error) });
    } finally {
      this.#underWay.delete(id);
    }
  }

  #current(brokerId: number): StorageReportRequest | undefined {
    const disk = this.#disks.get(brokerId);
    if (disk === undefined) return undefined;
    return this.options.clock.monotonicMs() - disk.atMs > STALE_MS ? undefined : disk.report;
  }
}
