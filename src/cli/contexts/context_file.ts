import { join } from "std/path";
import type { FileAccess } from "../surroundings.ts";

/** A cluster that `jocko context add` has given a name. */
export interface NamedContext {
  readonly name: string;
  /** As `--brokers` takes them. */
  readonly brokers: string;
}

/** What the file holds. */
export interface ContextList {
  /** The name of the context in use; undefined when there is none. */
  readonly current: string | undefined;
  readonly contexts: readonly NamedContext[];
}

/** Names that need no quotes in a shell. */
export const CONTEXT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** The file with the contexts can't be used. */
export class ContextFileError extends Error {
  override readonly name = "ContextFileError";
}

/** The contexts that commands choose brokers by, in a file of the user. */
export class ContextFile {
  readonly path: string;
  readonly #files: FileAccess;

  constructor(files: FileAccess, environment: Readonly<Record<string, string>>) {
    this.#files = files;
    this.path = contextPath(environment);
  }

  /** @throws {ContextFileError} when the file is there and can't be understood */
  read(): ContextList {
    const text = this.#files.readText(this.path);
    if (text === undefined) return { current: undefined, contexts: [] };
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ContextFileError(`${this.path} is no JSON: ${why}. Mend or remove it.`);
    }
    if (!isFile(parsed)) {
      throw new ContextFileError(`${this.path} is no list of contexts. Mend or remove it.`);
    }
    const contexts = Object.entries(parsed.contexts).map(([name, { brokers }]) => ({
      name,
      brokers,
    }));
    return { current: parsed.current, contexts };
  }

  write({ current, contexts }: ContextList): void {
    const members = contexts.map(({ name, brokers }) => [name, { brokers }] as const);
    const file = { current, contexts: Object.fromEntries(members) };
    this.#files.writeText(this.path, `${JSON.stringify(file, null, 2)}\n`);
  }
}

/** `JOCKO_CONTEXTS`, or `jocko/contexts.json` below the place for configuration of this user. */
function contextPath(environment: Readonly<Record<string, string>>): string {
  const named = environment["JOCKO_CONTEXTS"];
  if (named) return named;
  const below = environment["XDG_CONFIG_HOME"] || environment["APPDATA"] ||
    join(environment["HOME"] || ".", ".config");
  return join(below, "jocko", "contexts.json");
}

interface FileShape {
  readonly current?: string;
  readonly contexts: Readonly<Record<string, { readonly brokers: string }>>;
}

function isFile(value: unknown): value is FileShape {
  if (typeof value !== "object" || value === null || !("contexts" in value)) return false;
  const { contexts } = value;
  if (typeof contexts !== "object" || contexts === null) return false;
  if ("current" in value && typeof value.current !== "string") return false;
  return Object.values(contexts).every((context: unknown) =>
    typeof context === "object" && context !== null && "brokers" in context &&
    typeof context.brokers === "string"
  );
}
