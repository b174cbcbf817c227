/** What members tell each other in packets. */
import type { MemberAddress, MemberProfile } from "./member.ts";

/** Where a packet goes: only the run of a process that it is meant for may obey it. */
export interface Destination {
  readonly address: MemberAddress;
  readonly bootId: string;
}

/** "Are you there?", to be answered with an {@link Ack} to `source`. */
export interface Ping {
  readonly type: "ping";
  /** uint32; the answer repeats it. */
  readonly sequence: number;
  /** Whoever is asked without being this member says nothing. */
  readonly target: string;
  readonly source: Destination;
}

/** "Ask `target` for me", to be answered with its {@link Ack}, or with a {@link Nack} in time. */
export interface IndirectPing {
  readonly type: "indirectPing";
  readonly sequence: number;
  readonly target: string;
  readonly at: Destination;
  readonly source: Destination;
}

/** "`name` is here." */
export interface Ack {
  readonly type: "ack";
  readonly sequence: number;
  readonly name: string;
}

/** "I am here, and your target does not answer me either" (Lifeguard, section 4.1). */
export interface Nack {
  readonly type: "nack";
  readonly sequence: number;
}

/** A member tells of itself, or somebody passes that on. */
export interface AliveClaim extends MemberProfile {
  readonly type: "alive";
  readonly incarnation: number;
}

/** `from` has had no answer. */
export interface SuspectClaim {
  readonly type: "suspect";
  readonly name: string;
  readonly incarnation: number;
  readonly from: string;
}

/** `from` is sure that the member has failed, or says, of itself, that it leaves. */
export interface DeadClaim {
  readonly type: "dead";
  readonly name: string;
  readonly incarnation: number;
  readonly from: string;
}

export type GossipMessage =
  | Ping
  | IndirectPing
  | Ack
  | Nack
  | AliveClaim
  | SuspectClaim
  | DeadClaim;
