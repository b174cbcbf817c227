/** What replication asks of the rest of the cluster: narrow, so that tests can answer in memory. */
import type { AlterPartitionRequestInit } from "../../protocol/generated/alter_partition_request.ts";
import type { AlterPartitionResponse } from "../../protocol/generated/alter_partition_response.ts";
import type { ApiDefinition } from "../../protocol/codec.ts";

/** A connection to the cluster port of another broker; `BrokerConnection` is one. */
export interface PeerConnection {
  /**
   * Fields of type `records` in the response are views: they are valid until whoever waits for the
   * promise waits for something else.
   *
   * @throws when the connection ends, or no answer comes in `timeoutMs`; it is of no use then
   */
  send<Req, Res>(
    api: ApiDefinition<unknown, unknown, Req, Res>,
    version: number,
    request: Req,
    timeoutMs?: number,
  ): Promise<Res>;
  close(): void;
}

/** Opens connections for replica fetchers. */
export interface PeerDialer {
  /**
   * A connection of the caller's own, which the caller closes.
   *
   * @param silenceMsMax it is dead when nothing comes for so long while an answer is due
   * @throws when the broker can't be reached, or nobody knows where it is
   */
  dial(brokerId: number, silenceMsMax: number): Promise<PeerConnection>;
}

/** Connections that all requests of one purpose share; each waits for those before it. */
export interface SharedPeers {
  /**
   * `markers` carries WriteTxnMarkers, `admission` AddPartitionsToTxn.
   * @throws when the broker can't be reached, or nobody knows where it is
   */
  shared(brokerId: number, purpose: "markers" | "admission"): Promise<PeerConnection>;
}

/** The version of AlterPartition that leaders speak: broker epochs come with the ISR (KIP-903). */
export const ALTER_PARTITION_VERSION = 3;

/** The active controller, wherever it is. */
export interface ControllerCalls {
  /**
   * AlterPartition in version {@link ALTER_PARTITION_VERSION}.
   * @throws when no controller has answered; whether the change took place is unknown then
   */
  alterPartition(request: AlterPartitionRequestInit): Promise<AlterPartitionResponse>;
}
