/**
 * ListGroups (key 16), versions 0 to 5.
 *
 * The groups that this broker coordinates, by state and type where asked; a filter that names what
 * there is not matches nothing.
 */
import type { Broker } from "../broker/broker.ts";
import { type GroupFilter, listed } from "../coordinator/group/group_descriptions.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { listGroupsApi } from "../protocol/generated/apis/list_groups.ts";
import type {
  ListedGroupInit,
  ListGroupsResponseInit,
} from "../protocol/generated/list_groups_response.ts";
import { type Route, route } from "./route.ts";

export function listGroupsRoute(broker: Broker): Route {
  return route(listGroupsApi, (_context, { statesFilter, typesFilter }) => {
    return listGroups(broker, { states: lowerCase(statesFilter), types: lowerCase(typesFilter) });
  });
}

async function listGroups(broker: Broker, filter: GroupFilter): Promise<ListGroupsResponseInit> {
  const groups: ListedGroupInit[] = [];
  for (const shard of broker.groups.topic.shards()) {
    const unavailable = shard.availability();
    if (unavailable === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) {
      return { throttleTimeMs: 0, errorCode: unavailable, groups: [] };
    }
    if (unavailable !== ErrorCode.NONE) continue;
    const listedHere = await shard.query<ListedGroupInit[]>(
      (machine) => {
        const found: ListedGroupInit[] = [];
        for (const group of machine.groups()) {
          const entry = listed(group, filter);
          if (entry !== undefined) found.push(entry);
        }
        return found;
      },
      // They are another broker's to tell.
      () => [],
    );
    groups.push(...listedHere);
  }
  return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, groups };
}

function lowerCase(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.map((word) => word.toLowerCase()));
}
