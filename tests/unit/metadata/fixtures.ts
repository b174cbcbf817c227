/** What the tests of metadata decisions have in common. */
import { type Uuid, uuidFromBytes } from "../../../src/base/uuid.ts";
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
  fields: { readonly rack?: string; readonly fenced?: boolean; readonly brokerEpoch?: number } = {},
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
      logDirs: [],
    },
  };
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
