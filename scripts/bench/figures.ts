/**
 * Figures as values: what was measured, how often, and how it is written down.
 *
 * @module
 */

/** What a figure counts. The unit decides how it is printed and which direction is better. */
export type Unit = "MB/s" | "records/s" | "s/GB" | "ms" | "MB" | "KB" | "s" | "%";

/** One measured quantity of one scenario: a value per run, in the order of the runs. */
export interface Figure {
  readonly scenario: string;
  readonly metric: string;
  readonly unit: Unit;
  readonly values: number[];
}

/** A single measurement, before it is filed under its figure. */
export interface Sample {
  readonly metric: string;
  readonly unit: Unit;
  readonly value: number;
}

/** The figures of one broker, filled run by run. */
export class FigureSet {
  readonly #figures = new Map<string, Figure>();

  constructor(readonly broker: string) {}

  /** Files the samples of one run under `scenario`. */
  add(scenario: string, samples: readonly Sample[]): void {
    for (const { metric, unit, value } of samples) {
      const key = `${scenario}\0${metric}`;
      let figure = this.#figures.get(key);
      if (figure === undefined) {
        figure = { scenario, metric, unit, values: [] };
        this.#figures.set(key, figure);
      }
      figure.values.push(value);
    }
  }

  /** The figure of a metric, or undefined when that scenario did not run. */
  get(scenario: string, metric: string): Figure | undefined {
    return this.#figures.get(`${scenario}\0${metric}`);
  }

  /** The median over the runs, or undefined when the scenario did not run. */
  median(scenario: string, metric: string): number | undefined {
    const figure = this.get(scenario, metric);
    return figure === undefined ? undefined : median(figure.values);
  }

  all(): Figure[] {
    return [...this.#figures.values()];
  }
}

/** The middle value; the mean of the two middle ones for an even count. NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  if (upper === undefined) return NaN;
  if (sorted.length % 2 === 1) return upper;
  return ((sorted[(sorted.length >> 1) - 1] ?? upper) + upper) / 2;
}

/** A number with about three significant digits: 1234, 123, 12.3, 1.23, 0.123. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "-";
  const magnitude = Math.abs(value);
  if (magnitude >= 100) return value.toFixed(0);
  if (magnitude >= 10) return value.toFixed(1);
  return value.toFixed(magnitude >= 1 ? 2 : 3);
}

/** Rows of cells as an aligned text table; the first row is the heading. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, cell.length));
  }
  const line = (row: readonly string[]) =>
    row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ").trimEnd();
  const [heading, ...body] = rows;
  if (heading === undefined) return "";
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [line(heading), rule, ...body.map(line)].join("\n");
}

/** The table of one broker: median, spread and number of runs per metric. */
export function figureTable(figures: FigureSet): string {
  const rows = [["scenario", "metric", "median", "min", "max", "unit", "runs"]];
  for (const { scenario, metric, unit, values } of figures.all()) {
    rows.push([
      scenario,
      metric,
      formatNumber(median(values)),
      formatNumber(Math.min(...values)),
      formatNumber(Math.max(...values)),
      unit,
      String(values.length),
    ]);
  }
  return formatTable(rows);
}
