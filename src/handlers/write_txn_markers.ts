/**
 * WriteTxnMarkers (key 27), versions 1 and 2.
 *
 * Writes the ends of transactions into partitions that this broker leads: sent by transaction
 * coordinators, and by an administrator who aborts a transaction that hangs (KIP-664).
 */
import type { Broker } from "../broker/broker.ts";
import type { EndMarker } from "../broker/transactions/marker_writer.ts";
import { writeTxnMarkersApi } from "../protocol/generated/apis/write_txn_markers.ts";
import type { WritableTxnMarker } from "../protocol/generated/write_txn_markers_request.ts";
import { type Route, route } from "./route.ts";

export function writeTxnMarkersRoute(broker: Broker): Route {
  return route(writeTxnMarkersApi, async (_context, request) => {
    const markers = [];
    for (const marker of request.markers) markers.push(await write(broker, marker));
    return { markers };
  });
}

async function write(broker: Broker, asked: WritableTxnMarker) {
  const { producerId, producerEpoch, transactionResult, coordinatorEpoch } = asked;
  const marker: EndMarker = {
    producerId,
    producerEpoch,
    committed: transactionResult,
    coordinatorEpoch,
    clientVersion: asked.transactionVersion,
  };
  const topics = [];
  for (const { name, partitionIndexes } of asked.topics) {
    const partitions = [];
    for (const partitionIndex of partitionIndexes) {
      const to = { topic: name, partition: partitionIndex };
      partitions.push({ partitionIndex, errorCode: await broker.markers.write(marker, to) });
    }
    topics.push({ name, partitions });
  }
  return { producerId, topics };
}
