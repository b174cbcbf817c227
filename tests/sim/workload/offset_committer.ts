import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { commitOffset, fetchOffset, type GroupPartition } from "./offset_calls.ts";
import { type Actor, think, type WorkloadContext } from "./workload.ts";

/** Commits ever higher offsets of a group without members, and reads them back. */
export class OffsetCommitter implements Actor {
  successes = 0;
  #next = 0;

  constructor(
    private readonly context: WorkloadContext,
    private readonly place: GroupPartition,
    /** Several may read what one writes. */
    private readonly role: "writer" | "reader",
  ) {}

  get name(): string {
    return this.context.name;
  }

  async run(): Promise<void> {
    while (this.context.isOn()) {
      await think(this.context);
      if (this.role === "writer" && this.context.random.chance(0.6)) await this.#commit();
      else await this.read();
    }
  }

  async #commit(): Promise<void> {
    const { client, judge } = this.context;
    const register = this.#register();
    // Every offset is committed once, so that a read tells which commit it saw.
    const offset = this.#next++;
    const write = register.writing(offset);
    const errorCode = await commitOffset(client, this.place, offset);
    if (errorCode !== ErrorCode.NONE) return;
    register.acknowledged(write);
    this.successes++;
    judge.succeeded(this.name);
  }

  /** @returns whether an answer came */
  async read(): Promise<boolean> {
    const { client, judge } = this.context;
    const register = this.#register();
    const floor = register.reading();
    const offset = await fetchOffset(client, this.place);
    if (offset === undefined) return false;
    register.read(floor, offset);
    this.successes++;
    judge.succeeded(this.name);
    return true;
  }

  #register() {
    const { group, topic, partition } = this.place;
    return this.context.judge.committedOffset(group, topic, partition);
  }
}
