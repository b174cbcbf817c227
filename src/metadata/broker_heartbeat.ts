/** BrokerHeartbeat, decided, and the fencing of brokers that are gone (KIP-631). Pure. */
import { ErrorCode } from "../protocol/error_codes.ts";
import type { BrokerHeartbeatRequest } from "../protocol/generated/broker_heartbeat_request.ts";
import type { BrokerHeartbeatResponseInit } from "../protocol/generated/broker_heartbeat_response.ts";
import type { ClusterImage } from "./cluster_image.ts";
import type { BrokerConfigLayers } from "./config/effective.ts";
import type { Decision } from "./decision.ts";
import type { BrokerRegistration } from "./image/brokers_image.ts";
import { joinPartitions, leavePartitions } from "./leadership_moves.ts";
import { isActive } from "./leadership_rules.ts";
import type { MetadataRecordInit } from "./records.ts";

/** What the decision on a heartbeat depends on besides the request and the image. */
export interface HeartbeatContext {
  /** The settings of the broker that decides. */
  readonly layers: BrokerConfigLayers;
  /** The least metadata offset that the other active brokers are known to have replayed. */
  readonly othersReplayedOffset: number;
  /**
   * The metadata offset by which all leaderships of a broker in controlled shutdown had moved;
   * undefined while they have not.
   */
  readonly handedOverOffset: number | undefined;
}

/** How a broker stands, as its heartbeat is answered. */
interface BrokerState {
  readonly isFenced: boolean;
  readonly shouldShutDown: boolean;
  readonly records: readonly MetadataRecordInit[];
}

/**
 * Unfences a broker that has replayed its registration, fences one that asks for it, and lets one
 * stop when its leaderships have moved and the other brokers know.
 */
export function brokerHeartbeat(
  image: ClusterImage,
  request: BrokerHeartbeatRequest,
  context: HeartbeatContext,
): Decision<BrokerHeartbeatResponseInit> {
  const broker = image.brokers.byId(request.brokerId);
  if (broker === undefined) return refused(ErrorCode.BROKER_ID_NOT_REGISTERED);
  if (broker.epoch !== request.brokerEpoch) return refused(ErrorCode.STALE_BROKER_EPOCH);
  const isCaughtUp = request.currentMetadataOffset >= image.registrationOffset(broker.id);
  const { records, isFenced, shouldShutDown } = nextState(image, broker, request, context);
  const response = {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    isCaughtUp,
    isFenced,
    shouldShutDown,
  };
  return { records, response };
}

function nextState(
  image: ClusterImage,
  broker: BrokerRegistration,
  request: BrokerHeartbeatRequest,
  context: HeartbeatContext,
): BrokerState {
  if (request.wantShutDown) return shuttingDown(image, broker, context);
  const { offlineLogDirs } = request;
  const hasNoDirectory = broker.logDirs.length > 0 &&
    broker.logDirs.every((directory) => offlineLogDirs.includes(directory));
  const wantFence = request.wantFence || hasNoDirectory;
  if (broker.fenced) {
    const isCaughtUp = request.currentMetadataOffset >= image.registrationOffset(broker.id);
    if (wantFence || !isCaughtUp) return { records: [], isFenced: true, shouldShutDown: false };
    const records = unfenceBroker(image, broker, context.layers);
    return { records, isFenced: false, shouldShutDown: false };
  }
  if (!wantFence) return { records: [], isFenced: false, shouldShutDown: false };
  const { records, response } = fenceBrokers(image, [broker.id], context.layers);
  return { records, isFenced: response.isComplete, shouldShutDown: false };
}

/**
 * Leadership moves first, then the broker waits until every other broker knows of it, then it is
 * fenced and may go. The last active broker goes at once: nobody could take over.
 */
function shuttingDown(
  image: ClusterImage,
  broker: BrokerRegistration,
  { layers, othersReplayedOffset, handedOverOffset }: HeartbeatContext,
): BrokerState {
  const { id, fenced, inControlledShutdown } = broker;
  if (fenced || !hasOtherActive(image, id)) {
    return { records: [], isFenced: fenced, shouldShutDown: true };
  }
  const moves = leavePartitions(image, layers, new Set([id]));
  if (moves.records.length > 0) {
    const mark = inControlledShutdown ? [] : [stateChange(broker, { inControlledShutdown: 1 })];
    return { records: [...mark, ...moves.records], isFenced: false, shouldShutDown: false };
  }
  const isKnown = !inControlledShutdown ||
    (handedOverOffset !== undefined && othersReplayedOffset >= handedOverOffset);
  if (!isKnown) return { records: [], isFenced: false, shouldShutDown: false };
  return { records: [stateChange(broker, { fenced: 1 })], isFenced: true, shouldShutDown: true };
}

/** Makes a broker one that may lead, and gives it the partitions that waited for it. */
export function unfenceBroker(
  image: ClusterImage,
  broker: BrokerRegistration,
  layers: BrokerConfigLayers,
): readonly MetadataRecordInit[] {
  // What does not fit is led by later elections of leaderless partitions.
  const { records } = joinPartitions(image, layers, broker.id);
  return [stateChange(broker, { fenced: -1 }), ...records];
}

/**
 * Fences brokers that are gone, together. Their partitions go first, as many as fit, and the brokers
 * are fenced in the batch that leaves them none, so that no fenced broker ever leads.
 *
 * The response tells whether that is done; else ask again when this is in the image.
 */
export function fenceBrokers(
  image: ClusterImage,
  brokerIds: readonly number[],
  layers: BrokerConfigLayers,
): Decision<{ readonly isComplete: boolean }> {
  const brokers = brokerIds.flatMap((id) => image.brokers.byId(id) ?? [])
    .filter(({ fenced }) => !fenced);
  const leaving = new Set(brokers.map(({ id }) => id));
  if (leaving.size === 0) return { records: [], response: { isComplete: true } };
  const { records, isComplete } = leavePartitions(image, layers, leaving);
  const fences = isComplete ? brokers.map((broker) => stateChange(broker, { fenced: 1 })) : [];
  return { records: [...records, ...fences], response: { isComplete } };
}

function stateChange(
  { id: brokerId, epoch: brokerEpoch }: BrokerRegistration,
  change: { readonly fenced?: -1 | 1; readonly inControlledShutdown?: 1 },
): MetadataRecordInit {
  return {
    type: "BrokerRegistrationChangeRecord",
    value: { brokerId, brokerEpoch, ...change },
  };
}

function hasOtherActive(image: ClusterImage, brokerId: number): boolean {
  for (const { id } of image.brokers.all()) if (id !== brokerId && isActive(image, id)) return true;
  return false;
}

function refused(errorCode: ErrorCode): Decision<BrokerHeartbeatResponseInit> {
  const response = { throttleTimeMs: 0, errorCode, shouldShutDown: false };
  return { records: [], response };
}
