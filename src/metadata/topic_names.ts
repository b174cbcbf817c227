/** Rules for the names of topics. */

/** Where group coordinators keep groups and committed offsets. */
export const CONSUMER_OFFSETS_TOPIC = "__consumer_offsets";

/** Where transaction coordinators keep transactional ids. */
export const TRANSACTION_STATE_TOPIC = "__transaction_state";

const INTERNAL_TOPICS: ReadonlySet<string> = new Set([
  CONSUMER_OFFSETS_TOPIC,
  TRANSACTION_STATE_TOPIC,
  "__share_group_state",
]);

/** The log of the metadata quorum: no topic that anybody may create. */
export const CLUSTER_METADATA_TOPIC = "__cluster_metadata";

/** Longest name, in characters: a directory called after it and a partition must fit. */
const NAME_LENGTH_MAX = 249;

/** Whether the broker itself writes the topic. */
export function isInternalTopic(name: string): boolean {
  return INTERNAL_TOPICS.has(name);
}

/** Why `name` can't name a topic; undefined when it can. */
export function topicNameProblem(name: string): string | undefined {
  if (name === "") return "The topic name is empty.";
  if (name === "." || name === "..") return "The topic name can't be '.' or '..'.";
  if (name.length > NAME_LENGTH_MAX) {
    return `The topic name has ${name.length} characters; at most ${NAME_LENGTH_MAX} are allowed.`;
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `The topic name '${name}' is illegal: letters, digits, '.', '_' and '-' are allowed.`;
  }
  return undefined;
}

/** Whether clients may use `name`. */
export function isValidTopicName(name: string): boolean {
  return topicNameProblem(name) === undefined;
}

/** Names of equal form would share the names of their metrics, and so can't stand side by side. */
export function collisionForm(name: string): string {
  return name.includes(".") ? name.replaceAll(".", "_") : name;
}
