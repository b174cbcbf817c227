/** BrokerRegistration, decided (KIP-631), and the ids of brokers that join. Pure. */
import { type Uuid, ZERO_UUID } from "../base/uuid.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import type { BrokerRegistrationRequest } from "../protocol/generated/broker_registration_request.ts";
import type { BrokerRegistrationResponseInit } from "../protocol/generated/broker_registration_response.ts";
import type { ClusterImage } from "./cluster_image.ts";
import type { BrokerConfigLayers } from "./config/effective.ts";
import type { Decision } from "./decision.ts";
import type { BrokerRegistration } from "./image/brokers_image.ts";
import { joinPartitions, retireIncarnation } from "./leadership_moves.ts";
import type { MetadataRecordInit } from "./records.ts";

/**
 * What is known of the process behind a registration: its session holds, or is over, or nothing was
 * heard since this controller began or since the connection broke.
 */
export type BrokerLiveness = "alive" | "doubtful" | "dead";

/** What the decision on a registration depends on besides the request and the image. */
export interface RegistrationContext {
  readonly clusterId: string;
  /** Above that of every earlier registration: the next offset of the metadata log. */
  readonly nextOffset: number;
  /** Of the broker that is registered under the same id. */
  readonly liveness: BrokerLiveness;
  /** The settings of the broker that decides. */
  readonly layers: BrokerConfigLayers;
}

/**
 * Registers an incarnation of a broker in place of the last one. It is fenced until it has caught up
 * with this registration; the only broker of a cluster is its controller too, and serves at once.
 *
 * Partitions that the last incarnation led or was in sync for change in the same batch; when there
 * may be many, take them away before with {@link retireIncarnation}.
 */
export function registerBroker(
  image: ClusterImage,
  request: BrokerRegistrationRequest,
  context: RegistrationContext,
): Decision<BrokerRegistrationResponseInit> {
  const errorCode = registrationProblem(image, request, context);
  if (errorCode !== ErrorCode.NONE) return answer([], errorCode, -1);
  const before = image.brokers.byId(request.brokerId);
  if (before !== undefined && before.incarnationId === request.incarnationId) {
    return answer(repeatedRegistration(before, request), ErrorCode.NONE, before.epoch);
  }
  const isAlone = !hasOtherBrokers(image, request.brokerId);
  const records = [
    registration(request, context.nextOffset, { fenced: !isAlone, inControlledShutdown: false }),
    ...(isAlone ? resumedAlone : resumed)(image, request, context.layers),
  ];
  return answer(records, ErrorCode.NONE, context.nextOffset);
}

/** Why the registration is refused; NONE when it is not. */
export function registrationProblem(
  image: ClusterImage,
  request: BrokerRegistrationRequest,
  { clusterId, liveness }: Pick<RegistrationContext, "clusterId" | "liveness">,
): ErrorCode {
  if (request.clusterId !== clusterId) return ErrorCode.INCONSISTENT_CLUSTER_ID;
  const { logDirs } = request;
  if (logDirs.length !== 1 || logDirs[0] === ZERO_UUID) return ErrorCode.INVALID_REGISTRATION;
  const owner = brokerOfDirectory(image, logDirs[0]!);
  if (owner !== undefined && owner.id !== request.brokerId) return ErrorCode.INVALID_REGISTRATION;
  const before = image.brokers.byId(request.brokerId);
  if (before !== undefined && before.incarnationId !== request.incarnationId) {
    // One process at a time holds a directory, so another one in it tells that the last is gone.
    const isGone = liveness === "dead" || (liveness === "doubtful" && owner !== undefined);
    if (!isGone) return ErrorCode.DUPLICATE_BROKER_REGISTRATION;
  }
  return supportsFinalizedLevels(image, request) ? ErrorCode.NONE : ErrorCode.UNSUPPORTED_VERSION;
}

/** A broker stopped cleanly when it knows the epoch that it had when it did. */
export function stoppedCleanly(image: ClusterImage, request: BrokerRegistrationRequest): boolean {
  return image.brokers.byId(request.brokerId)?.epoch === request.previousBrokerEpoch;
}

function supportsFinalizedLevels(
  image: ClusterImage,
  { features }: BrokerRegistrationRequest,
): boolean {
  for (const [name, level] of image.featureLevels()) {
    const range = features.find((feature) => feature.name === name);
    if (range === undefined) return false;
    if (level < range.minSupportedVersion || level > range.maxSupportedVersion) return false;
  }
  return true;
}

/** A request that came twice, or new endpoints of the same process: nothing else changes. */
function repeatedRegistration(
  { epoch, fenced, inControlledShutdown, endpoints, rack }: BrokerRegistration,
  request: BrokerRegistrationRequest,
): MetadataRecordInit[] {
  const shape = (listeners: readonly object[], inRack: string | null): string =>
    JSON.stringify([listeners, inRack]);
  if (shape(endpoints, rack) === shape(request.listeners, request.rack)) return [];
  return [registration(request, epoch, { fenced, inControlledShutdown })];
}

