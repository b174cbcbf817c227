import { consumerProtocolTopics } from "./consumer_protocol.ts";
import type { ClassicMember } from "./classic_member.ts";

/** The protocol type of Kafka's consumers. */
export const CONSUMER_PROTOCOL_TYPE = "consumer";

/**
 * The topics that the members of a group of consumers subscribe to; undefined when the group is of
 * another kind or a member's subscription can't be read.
 */
export function subscribedTopics(
  protocolType: string | null,
  protocol: string | null,
  members: Iterable<ClassicMember>,
): ReadonlySet<string> | undefined {
  if (protocolType !== CONSUMER_PROTOCOL_TYPE || protocol === null) return undefined;
  const topics = new Set<string>();
  for (const member of members) {
    const named = consumerProtocolTopics(member.metadata(protocol));
    if (named === undefined) return undefined;
    for (const topic of named) topics.add(topic);
  }
  return topics;
}
