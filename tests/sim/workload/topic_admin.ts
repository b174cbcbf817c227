import { ZERO_UUID } from "../../../src/base/uuid.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { createTopicsApi } from "../../../src/protocol/generated/apis/create_topics.ts";
import { deleteTopicsApi } from "../../../src/protocol/generated/apis/delete_topics.ts";
import { describeConfigsApi } from "../../../src/protocol/generated/apis/describe_configs.ts";
import { incrementalAlterConfigsApi } from "../../../src/protocol/generated/apis/incremental_alter_configs.ts";
import { metadataApi } from "../../../src/protocol/generated/apis/metadata.ts";
import type { RegisterChecker } from "../checkers/register_checker.ts";
import { type Actor, think, type WorkloadContext } from "./workload.ts";

const CREATE_VERSION = 7;
const DELETE_VERSION = 6;
const METADATA_VERSION = 12;
const ALTER_VERSION = 1;
const DESCRIBE_VERSION = 4;
const TIMEOUT_MS = 3000;
/** A broker that is asked for something shows it when it answers, unless the time ran out. */
const SHOWN_MS_MAX = 2500;
const TOPIC_RESOURCE = 2;
const SET = 0;
/** A setting that does nothing to a topic in the time of a run. */
const SETTING = "max.compaction.lag.ms";
const DEFAULT_VALUE = "9223372036854775807";

/** Creates, changes and deletes topics of its own, and checks what it is told of them. */
export class TopicAdmin implements Actor {
  successes = 0;
  #next = 0;
  #topic: { readonly name: string; readonly register: RegisterChecker<string> } | undefined;
  #nextValue = 1;
  /** The broker that took the last change, and shows it. */
  #lastGuide: unknown;

  constructor(private readonly context: WorkloadContext) {}

  get name(): string {
    return this.context.name;
  }

  async run(): Promise<void> {
    const { context } = this;
    while (context.isOn()) {
      await think(context);
      await context.client.sleep(Math.min(1000, context.thinkMs));
      if (this.#topic === undefined) await this.#create();
      else if (context.random.chance(0.3)) await this.#alter();
      else if (context.random.chance(0.6)) await this.#describe();
      else await this.#delete();
    }
  }

  /** After an attempt whose outcome nobody knows the name is not used again: it may come late. */
  async #create(): Promise<void> {
    const { client, judge, random } = this.context;
    const name = `${this.name}-${this.#next++}`;
    const startMs = this.#nowMs;
    const result = await client.toAny(createTopicsApi, CREATE_VERSION, {
      topics: [{
        name,
        numPartitions: 1 + random.below(2),
        replicationFactor: -1,
        assignments: [],
        configs: [],
      }],
      timeoutMs: TIMEOUT_MS,
    });
    if (result.kind !== "answer") return;
    const { errorCode } = result.response.topics[0]!;
    if (errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) {
      judge.report("metadata", `${name} was there before it was created`);
    }
    if (errorCode !== ErrorCode.NONE) {
      client.forgetGuide();
      return;
    }
    this.#topic = { name, register: judge.register(`${SETTING} of ${name}`, DEFAULT_VALUE) };
    this.#done();
    if (this.#nowMs - startMs < SHOWN_MS_MAX) await this.#expect(name, true);
  }

  async #delete(): Promise<void> {
    const { client, judge } = this.context;
    const { name } = this.#topic!;
    const startMs = this.#nowMs;
    this.#topic = undefined;
    const result = await client.toAny(deleteTopicsApi, DELETE_VERSION, {
      topics: [{ name, topicId: ZERO_UUID }],
      topicNames: [],
      timeoutMs: TIMEOUT_MS,
    });
    if (result.kind !== "answer") return;
    const { errorCode } = result.response.responses[0]!;
    if (errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) {
      judge.report("metadata", `${name} was created and is unknown when it is to be deleted`);
    }
    if (errorCode !== ErrorCode.NONE) return;
    this.#done();
    if (this.#nowMs - startMs < SHOWN_MS_MAX) await this.#expect(name, false);
  }

  async #alter(): Promise<void> {
    const { client } = this.context;
    const { name, register } = this.#topic!;
    const startMs = this.#nowMs;
    const value = String(1_000_000_000 + this.#nextValue++);
    const write = register.writing(value);
    const result = await client.toAny(incrementalAlterConfigsApi, ALTER_VERSION, {
      resources: [{
        resourceType: TOPIC_RESOURCE,
        resourceName: name,
        configs: [{ name: SETTING, configOperation: SET, value }],
      }],
      validateOnly: false,
    });
    if (result.kind !== "answer") return;
    if (result.response.responses[0]!.errorCode !== ErrorCode.NONE) return;
    register.acknowledged(write);
    this.#done();
    if (this.#nowMs - startMs >= SHOWN_MS_MAX) this.#lastGuide = undefined;
  }

  /** The broker that took the change shows it; others may be behind for a moment. */
  async #describe(): Promise<void> {
    const { client } = this.context;
    const { name, register } = this.#topic!;
    const guide = client.guide;
    const floor = guide !== undefined && guide === this.#lastGuide ? register.reading() : 0;
    const result = await client.toAny(describeConfigsApi, DESCRIBE_VERSION, {
      resources: [{
        resourceType: TOPIC_RESOURCE,
        resourceName: name,
        configurationKeys: [SETTING],
      }],
    });
    if (result.kind !== "answer" || client.guide !== guide) return;
    const answer = result.response.results[0]!;
    if (answer.errorCode !== ErrorCode.NONE) return;
    register.read(floor, answer.configs[0]?.value ?? "none");
    this.successes++;
  }

  get #nowMs(): number {
    return this.context.client.options.io.clock.monotonicMs();
  }

  /** Asks the broker that has just answered. */
  async #expect(name: string, isThere: boolean): Promise<void> {
    const { client, judge } = this.context;
    const guide = client.guide;
    const result = await client.toAny(metadataApi, METADATA_VERSION, {
      topics: [{ topicId: ZERO_UUID, name }],
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    });
    if (result.kind !== "answer" || guide === undefined || client.guide !== guide) return;
    const { errorCode } = result.response.topics[0]!;
    const isShown = errorCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    if (isShown !== isThere) {
      judge.report(
        "metadata",
        `${guide.host} answered that ${name} was ${isThere ? "created" : "deleted"}, and then ` +
          `that it is ${isShown ? "there" : "not there"}`,
      );
    }
  }

  #done(): void {
    this.#lastGuide = this.context.client.guide;
    this.successes++;
    this.context.judge.succeeded(this.name);
  }
}
