/** The file `quorum-state`: the epoch and vote that a voter must not forget (KIP-595). */
import type { Disk } from "../../io/disk.ts";
import { readTextFile, replaceFile } from "../../log/atomic_file.ts";
import { MetadataLogError } from "../metadata_quorum.ts";

/** What the voter knew of the quorum when it last changed. */
export interface QuorumState {
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly votedId: number;
}

const FILE_NAME = "quorum-state";

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
  return {
    leaderId: integer(path, fields, "leaderId"),
    leaderEpoch: integer(path, fields, "leaderEpoch"),
    votedId: integer(path, fields, "votedId"),
  };
}

/** Writes the state, durably, in the layout that Kafka has for a static quorum (version 0). */
export function writeQuorumState(
  disk: Disk,
  directory: string,
  { leaderId, leaderEpoch, votedId }: QuorumState,
  voterIds: readonly number[],
): void {
  const fields = {
    clusterId: "",
    leaderId,
    leaderEpoch,
    votedId,
    appliedOffset: 0,
    currentVoters: voterIds.map((voterId) => ({ voterId })),
    data_version: 0,
  };
  replaceFile(disk, `${directory}/${FILE_NAME}`, JSON.stringify(fields));
}

function integer(path: string, fields: Readonly<Record<string, unknown>>, name: string): number {
  const value = fields[name];
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new MetadataLogError(`${path} has no integer ${name}`);
}
