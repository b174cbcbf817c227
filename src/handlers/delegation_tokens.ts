/**
 * CreateDelegationToken (key 38, versions 1 to 3), RenewDelegationToken (key 39, 1 and 2),
 * ExpireDelegationToken (key 40, 1 and 2) and DescribeDelegationToken (key 41, 1 to 3).
 *
 * A token stands for an identity, and no listener of this broker establishes one, so every call is
 * refused as Kafka refuses it on such a connection (KIP-48).
 */
import { ErrorCode } from "../protocol/error_codes.ts";
import { createDelegationTokenApi } from "../protocol/generated/apis/create_delegation_token.ts";
import { describeDelegationTokenApi } from "../protocol/generated/apis/describe_delegation_token.ts";
import { expireDelegationTokenApi } from "../protocol/generated/apis/expire_delegation_token.ts";
import { renewDelegationTokenApi } from "../protocol/generated/apis/renew_delegation_token.ts";
import { type Route, route } from "./route.ts";

const errorCode = ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED;
/** In place of a point in time when there is none. */
const NEVER = -1;
/** Who a client is that has not shown who it is. */
const ANONYMOUS = { type: "User", name: "ANONYMOUS" } as const;

/** From this version on a response tells who asked, besides who is to own the token. */
const REQUESTER_FROM = 3;

export function createDelegationTokenRoute(): Route {
  return route(createDelegationTokenApi, ({ apiVersion }, request) => ({
    errorCode,
    principalType: request.ownerPrincipalType || ANONYMOUS.type,
    principalName: request.ownerPrincipalName || ANONYMOUS.name,
    tokenRequesterPrincipalType: apiVersion >= REQUESTER_FROM ? ANONYMOUS.type : "",
    tokenRequesterPrincipalName: apiVersion >= REQUESTER_FROM ? ANONYMOUS.name : "",
    issueTimestampMs: NEVER,
    expiryTimestampMs: NEVER,
    maxTimestampMs: NEVER,
    tokenId: "",
    hmac: new Uint8Array(0),
    throttleTimeMs: 0,
  }));
}

export function renewDelegationTokenRoute(): Route {
  return route(
    renewDelegationTokenApi,
    () => ({ errorCode, expiryTimestampMs: NEVER, throttleTimeMs: 0 }),
  );
}

export function expireDelegationTokenRoute(): Route {
  return route(
    expireDelegationTokenApi,
    () => ({ errorCode, expiryTimestampMs: NEVER, throttleTimeMs: 0 }),
  );
}

export function describeDelegationTokenRoute(): Route {
  return route(describeDelegationTokenApi, () => ({ errorCode, tokens: [], throttleTimeMs: 0 }));
}
