/** Raft's messages as they travel: `RaftMessage`, private API key 20001. */
import type { Uuid } from "../../base/uuid.ts";
import type {
  RaftMessageRequest,
  RaftMessageRequestInit,
  RaftPeer,
} from "../../protocol/generated/cluster/raft_message_request.ts";
import type { NodeId, RaftMessage } from "../../raft/messages.ts";
import type { QuorumPeer } from "../metadata_quorum.ts";

/** By the number that says so on the wire: new ones come last. */
export const RAFT_MESSAGE_TYPES: readonly RaftMessage["type"][] = [
  "vote",
  "voteReply",
  "append",
  "appendReply",
  "heartbeat",
  "heartbeatReply",
  "chunk",
  "chunkReply",
  "timeoutNow",
  "seek",
  "leaderHint",
  "read",
  "readReply",
];

/** The contents that the core does not look at. */
export interface Attachment {
  readonly batches?: Uint8Array;
  readonly chunk?: Uint8Array;
}

/** The name that the core knows a peer by. */
export function nodeIdOf({ id, directoryId }: QuorumPeer): NodeId {
  return `${id}:${directoryId}`;
}

/** The peer that a {@link nodeIdOf} names. */
export function peerOf(node: NodeId): QuorumPeer {
  const colon = node.indexOf(":");
  return { id: Number(node.slice(0, colon)), directoryId: node.slice(colon + 1) as Uuid };
}

/** The broker id of a {@link nodeIdOf}; -1 for nobody. */
export function brokerIdOf(node: NodeId | undefined): number {
  return node === undefined ? -1 : peerOf(node).id;
}

function wirePeer(node: NodeId): RaftPeer {
  const { id, directoryId } = peerOf(node);
  return { brokerId: id, directoryId };
}

function fromWire({ brokerId: id, directoryId }: RaftPeer): NodeId {
  return nodeIdOf({ id, directoryId });
}

/** The request that carries `message`. */
export function encodeRaftMessage(
  clusterId: string,
  message: RaftMessage,
  { batches, chunk }: Attachment = {},
): RaftMessageRequestInit {
  return {
    clusterId,
    from: wirePeer(message.from),
    to: wirePeer(message.to),
    term: message.term,
    kind: RAFT_MESSAGE_TYPES.indexOf(message.type),
    ...bodyOf(message),
    ...(batches === undefined ? {} : { batches }),
    ...(chunk === undefined ? {} : { chunk }),
  };
}

type Body = Omit<RaftMessageRequestInit, "clusterId" | "from" | "to" | "term" | "kind">;

function bodyOf(message: RaftMessage): Body {
  switch (message.type) {
    case "vote": {
      const { isPreVote, isTransfer, lastTerm, endOffset } = message;
      return { isPreVote, isTransfer, lastTerm, endOffset };
    }
    case "voteReply":
      return { isPreVote: message.isPreVote, isPositive: message.isGranted };
    case "append": {
      const { prevOffset, prevTerm, endOffset, highWatermark, ...rest } = message;
      const { repairId, leaderEndOffset } = rest;
      return { prevOffset, prevTerm, endOffset, highWatermark, repairId, leaderEndOffset };
    }
    case "appendReply": {
      const { isAccepted: isPositive, offset, hintTerm, hintEndOffset, repairId } = message;
      return { isPositive, offset, hintTerm, hintEndOffset, repairId };
    }
    case "heartbeat": {
      const { highWatermark, readSequence: sequence, repairId, leaderEndOffset } = message;
      return { highWatermark, sequence, repairId, leaderEndOffset };
    }
    case "heartbeatReply":
      return { sequence: message.readSequence, repairId: message.repairId };
    case "chunk": {
      const { snapshot, snapshotBytes, position } = message;
      return { snapshot, snapshotBytes, position };
    }
    case "chunkReply":
      return { snapshot: message.snapshot, position: message.position };
    case "timeoutNow":
      return {};
    case "seek":
      return { endOffset: message.endOffset, repairId: message.repairId };
    case "leaderHint":
      return message.leader === undefined ? {} : { leader: wirePeer(message.leader) };
    case "read":
      return { sequence: message.requestId };
    case "readReply":
      return { sequence: message.requestId, offset: message.offset };
  }
}

/** The message that a request carries; undefined when its kind is not known here. */
export function decodeRaftMessage(request: RaftMessageRequest): RaftMessage | undefined {
  const type = RAFT_MESSAGE_TYPES[request.kind];
  const from = fromWire(request.from);
  const to = fromWire(request.to);
  const { term, endOffset, highWatermark, repairId, leaderEndOffset, sequence } = request;
  const { isPositive, isPreVote, isTransfer, lastTerm, snapshot, position, offset } = request;
  const head = { from, to, term };
  switch (type) {
    case "vote":
      return { type, ...head, isPreVote, isTransfer, lastTerm, endOffset };
    case "voteReply":
      return { type, ...head, isPreVote, isGranted: isPositive };
    case "append": {
      const { prevOffset, prevTerm } = request;
      const range = { prevOffset, prevTerm, endOffset, highWatermark };
      return { type, ...head, ...range, repairId, leaderEndOffset };
    }
    case "appendReply": {
      const { hintTerm, hintEndOffset } = request;
      const answer = { isAccepted: isPositive, offset, hintTerm, hintEndOffset };
      return { type, ...head, ...answer, repairId };
    }
    case "heartbeat":
      return { type, ...head, highWatermark, readSequence: sequence, repairId, leaderEndOffset };
    case "heartbeatReply":
      return { type, ...head, readSequence: sequence, repairId };
    case "chunk":
      return { type, ...head, snapshot, snapshotBytes: request.snapshotBytes, position };
    case "chunkReply":
      return { type, ...head, snapshot, position };
    case "timeoutNow":
      return { type, ...head };
    case "seek":
      return { type, ...head, endOffset, repairId };
    case "leaderHint": {
      const leader = request.leader.brokerId < 0 ? undefined : fromWire(request.leader);
      return { type, ...head, leader };
    }
    case "read":
      return { type, ...head, requestId: sequence };
    case "readReply":
      return { type, ...head, requestId: sequence, offset };
    default:
      return undefined;
  }
}
