import type { Style } from "./style.ts";
import { type Plain, toYaml } from "./yaml.ts";

/** The forms that results are printed in. */
export const OUTPUT_FORMATS = ["table", "json", "yaml"] as const;
export type OutputFormat = typeof OUTPUT_FORMATS[number];

/** A result: what programs read, and how it looks to people. */
export interface Report {
  readonly value: Plain;
  table(style: Style): string;
}

/** `report` as text that ends with a newline. */
export function renderReport(report: Report, format: OutputFormat, style: Style): string {
  switch (format) {
    case "json":
      return `${JSON.stringify(report.value, null, 2)}\n`;
    case "yaml":
      return toYaml(report.value);
    case "table":
      return report.table(style);
  }
}
