import type { JoinGroupRequestProtocol } from "../../protocol/generated/join_group_request.ts";
import type { ReplyToken } from "../coordinator.ts";

const NO_BYTES = new Uint8Array(0);

/** What a member tells of itself when it joins. */
export interface MemberSubscription {
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  /** What it can work with, the most wanted first. */
  readonly protocols: readonly JoinGroupRequestProtocol[];
}

/** Who a member is. */
export interface MemberIdentityFields {
  readonly memberId: string;
  /** Null for a dynamic member. */
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  /** A slash and the address. */
  readonly clientHost: string;
}

/** A member of a classic group, with what it waits for. */
export class ClassicMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  assignment: Uint8Array = NO_BYTES;
  /** Its JoinGroup is parked; undefined when it isn't. */
  joinToken: ReplyToken;
  /** Its SyncGroup is parked; undefined when it isn't. */
  syncToken: ReplyToken;
  /** Has not yet been answered that it is a member, so can't send heartbeats. */
  isNew = false;
  /** When it counts as gone, monotonic. */
  sessionDeadlineMs = 0;
  /** When its timer fires, at or before the deadline; Infinity when none is armed. */
  timerDueMs = Infinity;

  constructor(identity: MemberIdentityFields, public subscription: MemberSubscription) {
    this.memberId = identity.memberId;
    this.groupInstanceId = identity.groupInstanceId;
    this.clientId = identity.clientId;
    this.clientHost = identity.clientHost;
  }

  get isStatic(): boolean {
    return this.groupInstanceId !== null;
  }

  get isAwaitingJoin(): boolean {
    return this.joinToken !== undefined;
  }

  get isAwaitingSync(): boolean {
    return this.syncToken !== undefined;
  }

  supports(protocol: string): boolean {
    return this.subscription.protocols.some(({ name }) => name === protocol);
  }

  /** What the member told for `protocol`; empty when it doesn't know it. */
  metadata(protocol: string | null): Uint8Array {
    const found = this.subscription.protocols.find(({ name }) => name === protocol);
    return found?.metadata ?? NO_BYTES;
  }

  /** Whether the member comes with just the protocols that it came with before. */
  matches(protocols: readonly JoinGroupRequestProtocol[]): boolean {
    const own = this.subscription.protocols;
    return own.length === protocols.length && own.every(({ name, metadata }, i) => {
      const other = protocols[i]!;
      return name === other.name && equalBytes(metadata, other.metadata);
    });
  }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
