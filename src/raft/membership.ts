import { invariant } from "../base/invariant.ts";
import type { NodeId } from "./messages.ts";

interface VoterSet {
  /** Of the entry that set the voters; -1 for those that the log began with. */
  readonly offset: number;
  readonly voters: readonly NodeId[];
}

/**
 * Who votes. A set of voters counts from the moment that its entry is in the log, committed or not,
 * and no longer when the entry is cut off again (dissertation, 4.1).
 */
export class Membership {
  #sets: VoterSet[];

  /** @param voters as of a snapshot, or as the cluster was formed; empty for a node that joins */
  constructor(voters: readonly NodeId[]) {
    this.#sets = [{ offset: -1, voters }];
  }

  get voters(): readonly NodeId[] {
    return this.#sets.at(-1)!.voters;
  }

  /** Offset of the entry that the voters come from; -1 when they come from none in the log. */
  get offset(): number {
    return this.#sets.at(-1)!.offset;
  }

  /** Those that can't be taken back; see {@link settle}. */
  get settledVoters(): readonly NodeId[] {
    return this.#sets[0]!.voters;
  }

  /** How many votes or copies decide. */
  get majority(): number {
    return Math.floor(this.voters.length / 2) + 1;
  }

  isVoter(node: NodeId): boolean {
    return this.voters.includes(node);
  }

  /**
   * Whether the node may stand for election: as a voter, or as one whose removal is not known to be
   * committed. It may be the only one that has the entry which removes it (dissertation, 4.2.2).
   */
  mayLead(node: NodeId): boolean {
    return this.voters.length > 0 && this.#sets.some(({ voters }) => voters.includes(node));
  }

  set(offset: number, voters: readonly NodeId[]): void {
    invariant(offset > this.offset, "sets of voters follow each other in the log");
    this.#sets.push({ offset, voters });
  }

  /** The log was cut at its end. */
  truncate(endOffset: number): void {
    while (this.#sets.length > 1 && this.offset >= endOffset) this.#sets.pop();
  }

  /** All below `offset` is committed: what was before can't come back. */
  settle(offset: number): void {
    while (this.#sets.length > 1 && this.#sets[1]!.offset < offset) this.#sets.shift();
  }

  /** The log goes on behind a snapshot that was made with these voters. */
  restart(voters: readonly NodeId[]): void {
    this.#sets = [{ offset: -1, voters }];
  }
}
