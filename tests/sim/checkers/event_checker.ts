import type { Report } from "./violation.ts";

/** What a broker may say only when a promise is broken. */
const COMMITTED_TRUNCATED = "committed records truncated to follow the leader";

/** Errors that tell of a mistake in the program, whoever caught them. */
const MISTAKES: readonly string[] = [
  "InvariantError",
  "TypeError",
  "RangeError",
  "ReferenceError",
];

/** Judges by what brokers log of themselves. */
export function checkEvent(
  node: string,
  event: string,
  fields: Readonly<Record<string, unknown>>,
  report: Report,
): void {
  if (event === COMMITTED_TRUNCATED) {
    const { topic, partition, offset, highWatermark } = fields;
    report(
      "noTruncation",
      `${node}: ${topic}-${partition} cut at ${offset}, below ${highWatermark}`,
    );
    return;
  }
  const { error } = fields;
  const name = error instanceof Error ? error.name : String(error ?? "").split(":")[0]!;
  if (!MISTAKES.includes(name)) return;
  const shown = error instanceof Error ? error.stack ?? error.message : String(error);
  report("foreseen", `${node}: ${event}: ${shown}`);
}
