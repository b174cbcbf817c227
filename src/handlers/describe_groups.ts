/**
 * DescribeGroups (key 15), versions 0 to 6.
 *
 * Classic groups with their members. A group that is not there is "Dead", from version 6 on with
 * GROUP_ID_NOT_FOUND.
 */
import type { Broker } from "../broker/broker.ts";
import { described } from "../coordinator/group/group_descriptions.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { describeGroupsApi } from "../protocol/generated/apis/describe_groups.ts";
import type {
  DescribedGroupInit,
  DescribeGroupsResponseInit,
} from "../protocol/generated/describe_groups_response.ts";
import { GROUP_OPERATIONS, OPERATIONS_NOT_REQUESTED } from "./authorized_operations.ts";
import { type Route, route } from "./route.ts";

const NOT_FOUND_FROM = 6;

export function describeGroupsRoute(broker: Broker): Route {
  return route(describeGroupsApi, async (context, request) => {
    const authorizedOperations = request.includeAuthorizedOperations
      ? GROUP_OPERATIONS
      : OPERATIONS_NOT_REQUESTED;
    const groups: DescribedGroupInit[] = [];
    for (const groupId of request.groups) {
      const group = await describe(broker, groupId, context.apiVersion);
      const isThere = group.errorCode === ErrorCode.NONE;
      groups.push(isThere ? { ...group, authorizedOperations } : group);
    }
    return { throttleTimeMs: 0, groups } satisfies DescribeGroupsResponseInit;
  });
}

function describe(
  broker: Broker,
  groupId: string,
  apiVersion: number,
): DescribedGroupInit | Promise<DescribedGroupInit> {
  const shard = broker.groups.find(groupId);
  if (typeof shard === "number") return absent(groupId, "", shard);
  return shard.query<DescribedGroupInit>(
    (machine) => {
      const group = machine.group(groupId);
      if (group !== undefined) return described(group);
      if (apiVersion < NOT_FOUND_FROM) return absent(groupId, "Dead", ErrorCode.NONE);
      const errorMessage = `Group ${groupId} not found.`;
      return { ...absent(groupId, "Dead", ErrorCode.GROUP_ID_NOT_FOUND), errorMessage };
    },
    (errorCode) => absent(groupId, "", errorCode),
  );
}

function absent(groupId: string, groupState: string, errorCode: number): DescribedGroupInit {
  return { errorCode, groupId, groupState, protocolType: "", protocolData: "", members: [] };
}
