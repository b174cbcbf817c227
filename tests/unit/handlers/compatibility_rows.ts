/** The table of calls in docs/compatibility.md. */

/** The largest key of Kafka 4.2. */
export const API_KEYS_MAX = 92;

/** A row: one key, or a range of keys that are not served. */
export interface CompatibilityRow {
  readonly keys: string;
  readonly apis: string;
  /** Versions, or "no". */
  readonly served: string;
}

const PATH = new URL("../../../docs/compatibility.md", import.meta.url);

export const ROWS: readonly CompatibilityRow[] = Deno.readTextFileSync(PATH)
  .split("\n")
  .filter((line) => /^\| \d/.test(line))
  .map((line) => {
    const [, keys, apis, , served] = line.split("|").map((cell) => cell.trim());
    return { keys: keys!, apis: apis!, served: served! };
  });
