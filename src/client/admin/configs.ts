import { ErrorCode } from "../../protocol/error_codes.ts";
import { describeConfigsApi } from "../../protocol/generated/apis/describe_configs.ts";
import { incrementalAlterConfigsApi } from "../../protocol/generated/apis/incremental_alter_configs.ts";
import type { DescribeConfigsResourceResult } from "../../protocol/generated/describe_configs_response.ts";
import type { ClusterClient, Target } from "../cluster_client.ts";
import { expectNoError } from "../errors.ts";

/** What can have configuration, by its number in the protocol. */
export const ConfigResourceType = {
  topic: 2,
  broker: 4,
  brokerLogger: 8,
  clientMetrics: 16,
  group: 32,
} as const;
export type ConfigResourceType = typeof ConfigResourceType[keyof typeof ConfigResourceType];

/** One topic, broker or group. The broker with the empty name is the default of all brokers. */
export interface ConfigResource {
  readonly type: ConfigResourceType;
  readonly name: string;
}

/** One change; an undefined value goes back to the default. */
export interface ConfigChange {
  readonly name: string;
  readonly value: string | undefined;
  /** For lists: adds to or takes from what is there. */
  readonly operation?: "append" | "subtract";
}

const OPERATION = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

/**
 * All settings of the resource, by name.
 * @throws {BrokerError} when there is no such resource
 */
export async function describeConfigs(
  client: ClusterClient,
  resource: ConfigResource,
  keys: readonly string[] | null = null,
): Promise<DescribeConfigsResourceResult[]> {
  const response = await client.call(targetOf(resource), describeConfigsApi, {
    resources: [{
      resourceType: resource.type,
      resourceName: resource.name,
      configurationKeys: keys,
    }],
    includeSynonyms: true,
    includeDocumentation: true,
  }, {
    check: ({ results }) => {
      const code = results[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      expectNoError(code, resourceText(resource), results[0]?.errorMessage);
    },
  });
  return [...response.results[0]!.configs].sort((a, b) => a.name < b.name ? -1 : 1);
}

/**
 * Changes settings, all of them or none.
 * @param validateOnly checks alone
 * @throws {BrokerError}
 */
export async function alterConfigs(
  client: ClusterClient,
  resource: ConfigResource,
  changes: readonly ConfigChange[],
  validateOnly = false,
): Promise<void> {
  await client.call(targetOf(resource), incrementalAlterConfigsApi, {
    resources: [{
      resourceType: resource.type,
      resourceName: resource.name,
      configs: changes.map(({ name, value, operation }) => ({
        name,
        value: value ?? null,
        configOperation: OPERATION[operation ?? (value === undefined ? "delete" : "set")],
      })),
    }],
    validateOnly,
  }, {
    check: ({ responses }) => {
      const code = responses[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      expectNoError(code, resourceText(resource), responses[0]?.errorMessage);
    },
  });
}

/** `topic orders`, `broker 1`. */
export function resourceText({ type, name }: ConfigResource): string {
  const kind = Object.entries(ConfigResourceType).find(([, number]) => number === type)?.[0];
  return name === "" ? `${kind} defaults` : `${kind} ${name}`;
}

/** A broker's own settings are known to itself alone. */
function targetOf({ type, name }: ConfigResource): Target {
  const isBroker = type === ConfigResourceType.broker || type === ConfigResourceType.brokerLogger;
  return isBroker && name !== "" ? { to: "broker", id: Number(name) } : { to: "any" };
}
