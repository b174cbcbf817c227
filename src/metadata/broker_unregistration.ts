/** UnregisterBroker, decided. Pure. */
import { ErrorCode } from "../protocol/error_codes.ts";
import type { UnregisterBrokerResponseInit } from "../protocol/generated/unregister_broker_response.ts";
import type { ClusterImage } from "./cluster_image.ts";
import type { BrokerConfigLayers } from "./config/effective.ts";
import type { Decision } from "./decision.ts";
import { leavePartitions } from "./leadership_moves.ts";

/**
 * UnregisterBroker (KIP-500): forgets a broker that is gone for good.
 *
 * Kafka would drop a broker that runs, too, and leave its partitions without a leader; here that
 * is refused. Replicas that it has stay assigned to it until they are reassigned.
 */
export function unregisterBroker(
  image: ClusterImage,
  brokerId: number,
  layers: BrokerConfigLayers,
): Decision<UnregisterBrokerResponseInit> {
  const broker = image.brokers.byId(brokerId);
  if (broker === undefined) {
    return refusedUnregistration(
      ErrorCode.BROKER_ID_NOT_REGISTERED,
      `Broker ${brokerId} is not registered.`,
    );
  }
  if (!broker.fenced) {
    return refusedUnregistration(
      ErrorCode.INVALID_REQUEST,
      `Broker ${brokerId} is running; only a broker that is down can be unregistered.`,
    );
  }
  const { records } = leavePartitions(image, layers, new Set([brokerId]), Infinity);
  return {
    records: [...records, {
      type: "UnregisterBrokerRecord",
      value: { brokerId, brokerEpoch: broker.epoch },
    }],
    response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null },
  };
}

function refusedUnregistration(
  errorCode: number,
  errorMessage: string,
): Decision<UnregisterBrokerResponseInit> {
  return { records: [], response: { throttleTimeMs: 0, errorCode, errorMessage } };
}
