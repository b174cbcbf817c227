/** A topic, and perhaps some of its partitions, as they are written on the command line. */
export interface TopicChoice {
  readonly topic: string;
  /** Undefined for all. */
  readonly partitions: readonly number[] | undefined;
}

/**
 * Reads `orders` or `orders:0,2`.
 * @throws {SyntaxError} when it is neither
 */
export function parseTopicPartitions(text: string): TopicChoice {
  const match = /^([^:]+)(?::(\d+(?:,\d+)*))?$/.exec(text);
  if (match === null) throw new SyntaxError(`${text} is no TOPIC or TOPIC:0,1`);
  return { topic: match[1]!, partitions: match[2]?.split(",").map(Number) };
}
