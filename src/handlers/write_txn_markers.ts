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
import type { WritableTxnMarkerResult } from "../protocol/generated/write_txn_markers_response.ts";
import { type Route, route } from "./route.ts";

export function writeTxnMarkersRoute(broker: Broker): Route {
  return route(writeTxnMarkersApi, async (_context, request) => {
    // All are written before any is waited for.
    const markers = request.markers.map((marker) => write(broker, marker));
    return { markers: await Promise.all(markers) };
  });
}

async function write(broker: Broker, asked: WritableTxnMarker): Promise<WritableTxnMarkerResult> {
  const { producerId, producerEpoch, transactionResult, coordinatorEpoch } = asked;
  const marker: EndMarker = {
    producerId,
    producerEpoch,
    committed: transactionResult,
    coordinatorEpoch,
    clientVersion: asked.transactionVersion,
  };
  const topics = await Promise.all(asked.topics.map(async ({ name, partitionIndexes }) => ({
    name,
    partitions: await Promise.all(partitionIndexes.map(async (partitionIndex) => ({
      partitionIndex,
      errorCode: await broker.markers.write(marker, { topic: name, partition: partitionIndex }),
    }))),
  })));
  return { producerId, topics };
}
