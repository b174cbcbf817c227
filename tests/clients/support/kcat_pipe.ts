/** kcat with its standard input held open, for what has to happen in the middle of a run. */
import { clientTools } from "../../../scripts/client_tools.ts";
import type { Kcat } from "./kcat.ts";

/** Writes to kcat's standard input and waits until the pipe has taken it. */
export type WriteInput = (input: string | Uint8Array) => Promise<void>;

/**
 * Starts kcat, has `feed` write its input, closes the input and waits for the end.
 *
 * @throws with what kcat said, when it fails or has not ended `timeoutMs` after its start
 */
export async function runWhileOpen(
  kcat: Kcat,
  args: readonly string[],
  feed: (write: WriteInput) => Promise<void>,
  timeoutMs = 120_000,
): Promise<void> {
  const { kcat: program } = await clientTools();
  const child = new Deno.Command(program, {
    args: ["-b", kcat.bootstrap, ...args],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(child.stderr).text();
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  let feedError: unknown;
  try {
    const writer = child.stdin.getWriter();
    await feed((input) => writer.write(encode(input)));
    await writer.close();
  } catch (cause) {
    feedError = cause;
    child.kill("SIGKILL");
  }
  const { code } = await child.status;
  clearTimeout(timer);
  const said = (await stderr).slice(-2000);
  if (feedError !== undefined) throw new Error(`feeding kcat: ${said}`, { cause: feedError });
  if (code !== 0) throw new Error(`kcat ended with ${code}: ${said}`);
}

function encode(input: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return (typeof input === "string" ? new TextEncoder().encode(input) : input) as Uint8Array<
    ArrayBuffer
  >;
}
