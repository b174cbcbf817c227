import { randomUuid, type Uuid } from "../base/uuid.ts";
import type { Disk } from "../io/disk.ts";
import type { Random } from "../io/random.ts";
import { readTextFile, replaceFile } from "../log/atomic_file.ts";
import {
  formatMetaProperties,
  META_PROPERTIES,
  parseMetaProperties,
} from "../log/checkpoint_files.ts";

/** Who this broker is. Made on the first start and kept in the data directory. */
export interface BrokerIdentity {
  readonly clusterId: string;
  readonly brokerId: number;
  readonly directoryId: Uuid;
}

/** The data directory can't be used: it belongs to another broker, or says nothing sensible. */
export class IdentityError extends Error {
  override readonly name = "IdentityError";
}

/** The id of a broker that is told none. */
const FIRST_BROKER_ID = 1;

/**
 * The identity that the data directory holds, or a new one in a directory without.
 *
 * @param requested the broker id that the operator asked for
 * @throws {IdentityError} when it is another one's directory
 * @throws {DiskError}
 */
export function loadIdentity(
  disk: Disk,
  random: Random,
  requested: { readonly brokerId: number | undefined },
): BrokerIdentity {
  const found = findIdentity(disk, requested);
  if (found !== undefined) return found;
  const newId = () => randomUuid((bytes) => random.fill(bytes));
  const { brokerId = FIRST_BROKER_ID } = requested;
  const identity = { clusterId: newId(), brokerId, directoryId: newId() };
  writeIdentity(disk, identity);
  return identity;
}

/**
 * The identity that the data directory holds; undefined in a directory without.
 *
 * @param requested the broker id that the operator asked for
 * @throws {IdentityError} when it is another one's directory
 * @throws {DiskError}
 */
export function findIdentity(
  disk: Disk,
  requested: { readonly brokerId: number | undefined },
): BrokerIdentity | undefined {
  const text = readTextFile(disk, META_PROPERTIES);
  if (text === undefined) return undefined;
  const found = parseMetaProperties(text);
  if (found === undefined) {
    throw new IdentityError(
      `${META_PROPERTIES} in the data directory is damaged; restore it from a copy, or start ` +
        "with another data directory",
    );
  }
  const { clusterId, nodeId: brokerId, directoryId } = found;
  if (requested.brokerId !== undefined && requested.brokerId !== brokerId) {
    throw new IdentityError(
      `the data directory belongs to broker ${brokerId} of cluster ${clusterId}, and this broker ` +
        `is to be ${requested.brokerId}; leave node.id out, or use another data directory`,
    );
  }
  return { clusterId, brokerId, directoryId };
}

/** Makes the data directory that of this broker, durably. @throws {DiskError} */
export function writeIdentity(disk: Disk, identity: BrokerIdentity): void {
  const { clusterId, brokerId: nodeId, directoryId } = identity;
  replaceFile(disk, META_PROPERTIES, formatMetaProperties({ clusterId, nodeId, directoryId }));
}
