/**
 * What a member of a classic consumer group says, on a {@link WireConnection}: the last versions
 * before the flexible encodings.
 *
 * @module
 */

import { FieldWriter } from "./frames.ts";
import type { WireConnection } from "./wire.ts";

const JOIN_GROUP = { key: 11, version: 5 };
const HEARTBEAT = { key: 12, version: 3 };
const SYNC_GROUP = { key: 14, version: 3 };
const OFFSET_COMMIT = { key: 8, version: 7 };
const OFFSET_FETCH = { key: 9, version: 5 };

export const NONE = 0;
export const COORDINATOR_LOAD_IN_PROGRESS = 14;
export const COORDINATOR_NOT_AVAILABLE = 15;
export const NOT_COORDINATOR = 16;
export const REBALANCE_IN_PROGRESS = 27;
const MEMBER_ID_REQUIRED = 79;

const SESSION_TIMEOUT_MS = 45_000;
const REBALANCE_TIMEOUT_MS = 300_000;

/** What a member knows of its group. */
export interface Membership {
  readonly memberId: string;
  readonly generation: number;
  /** Of all members for the leader, empty for the others. */
  readonly members: readonly string[];
}

/** Joins, or joins again; resolves when the group has met. */
export async function joinGroup(
  connection: WireConnection,
  group: string,
  memberId: string,
): Promise<Membership> {
  const body = new FieldWriter(256);
  body.string(group);
  body.int32(SESSION_TIMEOUT_MS);
  body.int32(REBALANCE_TIMEOUT_MS);
  body.string(memberId);
  body.string(null); // group instance id
  body.string("consumer");
  body.int32(1);
  body.string("range");
  body.int32(0); // metadata, which only the leader would read
  const reply = await connection.ask(JOIN_GROUP.key, JOIN_GROUP.version, body);
  reply.int32(); // throttle time
  const code = reply.int16();
  const generation = reply.int32();
  reply.string(); // protocol
  reply.string(); // leader
  const given = reply.string();
  if (code === MEMBER_ID_REQUIRED) return await joinGroup(connection, group, given);
  if (code !== NONE) throw new Error(`JoinGroup failed with error code ${code}`);
  const members: string[] = [];
  for (let n = reply.int32(); n > 0; n--) {
    members.push(reply.string());
    reply.string(); // group instance id
    reply.skip(Math.max(reply.int32(), 0)); // metadata
  }
  return { memberId: given, generation, members };
}

/** The leader gives everybody an assignment; gives an error code. */
export async function syncGroup(
  connection: WireConnection,
  group: string,
  { memberId, generation, members }: Membership,
): Promise<number> {
  const body = new FieldWriter(256 + members.length * 64);
  body.string(group);
  body.int32(generation);
  body.string(memberId);
  body.string(null);
  body.int32(members.length);
  for (const member of members) {
    body.string(member);
    body.int32(16);
    body.bytes(new Uint8Array(16));
  }
  const reply = await connection.ask(SYNC_GROUP.key, SYNC_GROUP.version, body);
  reply.int32(); // throttle time
  return reply.int16();
}

/** Gives an error code: REBALANCE_IN_PROGRESS tells the member to join again. */
export async function heartbeat(
  connection: WireConnection,
  group: string,
  { memberId, generation }: Membership,
): Promise<number> {
  const body = new FieldWriter(128);
  body.string(group);
  body.int32(generation);
  body.string(memberId);
  body.string(null);
  const reply = await connection.ask(HEARTBEAT.key, HEARTBEAT.version, body);
  reply.int32(); // throttle time
  return reply.int16();
}

/** Commits offset 1 for partitions 0 to `partitions` - 1, as a client without a group does. */
export async function commitOffsets(
  connection: WireConnection,
  group: string,
  topic: string,
  partitions: number,
): Promise<number> {
  const body = new FieldWriter(128 + 32 * partitions);
  body.string(group);
  body.int32(-1);
  body.string("");
  body.string(null);
  body.int32(1);
  body.string(topic);
  body.int32(partitions);
  for (let partition = 0; partition < partitions; partition++) {
    body.int32(partition);
    body.int64(1);
    body.int32(-1); // leader epoch
    body.string("");
  }
  const reply = await connection.ask(OFFSET_COMMIT.key, OFFSET_COMMIT.version, body);
  reply.int32(); // throttle time
  reply.int32();
  reply.string();
  let firstCode = NONE;
  for (let n = reply.int32(); n > 0; n--) {
    reply.int32();
    const code = reply.int16();
    if (firstCode === NONE) firstCode = code;
  }
  return firstCode;
}

/** The group's error code, and how many offsets it has committed. */
export async function fetchOffsets(
  connection: WireConnection,
  group: string,
): Promise<{ readonly code: number; readonly count: number }> {
  const body = new FieldWriter(64);
  body.string(group);
  body.int32(-1); // all topics
  const reply = await connection.ask(OFFSET_FETCH.key, OFFSET_FETCH.version, body);
  reply.int32(); // throttle time
  let count = 0;
  for (let topics = reply.int32(); topics > 0; topics--) {
    reply.string();
    for (let n = reply.int32(); n > 0; n--) {
      reply.skip(16); // partition, offset, leader epoch
      reply.string();
      if (reply.int16() === NONE) count++;
    }
  }
  return { code: reply.int16(), count };
}
