import { fetchCommitted } from "../../../client/admin/groups.ts";
import { describeTopics } from "../../../client/admin/topics.ts";
import { GroupMember } from "../../../client/consumer/group_member.ts";
import {
  PartitionReader,
  type ReaderOptions,
  type ReadRange,
} from "../../../client/consumer/partition_reader.ts";
import { BrokerError } from "../../../client/errors.ts";
import type { TopicPartition } from "../../../client/list_offsets.ts";
import type { Timer } from "../../../io/clock.ts";
import { ErrorCode } from "../../../protocol/error_codes.ts";
import { logBounds } from "../../offsets/resolve_offsets.ts";
import type { OutputWriter } from "../../records/output_writer.ts";
import type { Session } from "../../session/session.ts";
import type { ConsumeFlags } from "./flags.ts";
import type { PrintingSink } from "./sink.ts";

const SESSION_TIMEOUT_MS = 10_000;
const REBALANCE_TIMEOUT_MS = 30_000;
const HEARTBEAT_INTERVAL_MS = 3_000;
const COMMIT_INTERVAL_MS = 5_000;

/** What a consumption in a group works with. */
export interface GroupPlan {
  readonly flags: ConsumeFlags;
  readonly group: string;
  readonly topics: readonly string[];
  readonly out: OutputWriter;
  readonly sink: PrintingSink;
  readonly options: ReaderOptions;
}

/** Consumes as a member of a group: what is ours, for as long as it is ours. */
export async function consumeInGroup(session: Session, plan: GroupPlan): Promise<void> {
  await describeTopics(session.client, plan.topics);
  const client = session.openClient();
  const member = new GroupMember(client, {
    group: plan.group,
    topics: plan.topics,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
    heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
  });
  const consumption = new GroupConsumption(session, plan, member);
  const forgetSignals = session.process.onStopSignal(() => consumption.stop());
  try {
    await consumption.run();
    await member.leave();
  } finally {
    forgetSignals();
    client.close();
  }
}

/** The turns of one member: assignment, reading, commit, and again when the group rebalances. */
class GroupConsumption {
  readonly #session: Session;
  readonly #plan: GroupPlan;
  readonly #member: GroupMember;
  #isStopped = false;
  /** Ends the turn. */
  #endTurn: () => void = () => undefined;
  #commitTimer: Timer | undefined;
  /** Where consumption goes on, by partition, for what was printed since the last commit. */
  readonly #progress = new Map<string, TopicPartition & { readonly offset: number }>();

  constructor(session: Session, plan: GroupPlan, member: GroupMember) {
    this.#session = session;
    this.#plan = plan;
    this.#member = member;
    plan.sink.onProgress = (topic, partition, offset) => {
      this.#progress.set(`${topic}:${partition}`, { topic, partition, offset });
    };
  }

  stop(): void {
    this.#isStopped = true;
    this.#endTurn();
  }

  async run(): Promise<void> {
    while (!this.#isStopped && !this.#plan.sink.isDone) {
      const partitions = await this.#member.join();
      this.#session.note(
        `jocko: group ${this.#plan.group}: ${partitionsText(partitions)} of this member`,
      );
      const isFinished = await this.#turn(partitions);
      if (isFinished) return;
    }
  }

  /** Reads until the group rebalances; true when all that was to be read has been. */
  async #turn(partitions: readonly TopicPartition[]): Promise<boolean> {
    const { sink, options, flags } = this.#plan;
    const ranges = await this.#ranges(partitions);
    const reader = new PartitionReader(this.#session.client, ranges, options, sink);
    const ended = Promise.withResolvers<void>();
    let isOver = false;
    this.#endTurn = () => {
      isOver = true;
      reader.stop();
      ended.resolve();
    };
    if (this.#isStopped) return true;
    this.#member.startHeartbeats(this.#endTurn);
    this.#scheduleCommit();
    try {
      // With nothing to read, the next rebalance is waited for.
      const isIdle = ranges.length === 0 && !flags.exit;
      await Promise.race([isIdle ? ended.promise : reader.run(), ended.promise]);
    } finally {
      this.#commitTimer?.cancel();
    }
    await this.#commit();
    return !isOver || this.#isStopped;
  }

  async #ranges(partitions: readonly TopicPartition[]): Promise<ReadRange[]> {
    if (partitions.length === 0) return [];
    const { group, flags, options } = this.#plan;
    const committed = new Map(
      (await fetchCommitted(this.#session.client, group))
        .map(({ topic, partition, offset }) => [`${topic}:${partition}`, offset]),
    );
    const bounds = await logBounds(this.#session.client, partitions, options.isolation);
    return bounds.map(({ topic, partition, start, end }) => ({
      topic,
      partition,
      start: committed.get(`${topic}:${partition}`) ?? start,
      end: flags.exit ? end : Infinity,
    }));
  }

  #scheduleCommit(): void {
    this.#commitTimer = this.#session.clock.schedule(COMMIT_INTERVAL_MS, async () => {
      try {
        await this.#commit();
        this.#scheduleCommit();
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        this.#session.note(`jocko: ${error.message}`);
        this.stop();
      }
    });
  }

  /** Commits what has been written: a record that nobody got is not committed. */
  async #commit(): Promise<void> {
    const { flags, out } = this.#plan;
    const offsets = [...this.#progress.values()];
    this.#progress.clear();
    await out.finish();
    if (flags.noCommit || offsets.length === 0 || out.hasFailed) return;
    try {
      await this.#member.commit(offsets);
    } catch (error) {
      // The partitions have gone to others, who go on from the last commit.
      const isLost = error instanceof BrokerError &&
        (error.code === ErrorCode.ILLEGAL_GENERATION ||
          error.code === ErrorCode.UNKNOWN_MEMBER_ID ||
          error.code === ErrorCode.REBALANCE_IN_PROGRESS);
      if (!isLost) throw error;
    }
  }
}

function partitionsText(partitions: readonly TopicPartition[]): string {
  if (partitions.length === 0) return "no partitions";
  return partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(", ");
}
