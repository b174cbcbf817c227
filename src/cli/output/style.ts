/** How text is set off on a terminal; elsewhere it is left as it is. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
}

const same = (text: string): string => text;

/** For pipes, files, and whoever set NO_COLOR (no-color.org). */
export const PLAIN_STYLE: Style = { bold: same, dim: same, good: same, bad: same, warn: same };

const sequence = (code: number) => (text: string): string => `\x1b[${code}m${text}\x1b[0m`;

export const TERMINAL_STYLE: Style = {
  bold: sequence(1),
  dim: sequence(2),
  good: sequence(32),
  bad: sequence(31),
  warn: sequence(33),
};

/** The style for standard output. */
export function styleFor(
  isTerminal: boolean,
  environment: Readonly<Record<string, string>>,
): Style {
  const isPlain = !isTerminal || Boolean(environment["NO_COLOR"]) ||
    environment["TERM"] === "dumb";
  return isPlain ? PLAIN_STYLE : TERMINAL_STYLE;
}
