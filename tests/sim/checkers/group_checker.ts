import type { Report } from "./violation.ts";

/** What was promised to the members of one group of the classic protocol. */
export class GroupChecker {
  /** Who was given a partition, by generation. */
  readonly #owners = new Map<string, string>();
  /** The highest that a member was given partitions in: before that, no record of it is kept. */
  #generation = -1;
  /** The highest offset of each partition whose commit was acknowledged. */
  readonly #committed = new Map<number, number>();

  constructor(readonly group: string, private readonly report: Report) {}

  /** A join, sync or commit begins: nobody may be told of an older generation as the present one. */
  get generation(): number {
    return this.#generation;
  }

  /** A join that began when `floor` was the generation has been answered with `generation`. */
  joined(member: string, floor: number, generation: number): void {
    if (generation < floor) {
      this.report("fenced", `${this.group}: ${member} joined ${generation}, ${floor} was there`);
    }
  }

  /** A member was told what it is to read. */
  assigned(member: string, generation: number, partitions: readonly number[]): void {
    this.#generation = Math.max(this.#generation, generation);
    for (const partition of partitions) {
      const key = `${generation} ${partition}`;
      const owner = this.#owners.get(key);
      if (owner !== undefined && owner !== member) {
        this.report(
          "fenced",
          `${this.group}: generation ${generation} gives ${partition} to ${owner} and ${member}`,
        );
      }
      this.#owners.set(key, member);
    }
  }

  /** A commit that began when `floor` was the generation was acknowledged. */
  committed(
    member: string,
    commit: {
      readonly floor: number;
      readonly generation: number;
      readonly partition: number;
      readonly offset: number;
    },
  ): void {
    const { floor, generation, partition, offset } = commit;
    if (generation < floor) {
      this.report(
        "fenced",
        `${this.group}: ${member} of generation ${generation} committed, ${floor} was there`,
      );
    }
    const before = this.#committed.get(partition) ?? -1;
    this.#committed.set(partition, Math.max(before, offset));
  }

  /** A read begins. */
  committedFloor(partition: number): number {
    return this.#committed.get(partition) ?? -1;
  }

  /** A read that began with `floor` was answered. */
  read(partition: number, floor: number, offset: number): void {
    if (offset < floor) {
      this.report("neverBack", `${this.group}: offset of ${partition} is ${offset}, was ${floor}`);
    }
  }
}
