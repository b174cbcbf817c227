/** Members as the messages of the cluster port carry them. */
import { isSameAddress, type Member, type MemberAddress } from "../../gossip/member.ts";
import type { GossipMember } from "../../protocol/generated/cluster/gossip_push_pull_request.ts";

/** A state's place is its number on the wire. */
const STATES = ["alive", "suspect", "failed", "left"] as const;

export function toWire(member: Member): GossipMember {
  return {
    name: member.name,
    host: member.address.host,
    port: member.address.port,
    bootId: member.bootId,
    incarnation: member.incarnation,
    state: STATES.indexOf(member.state),
    tags: Array.from(member.tags, ([key, value]) => ({ key, value })),
  };
}

/** All of them; undefined when the state of one is unknown. Nothing else is checked. */
export function fromWire(members: readonly GossipMember[]): Member[] | undefined {
  const read: Member[] = [];
  for (const { name, host, port, bootId, incarnation, state: code, tags } of members) {
    const state = STATES[code];
    if (state === undefined) return undefined;
    read.push({
      name,
      address: { host, port },
      bootId,
      incarnation,
      state,
      tags: new Map(tags.map(({ key, value }) => [key, value])),
    });
  }
  return read;
}

/** A list without repetitions. */
export function distinctAddresses(addresses: Iterable<MemberAddress>): MemberAddress[] {
  const distinct: MemberAddress[] = [];
  for (const address of addresses) {
    if (!distinct.some((known) => isSameAddress(known, address))) distinct.push(address);
  }
  return distinct;
}
