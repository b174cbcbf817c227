/** What the tests of metadata decisions have in common. */
import { type Uuid, uuidFromBytes, ZERO_UUID } from "../../../src/base/uuid.ts";
import { ClusterImage } from "../../../src/metadata/cluster_image.ts";
import {
  decodeMetadataRecord,
  encodeMetadataRecord,
  type MetadataRecordInit,
} from "../../../src/metadata/records.ts";

/** Ids that count up. */
export function countingIds(): () => Uuid {
  let count = 0;
  return () => {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setUint32(0, ++count);
    return uuidFromBytes(bytes);
  };
}

/** A broker that is registered and not fenced, unless told otherwise. */
export function brokerRecord(
  brokerId: number,
  fields: {
    readonly rack?: string;
    readonly fenced?: boolean;
    readonly brokerEpoch?: number;
    readonly inControlledShutdown?: boolean;
    readonly logDirs?: readonly Uuid[];
  } = {},
): MetadataRecordInit {
  return {
    type: "RegisterBrokerRecord",
    value: {
      brokerId,
      incarnationId: "AAAAAAAAAAAAAAAAAAAAAg" as Uuid,
      brokerEpoch: fields.brokerEpoch ?? brokerId,
      endPoints: [{ name: "PLAINTEXT", host: "127.0.0.1", port: 9092, securityProtocol: 0 }],
      features: [],
      rack: fields.rack ?? null,
      fenced: fields.fenced ?? false,
      inControlledShutdown: fields.inControlledShutdown ?? false,
      logDirs: fields.logDirs ?? [],
    },
  };
}

/** The id of a topic, a directory or an incarnation that a test calls by a number. */
export function idOf(number: number): Uuid {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(0, number);
  return uuidFromBytes(bytes);
}

/** A partition of the topic {@link idOf} 1; without more, all replicas in sync and the first leads. */
export function partitionRecord(
  partitionId: number,
  replicas: readonly number[],
  fields: Partial<Extract<MetadataRecordInit, { type: "PartitionRecord" }>["value"]> = {},
): MetadataRecordInit {
  return {
    type: "PartitionRecord",
    value: {
      partitionId,
      topicId: idOf(1),
      replicas,
      isr: replicas,
      removingReplicas: [],
      addingReplicas: [],
      leader: replicas[0]!,
      leaderEpoch: 3,
      partitionEpoch: 7,
      directories: replicas.map(() => ZERO_UUID),
      ...fields,
    },
  };
}

/** Eligible leader replicas are kept (KIP-966). */
export const ELIGIBLE_REPLICAS_ON: MetadataRecordInit = {
  type: "FeatureLevelRecord",
  value: { name: "eligible.leader.replicas.version", featureLevel: 1 },
};

/** How a partition stands, in one line, without what is empty. */
export function describePartition(image: ClusterImage, partitionId: number): string {
  const partition = image.topics.byId(idOf(1))!.partitions[partitionId]!;
  const { leader, leaderEpoch, partitionEpoch, replicas, isr } = partition;
  const lists = [
    ["adding", partition.addingReplicas],
    ["removing", partition.removingReplicas],
    ["elr", partition.eligibleLeaderReplicas],
    ["last", partition.lastKnownElr],
  ] as const;
  return [
    `leader=${leader}`,
    `epochs=${leaderEpoch}/${partitionEpoch}`,
    `replicas=${replicas}`,
    `isr=${isr}`,
    ...lists.filter(([, ids]) => ids.length > 0).map(([name, ids]) => `${name}=${ids}`),
    ...(partition.leaderRecoveryState === 1 ? ["recovering"] : []),
  ].join(" ");
}

/** Replays `records` as they are after the way through the log. */
export function commit(image: ClusterImage, records: readonly MetadataRecordInit[]): void {
  for (const record of records) {
    image.replay(decodeMetadataRecord(encodeMetadataRecord(record)), image.lastOffset + 1);
  }
}

/** An image with these records. */
export function imageOf(records: readonly MetadataRecordInit[]): ClusterImage {
  const image = new ClusterImage();
  commit(image, records);
  return image;
}

/** One line per record, without the fields that are empty. */
export function describeRecords(records: readonly MetadataRecordInit[]): string[] {
  return records.map(({ type, value }) => {
    const fields = Object.entries(value).filter(([, field]) =>
      field !== null && !(Array.isArray(field) && field.length === 0)
    );
    const texts = fields.map(([name, field]) => `${name}=${JSON.stringify(field)}`);
    return [type.replace(/Record$/, ""), ...texts].join(" ");
  });
}
