import { ProtocolError } from "../../protocol/protocol_error.ts";
import { ByteReader } from "../../protocol/wire/byte_reader.ts";

const reader = new ByteReader();

/**
 * The topics in a consumer's subscription: a version, then a list of names, and in later versions
 * more behind it. Undefined when the bytes are something else: clients may send what they like.
 */
export function consumerProtocolTopics(metadata: Uint8Array): readonly string[] | undefined {
  try {
    reader.reset(metadata);
    if (reader.int16() < 0) return undefined;
    const topics: string[] = [];
    for (let left = reader.arrayLength(2); left > 0; left--) topics.push(reader.string());
    return topics;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
