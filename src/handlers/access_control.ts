/**
 * DescribeAcls (key 29), CreateAcls (key 30) and DeleteAcls (key 31), versions 1 to 3.
 *
 * There is no authorizer: everybody may do everything, and rules that nobody would enforce are not
 * taken. Kafka without an authorizer answers the same.
 */
import { ErrorCode } from "../protocol/error_codes.ts";
import { createAclsApi } from "../protocol/generated/apis/create_acls.ts";
import { deleteAclsApi } from "../protocol/generated/apis/delete_acls.ts";
import { describeAclsApi } from "../protocol/generated/apis/describe_acls.ts";
import { type Route, route } from "./route.ts";

const DISABLED = {
  errorCode: ErrorCode.SECURITY_DISABLED,
  errorMessage: "This broker has no authorizer: there are no access control lists.",
} as const;

export function describeAclsRoute(): Route {
  return route(describeAclsApi, () => ({ throttleTimeMs: 0, ...DISABLED, resources: [] }));
}

export function createAclsRoute(): Route {
  return route(createAclsApi, (_context, { creations }) => ({
    throttleTimeMs: 0,
    results: creations.map(() => DISABLED),
  }));
}

export function deleteAclsRoute(): Route {
  return route(deleteAclsApi, (_context, { filters }) => ({
    throttleTimeMs: 0,
    filterResults: filters.map(() => ({ ...DISABLED, matchingAcls: [] })),
  }));
}
