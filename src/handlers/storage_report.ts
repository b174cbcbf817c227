/**
 * StorageReport (private key 20070, version 0), on the cluster port only.
 *
 * What another broker tells of its disk is remembered. Logs that it has no room for and that this
 * broker leads are trimmed as far as it asks, the high watermark and `retention.min.bytes` let them,
 * and followers hear of the new log start with their next fetch.
 */
import type { Broker } from "../broker/broker.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { storageReportApi } from "../protocol/generated/apis/cluster/storage_report.ts";
import { type Route, route } from "./route.ts";

export function storageReportRoute(broker: Broker): Route {
  return route(storageReportApi, (_context, request) => {
    broker.peerDisks?.take(request);
    for (const { topic, partition: index, startOffset } of request.trims) {
      const partition = broker.partitions.find(topic, index);
      if (partition !== undefined) broker.diskBudget.trims.trimTo(partition, startOffset);
    }
    return { errorCode: ErrorCode.NONE };
  });
}
