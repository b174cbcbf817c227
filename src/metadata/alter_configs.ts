/** IncrementalAlterConfigs and AlterConfigs, decided. Each resource succeeds or fails alone. Pure. */
import { ErrorCode } from "../protocol/error_codes.ts";
import type { AlterConfigsRequest } from "../protocol/generated/alter_configs_request.ts";
import type { AlterConfigsResponseInit } from "../protocol/generated/alter_configs_response.ts";
import type {
  AlterableConfig,
  IncrementalAlterConfigsRequest,
} from "../protocol/generated/incremental_alter_configs_request.ts";
import type { IncrementalAlterConfigsResponseInit } from "../protocol/generated/incremental_alter_configs_response.ts";
import type { ClusterImage } from "./cluster_image.ts";
import { checkConfigValue, checkGroupRules, checkTopicRules } from "./config_validation.ts";
import { MinimumsCheck, type MinimumsContext } from "./storage/minimums.ts";
import {
  ALL_BROKERS,
  brokerLayers,
  checkAlteredResource,
  type ConfigContext,
  type ConfigResource,
  keysOf,
  wordOf,
} from "./config_resources.ts";
import { type BrokerConfigLayers, type ConfigMap, effectiveTopicText } from "./config/effective.ts";
import { splitConfigList } from "./config/parse.ts";
import type { TopicConfigName } from "./config/topic_configs.ts";
import { type Decision, isRefusal, type Refusal, refuse, repeatedKeys } from "./decision.ts";
import { ConfigResourceType } from "./image/configs_image.ts";
import { eligibilityEnded } from "./eligible_replicas.ts";
import type { MetadataRecordInit } from "./records.ts";

/** What is to happen to a key, as the protocol numbers it. */
const Operation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const;

/** What of a topic the disk has to have room for. */
const STORAGE_KEYS = ["retention.min.bytes", "retention.topic.bytes"];

interface AlteredResource extends ConfigResource {
  readonly configs: readonly AlterableConfig[];
}

/** IncrementalAlterConfigs (KIP-339): keys that are not named stay as they are. */
export function incrementalAlterConfigs(
  image: ClusterImage,
  request: IncrementalAlterConfigsRequest,
  context: ConfigContext,
): Decision<IncrementalAlterConfigsResponseInit> {
  return alterResources(image, request.resources, request.validateOnly, context);
}

/** AlterConfigs: what is named is all there is, every other key goes back to its default. */
export function alterConfigs(
  image: ClusterImage,
  request: AlterConfigsRequest,
  context: ConfigContext,
): Decision<AlterConfigsResponseInit> {
  const resources = request.resources.map(({ resourceType, resourceName, configs }) => {
    const named = new Set(configs.map(({ name }) => name));
    const set = configs.map(({ name, value }) => ({
      name,
      value,
      configOperation: Operation.SET,
    }));
    const others = [...image.configs.of(resourceType, resourceName).keys()]
      .filter((name) => !named.has(name))
      .map((name) => ({ name, value: null, configOperation: Operation.DELETE }));
    return { resourceType, resourceName, configs: [...set, ...others] };
  });
  return alterResources(image, resources, request.validateOnly, context);
}

function alterResources(
  image: ClusterImage,
  resources: readonly AlteredResource[],
  validateOnly: boolean,
  context: ConfigContext,
): Decision<IncrementalAlterConfigsResponseInit> {
  const records: MetadataRecordInit[] = [];
  const repeated = repeatedKeys(resources.map(identityOf));
  const byIdentity = new Map(resources.map((resource) => [identityOf(resource), resource]));
  const responses = [...byIdentity].map(([identity, resource]) => {
    const altered = repeated.has(identity)
      ? refuse(ErrorCode.INVALID_REQUEST, "The request names the resource twice.")
      : alterResource(image, resource, context);
    const { resourceType, resourceName } = resource;
    if (isRefusal(altered)) {
      const { errorCode, message } = altered;
      return { errorCode, errorMessage: message, resourceType, resourceName };
    }
    if (!validateOnly) records.push(...altered);
    return { errorCode: ErrorCode.NONE, errorMessage: null, resourceType, resourceName };
  });
  return { records, response: { throttleTimeMs: 0, responses } };
}

function identityOf({ resourceType, resourceName }: ConfigResource): string {
  return `${resourceType} ${resourceName}`;
}

/** The records that alter one resource, or why it can't be altered so. */
function alterResource(
  image: ClusterImage,
  resource: AlteredResource,
  context: ConfigContext,
): MetadataRecordInit[] | Refusal {
  const malformed = checkForm(resource) ??
    checkAlteredResource(image, resource, context);
  if (malformed !== undefined) return malformed;
  const { resourceType, resourceName } = resource;
  const layers = brokerLayers(image, context);
  const before = image.configs.of(resourceType, resourceName);
  const after = new Map(before);
  for (const config of resource.configs) {
    const refusal = alterKey(after, resource, config, layers);
    if (refusal !== undefined) return refusal;
  }
  const broken = checkRules(resource, after, layers) ??
    checkStorage(image, resource, after, { ...context, layers });
  return broken ??
    [...changeRecords(resource, before, after), ...eligibilityEnded(image, resource, after)];
}

