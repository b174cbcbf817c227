/** What a data directory remembers before it belongs to a cluster, and how it came to belong. */
import { parseUuid } from "../../base/uuid.ts";
import type { Disk } from "../../io/disk.ts";
import { readTextFile, replaceFile } from "../../log/atomic_file.ts";
import type { FormationRecord } from "./formation.ts";

/** The file, a properties file like `meta.properties`. */
export const FORMATION_FILE = "formation.properties";

/** The file of the directory is there and says nothing sensible. */
export class FormationFileError extends Error {
  override readonly name = "FormationFileError";
}

/**
 * @returns undefined when the directory has no such file
 * @throws {FormationFileError | DiskError}
 */
export function readFormation(disk: Disk): FormationRecord | undefined {
  const text = readTextFile(disk, FORMATION_FILE);
  if (text === undefined) return undefined;
  const record = parseFormation(text);
  if (record === undefined) {
    throw new FormationFileError(
      `${FORMATION_FILE} in the data directory is damaged; restore it from a copy, or start with ` +
        "an empty data directory",
    );
  }
  return record;
}

/** Durable when it returns. @throws {DiskError} */
export function writeFormation(disk: Disk, record: FormationRecord): void {
  replaceFile(disk, FORMATION_FILE, formatFormation(record));
}

export function formatFormation(record: FormationRecord): string {
  const { directoryId, ballot, promise, founded } = record;
  const lines = ["version=1", `directory.id=${directoryId}`, `ballot=${ballot}`];
  if (promise !== undefined) {
    lines.push(`promised.to=${promise.candidateId}`, `promised.ballot=${promise.ballot}`);
  }
  if (founded !== undefined) lines.push(`founded=${founded}`);
  return lines.map((line) => `${line}\n`).join("");
}

export function parseFormation(text: string): FormationRecord | undefined {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const separator = line.indexOf("=");
    if (separator > 0) values.set(line.slice(0, separator), line.slice(separator + 1));
  }
  const directoryId = parseUuid(values.get("directory.id") ?? "");
  const ballot = counted(values.get("ballot"));
  if (values.get("version") !== "1" || directoryId === undefined || ballot === undefined) {
    return undefined;
  }
  const promisedTo = values.get("promised.to");
  const candidateId = parseUuid(promisedTo ?? "");
  const promisedBallot = counted(values.get("promised.ballot"));
  const isPromised = candidateId !== undefined && promisedBallot !== undefined;
  if (promisedTo !== undefined && !isPromised) return undefined;
  const promise = isPromised ? { candidateId, ballot: promisedBallot } : undefined;
  return { directoryId, ballot, promise, founded: values.get("founded") };
}

function counted(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
