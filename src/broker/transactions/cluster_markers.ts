import type { Logger } from "../../base/logger.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import { NO_LEADER } from "../../metadata/image/topics_image.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import { writeTxnMarkersApi } from "../../protocol/generated/apis/write_txn_markers.ts";
import type { WriteTxnMarkersResponse } from "../../protocol/generated/write_txn_markers_response.ts";
import type { SharedPeers } from "../replication/cluster_calls.ts";
import type { EndMarker, PartitionName, TransactionMarkers } from "./marker_writer.ts";
import { PeerBatches } from "./peer_batches.ts";

/** What {@link ClusterMarkers} works with. */
export interface ClusterMarkersOptions {
  readonly brokerId: number;
  readonly image: ClusterImage;
  /** Writes to the partitions that this broker leads. */
  readonly local: TransactionMarkers;
  readonly peers: SharedPeers;
  readonly logger: Logger;
}

interface RemoteMarker {
  readonly marker: EndMarker;
  readonly to: PartitionName;
}

/** The version that tells the generation of the producer's client (KIP-1228). */
const MARKERS_VERSION = 2;

/**
 * Brings markers to whoever leads a partition: this broker, or another by WriteTxnMarkers. While
 * nobody does, or the one who should is not to be reached, the code is one to try again on.
 */
export class ClusterMarkers implements TransactionMarkers {
  readonly #remote: PeerBatches<RemoteMarker, number>;

  constructor(private readonly options: ClusterMarkersOptions) {
    this.#remote = new PeerBatches(
      (brokerId, markers) => this.#send(brokerId, markers),
      ({ to }, error) => {
        options.logger.debug("transaction marker not delivered", { ...to, error: String(error) });
        return ErrorCode.NETWORK_EXCEPTION;
      },
    );
  }

  write(marker: EndMarker, to: PartitionName): number | Promise<number> {
    const { image, brokerId, local } = this.options;
    const registration = image.topics.byName(to.topic)?.partitions[to.partition];
    if (registration === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    const { leader } = registration;
    if (leader === brokerId) return local.write(marker, to);
    if (leader === NO_LEADER) return ErrorCode.LEADER_NOT_AVAILABLE;
    return this.#remote.ask(leader, { marker, to });
  }

  async #send(brokerId: number, items: readonly RemoteMarker[]): Promise<number[]> {
    const connection = await this.options.peers.shared(brokerId, "markers");
    const response = await connection.send(writeTxnMarkersApi, MARKERS_VERSION, {
      markers: items.map(({ marker, to }) => ({
        producerId: marker.producerId,
        producerEpoch: marker.producerEpoch,
        transactionResult: marker.committed,
        coordinatorEpoch: marker.coordinatorEpoch,
        transactionVersion: marker.clientVersion,
        topics: [{ name: to.topic, partitionIndexes: [to.partition] }],
      })),
    });
    return codesOf(response);
  }
}

/** Each marker was sent with one partition, and is answered in its place. */
function codesOf({ markers }: WriteTxnMarkersResponse): number[] {
  return markers.map(({ topics }) =>
    topics[0]?.partitions[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
  );
}
