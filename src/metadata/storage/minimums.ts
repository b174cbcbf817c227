/** Whether what topics are promised fits on the brokers that are to hold it. Pure. */
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { ClusterImage } from "../cluster_image.ts";
import {
  type BrokerConfigLayers,
  type ConfigMap,
  effectiveTopicText,
} from "../config/effective.ts";
import type { TopicConfigName } from "../config/topic_configs.ts";
import { type Refusal, refuse } from "../decision.ts";
import { ConfigResourceType } from "../image/configs_image.ts";
import { type TopicStorage, topicStorage } from "./storage_settings.ts";

/** Bytes that the logs of a broker may take together; undefined where it is not known. */
export type BudgetOfBroker = (brokerId: number) => number | undefined;

/** What the check depends on besides the image. */
export interface MinimumsContext {
  readonly layers: BrokerConfigLayers;
  readonly budgetOf?: BudgetOfBroker;
}

/** A topic as it is to be. */
export interface TopicPlan {
  readonly name: string;
  /** Its own settings. */
  readonly configs: ConfigMap;
  /** Broker ids, for every partition. */
  readonly replicas: readonly (readonly number[])[];
}

/** Checks the plans of one request, each together with those before it that were admitted. */
export class MinimumsCheck {
  readonly #admitted = new Map<string, TopicPlan>();

  constructor(private readonly image: ClusterImage, private readonly context: MinimumsContext) {}

  /** Why the plan can't be kept; undefined when it can. */
  admit(plan: TopicPlan): Refusal | undefined {
    const refusal = this.#checkTotal(plan) ?? this.#checkBrokers(plan);
    if (refusal === undefined) this.#admitted.set(plan.name, plan);
    return refusal;
  }

  /** The total of the topic is not below the sum of its minimums. */
  #checkTotal({ configs, replicas }: TopicPlan): Refusal | undefined {
    const { limit, minBytes } = this.#storage(configs);
    if (limit.kind !== "bytes" || minBytes * replicas.length <= limit.bytes) return undefined;
    return refuse(
      ErrorCode.INVALID_CONFIG,
      `retention.topic.bytes (${limit.bytes}) is less than ${replicas.length} partitions x ` +
        `retention.min.bytes (${minBytes}) = ${minBytes * replicas.length}.`,
    );
  }

  #checkBrokers(plan: TopicPlan): Refusal | undefined {
    const { budgetOf } = this.context;
    if (budgetOf === undefined || this.#storage(plan.configs).minBytes === 0) return undefined;
    for (const id of new Set(plan.replicas.flat())) {
      const budgetBytes = budgetOf(id);
      if (budgetBytes === undefined) continue;
      const terms = this.#termsOn(id, plan);
      const sum = terms.reduce((bytes, { count, minBytes }) => bytes + count * minBytes, 0);
      if (sum <= budgetBytes) continue;
      const shown = terms.map(({ name, count, minBytes }) => `${name} ${count} x ${minBytes}`);
      return refuse(
        ErrorCode.POLICY_VIOLATION,
        `On broker ${id} the sum of retention.min.bytes would be ${sum}, of ${budgetBytes} that ` +
          `its logs may take: ${some(shown)}.`,
      );
    }
    return undefined;
  }

  /** Topics with a minimum and the number of their partitions on a broker, the plan's first. */
  #termsOn(brokerId: number, plan: TopicPlan) {
    const plans = new Map([[plan.name, plan], ...this.#admitted]);
    plans.set(plan.name, plan);
    const terms = [];
    for (const { name, configs, replicas } of plans.values()) {
      terms.push(this.#term(name, configs, replicas, brokerId));
    }
    for (const { name, partitions } of this.image.topics.all()) {
      if (plans.has(name)) continue;
      const configs = this.image.configs.of(ConfigResourceType.TOPIC, name);
      terms.push(this.#term(name, configs, partitions.map(({ replicas }) => replicas), brokerId));
    }
    return terms.filter(({ count, minBytes }) => count * minBytes > 0);
  }

  #term(
    name: string,
    configs: ConfigMap,
    replicas: readonly (readonly number[])[],
    brokerId: number,
  ) {
    const count = replicas.filter((ids) => ids.includes(brokerId)).length;
    return { name, count, minBytes: count === 0 ? 0 : this.#storage(configs).minBytes };
  }

  #storage(configs: ConfigMap): TopicStorage {
    const { layers } = this.context;
    return topicStorage((key) => effectiveTopicText(key as TopicConfigName, configs, layers));
  }
}

const SHOWN_MAX = 5;

function some(terms: readonly string[]): string {
  const shown = terms.slice(0, SHOWN_MAX).join(" + ");
  const more = terms.length - SHOWN_MAX;
  return more > 0 ? `${shown} + ${more} more` : shown;
}
