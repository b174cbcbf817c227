/**
 * Hosts on one machine: network namespaces around one that routes between them, where traffic is
 * dropped without a word, per direction. Takes `ip` and the right to make namespaces; what is made is
 * private to them, so that the machine's own network is never touched.
 */
import { findOrAptInstall, run } from "../../../scripts/client_tools.ts";

/** Host number h has this address; its gateway ends in 254. */
export function hostAddress(host: number): string {
  return `10.93.${host}.1`;
}

/** Whether this process may make network namespaces; a reason when it may not. */
export async function namespacesRefusal(): Promise<string | undefined> {
  const name = `jocko-probe-${Deno.pid}`;
  try {
    const ip = await findOrAptInstall("ip", "iproute2");
    await run([ip, "netns", "add", name]);
    await run([ip, "netns", "del", name]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Hosts 0 to `count` - 1; {@link remove} must be awaited. */
export class Namespaces {
  /** Pairs `from>to` whose traffic is dropped. */
  readonly #dropped = new Set<string>();

  private constructor(readonly count: number, readonly router: string) {}

  static async create(count: number): Promise<Namespaces> {
    const namespaces = new Namespaces(count, `jocko-${Deno.pid}`);
    try {
      await namespaces.#make();
    } catch (cause) {
      await namespaces.remove();
      throw cause;
    }
    return namespaces;
  }

  /** Runs a program on a host. */
  prefix(host: number): string[] {
    return ["ip", "netns", "exec", this.#name(host)];
  }

  /** Drops what `from` sends to `to` from now on. */
  async drop(from: number, to: number): Promise<void> {
    const key = `${from}>${to}`;
    if (this.#dropped.has(key)) return;
    this.#dropped.add(key);
    await this.#rule("add", from, to);
  }

  /** Drops all traffic between two groups of hosts. */
  async split(some: readonly number[], others: readonly number[]): Promise<void> {
    for (const one of some) {
      for (const other of others) {
        await this.drop(one, other);
        await this.drop(other, one);
      }
    }
  }

  /** Lets all traffic pass again. */
  async heal(): Promise<void> {
    for (const key of this.#dropped) {
      const [from, to] = key.split(">").map(Number);
      await this.#rule("del", from!, to!);
    }
    this.#dropped.clear();
  }

  /** Removes all of it. Processes on the hosts must have ended. */
  async remove(): Promise<void> {
    const names = [
      this.router,
      ...Array.from({ length: this.count }, (_, host) => host)
        .map((host) => this.#name(host)),
    ];
    const { stdout } = await new Deno.Command("ip", { args: ["netns", "list"] }).output();
    const existing = new TextDecoder().decode(stdout).split("\n").map((line) => line.split(" ")[0]);
    for (const name of names.filter((name) => existing.includes(name))) {
      await run(["ip", "netns", "del", name]);
    }
  }

  async #make(): Promise<void> {
    await run(["ip", "netns", "add", this.router]);
    await this.#onRouter("ip", "link", "set", "lo", "up");
    await this.#onRouter("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward");
    for (let host = 0; host < this.count; host++) await this.#makeHost(host);
  }

  async #makeHost(host: number): Promise<void> {
    const name = this.#name(host);
    const port = `host${host}`;
    const gateway = `10.93.${host}.254`;
    await run(["ip", "netns", "add", name]);
    await run([
      ...["ip", "-n", this.router, "link", "add", port, "type", "veth"],
      ...["peer", "name", "eth0", "netns", name],
    ]);
    await run(["ip", "-n", this.router, "addr", "add", `${gateway}/24`, "dev", port]);
    await run(["ip", "-n", this.router, "link", "set", port, "up"]);
    await run(["ip", "-n", name, "addr", "add", `${hostAddress(host)}/24`, "dev", "eth0"]);
    for (const device of ["lo", "eth0"]) await run(["ip", "-n", name, "link", "set", device, "up"]);
    await run(["ip", "-n", name, "route", "add", "default", "via", gateway]);
  }

  /** A rule of the router that forwards nothing from one host to another, and sends no ICMP. */
  async #rule(verb: "add" | "del", from: number, to: number): Promise<void> {
    const match = ["from", hostAddress(from), "to", hostAddress(to), "blackhole"];
    await run(["ip", "-n", this.router, "rule", verb, ...match]);
  }

  async #onRouter(...command: readonly string[]): Promise<void> {
    await run(["ip", "netns", "exec", this.router, ...command]);
  }

  #name(host: number): string {
    return `${this.router}-${host}`;
  }
}
