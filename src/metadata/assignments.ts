/** Rules for replicas that an operator assigns by hand. Pure. */
import { ErrorCode } from "../protocol/error_codes.ts";
import type { ClusterImage } from "./cluster_image.ts";
import { type Refusal, refuse } from "./decision.ts";
import { isActive } from "./leadership_rules.ts";

/** So many partitions may one request make: they go into one batch of the metadata log. */
export const PARTITIONS_PER_REQUEST_MAX = 10_000;

/**
 * Why `assignments` can't be; undefined when they can.
 *
 * @param firstPartition the partition that the first assignment is for
 * @param replicationFactor what every assignment must have; undefined when only all the same
 */
export function checkManualAssignments(
  image: ClusterImage,
  assignments: readonly (readonly number[])[],
  firstPartition: number,
  replicationFactor: number | undefined,
): Refusal | undefined {
  const expected = replicationFactor ?? assignments[0]?.length;
  for (const [index, brokerIds] of assignments.entries()) {
    const partition = firstPartition + index;
    const problem = assignmentProblem(image, brokerIds, expected);
    if (problem !== undefined) {
      return refuse(ErrorCode.INVALID_REPLICA_ASSIGNMENT, `Partition ${partition}: ${problem}`);
    }
  }
  return undefined;
}

function assignmentProblem(
  image: ClusterImage,
  brokerIds: readonly number[],
  expected: number | undefined,
): string | undefined {
  if (brokerIds.length === 0) return "the assignment names no broker.";
  if (new Set(brokerIds).size !== brokerIds.length) return "the assignment names a broker twice.";
  if (brokerIds.length !== expected) {
    return `the assignment names ${brokerIds.length} broker(s), not ${expected}.`;
  }
  const unknown = brokerIds.find((id) => image.brokers.byId(id) === undefined);
  if (unknown !== undefined) return `broker ${unknown} is not registered.`;
  if (!brokerIds.some((id) => isActive(image, id))) {
    return "all brokers of the assignment are fenced or about to stop.";
  }
  return undefined;
}
