/** A metric and how its values are read, all at once, when somebody asks. */
export interface MetricDefinition {
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge";
  readonly labels?: readonly string[];
  /** Calls `set` for each combination of labels. */
  read(set: (value: number, labels?: Record<string, string>) => void): void;
}
