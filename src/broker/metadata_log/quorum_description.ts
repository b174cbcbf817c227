import type { Clock } from "../../io/clock.ts";
import type { NodeId } from "../../raft/messages.ts";
import type { RaftNode } from "../../raft/raft_node.ts";
import type { QuorumDescription, QuorumPeer, QuorumReplica } from "../metadata_quorum.ts";
import { brokerIdOf, nodeIdOf, peerOf } from "./raft_wire.ts";

const UNKNOWN = -1;

/** The quorum as this node sees it: only the leader knows how far the others are. */
export function describeQuorum(
  node: RaftNode,
  self: QuorumPeer,
  clock: Clock,
): QuorumDescription {
  const { term, leader, highWatermark, membership, log } = node.state;
  const nowMs = clock.wallMs();
  // Positions are noted by the monotonic clock, and told by the other.
  const wallMs = (monotonicMs: number) =>
    monotonicMs < 0 ? UNKNOWN : Math.round(nowMs - (clock.monotonicMs() - monotonicMs));
  const replica = (id: NodeId): QuorumReplica => {
    const { id: replicaId, directoryId } = peerOf(id);
    if (id === nodeIdOf(self)) {
      const { endOffset: logEndOffset } = log;
      const times = { lastFetchTimestampMs: nowMs, lastCaughtUpTimestampMs: nowMs };
      return { replicaId, directoryId, logEndOffset, ...times };
    }
    const progress = node.leadership?.progressOf(id);
    return {
      replicaId,
      directoryId,
      logEndOffset: progress?.matchOffset ?? UNKNOWN,
      lastFetchTimestampMs: progress === undefined ? UNKNOWN : wallMs(progress.heardMs),
      lastCaughtUpTimestampMs: progress === undefined ? UNKNOWN : wallMs(progress.caughtUpMs),
    };
  };
  const others = [...node.leadership?.progress.keys() ?? []];
  return {
    leaderId: brokerIdOf(leader),
    leaderEpoch: term,
    highWatermark,
    voters: membership.voters.map(replica),
    observers: others.filter((id) => !membership.isVoter(id)).map(replica),
  };
}
