/** Commands as processes: signals, pipes, groups with several members, throw-away brokers. */
import assert from "node:assert/strict";
import { join } from "std/path";
import { withBroker } from "./cli_broker.ts";
import { runJocko, type SessionPlace } from "./cli_session.ts";
import { JockoProcess } from "./jocko_process.ts";
import { lines } from "../clients/support/process.ts";

const ROOT = join(import.meta.dirname ?? ".", "../..");
const MAIN = ["run", "-A", "--no-check", join(ROOT, "main.ts")];

/** A command in a process of its own, with what it prints so far. */
class RunningCommand {
  readonly output: string[] = [];
  readonly errors: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #streams: Promise<unknown>;
  #changed: () => void = () => undefined;

  constructor(args: readonly string[], { environment }: SessionPlace) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [...MAIN, ...args],
      env: { ...environment },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#streams = Promise.all([
      this.#read(this.#child.stdout, this.output),
      this.#read(this.#child.stderr, this.errors),
    ]);
  }

  /** Waits until what was printed satisfies `condition`. */
  async until(condition: () => boolean): Promise<void> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 30_000);
    try {
      while (!condition()) {
        const changed = new Promise<boolean>((resolve) => this.#changed = () => resolve(true));
        const isOver = this.#streams.then(() => false);
        if (!await Promise.race([changed, isOver]) && !condition()) {
          throw new Error(`it ended: ${[...this.output, ...this.errors].join("\n")}`);
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async end(signal: Deno.Signal): Promise<number> {
    this.#child.kill(signal);
    const { code } = await this.#child.status;
    await this.#streams;
    return code;
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>, into: string[]): Promise<void> {
    for await (const line of lines(stream)) {
      into.push(line);
      this.#changed();
    }
  }
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

async function jocko(place: SessionPlace, line: string, input?: string): Promise<string> {
  const { code, output, errors } = await runJocko(
    line.split(" "),
    place,
    input === undefined ? undefined : utf8(input),
  );
  assert.equal(code, 0, errors);
  return output;
}

Deno.test("jocko consume prints records as they come, until it is interrupted", async () => {
  await withBroker(async (place) => {
    await jocko(place, "topic create live --partitions 1");
    await jocko(place, "produce live -q", "one\n");
    const tail = new RunningCommand(["consume", "live"], place);
    await tail.until(() => tail.output.length === 1);
    await jocko(place, "produce live -q", "two\nthree\n");
    await tail.until(() => tail.output.length === 3);
    assert.equal(await tail.end("SIGINT"), 0);
    assert.deepEqual(tail.output, ["one", "two", "three"]);
  });
});

Deno.test("jocko produce delivers each line as it is typed, and what was read before Ctrl-C", async () => {
  await withBroker(async (place) => {
    await jocko(place, "topic create typed --partitions 1");
    const child = new Deno.Command(Deno.execPath(), {
      args: [...MAIN, "produce", "typed", "--linger", "50ms"],
      env: { ...place.environment },
      stdin: "piped",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(utf8("one\n"));
    const tail = new RunningCommand(["consume", "typed"], place);
    await tail.until(() => tail.output.length === 1);
    await writer.write(utf8("two\nnot ended"));
    await tail.until(() => tail.output.length === 2);
    child.kill("SIGINT");
    const [errors, { code }] = await Promise.all([
      new Response(child.stderr).text(),
      child.status,
    ]);
    assert.equal(code, 0, errors);
    assert.match(errors, /^2 records to typed/);
    assert.equal(await tail.end("SIGTERM"), 0);
    await writer.abort().catch(() => undefined);
  });
});

Deno.test("jocko consume --group shares partitions with others, and leaves them when it ends", async () => {
  await withBroker(async (place) => {
    await jocko(place, "topic create shared --partitions 2");
    const first = new RunningCommand(["consume", "shared", "--group", "g"], place);
    await first.until(() => first.errors.some((line) => line.includes("shared-0, shared-1")));
    const second = new RunningCommand(["consume", "shared", "--group", "g"], place);
    const owned = (command: RunningCommand) => command.errors.at(-1)?.match(/shared-\d/g) ?? [];
    await second.until(() => owned(second).length === 1);
    await first.until(() => owned(first).length === 1);
    await jocko(place, "produce shared -q -p 0", "zero\n");
    await jocko(place, "produce shared -q -p 1", "one\n");
    await first.until(() => first.output.length === 1);
    await second.until(() => second.output.length === 1);
    assert.deepEqual([...first.output, ...second.output].sort(), ["one", "zero"]);

    assert.equal(await second.end("SIGTERM"), 0);
    await first.until(() => owned(first).length === 2);
    await jocko(place, "produce shared -q -p 0", "zero again\n");
    await jocko(place, "produce shared -q -p 1", "one again\n");
    await first.until(() => first.output.length === 3);
    assert.equal(await first.end("SIGINT"), 0);

    const described = JSON.parse(await jocko(place, "group describe g -o json"));
    assert.equal(described.lag, 0, "what was printed is committed");
    assert.equal(described.state, "Empty");
  });
});

Deno.test("jocko produce and consume carry a file of many lines, byte by byte", async () => {
  await withBroker(async (place) => {
    const text = Array.from({ length: 200_000 }, (_, i) => `line ${i} ${"x".repeat(i % 97)}\n`)
      .join("");
    await jocko(place, "topic create many --partitions 1");
    for (const compression of ["none", "gzip", "snappy", "lz4", "zstd"]) {
      await jocko(place, `topic create many-${compression} --partitions 1`);
      await jocko(place, `produce many-${compression} -q -z ${compression}`, text);
      const read = await jocko(place, `consume many-${compression} -e --check-crcs`);
      assert(read === text, compression);
    }
  });
});

Deno.test("jocko ends quietly when nobody reads its output any more", async () => {
  await withBroker(async (place) => {
    await jocko(place, "topic create long --partitions 1");
    await jocko(place, "produce long -q", "a line that is printed\n".repeat(500_000));
    const child = new Deno.Command(Deno.execPath(), {
      args: [...MAIN, "consume", "long", "-e"],
      env: { ...place.environment },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    const [errors, { code }] = await Promise.all([
      new Response(child.stderr).text(),
      child.status,
    ]);
    assert.deepEqual([code, errors], [0, ""]);
  });
});

Deno.test("jocko __complete proposes names of topics, groups and contexts", async () => {
  await withBroker(async (place) => {
    await jocko(place, "topic create orders --partitions 1");
    await jocko(place, "produce orders -q", "x\n");
    await jocko(place, "consume orders --group billing -c 1");
    await jocko(place, "context add staging 127.0.0.1:1");
    const proposals = async (...words: string[]) =>
      (await runJocko(["__complete", "--", ...words], place)).output.trim().split("\n");
    assert.deepEqual(await proposals("topic", "describe", "o"), ["orders"]);
    assert.deepEqual(await proposals("consume", "orders", "--group", "b"), ["billing"]);
    assert.deepEqual(await proposals("group", "seek", "b"), ["billing"]);
    assert.deepEqual(await proposals("context", "use", "s"), ["staging"]);
    const unreachable = { environment: { JOCKO_BROKERS: "127.0.0.1:1" } };
    const { code, output } = await runJocko(
      ["__complete", "--", "topic", "describe", "o"],
      unreachable,
    );
    assert.deepEqual([code, output], [0, ""]);
  });
});

Deno.test("jocko dev serves topics from a directory that is gone at its end", async () => {
  const process = new JockoProcess({
    program: Deno.execPath(),
    args: [...MAIN, "dev", "--port", "0", "--topic", "orders:3", "--topic", "payments"],
    cwd: ROOT,
  });
  try {
    const place = {
      environment: { JOCKO_BROKERS: await process.address() },
      replacements: [],
      standIns: [],
    };
    assert.equal(await jocko(place, "topic list --names"), "orders\npayments\n");
    const dataDir = (await jocko(place, "config get broker/1 log.dirs")).trim();
    assert(Deno.statSync(dataDir).isDirectory);
    process.signal("SIGTERM");
    assert.equal((await process.end()).code, 0);
    assert.throws(() => Deno.statSync(dataDir), Deno.errors.NotFound);
  } finally {
    await process.kill();
  }
});

Deno.test("jocko doctor, bench and debug bundle tell what they find", async () => {
  await withBroker(async (place) => {
    await jocko(place, "topic create secret-topic --partitions 1");
    const findings = JSON.parse(await jocko(place, "doctor -o json"));
    assert(findings.every(({ level }: { level: string }) => level !== "error"));
    assert(findings.some(({ check }: { check: string }) => check === "advertised address"));
    const down = await runJocko(["doctor", "--brokers", "127.0.0.1:1"], place);
    assert.equal(down.code, 5);
    assert.match(down.output, /bootstrap +error +127\.0\.0\.1:1: connection refused/);

    const rates = JSON.parse(await jocko(place, "bench -n 20000 --round-trips 50 -o json"));
    assert.equal(rates.produce.records, 20_000);
    assert.equal(rates.consume.records, 20_000);
    assert.equal(rates.roundTrip.count, 50);
    assert.equal(await jocko(place, "topic list --names"), "secret-topic\n");

    const bundle = await jocko(place, "debug bundle --file -");
    assert.equal(JSON.parse(bundle).partitions[0].topic, "topic-1");
    assert.doesNotMatch(bundle, /secret-topic|127\.0\.0\.1|\/tmp\//);
    assert.match(await jocko(place, "debug bundle --file - --names"), /secret-topic/);
  });
});
