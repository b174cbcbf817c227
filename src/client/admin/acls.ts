import { createAclsApi } from "../../protocol/generated/apis/create_acls.ts";
import { deleteAclsApi } from "../../protocol/generated/apis/delete_acls.ts";
import { describeAclsApi } from "../../protocol/generated/apis/describe_acls.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { ClusterClient } from "../cluster_client.ts";
import { expectNoError } from "../errors.ts";

/** Numbers of the protocol by the names that people use (KIP-140, KIP-290). */
export const AclResourceType = {
  any: 1,
  topic: 2,
  group: 3,
  cluster: 4,
  "transactional-id": 5,
  "delegation-token": 6,
  user: 7,
} as const;
export const AclPatternType = { any: 1, match: 2, literal: 3, prefixed: 4 } as const;
export const AclOperation = {
  any: 1,
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  "cluster-action": 9,
  "describe-configs": 10,
  "alter-configs": 11,
  "idempotent-write": 12,
  "create-tokens": 13,
  "describe-tokens": 14,
} as const;
export const AclPermission = { any: 1, deny: 2, allow: 3 } as const;

/** An entry of an access control list; in a filter, null and `any` match all. */
export interface AclEntry {
  readonly resourceType: keyof typeof AclResourceType;
  readonly resourceName: string | null;
  readonly patternType: keyof typeof AclPatternType;
  readonly principal: string | null;
  readonly host: string | null;
  readonly operation: keyof typeof AclOperation;
  readonly permission: keyof typeof AclPermission;
}

/** @throws {BrokerError} SECURITY_DISABLED when the cluster has no authorizer */
export async function listAcls(client: ClusterClient, filter: AclEntry): Promise<AclEntry[]> {
  const response = await client.call({ to: "any" }, describeAclsApi, filterOf(filter), {
    check: ({ errorCode, errorMessage }) => expectNoError(errorCode, "access", errorMessage),
  });
  return response.resources.flatMap(({ resourceType, resourceName, patternType, acls }) =>
    acls.map((acl) => entryOf({ ...acl, resourceType, resourceName, patternType }))
  );
}

/** @throws {BrokerError} */
export async function addAcl(client: ClusterClient, entry: AclEntry): Promise<void> {
  await client.call({ to: "controller" }, createAclsApi, {
    creations: [{
      resourceType: AclResourceType[entry.resourceType],
      resourceName: entry.resourceName ?? "",
      resourcePatternType: AclPatternType[entry.patternType],
      principal: entry.principal ?? "",
      host: entry.host ?? "*",
      operation: AclOperation[entry.operation],
      permissionType: AclPermission[entry.permission],
    }],
  }, {
    check: ({ results }) => {
      const code = results[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      expectNoError(code, "access", results[0]?.errorMessage);
    },
  });
}

/** Removes what the filter matches; returns it. @throws {BrokerError} */
export async function removeAcls(client: ClusterClient, filter: AclEntry): Promise<AclEntry[]> {
  const response = await client.call({ to: "controller" }, deleteAclsApi, {
    filters: [filterOf(filter)],
  }, {
    check: ({ filterResults }) => {
      const code = filterResults[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      expectNoError(code, "access", filterResults[0]?.errorMessage);
    },
  });
  return response.filterResults[0]!.matchingAcls.map(entryOf);
}

function filterOf(filter: AclEntry) {
  return {
    resourceTypeFilter: AclResourceType[filter.resourceType],
    resourceNameFilter: filter.resourceName,
    patternTypeFilter: AclPatternType[filter.patternType],
    principalFilter: filter.principal,
    hostFilter: filter.host,
    operation: AclOperation[filter.operation],
    permissionType: AclPermission[filter.permission],
  };
}

function entryOf(wire: {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}): AclEntry {
  return {
    resourceType: nameIn(AclResourceType, wire.resourceType, "any"),
    resourceName: wire.resourceName,
    patternType: nameIn(AclPatternType, wire.patternType, "any"),
    principal: wire.principal,
    host: wire.host,
    operation: nameIn(AclOperation, wire.operation, "any"),
    permission: nameIn(AclPermission, wire.permissionType, "any"),
  };
}

function nameIn<T extends Readonly<Record<string, number>>>(
  names: T,
  number: number,
  unknown: keyof T,
): keyof T {
  return Object.keys(names).find((name) => names[name] === number) ?? unknown;
}
