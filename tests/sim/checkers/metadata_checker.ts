import type { MetadataQuorum } from "../../../src/broker/metadata_quorum.ts";
import type { ClusterImage } from "../../../src/metadata/cluster_image.ts";
import { imageToRecords } from "../../../src/metadata/cluster_image.ts";
import { hashText } from "../world/trace.ts";
import type { Report } from "./violation.ts";

/** Looks into every broker: one metadata log, one leader for each term of it. */
export class MetadataChecker {
  /** Hash of the records that end at an offset, and who told of them first. */
  readonly #committed = new Map<number, { readonly hash: number; readonly node: string }>();
  readonly #leaders = new Map<number, string>();

  constructor(private readonly report: Report) {}

  /** Follows the metadata log of a broker for as long as that lives. */
  watch(node: string, quorum: MetadataQuorum): void {
    let last = -1;
    quorum.onCommit((records, lastOffset) => {
      if (lastOffset <= last) {
        this.report("metadata", `${node}: offset ${lastOffset} was committed behind ${last}`);
      }
      last = lastOffset;
      this.#check(node, lastOffset, hashText(JSON.stringify(records)));
    });
    quorum.onLeadership((isLeader, epoch) => {
      if (isLeader) this.#leads(node, epoch);
    });
    if (quorum.isLeader) this.#leads(node, quorum.leaderEpoch);
  }

  /**
   * Compares what the metadata are on brokers that have replayed equally much, whether from the log
   * or from a snapshot.
   */
  compareImages(brokers: readonly { readonly node: string; readonly image: ClusterImage }[]): void {
    const byOffset = new Map<number, { readonly node: string; readonly records: string }>();
    for (const { node, image } of brokers) {
      const records = imageToRecords(image).map((record) => JSON.stringify(record)).sort().join(
        "\n",
      );
      const other = byOffset.get(image.lastOffset);
      if (other === undefined) byOffset.set(image.lastOffset, { node, records });
      else if (other.records !== records) {
        const lines = new Set(other.records.split("\n"));
        const differing = records.split("\n").find((line) => !lines.has(line));
        this.report(
          "metadata",
          `${other.node} and ${node} differ at offset ${image.lastOffset}: ${differing ?? "fewer"}`,
        );
      }
    }
  }

  #check(node: string, offset: number, hash: number): void {
    const known = this.#committed.get(offset);
    if (known === undefined) this.#committed.set(offset, { hash, node });
    else if (known.hash !== hash) {
      this.report(
        "metadata",
        `the records that end at ${offset} differ between ${known.node} and ${node}`,
      );
    }
  }

  #leads(node: string, epoch: number): void {
    const known = this.#leaders.get(epoch);
    if (known !== undefined && known !== node) {
      this.report("oneValue", `metadata term ${epoch} is led by ${known} and by ${node}`);
    }
    this.#leaders.set(epoch, node);
  }
}
