import type { DescribeConfigsResourceResult } from "../../protocol/generated/describe_configs_response.ts";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";

/** Where a value comes from, by the number in DescribeConfigs. */
const SOURCES: Readonly<Record<number, string>> = {
  1: "topic",
  2: "broker",
  3: "all brokers",
  4: "start of the broker",
  5: "default",
  6: "logger",
  7: "client metrics",
  8: "group",
};
const DEFAULT_SOURCE = 5;

const TYPES: Readonly<Record<number, string>> = {
  1: "boolean",
  2: "string",
  3: "int",
  4: "short",
  5: "long",
  6: "double",
  7: "list",
  8: "class",
  9: "password",
};

/** A setting as it is shown. */
export type ConfigRow = {
  readonly name: string;
  /** Null when it is not set, or not to be seen. */
  readonly value: string | null;
  readonly source: string;
  /** Null when there is none, or none is known. */
  readonly default: string | null;
  readonly type: string;
  readonly readOnly: boolean;
  readonly sensitive: boolean;
  readonly documentation: string | null;
};

export function configRows(configs: readonly DescribeConfigsResourceResult[]): ConfigRow[] {
  return configs.map((config) => ({
    name: config.name,
    value: config.value,
    source: SOURCES[config.configSource] ?? `source ${config.configSource}`,
    default: defaultOf(config),
    type: TYPES[config.configType] ?? "unknown",
    readOnly: config.readOnly,
    sensitive: config.isSensitive,
    documentation: config.documentation,
  }));
}

/** The default, with the name of the broker's setting where it comes from one of another name. */
function defaultOf({ name, value, configSource, synonyms }: DescribeConfigsResourceResult) {
  const found = synonyms.find(({ source }) => source === DEFAULT_SOURCE);
  if (found === undefined) return configSource === DEFAULT_SOURCE ? value : null;
  const isOwn = found.name === name || found.name === `log.${name}`;
  return isOwn || found.value === null ? found.value : `${found.value} (${found.name})`;
}

/** @param isFull with documentation, below each setting */
export function renderConfigs(
  configs: readonly ConfigRow[],
  isFull: boolean,
  style: Style,
): string {
  if (configs.length === 0) return "";
  const table = renderTable(
    ["SETTING", "VALUE", "SOURCE", "DEFAULT"],
    configs.map((config) => [config.name, valueText(config), config.source, config.default]),
    style,
  );
  if (!isFull) return table;
  const [heading, ...lines] = table.trimEnd().split("\n");
  const documented = lines.map((line, i) => {
    const text = configs[i]!.documentation;
    return text
      ? `${line}\n${wrap(text, 96).map((part) => `    ${style.dim(part)}\n`).join("")}`
      : `${line}\n`;
  });
  return `${heading}\n${documented.join("")}`;
}

/** The value, or why it can't be seen. */
export function valueText({ value, sensitive }: Pick<ConfigRow, "value" | "sensitive">): string {
  if (sensitive) return "(hidden)";
  return value === null ? "(not set)" : value;
}

/** `text` in lines of at most `width` characters, broken at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  if (line !== "") lines.push(line);
  return lines;
}
