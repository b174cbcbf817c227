/** Takes names out of what is to be given to others. Pure. */
import type { Plain } from "../../output/yaml.ts";

/** Members whose text names something of the operator's, by the kind of what they name. */
const KIND_OF_MEMBER: Readonly<Record<string, string>> = {
  topic: "topic",
  topics: "topic",
  group: "group",
  host: "host",
  rack: "rack",
  path: "path",
  client: "client",
  member: "member",
  transactionalId: "transaction",
};

/** Replaces names by numbered stand-ins, the same for the same name each time. */
export class Redactor {
  readonly #standIns = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** `value` with names replaced; internal topics keep theirs. */
  redact(value: Plain, kind?: string): Plain {
    if (typeof value === "string") return kind === undefined ? value : this.#standIn(kind, value);
    if (value === null || typeof value !== "object") return value;
    if (isList(value)) return value.map((item) => this.redact(item, kind));
    return Object.fromEntries(
      Object.entries(value).filter(([, member]) => member !== undefined)
        .map(([name, member]) => [name, this.redact(member!, KIND_OF_MEMBER[name])]),
    );
  }

  #standIn(kind: string, name: string): string {
    if (name === "" || name.startsWith("__")) return name;
    const key = `${kind}:${name}`;
    const known = this.#standIns.get(key);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const standIn = `${kind}-${count}`;
    this.#standIns.set(key, standIn);
    return standIn;
  }
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}

/** Settings that hold addresses, paths or names, whose values are left out. */
const TELLING_SETTING = /(listeners|log\.dirs?|host|path|location|servers|users|principal|key)$/;

/** The value of a setting that may be shown; `(redacted)` for one that tells too much. */
export function redactSetting(name: string, value: string | null): string | null {
  return value !== null && TELLING_SETTING.test(name) ? "(redacted)" : value;
}
