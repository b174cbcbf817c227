/** What can be configured: which keys each kind of resource has, and which resources there are. */
import type { BudgetOfBroker } from "./storage/minimums.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import type { ListConfigResourcesRequest } from "../protocol/generated/list_config_resources_request.ts";
import type { ListConfigResourcesResponseInit } from "../protocol/generated/list_config_resources_response.ts";
import type { ClusterImage } from "./cluster_image.ts";
import { BROKER_CONFIG_OF } from "./config/broker_configs.ts";
import type { BrokerConfigLayers, ConfigMap } from "./config/effective.ts";
import type { ConfigDefinition } from "./config/definition.ts";
import { CLIENT_METRICS_CONFIGS, GROUP_CONFIGS } from "./config/group_configs.ts";
import { TOPIC_CONFIG_OF } from "./config/topic_configs.ts";
import { type Refusal, refuse } from "./decision.ts";
import { ConfigResourceType } from "./image/configs_image.ts";
import { topicNameProblem } from "./topic_names.ts";

/** Who answers: its id, and what it was started with. */
export interface ConfigContext {
  readonly brokerId: number;
  /** In canonical spelling, see `canonicalBrokerConfigs`. */
  readonly staticConfigs: ConfigMap;
  /** For the check that minimums fit. */
  readonly budgetOf?: BudgetOfBroker;
}

/** A resource that requests may name. */
export interface ConfigResource {
  readonly resourceType: number;
  readonly resourceName: string;
}

/** The name of the broker resource that stands for all brokers. */
export const ALL_BROKERS = "";

const KEYS_OF_TYPE: ReadonlyMap<number, ReadonlyMap<string, ConfigDefinition>> = new Map([
  [ConfigResourceType.TOPIC, TOPIC_CONFIG_OF],
  [ConfigResourceType.BROKER, BROKER_CONFIG_OF],
  [ConfigResourceType.BROKER_LOGGER, new Map<string, ConfigDefinition>()],
  [ConfigResourceType.CLIENT_METRICS, byName(CLIENT_METRICS_CONFIGS)],
  [ConfigResourceType.GROUP, byName(GROUP_CONFIGS)],
]);

const WORD_OF_TYPE: ReadonlyMap<number, string> = new Map([
  [ConfigResourceType.TOPIC, "topic"],
  [ConfigResourceType.BROKER, "broker"],
  [ConfigResourceType.BROKER_LOGGER, "logger"],
  [ConfigResourceType.CLIENT_METRICS, "client metrics"],
  [ConfigResourceType.GROUP, "group"],
]);

/** The keys of resources of a type. */
export function keysOf(resourceType: number): ReadonlyMap<string, ConfigDefinition> {
  return KEYS_OF_TYPE.get(resourceType) ?? new Map();
}

/** A word for resources of a type, as messages call them. */
export function wordOf(resourceType: number): string {
  return WORD_OF_TYPE.get(resourceType) ?? "";
}

/** The settings of a broker, as the image and its start have them. */
export function brokerLayers(
  image: ClusterImage,
  { brokerId, staticConfigs }: ConfigContext,
): BrokerConfigLayers {
  return {
    dynamicBroker: image.configs.of(ConfigResourceType.BROKER, String(brokerId)),
    dynamicDefault: image.configs.of(ConfigResourceType.BROKER, ALL_BROKERS),
    static: staticConfigs,
  };
}

/** Why nothing can be said of a resource here; undefined when it can. */
export function checkResource(
  image: ClusterImage,
  { resourceType, resourceName }: ConfigResource,
  { brokerId }: ConfigContext,
): Refusal | undefined {
  switch (resourceType) {
    case ConfigResourceType.TOPIC: {
      const problem = topicNameProblem(resourceName);
      if (problem !== undefined) return refuse(ErrorCode.INVALID_TOPIC_EXCEPTION, problem);
      if (image.topics.byName(resourceName) !== undefined) return undefined;
      return refuse(
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        `There is no topic '${resourceName}'.`,
      );
    }
    case ConfigResourceType.BROKER:
      if (resourceName === ALL_BROKERS) return undefined;
      return checkBrokerName(resourceName, brokerId);
    case ConfigResourceType.BROKER_LOGGER:
      return checkBrokerName(resourceName, brokerId);
    case ConfigResourceType.CLIENT_METRICS:
    case ConfigResourceType.GROUP:
      if (resourceName !== "") return undefined;
      return refuse(ErrorCode.INVALID_REQUEST, `The ${wordOf(resourceType)} name is empty.`);
    default:
      return refuse(ErrorCode.INVALID_REQUEST, `There is no resource type ${resourceType}.`);
  }
}

/**
 * Why a resource can't be altered; undefined when it can. Unlike what {@link checkResource} tells of,
 * it may be any broker of the cluster: whichever of them the controller is decides.
 */
export function checkAlteredResource(
  image: ClusterImage,
  resource: ConfigResource,
  context: ConfigContext,
): Refusal | undefined {
  const { resourceType, resourceName } = resource;
  const isOther = resourceType === ConfigResourceType.BROKER && /^\d+$/.test(resourceName) &&
    image.brokers.byId(Number(resourceName)) !== undefined;
  return isOther ? undefined : checkResource(image, resource, context);
}

function checkBrokerName(name: string, brokerId: number): Refusal | undefined {
  if (!/^\d+$/.test(name)) {
    return refuse(ErrorCode.INVALID_REQUEST, `'${name}' is no broker id.`);
  }
  if (Number(name) === brokerId) return undefined;
  return refuse(
    ErrorCode.INVALID_REQUEST,
    `This is broker ${brokerId}; the configuration of broker ${name} is that broker's business.`,
  );
}

const LISTED_TYPES: readonly number[] = Object.values(ConfigResourceType);

/** ListConfigResources. Version 0 has no types: it lists client-metrics subscriptions. */
export function listConfigResources(
  image: ClusterImage,
  request: ListConfigResourcesRequest,
  apiVersion: number,
): ListConfigResourcesResponseInit {
  const asked = apiVersion === 0 ? [ConfigResourceType.CLIENT_METRICS] : request.resourceTypes;
  if (asked.some((type) => !LISTED_TYPES.includes(type))) {
    return { throttleTimeMs: 0, errorCode: ErrorCode.UNSUPPORTED_VERSION, configResources: [] };
  }
  const types = asked.length === 0 ? LISTED_TYPES : LISTED_TYPES.filter((t) => asked.includes(t));
  const configResources = types.flatMap((resourceType) =>
    [...namesOf(image, resourceType)].map((resourceName) => ({ resourceName, resourceType }))
  );
  return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, configResources };
}

function* namesOf(image: ClusterImage, resourceType: number): Iterable<string> {
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      for (const { name } of image.topics.all()) yield name;
      return;
    case ConfigResourceType.BROKER:
    case ConfigResourceType.BROKER_LOGGER:
      for (const { id } of image.brokers.all()) yield String(id);
      return;
    default:
      yield* image.configs.names(resourceType);
  }
}

function byName(
  definitions: readonly ConfigDefinition[],
): ReadonlyMap<string, ConfigDefinition> {
  return new Map(definitions.map((definition) => [definition.name, definition]));
}
