import type { TopicPartition } from "../../client/list_offsets.ts";

/**
 * Reads lines of `topic,partition,offset`, as Kafka's own tool for groups writes them. Empty lines
 * and lines that begin with # are passed over.
 *
 * @param path for messages
 * @throws {SyntaxError} when a line is something else
 */
export function parseOffsetFile(
  text: string,
  path: string,
): (TopicPartition & { readonly offset: number })[] {
  const offsets: (TopicPartition & { readonly offset: number })[] = [];
  text.split("\n").forEach((line, index) => {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) return;
    const match = /^"?([^",]+)"?\s*,\s*(\d+)\s*,\s*(\d+)$/.exec(trimmed);
    if (match === null) {
      throw new SyntaxError(`${path}, line ${index + 1}: not topic,partition,offset`);
    }
    offsets.push({ topic: match[1]!, partition: Number(match[2]), offset: Number(match[3]) });
  });
  return offsets;
}
