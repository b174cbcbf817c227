/**
 * DeleteGroups (key 42), versions 0 to 2.
 *
 * Groups without members go, with all that they have committed. Each for itself.
 */
import type { Broker } from "../broker/broker.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { deleteGroupsApi } from "../protocol/generated/apis/delete_groups.ts";
import type { DeletableGroupResultInit } from "../protocol/generated/delete_groups_response.ts";
import { type Route, route } from "./route.ts";

export function deleteGroupsRoute(broker: Broker): Route {
  return route(deleteGroupsApi, async (_context, { groupsNames }) => {
    const results: DeletableGroupResultInit[] = [];
    for (const groupId of new Set(groupsNames)) {
      results.push({ groupId, errorCode: await deleteGroup(broker, groupId) });
    }
    return { throttleTimeMs: 0, results };
  });
}

function deleteGroup(broker: Broker, groupId: string): number | Promise<number> {
  const shard = broker.groups.find(groupId);
  // Without its topic there is no group at all.
  if (shard === ErrorCode.COORDINATOR_NOT_AVAILABLE) return ErrorCode.GROUP_ID_NOT_FOUND;
  if (typeof shard === "number") return shard;
  return shard.ask<number>((token) => ({ type: "delete_group", token, groupId }));
}
