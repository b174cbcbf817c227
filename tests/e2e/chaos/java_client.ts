/** The three Java clients of `ChaosClient`. */
import assert from "node:assert/strict";
import { javaCommand } from "../../clients/support/java.ts";
import { killChild, prefixed } from "./brokers.ts";
import type { ClientPlace } from "./kcat_clients.ts";

/** What the clients did. */
export interface JavaOutcome {
  readonly sent: number;
  readonly acknowledged: number;
  readonly commits: number;
  readonly transactions: number;
  readonly aborted: readonly number[];
  readonly unknown: readonly number[];
  readonly flaw: string | null;
}

/** The number of partitions that `ChaosClient` writes to. */
export const JAVA_PARTITIONS = 3;

/** A JVM with an idempotent producer, a member of a group and a transactional producer. */
export class JavaClient {
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<string>;
  readonly #errors: Promise<string>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#output = new Response(child.stdout).text();
    this.#errors = new Response(child.stderr).text();
  }

  static async start(
    place: ClientPlace,
    topic: string,
    transactionalTopic: string,
  ): Promise<JavaClient> {
    const java = await javaCommand("ChaosClient", [place.bootstrap, topic, transactionalTopic]);
    const { program, args } = prefixed(place.prefix, [java.program, ...java.args]);
    return new JavaClient(
      new Deno.Command(program, { args, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn(),
    );
  }

  /** Lets the clients finish: everything sent is acknowledged, read, and committed. */
  async end(timeoutMs: number): Promise<JavaOutcome> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), timeoutMs);
    try {
      await this.#child.stdin.close();
      const [{ code }, output, errors] = await Promise.all([
        this.#child.status,
        this.#output,
        this.#errors,
      ]);
      assert.equal(code, 0, `the JVM ended with ${code}: ${output}${errors}`);
      return JSON.parse(output) as JavaOutcome;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it at once; the way out of a test that failed. */
  async kill(): Promise<void> {
    killChild(this.#child);
    await Promise.all([this.#output, this.#errors, this.#child.status]);
  }
}
