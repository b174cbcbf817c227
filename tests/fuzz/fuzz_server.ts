/**
 * Damaged requests, random bytes and hostile lengths against a server: one in this process, or a
 * broker elsewhere. Every connection must end, a healthy one must be served all the while, and
 * memory stays bounded.
 *
 *     deno run -A tests/fuzz/fuzz_server.ts [--frames N] [--seed S] [--from INDEX] [--rss-max MIB]
 *         [--broker HOST:PORT [--pid PID]]
 *
 * Frames are sent in groups, a connection for each; INDEX is that of a group's first frame.
 */
import { ByteReader } from "../../src/protocol/wire/byte_reader.ts";
import { Dice } from "./dice.ts";
import { requestFrame } from "./fuzz_frames.ts";
import { fail, type FuzzOptions, parseFuzzOptions, say } from "./fuzz_options.ts";
import { FuzzTarget } from "./fuzz_target.ts";

const FRAMES_PER_CONNECTION = 10;
const CONNECTIONS_AT_A_TIME = 16;
/** A connection that has not ended by then hangs. */
const CONNECTION_MS_MAX = 30_000;
const HEALTHY_MS_MAX = 10_000;
const HEALTHY_PAUSE_MS = 50;
const MIB = 1024 * 1024;

type Address = { readonly hostname: string; readonly port: number };

const options = parseFuzzOptions(Deno.args);
const target = options.broker === undefined ? new FuzzTarget() : undefined;
const address = addressOf(options, target);
let isDone = false;

/** Sends one group of frames, ends its side, and reads until the server has ended its own. */
async function fuzzConnection(index: number, frames: number): Promise<void> {
  const dice = new Dice(options.seed, index);
  const connection = await Deno.connect(address);
  try {
    const reading = readToEnd(connection);
    try {
      for (let left = frames; left > 0; left--) await send(connection, requestFrame(dice), dice);
      await connection.closeWrite();
    } catch (error) {
      // The server may well have had enough: then it has closed the connection.
      if (!isReset(error)) throw error;
    }
    await within(CONNECTION_MS_MAX, reading, "the connection did not end");
  } finally {
    connection.close();
  }
}

async function send(connection: Deno.TcpConn, frame: Uint8Array, dice: Dice): Promise<void> {
  let at = 0;
  while (at < frame.length) {
    const end = dice.oneIn(8) ? at + 1 + dice.below(frame.length - at) : frame.length;
    at += await connection.write(frame.subarray(at, end));
  }
}

async function readToEnd(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    while (await connection.read(buffer) !== null);
  } catch (error) {
    if (!isReset(error)) throw error;
  }
}

/** Asks for the ApiVersions again and again on one connection, and insists on the answer. */
async function stayHealthy(): Promise<number> {
  const connection = await Deno.connect(address);
  const request = new Uint8Array([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 4, 0, 0]);
  const answer = new Uint8Array(64 * 1024);
  let asked = 0;
  try {
    for (; !isDone; asked++) {
      await connection.write(request);
      const count = await within(
        HEALTHY_MS_MAX,
        connection.read(answer),
        "a healthy connection got no answer",
      );
      if (count === null) throw new Error("a healthy connection was closed");
      if (new ByteReader().reset(answer, 4, 8).int32() !== 4) throw new Error("a wrong answer");
      await new Promise((resolve) => setTimeout(resolve, HEALTHY_PAUSE_MS));
    }
  } finally {
    connection.close();
  }
  return asked;
}

async function within<T>(ms: number, promise: Promise<T>, otherwise: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function isReset(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionAborted || error instanceof Deno.errors.NotConnected;
}

function addressOf({ broker }: FuzzOptions, local: FuzzTarget | undefined): Address {
  if (local !== undefined) return { hostname: local.address.host, port: local.address.port };
  const [hostname, port] = (broker ?? "").split(":");
  if (hostname === undefined || !(Number(port) > 0)) fail("--broker: not HOST:PORT");
  return { hostname, port: Number(port) };
}

/** Resident MiB of the process that serves; 0 when it is elsewhere and its pid is not known. */
function residentMib(): number {
  if (target !== undefined) return Deno.memoryUsage().rss / MIB;
  if (options.brokerPid === undefined) return 0;
  const status = Deno.readTextFileSync(`/proc/${options.brokerPid}/status`);
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

function replayOf(index: number, frames: number): string {
  const broker = options.broker === undefined ? "" : ` --broker ${options.broker}`;
  return `deno run -A tests/fuzz/fuzz_server.ts --seed ${options.seed} --from ${index} ` +
    `--frames ${frames}${broker}`;
}

let next = options.from;
const end = options.from + options.frames;
let residentMibPeak = 0;

async function fuzzOneAfterAnother(): Promise<void> {
  while (next < end) {
    const index = next;
    const frames = Math.min(FRAMES_PER_CONNECTION, end - index);
    next += frames;
    try {
      await fuzzConnection(index, frames);
      if (target !== undefined && target.errors.length > 0) throw new Error(target.errors[0]);
      residentMibPeak = Math.max(residentMibPeak, residentMib());
      if (residentMibPeak > options.residentMibMax) {
        throw new Error(`${residentMibPeak.toFixed(0)} MiB resident`);
      }
    } catch (error) {
      // Others run at the same time: when this group alone does no harm, replay from the start.
      fail(
        `${error instanceof Error ? error.stack : error}\n` +
          `replay: ${replayOf(index, frames)}\nor: ${
            replayOf(options.from, index - options.from + frames)
          }`,
      );
    }
  }
}

say(`fuzz_server: seed ${options.seed}, frames ${options.from} to ${end - 1}`);
const startMs = performance.now();
const healthy = stayHealthy().catch((error) =>
  fail(`${error}\nreplay: ${replayOf(options.from, next - options.from)}`)
);
await Promise.all(Array.from({ length: CONNECTIONS_AT_A_TIME }, fuzzOneAfterAnother));
isDone = true;
const asked = await healthy;
const seconds = (performance.now() - startMs) / 1000;
await target?.stop();
if (target !== undefined && target.connectionsOpen > 0) {
  fail(`${target.connectionsOpen} connections stayed open`);
}
say(
  `fuzz_server: ${options.frames} frames, ${target?.requests ?? "?"} answered, ` +
    `${asked} healthy requests, ${(options.frames / seconds).toFixed(0)} frames/s, ` +
    `${residentMibPeak.toFixed(0)} MiB at most`,
);
