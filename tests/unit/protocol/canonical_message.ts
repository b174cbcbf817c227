import { type Uuid, uuidFromBytes } from "../../../src/base/uuid.ts";
import {
  type FieldSchema,
  includesVersion,
  type StructSchema,
} from "../../../src/protocol/schema/model.ts";
import { defaultOf, type LooseMessage } from "./schema_arbitrary.ts";

/**
 * One message of a schema that sets every field of `version` to a value of its own, the same on
 * each call, so that the bytes of every version can be kept in a file.
 */
export function canonicalMessage(
  struct: Pick<StructSchema, "fields">,
  version: number,
): LooseMessage {
  let count = 0;
  const messageOf = (type: Pick<StructSchema, "fields">): LooseMessage =>
    Object.fromEntries(type.fields.map((field) => [field.name, fieldOf(field)]));
  const fieldOf = (field: FieldSchema): unknown => {
    if (!includesVersion(field.versions, version)) return defaultOf(field);
    return field.isArray ? [valueOf(field)] : valueOf(field);
  };
  const valueOf = ({ type }: FieldSchema): unknown => {
    if (typeof type !== "string") return messageOf(type);
    count++;
    switch (type) {
      case "bool":
        return count % 2 === 0;
      case "string":
        return `s${count}`;
      case "bytes":
      case "records":
        return Uint8Array.of(count, 0xff);
      case "uuid":
        return uuidOf(count);
      case "float64":
        return count + 0.5;
      default:
        return count;
    }
  };
  return messageOf(struct);
}

function uuidOf(count: number): Uuid {
  return uuidFromBytes(new Uint8Array(16).fill(count));
}
