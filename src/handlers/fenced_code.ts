import { ErrorCode } from "../protocol/error_codes.ts";

/**
 * Clients that are older than PRODUCER_FENCED are told INVALID_PRODUCER_EPOCH in its place.
 *
 * @param since the version of the API that the code came with
 */
export function fencedCode(errorCode: number, apiVersion: number, since: number): number {
  return errorCode === ErrorCode.PRODUCER_FENCED && apiVersion < since
    ? ErrorCode.INVALID_PRODUCER_EPOCH
    : errorCode;
}
