/** The configuration keys of brokers: those of Kafka 4.2, and a few of our own. */
import { CLUSTER_CONFIGS } from "./broker/cluster.ts";
import { GROUP_COORDINATION_CONFIGS } from "./broker/groups.ts";
import { NETWORK_CONFIGS } from "./broker/network.ts";
import { OAUTH_CONFIGS } from "./broker/oauth.ts";
import { PEER_CONFIGS } from "./broker/peers.ts";
import { QUOTA_AND_METRIC_CONFIGS } from "./broker/quotas_and_metrics.ts";
import { REMOTE_STORAGE_CONFIGS } from "./broker/remote_storage.ts";
import { REMOVED_CONFIGS } from "./broker/removed.ts";
import { SECURITY_CONFIGS } from "./broker/security.ts";
import { STORAGE_CONFIGS } from "./broker/storage.ts";
import { STORAGE_BUDGET_CONFIGS } from "./broker/storage_budgets.ts";
import { TLS_CONFIGS } from "./broker/tls.ts";
import { TOPIC_AND_REPLICATION_CONFIGS } from "./broker/topics.ts";
import { TRANSACTION_CONFIGS } from "./broker/transactions.ts";
import type { ConfigDefinition } from "./definition.ts";

/** The living keys, in groups of what they are about. */
export const BROKER_CONFIG_SECTIONS: readonly {
  readonly title: string;
  readonly configs: readonly ConfigDefinition[];
}[] = [
  { title: "Listeners, connections, requests", configs: NETWORK_CONFIGS },
  { title: "Storage", configs: STORAGE_CONFIGS },
  { title: "Space on the disk", configs: STORAGE_BUDGET_CONFIGS },
  { title: "Topics and replication", configs: TOPIC_AND_REPLICATION_CONFIGS },
  { title: "Identity and metadata quorum", configs: CLUSTER_CONFIGS },
  { title: "Other brokers", configs: PEER_CONFIGS },
  { title: "Transactions and idempotent producers", configs: TRANSACTION_CONFIGS },
  { title: "Groups", configs: GROUP_COORDINATION_CONFIGS },
  { title: "Quotas and metrics", configs: QUOTA_AND_METRIC_CONFIGS },
  { title: "Authorization and SASL", configs: SECURITY_CONFIGS },
  { title: "SASL/OAUTHBEARER", configs: OAUTH_CONFIGS },
  { title: "TLS", configs: TLS_CONFIGS },
  { title: "Tiered storage", configs: REMOTE_STORAGE_CONFIGS },
];

/** The living keys, in order of name: what DescribeConfigs lists. */
export const DESCRIBED_BROKER_CONFIGS: readonly ConfigDefinition[] = BROKER_CONFIG_SECTIONS
  .flatMap(({ configs }) => configs)
  .filter(({ internal }) => internal !== true)
  .sort(byName);

/** Every key that a configuration file may hold, those that Kafka dropped among them. */
export const BROKER_CONFIGS: readonly ConfigDefinition[] = [
  ...BROKER_CONFIG_SECTIONS.flatMap(({ configs }) => configs),
  ...REMOVED_CONFIGS,
].sort(byName);

/** {@link BROKER_CONFIGS} by name. */
export const BROKER_CONFIG_OF: ReadonlyMap<string, ConfigDefinition> = new Map(
  BROKER_CONFIGS.map((definition) => [definition.name, definition]),
);

function byName(a: ConfigDefinition, b: ConfigDefinition): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
