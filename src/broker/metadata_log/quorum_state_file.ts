/** The file `quorum-state`: the epoch and vote that a node must not forget (KIP-595, KIP-853). */
import type { Uuid } from "../../base/uuid.ts";
import { ZERO_UUID } from "../../base/uuid.ts";
import type { Disk } from "../../io/disk.ts";
import { readTextFile, replaceFileLater } from "../../log/atomic_file.ts";
import { MetadataLogError, type QuorumPeer } from "../metadata_quorum.ts";

/** What a node knew of the quorum when it last changed. */
export interface QuorumState {
  readonly leaderEpoch: number;
  /** Undefined when it voted for nobody in that epoch. */
  readonly vote: QuorumPeer | undefined;
  /** The log lost what was durable, and has not got it back: the node must not vote. */
  readonly mustRepair: boolean;
}

const FILE_NAME = "quorum-state";
const NOBODY = -1;

/**
 * The state in `directory`; undefined when none was written.
 * @throws {MetadataLogError} when the file holds anything else: to vote twice in an epoch is worse
 *   than not to start
 */
export function readQuorumState(disk: Disk, directory: string): QuorumState | undefined {
  const path = `${directory}/${FILE_NAME}`;
  const text = readTextFile(disk, path);
  if (text === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new MetadataLogError(`${path} is no JSON`, { cause: error });
  }
  if (typeof parsed !== "object" || parsed === null) throw new MetadataLogError(`${path} is empty`);
  const fields = parsed as Readonly<Record<string, unknown>>;
  const leaderEpoch = integer(path, fields, "leaderEpoch");
  const votedId = integer(path, fields, "votedId");
  const directoryId = fields["votedDirectoryId"];
  const vote = votedId === NOBODY
    ? undefined
    : { id: votedId, directoryId: (directoryId ?? ZERO_UUID) as Uuid };
  return { leaderEpoch, vote, mustRepair: fields["mustRepair"] === true };
}

/**
 * Writes the state, durably, in Kafka's layout: version 0 for a node that is the only voter and
 * always was, version 1 for any other.
 */
export async function writeQuorumState(
  disk: Disk,
  directory: string,
  { leaderEpoch, vote, mustRepair }: QuorumState,
  soleVoterId: number | undefined,
): Promise<void> {
  const votedId = vote?.id ?? NOBODY;
  const fields = soleVoterId === undefined
    ? {
      leaderId: NOBODY,
      leaderEpoch,
      votedId,
      votedDirectoryId: vote?.directoryId ?? ZERO_UUID,
      data_version: 1,
    }
    : {
      clusterId: "",
      leaderId: soleVoterId,
      leaderEpoch,
      votedId,
      appliedOffset: 0,
      currentVoters: [{ voterId: soleVoterId }],
      data_version: 0,
    };
  const text = JSON.stringify(mustRepair ? { ...fields, mustRepair } : fields);
  await replaceFileLater(disk, `${directory}/${FILE_NAME}`, text);
}

function integer(path: string, fields: Readonly<Record<string, unknown>>, name: string): number {
  const value = fields[name];
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new MetadataLogError(`${path} has no integer ${name}`);
}