/** What is wrong with the request, whatever the state of the cluster. */
function checkForm({ configs }: AlteredResource): Refusal | undefined {
  const [repeated] = repeatedKeys(configs.map(({ name }) => name));
  if (repeated !== undefined) {
    return refuse(ErrorCode.INVALID_REQUEST, `The request names the key '${repeated}' twice.`);
  }
  for (const { name, value, configOperation } of configs) {
    if (configOperation < Operation.SET || configOperation > Operation.SUBTRACT) {
      return refuse(ErrorCode.INVALID_REQUEST, `There is no operation ${configOperation}.`);
    }
    if (value === null && configOperation !== Operation.DELETE) {
      return refuse(ErrorCode.INVALID_REQUEST, `The key '${name}' has no value.`);
    }
  }
  return undefined;
}

/** Carries out one operation on `configs`, or says why not. */
function alterKey(
  configs: Map<string, string>,
  resource: ConfigResource,
  { name, value, configOperation }: AlterableConfig,
  layers: BrokerConfigLayers,
): Refusal | undefined {
  const unalterable = checkAlterable(resource, name);
  if (unalterable !== undefined) return unalterable;
  if (configOperation === Operation.DELETE) {
    configs.delete(name);
    return undefined;
  }
  const text = configOperation === Operation.SET
    ? value!
    : combined(configs, resource, name, value!, configOperation, layers);
  if (typeof text === "object") return text;
  const { resourceType } = resource;
  const checked = checkConfigValue(keysOf(resourceType), wordOf(resourceType), name, text);
  if (isRefusal(checked)) {
    // A broker answers a bad value of a key that it has as a bad request.
    const isBadRequest = resourceType === ConfigResourceType.BROKER &&
      keysOf(resourceType).has(name);
    return isBadRequest ? refuse(ErrorCode.INVALID_REQUEST, checked.message) : checked;
  }
  configs.set(name, checked.text);
  return undefined;
}

/** Broker settings differ in when they can change; those of other resources always can. */
function checkAlterable(
  { resourceType, resourceName }: ConfigResource,
  name: string,
): Refusal | undefined {
  if (resourceType === ConfigResourceType.BROKER_LOGGER) {
    return refuse(ErrorCode.INVALID_CONFIG, `There is no logger '${name}'.`);
  }
  if (resourceType !== ConfigResourceType.BROKER) return undefined;
  if (name === "min.insync.replicas" && resourceName !== ALL_BROKERS) {
    const message = `'${name}' must be the same for all brokers: leave the broker's name empty.`;
    return refuse(ErrorCode.INVALID_REQUEST, message);
  }
  const update = keysOf(resourceType).get(name)?.update;
  if (update === "read-only") {
    return refuse(ErrorCode.INVALID_REQUEST, `'${name}' can only change at the broker's start.`);
  }
  if (update === "per-broker" && resourceName === ALL_BROKERS) {
    return refuse(ErrorCode.INVALID_REQUEST, `'${name}' can't be the same for all brokers.`);
  }
  return undefined;
}

/** The list that an append or subtract leads to. Repeats go when it is parsed. */
function combined(
  configs: ConfigMap,
  { resourceType }: ConfigResource,
  name: string,
  value: string,
  operation: number,
  layers: BrokerConfigLayers,
): string | Refusal {
  const definition = keysOf(resourceType).get(name);
  if (definition !== undefined && definition.type !== "list") {
    return refuse(
      ErrorCode.INVALID_CONFIG,
      `'${name}' is no list: nothing can be appended to it or subtracted from it.`,
    );
  }
  const unset = resourceType === ConfigResourceType.TOPIC && definition !== undefined
    ? effectiveTopicText(name as TopicConfigName, undefined, layers)
    : definition?.defaultValue ?? "";
  const items = splitConfigList(configs.get(name) ?? unset);
  const operands = splitConfigList(value);
  const result = operation === Operation.APPEND
    ? [...items, ...operands]
    : items.filter((item) => !operands.includes(item));
  return result.join(",");
}

function checkRules(
  { resourceType }: ConfigResource,
  configs: ConfigMap,
  layers: BrokerConfigLayers,
): Refusal | undefined {
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      return checkTopicRules(configs, layers);
    case ConfigResourceType.GROUP:
      return checkGroupRules(configs, layers);
    default:
      return undefined;
  }
}

/** Promises that a topic gives are kept by every broker that holds it. */
function checkStorage(
  image: ClusterImage,
  { resourceType, resourceName: name }: ConfigResource,
  configs: ConfigMap,
  context: MinimumsContext,
): Refusal | undefined {
  const topic = resourceType === ConfigResourceType.TOPIC ? image.topics.byName(name) : undefined;
  if (topic === undefined || !STORAGE_KEYS.some((key) => isChanged(image, name, configs, key))) {
    return undefined;
  }
  const replicas = topic.partitions.map((partition) => partition.replicas);
  return new MinimumsCheck(image, context).admit({ name, configs, replicas });
}

function isChanged(image: ClusterImage, topic: string, configs: ConfigMap, key: string): boolean {
  return image.configs.of(ConfigResourceType.TOPIC, topic).get(key) !== configs.get(key);
}

function changeRecords(
  { resourceType, resourceName }: ConfigResource,
  before: ConfigMap,
  after: ConfigMap,
): MetadataRecordInit[] {
  const records: MetadataRecordInit[] = [];
  const write = (name: string, value: string | null): void => {
    records.push({ type: "ConfigRecord", value: { resourceType, resourceName, name, value } });
  };
  for (const [name, value] of after) {
    if (before.get(name) !== value) write(name, value);
  }
  for (const name of before.keys()) {
    if (!after.has(name)) write(name, null);
  }
  return records;
}
