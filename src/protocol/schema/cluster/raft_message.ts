import {
  api,
  bool,
  bytes,
  int16,
  int32,
  int64,
  int8,
  records,
  shared,
  string,
  struct,
  uuid,
} from "../dsl.ts";

const peer = shared("RaftPeer", {
  brokerId: int32("0+", { default: -1 }),
  directoryId: uuid("0+"),
});

const snapshot = shared("RaftSnapshot", {
  endOffset: int64("0+"),
  term: int32("0+"),
});

/**
 * RaftMessage, private API key 20001: one message between two nodes of the metadata quorum. What
 * answers it is a message of its own, in the other direction; the response tells no more than that
 * it was delivered. What a kind of message has no use for is left at its default, and off the wire.
 */
export const raftMessageSchema = api(20001, "RaftMessage", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      clusterId: string("0+"),
      from: struct(peer, "0+"),
      to: struct(peer, "0+"),
      term: int32("0+"),
      // The position in `RAFT_MESSAGE_TYPES`.
      kind: int8("0+"),
      // The yes or no of the kind: granted, accepted.
      isPositive: bool("0+", { tag: 0 }),
      isPreVote: bool("0+", { tag: 1 }),
      isTransfer: bool("0+", { tag: 2 }),
      lastTerm: int32("0+", { tag: 3, default: -1 }),
      endOffset: int64("0+", { tag: 4 }),
      prevOffset: int64("0+", { tag: 5 }),
      prevTerm: int32("0+", { tag: 6, default: -1 }),
      highWatermark: int64("0+", { tag: 7 }),
      // The offset of an answer: what is acknowledged, refused or fit to be read at.
      offset: int64("0+", { tag: 8 }),
      hintTerm: int32("0+", { tag: 9 }),
      hintEndOffset: int64("0+", { tag: 10 }),
      repairId: int32("0+", { tag: 11 }),
      leaderEndOffset: int64("0+", { tag: 12 }),
      // Of a round of heartbeats, or of a read request.
      sequence: int64("0+", { tag: 13 }),
      snapshot: struct(snapshot, "0+", { tag: 14 }),
      snapshotBytes: int64("0+", { tag: 15 }),
      position: int64("0+", { tag: 16 }),
      leader: struct(peer, "0+", { tag: 17 }),
      batches: records("0+", { tag: 18, nullable: true, default: null }),
      chunk: bytes("0+", { tag: 19 }),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      // INCONSISTENT_CLUSTER_ID, or INVALID_REQUEST for a message that says nothing.
      errorCode: int16("0+"),
    },
  },
});
