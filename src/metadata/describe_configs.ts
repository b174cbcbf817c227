/** DescribeConfigs, answered from the image. Pure. */
import { ErrorCode } from "../protocol/error_codes.ts";
import type {
  DescribeConfigsRequest,
  DescribeConfigsResource,
} from "../protocol/generated/describe_configs_request.ts";
import type {
  DescribeConfigsResourceResultInit,
  DescribeConfigsResponseInit,
  DescribeConfigsResultInit,
} from "../protocol/generated/describe_configs_response.ts";
import type { ClusterImage } from "./cluster_image.ts";
import {
  ALL_BROKERS,
  brokerLayers,
  checkResource,
  type ConfigContext,
  type ConfigResource,
} from "./config_resources.ts";
import { BROKER_CONFIG_OF, DESCRIBED_BROKER_CONFIGS } from "./config/broker_configs.ts";
import { type ConfigType, isSensitive } from "./config/definition.ts";
import {
  type ConfigMap,
  ConfigSource,
  effectiveBrokerConfig,
  type EffectiveConfig,
  effectiveOwnConfig,
  effectiveTopicConfig,
} from "./config/effective.ts";
import { CLIENT_METRICS_CONFIGS, GROUP_CONFIGS } from "./config/group_configs.ts";
import { TOPIC_CONFIGS } from "./config/topic_configs.ts";
import { ConfigResourceType } from "./image/configs_image.ts";

const TYPE_CODE: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
};

/** DescribeConfigs. Keys that are asked for and unknown are left out of the answer. */
export function describeConfigs(
  image: ClusterImage,
  request: DescribeConfigsRequest,
  context: ConfigContext,
): DescribeConfigsResponseInit {
  const results = request.resources.map((resource) =>
    describeResource(image, resource, request, context)
  );
  return { throttleTimeMs: 0, results };
}

function describeResource(
  image: ClusterImage,
  resource: DescribeConfigsResource,
  request: DescribeConfigsRequest,
  context: ConfigContext,
): DescribeConfigsResultInit {
  const { resourceType, resourceName, configurationKeys } = resource;
  const refusal = checkResource(image, resource, context);
  if (refusal !== undefined) {
    const { errorCode, message } = refusal;
    return { errorCode, errorMessage: message, resourceType, resourceName, configs: [] };
  }
  const asksAll = configurationKeys === null || configurationKeys.length === 0;
  const configs = effectiveConfigs(image, resource, context)
    .filter(({ definition }) => asksAll || configurationKeys.includes(definition.name))
    .map((config) => entryOf(config, resourceType, request));
  return { errorCode: ErrorCode.NONE, errorMessage: null, resourceType, resourceName, configs };
}

function effectiveConfigs(
  image: ClusterImage,
  { resourceType, resourceName }: ConfigResource,
  context: ConfigContext,
): EffectiveConfig[] {
  const own = image.configs.of(resourceType, resourceName);
  const layers = brokerLayers(image, context);
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      return TOPIC_CONFIGS.map((definition) => effectiveTopicConfig(definition, own, layers));
    case ConfigResourceType.BROKER:
      if (resourceName === ALL_BROKERS) return dynamicDefaults(own);
      return DESCRIBED_BROKER_CONFIGS.map((definition) =>
        effectiveBrokerConfig(definition, layers)
      );
    case ConfigResourceType.CLIENT_METRICS:
      return CLIENT_METRICS_CONFIGS.map((definition) =>
        effectiveOwnConfig(definition, own, ConfigSource.CLIENT_METRICS)
      );
    case ConfigResourceType.GROUP:
      return GROUP_CONFIGS.map((definition) =>
        effectiveOwnConfig(definition, own, ConfigSource.GROUP)
      );
    default:
      // Levels are not kept per logger: a broker has no logger that could be listed.
      return [];
  }
}

/** What all brokers share is what was set for all of them, and nothing else. */
function dynamicDefaults(own: ConfigMap): EffectiveConfig[] {
  return [...own].sort().flatMap(([name, value]) => {
    const definition = BROKER_CONFIG_OF.get(name);
    if (definition === undefined) return [];
    const source = ConfigSource.DYNAMIC_DEFAULT_BROKER;
    return [{ definition, value, source, synonyms: [{ name, value, source }] }];
  });
}

function entryOf(
  { definition, value, source, synonyms }: EffectiveConfig,
  resourceType: number,
  { includeSynonyms, includeDocumentation }: DescribeConfigsRequest,
): DescribeConfigsResourceResultInit {
  const sensitive = isSensitive(definition);
  const shown = (text: string | null): string | null => sensitive ? null : text;
  return {
    name: definition.name,
    value: shown(value),
    readOnly: resourceType === ConfigResourceType.BROKER && definition.update === "read-only",
    configSource: source,
    isSensitive: sensitive,
    synonyms: includeSynonyms
      ? synonyms.map((synonym) => ({ ...synonym, value: shown(synonym.value) }))
      : [],
    configType: TYPE_CODE[definition.type],
    documentation: includeDocumentation ? definition.documentation : null,
  };
}
