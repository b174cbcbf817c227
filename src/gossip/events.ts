/** What the gossip is told, and what it asks for. */
import type { Member, MemberAddress } from "./member.ts";
import type { Destination } from "./messages.ts";

/** One input of `Gossip.step`. */
export type GossipEvent =
  /** Time has passed. */
  | { readonly type: "tick" }
  /** A packet came in; its content is not trusted to be well formed. */
  | { readonly type: "packet"; readonly payload: Uint8Array }
  /** Another member told all that it knows, by itself. */
  | { readonly type: "pushPull"; readonly members: readonly Member[] }
  /** `from` has answered with all that it knows. */
  | {
    readonly type: "pulled";
    readonly from: MemberAddress;
    readonly members: readonly Member[];
  }
  /** `name` has answered a `streamPing`. */
  | { readonly type: "streamPong"; readonly sequence: number; readonly name: string }
  | { readonly type: "setTags"; readonly tags: ReadonlyMap<string, string> }
  | { readonly type: "join"; readonly seeds: readonly MemberAddress[] }
  | { readonly type: "leave" };

/** One output of `Gossip.step`; the driver carries them out in order. */
export type GossipEffect =
  /** Send a packet. */
  | { readonly type: "send"; readonly to: Destination; readonly payload: Uint8Array }
  /** Tell that address all that is known, over a stream; the answer comes back as `pulled`. */
  | { readonly type: "pushPull"; readonly to: MemberAddress }
  /** Ask that address over a stream who it is; the answer comes back as `streamPong`. */
  | {
    readonly type: "streamPing";
    readonly to: MemberAddress;
    readonly target: string;
    readonly sequence: number;
    readonly timeoutMs: number;
  }
  /** A member is new, or differs from what was known. */
  | { readonly type: "changed"; readonly member: Member; readonly previous: Member | undefined }
  /** Streams reach the member, packets don't: somebody drops them. */
  | { readonly type: "packetsLost"; readonly member: Member }
  /** Another process takes part under our name. */
  | { readonly type: "conflict"; readonly address: MemberAddress }
  /** The farewell has been sent as often as any news. */
  | { readonly type: "farewellSent" };

/** What one step works with: its time and the effects it has had so far. */
export interface Step {
  /** On a clock that never goes back, milliseconds. */
  readonly nowMs: number;
  readonly effects: GossipEffect[];
}
