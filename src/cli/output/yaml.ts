/** What can be printed as JSON or YAML. */
export type Plain =
  | null
  | boolean
  | number
  | string
  | readonly Plain[]
  | { readonly [key: string]: Plain | undefined };

/** Text that YAML 1.2 and 1.1 read back as the same string without quotes. */
const PLAIN_TEXT = /^[A-Za-z_/][A-Za-z0-9_./+@-]*( [A-Za-z0-9_./+@-]+)*$/;
/** Plain words that would be read as something else. */
const RESERVED = /^(true|false|yes|no|on|off|y|n|null|~)$/i;

/** `value` as a YAML document (YAML 1.2, block style). Undefined members are left out. */
export function toYaml(value: Plain): string {
  return `${block(value, "").replace(/^\n/, "").replace(/^ /, "")}\n`;
}

/** What stands behind a key or a dash: ` scalar`, or lines of their own. */
function block(value: Plain, indent: string): string {
  if (value === null || typeof value !== "object") return ` ${scalar(value)}`;
  if (isList(value)) {
    if (value.length === 0) return " []";
    return value.map((item) => `\n${indent}-${nested(item, `${indent}  `)}`).join("");
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  if (members.length === 0) return " {}";
  return members.map(([key, member]) => {
    const inner = isList(member) ? indent : `${indent}  `;
    return `\n${indent}${scalar(key)}:${block(member ?? null, inner)}`;
  }).join("");
}

/** Behind a dash the first line of a list or map stands on the line of the dash. */
function nested(value: Plain, indent: string): string {
  const text = block(value, indent);
  return text.startsWith("\n") ? ` ${text.slice(1 + indent.length)}` : text;
}

function isList(value: Plain | undefined): value is readonly Plain[] {
  return Array.isArray(value);
}

function scalar(value: null | boolean | number | string): string {
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : `"${value}"`;
  if (typeof value !== "string") return String(value);
  return PLAIN_TEXT.test(value) && !RESERVED.test(value) ? value : JSON.stringify(value);
}
