import type { CommonFlags } from "../../session/flags.ts";

/** The flags of `jocko consume`, as parsed. */
export interface ConsumeFlags extends CommonFlags {
  readonly offset?: string | undefined;
  readonly partition?: readonly number[] | undefined;
  readonly exit?: boolean | undefined;
  readonly count?: number | undefined;
  readonly format?: string | undefined;
  readonly keyDelimiter?: string | undefined;
  readonly delimiter?: string | undefined;
  readonly nulls?: boolean | undefined;
  readonly group?: string | undefined;
  readonly noCommit?: boolean | undefined;
  readonly isolation?: "read_committed" | "read_uncommitted" | undefined;
  readonly checkCrcs?: boolean | undefined;
}
