/** Where a setting was written. */
export type SettingOrigin =
  | { readonly kind: "flag"; readonly flag: string }
  | { readonly kind: "environment"; readonly variable: string }
  | { readonly kind: "file"; readonly path: string; readonly line: number }
  | { readonly kind: "default" };

/** A configuration key with the value it was given, as text. */
export interface Setting {
  readonly key: string;
  readonly value: string;
  readonly origin: SettingOrigin;
}

/** Why a setting is refused. */
export interface ConfigurationProblem {
  readonly setting: Setting;
  /** What is wrong and what is allowed, as a clause: `no such setting; did you mean ...?`. */
  readonly reason: string;
  /** True when the value must not be shown: it is, or may be, a secret. */
  readonly hideValue: boolean;
}

/** An origin in the words of the operator. */
export function describeOrigin(origin: SettingOrigin): string {
  switch (origin.kind) {
    case "flag":
      return `flag ${origin.flag}`;
    case "environment":
      return `environment ${origin.variable}`;
    case "file":
      return `${origin.path}:${origin.line}`;
    case "default":
      return "default";
  }
}

/** One line: key, value, where it came from, what is wrong. */
export function describeProblem(problem: ConfigurationProblem): string {
  const { key, value, origin } = problem.setting;
  const shown = problem.hideValue ? "(hidden)" : JSON.stringify(value);
  return `${key} = ${shown} (${describeOrigin(origin)}): ${problem.reason}`;
}

/** The configuration was refused. Holds all that is wrong with it, so that one look is enough. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  constructor(readonly problems: readonly ConfigurationProblem[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super([`${count} in the configuration`, ...problems.map(describeProblem)].join("\n  "));
  }
}
