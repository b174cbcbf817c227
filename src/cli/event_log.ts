/** Events as lines on standard error: one event, one line, in text or JSON. */
import type { Logger } from "../base/logger.ts";
import type { Clock } from "../io/clock.ts";
import { LOG_LEVELS, type LogFormat, type LogLevel } from "./configuration/settings.ts";

/** What an event is about, by name. Values of secrets don't belong here. */
export type EventFields = Readonly<Record<string, unknown>>;

/** A {@link Logger} that writes events of `level` and above, each by one call of `write`. */
export class EventLog implements Logger {
  readonly #threshold: number;

  constructor(
    private readonly write: (line: string) => void,
    private readonly clock: Pick<Clock, "wallMs">,
    private readonly options: { readonly format: LogFormat; readonly level: LogLevel },
  ) {
    this.#threshold = LOG_LEVELS.indexOf(options.level);
  }

  debug(event: string, fields?: EventFields): void {
    this.#log("debug", event, fields);
  }
  info(event: string, fields?: EventFields): void {
    this.#log("info", event, fields);
  }
  warn(event: string, fields?: EventFields): void {
    this.#log("warn", event, fields);
  }
  error(event: string, fields?: EventFields): void {
    this.#log("error", event, fields);
  }

  #log(level: LogLevel, event: string, fields: EventFields = {}): void {
    if (LOG_LEVELS.indexOf(level) < this.#threshold) return;
    const time = new Date(this.clock.wallMs()).toISOString();
    const format = this.options.format === "json" ? formatJson : formatText;
    this.write(`${format(time, level, event, fields)}\n`);
  }
}

/** `2026-01-31T12:00:00.000Z INFO  topic created topic=events partitions=3` */
export function formatText(
  time: string,
  level: LogLevel,
  event: string,
  fields: EventFields,
): string {
  let line = `${time} ${level.toUpperCase().padEnd(5)} ${printable(event)}`;
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) line += ` ${name}=${textOf(value)}`;
  }
  return line;
}

/** The same as one JSON object; a field called like one of the first three gets a trailing `_`. */
export function formatJson(
  time: string,
  level: LogLevel,
  event: string,
  fields: EventFields,
): string {
  const object: Record<string, unknown> = { time, level, event };
  for (const [name, value] of Object.entries(fields)) {
    object[Object.hasOwn(object, name) ? `${name}_` : name] = plain(value);
  }
  return printable(jsonOf(object));
}

/** A value without the characters that could end the line or steer a terminal. */
function textOf(value: unknown): string {
  const simple = plain(value);
  if (typeof simple !== "string") return printable(jsonOf(simple));
  return /^[^\s"=\\\p{C}]+$/u.test(simple) ? simple : printable(JSON.stringify(simple));
}

/** Escapes as JSON does, by UTF-16 code unit, so that JSON stays JSON. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    let escaped = "";
    for (let i = 0; i < character.length; i++) {
      escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`;
    }
    return escaped;
  });
}

function plain(value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return typeof value === "bigint" ? String(value) : value;
}

/** Logging must not throw, so what JSON can't express is written as a string. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, inner) => plain(inner)) ?? String(value);
  } catch (error) {
    return JSON.stringify(`unprintable: ${error instanceof Error ? error.message : error}`);
  }
}
