/** What ListGroups and DescribeGroups tell of classic groups. */
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { DescribedGroupInit } from "../../protocol/generated/describe_groups_response.ts";
import type { ListedGroupInit } from "../../protocol/generated/list_groups_response.ts";
import type { ClassicGroup } from "./classic_group.ts";

const NO_BYTES = new Uint8Array(0);

/** Sets of lower-case words; empty lets everything pass. */
export interface GroupFilter {
  readonly states: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
}

/** The entry of a group in ListGroups; undefined when the filter leaves it out. */
export function listed(group: ClassicGroup, filter: GroupFilter): ListedGroupInit | undefined {
  if (filter.states.size > 0 && !filter.states.has(group.state.toLowerCase())) return undefined;
  if (filter.types.size > 0 && !filter.types.has(group.kind)) return undefined;
  return {
    groupId: group.groupId,
    protocolType: group.protocolType ?? "",
    groupState: group.state,
    groupType: group.kind,
  };
}

/** A group with its members; protocol and assignments once it is stable. */
export function described(group: ClassicGroup): DescribedGroupInit {
  const isStable = group.state === "Stable";
  return {
    errorCode: ErrorCode.NONE,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? "",
    protocolData: isStable ? group.protocolName ?? "" : "",
    members: Array.from(group.members(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? member.metadata(group.protocolName) : NO_BYTES,
      memberAssignment: isStable ? member.assignment : NO_BYTES,
    })),
  };
}