function registration(
  request: BrokerRegistrationRequest,
  brokerEpoch: number,
  state: { readonly fenced: boolean; readonly inControlledShutdown: boolean },
): MetadataRecordInit {
  const { brokerId, incarnationId, listeners, features, rack, logDirs } = request;
  return {
    type: "RegisterBrokerRecord",
    value: {
      brokerId,
      incarnationId,
      brokerEpoch,
      endPoints: listeners,
      features,
      rack,
      logDirs,
      ...state,
    },
  };
}

function resumed(
  image: ClusterImage,
  request: BrokerRegistrationRequest,
  layers: BrokerConfigLayers,
): readonly MetadataRecordInit[] {
  const { brokerId: id, logDirs: directories } = request;
  const isClean = stoppedCleanly(image, request);
  return retireIncarnation(image, layers, { id, isClean, directories }, Infinity).records;
}

function resumedAlone(
  image: ClusterImage,
  request: BrokerRegistrationRequest,
  layers: BrokerConfigLayers,
): readonly MetadataRecordInit[] {
  const { brokerId } = request;
  const led = joinPartitions(image, layers, brokerId, Infinity).records;
  return stoppedCleanly(image, request) ? led : [...newEpochs(image, brokerId), ...led];
}

/**
 * The log of a broker that stopped uncleanly may have lost a tail, and what is written in place of it
 * must be told apart from what was there (KIP-101).
 */
function newEpochs(image: ClusterImage, brokerId: number): MetadataRecordInit[] {
  const records: MetadataRecordInit[] = [];
  for (const { id: topicId, partitions } of image.topics.all()) {
    for (const { partitionId, leader } of partitions) {
      if (leader !== brokerId) continue;
      records.push({ type: "PartitionChangeRecord", value: { partitionId, topicId, leader } });
    }
  }
  return records;
}

/** A broker that wants to join. */
export interface JoiningBroker {
  readonly directoryId: Uuid;
  /** -1 when the cluster may choose. */
  readonly requestedId: number;
}

/**
 * Gives a directory its broker id, for good: asked again, the answer is the same. The broker is
 * fenced until it registers. An id that partitions name still is never given to another broker, nor
 * that of the controller: the broker that has formed the cluster may be asked for ids before it has
 * registered itself.
 *
 * @param liveness of the broker that is registered under the requested id
 * @param controllerId the broker that decides
 */
export function assignBrokerId(
  image: ClusterImage,
  { directoryId, requestedId }: JoiningBroker,
  { nextOffset, liveness, controllerId }:
    & Pick<RegistrationContext, "nextOffset" | "liveness">
    & { readonly controllerId: number },
): Decision<{ readonly errorCode: ErrorCode; readonly brokerId: number }> {
  const refused = (errorCode: ErrorCode) => ({
    records: [],
    response: { errorCode, brokerId: -1 },
  });
  const owner = brokerOfDirectory(image, directoryId);
  if (owner !== undefined) {
    const isOther = requestedId >= 0 && requestedId !== owner.id;
    if (isOther) return refused(ErrorCode.INVALID_REGISTRATION);
    return { records: [], response: { errorCode: ErrorCode.NONE, brokerId: owner.id } };
  }
  const holder = image.brokers.byId(requestedId);
  const isHeld = holder !== undefined && (!holder.fenced || liveness !== "dead");
  if (isHeld || requestedId === controllerId) {
    return refused(ErrorCode.DUPLICATE_BROKER_REGISTRATION);
  }
  const brokerId = requestedId >= 0 ? requestedId : nextBrokerId(image, controllerId);
  const placeholder: MetadataRecordInit = {
    type: "RegisterBrokerRecord",
    value: {
      brokerId,
      incarnationId: ZERO_UUID,
      brokerEpoch: nextOffset,
      endPoints: [],
      features: [],
      rack: null,
      fenced: true,
      logDirs: [directoryId],
    },
  };
  return { records: [placeholder], response: { errorCode: ErrorCode.NONE, brokerId } };
}

function nextBrokerId(image: ClusterImage, controllerId: number): number {
  let highest = Math.max(0, controllerId);
  for (const { id } of image.brokers.all()) highest = Math.max(highest, id);
  for (const { partitions } of image.topics.all()) {
    for (const { replicas } of partitions) highest = Math.max(highest, ...replicas);
  }
  return highest + 1;
}

function brokerOfDirectory(image: ClusterImage, directory: Uuid): BrokerRegistration | undefined {
  for (const broker of image.brokers.all()) if (broker.logDirs.includes(directory)) return broker;
  return undefined;
}

function hasOtherBrokers(image: ClusterImage, brokerId: number): boolean {
  for (const { id } of image.brokers.all()) if (id !== brokerId) return true;
  return false;
}

function answer(
  records: readonly MetadataRecordInit[],
  errorCode: ErrorCode,
  brokerEpoch: number,
): Decision<BrokerRegistrationResponseInit> {
  return { records, response: { throttleTimeMs: 0, errorCode, brokerEpoch } };
}
