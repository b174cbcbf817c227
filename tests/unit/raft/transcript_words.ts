/** How messages and effects read in the transcripts. `7@2` is a log that ends at 7 with term 2. */
import type { Effect, EntryContent, NewEntry } from "../../../src/raft/events.ts";
import type { RaftMessage, SnapshotId } from "../../../src/raft/messages.ts";
import type { RaftState } from "../../../src/raft/raft_state.ts";
import type { Progress } from "../../../src/raft/progress.ts";

function at(endOffset: number, term: number): string {
  return term < 0 ? "an empty log" : `${endOffset}@${term}`;
}

function snapshotText({ endOffset, term }: SnapshotId): string {
  return `snapshot ${at(endOffset, term)}`;
}

/** What a message says. */
export function messageText(message: RaftMessage): string {
  return `${message.from}>${message.to} ${bodyText(message)}`;
}

function repairText({ repairId }: { readonly repairId: number }): string {
  return repairId === 0 ? "" : ", repairing";
}

function bodyText(message: RaftMessage): string {
  const { term } = message;
  switch (message.type) {
    case "vote": {
      const round = message.isPreVote ? "pre-vote" : "vote";
      const why = message.isTransfer ? " to take over" : "";
      return `${round} for term ${term}${why}, has ${at(message.endOffset, message.lastTerm)}`;
    }
    case "voteReply": {
      const round = message.isPreVote ? "pre-vote" : "vote";
      return `${round} ${message.isGranted ? "granted for" : "refused in"} term ${term}`;
    }
    case "append": {
      const { prevOffset, prevTerm, endOffset, highWatermark } = message;
      const what = prevOffset === endOffset ? "nothing" : `${prevOffset}..${endOffset - 1}`;
      const after = `after ${at(prevOffset, prevTerm)}`;
      return `append ${what} ${after}, committed ${highWatermark}${repairText(message)}`;
    }
    case "appendReply": {
      const { isAccepted, offset, hintTerm, hintEndOffset } = message;
      if (isAccepted) return `has ${offset} on disk${repairText(message)}`;
      if (hintEndOffset === 0 && offset === 0) return `is in term ${term}`;
      return `refuses ${offset}, has ${at(hintEndOffset, hintTerm)}${repairText(message)}`;
    }
    case "heartbeat": {
      const round = message.readSequence === 0 ? "" : `, read round ${message.readSequence}`;
      return `heartbeat, committed ${message.highWatermark}${round}${repairText(message)}`;
    }
    case "heartbeatReply": {
      const round = message.readSequence === 0 ? "" : ` in read round ${message.readSequence}`;
      return `hears${round}${repairText(message)}`;
    }
    case "chunk": {
      const { snapshot, position, snapshotBytes } = message;
      return `${snapshotText(snapshot)} from byte ${position} of ${snapshotBytes}`;
    }
    case "chunkReply":
      return `${snapshotText(message.snapshot)} wanted from byte ${message.position}`;
    case "timeoutNow":
      return "campaign now";
    case "seek":
      return `who leads? has ${message.endOffset}${repairText(message)}`;
    case "leaderHint":
      return message.leader === undefined ? "knows no leader" : `${message.leader} leads`;
    case "read":
      return "where to read?";
    case "readReply":
      return message.offset < 0 ? "can't tell where to read" : `read at ${message.offset}`;
  }
}

function contentText(content: EntryContent): string {
  switch (content.kind) {
    case "proposal":
      return "";
    case "leaderChange":
      return " leader change";
    case "voters":
      return ` voters ${content.voters.join(" ")}`;
  }
}

function entryText({ baseOffset, count, content }: NewEntry): string {
  const range = count === 1 ? `${baseOffset}` : `${baseOffset}..${baseOffset + count - 1}`;
  return range + contentText(content);
}

/** What a node does. */
export function effectText(node: string, effect: Effect): string {
  switch (effect.type) {
    case "send":
      return messageText(effect.message);
    case "persist": {
      const vote = effect.vote === undefined ? "no vote" : `vote for ${effect.vote}`;
      const repair = effect.mustRepair ? ", to be repaired" : "";
      return `${node} writes down term ${effect.term}, ${vote}${repair}`;
    }
    case "append":
      return `${node} appends ${effect.entries.map(entryText).join(", ")}`;
    case "store":
      return `${node} stores ${effect.fromOffset}..${effect.endOffset - 1}`;
    case "truncate":
      return `${node} cuts its log at ${effect.endOffset}`;
    case "commit":
      return `${node} commits to ${effect.highWatermark}`;
    case "status": {
      const leader = effect.role === "follower" && effect.leader !== undefined
        ? ` of ${effect.leader}`
        : "";
      return `${node} is ${roleText(effect.role)}${leader} in term ${effect.term}`;
    }
    case "refused":
      return `${node} refuses: ${effect.reason}`;
    case "readIndex":
      return effect.offset < 0 ? `${node} can't read` : `${node} reads at ${effect.offset}`;
    case "storeChunk": {
      const { snapshot, position } = effect.chunk;
      return `${node} keeps ${snapshotText(snapshot)} from byte ${position}`;
    }
    case "installSnapshot":
      return `${node} installs ${snapshotText(effect.snapshot)}`;
    case "seekLeader":
      return `${node} asks around for a leader`;
    case "repaired":
      return `${node} is repaired`;
  }
}

function roleText(role: string): string {
  return role === "preCandidate" ? "pre-candidate" : role;
}

/** What a node knows. */
export function stateText(state: Readonly<RaftState>): string {
  const { self, role, term, log, highWatermark, membership } = state;
  const end = at(log.endOffset, log.lastTerm);
  const start = log.startOffset === 0 ? "" : ` from ${log.startOffset}`;
  const unflushed = log.flushedOffset < log.endOffset ? `, on disk ${log.flushedOffset}` : "";
  return `${self} ${roleText(role)} term ${term}, log${start} to ${end}${unflushed}, ` +
    `committed ${highWatermark}, voters ${membership.voters.join(" ") || "unknown"}`;
}

/** What a leader knows of another node. */
export function progressText(node: string, progress: Progress): string {
  const { state, matchOffset, nextOffset, isPaused, inflightCount } = progress;
  const paused = isPaused ? ", paused" : "";
  const inflight = inflightCount === 0 ? "" : `, ${inflightCount} under way`;
  return `  ${node} ${state}, has ${matchOffset}, next ${nextOffset}${inflight}${paused}`;
}
