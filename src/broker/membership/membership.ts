/** Who is in the cluster, as this broker sees it. */
import type { Member, MemberState } from "../../gossip/member.ts";
import type { SocketAddress } from "../../io/network.ts";

export type { Member, MemberState };

/**
 * Hears of a member that is new (`previous` undefined) or that differs from what was known; of this
 * broker too, when its tags change. With `member.state` "left" or "failed" it has gone; one that was
 * gone for long is forgotten silently.
 */
export type MembershipListener = (member: Member, previous: Member | undefined) => void;

/** Membership by gossip (SWIM). Every view is local and a little old; views converge. */
export interface Membership {
  /** This broker. */
  readonly self: Member;
  /** All that are known, this broker first, those that failed or left included. */
  members(): readonly Member[];
  /** Called in the turn of the change, for every change from now on; must not throw. */
  onChange(listener: MembershipListener): void;
  /**
   * Replaces what this broker tells of itself; the others hear of it in about a second.
   * @throws {RangeError} when the tags are too many or too long
   */
  setTags(tags: ReadonlyMap<string, string>): void;
  /**
   * Asks these addresses for the cluster, now and again for as long as this broker knows nobody
   * that is present. Its own address among them is passed over.
   */
  join(seeds: readonly SocketAddress[]): void;
  /** Tells the others that this broker goes, so that nobody takes it for failed. Then close it. */
  leave(): Promise<void>;
  /** Stops at once and without a word; resolves when nothing is under way any more. */
  close(): Promise<void>;
}
