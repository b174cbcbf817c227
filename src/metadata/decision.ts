import type { MetadataRecordInit } from "./records.ts";

/**
 * What a request leads to: the records to commit, all or none, and the response to give once they
 * are. Without records the response stands as it is.
 */
export interface Decision<Response> {
  readonly records: readonly MetadataRecordInit[];
  readonly response: Response;
}

/** Why a part of a request is refused. */
export interface Refusal {
  readonly errorCode: number;
  readonly message: string;
}

/** A refusal as a value, for results that are either that or something else. */
export function refuse(errorCode: number, message: string): Refusal {
  return { errorCode, message };
}

/** Tells a {@link Refusal} from a result. */
export function isRefusal(result: object): result is Refusal {
  return "errorCode" in result && "message" in result;
}

/** The items whose key occurs more than once. */
export function repeatedKeys<Key>(keys: Iterable<Key>): ReadonlySet<Key> {
  const seen = new Set<Key>();
  const repeated = new Set<Key>();
  for (const key of keys) {
    if (seen.has(key)) repeated.add(key);
    seen.add(key);
  }
  return repeated;
}
