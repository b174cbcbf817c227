/**
 * What a client may do, as the bit sets of Metadata, DescribeCluster and DescribeGroups: bit n
 * stands for the ACL operation with code n. Without an authorizer everything that makes sense for
 * the kind of resource is allowed.
 */
const READ = 3, WRITE = 4, CREATE = 5, DELETE = 6, ALTER = 7, DESCRIBE = 8;
const CLUSTER_ACTION = 9, DESCRIBE_CONFIGS = 10, ALTER_CONFIGS = 11, IDEMPOTENT_WRITE = 12;

/** Stands for "was not asked for". */
export const OPERATIONS_NOT_REQUESTED = -2147483648;

function bits(...operations: readonly number[]): number {
  return operations.reduce((set, operation) => set | (1 << operation), 0);
}

/** Everything that can be done with a topic. */
export const TOPIC_OPERATIONS = bits(
  READ,
  WRITE,
  CREATE,
  DELETE,
  ALTER,
  DESCRIBE,
  DESCRIBE_CONFIGS,
  ALTER_CONFIGS,
);

/** Everything that can be done with the cluster. */
export const CLUSTER_OPERATIONS = bits(
  CREATE,
  ALTER,
  DESCRIBE,
  CLUSTER_ACTION,
  DESCRIBE_CONFIGS,
  ALTER_CONFIGS,
  IDEMPOTENT_WRITE,
);

/** Everything that can be done with a group. */
export const GROUP_OPERATIONS = bits(READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS);
