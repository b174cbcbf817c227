/** A small mistake that somebody could make, as a change of the source text. */
export interface PlantedBug {
  /** Lower case, words joined by hyphens. */
  readonly name: string;
  /** What is wrong, and what may come of it. */
  readonly story: string;
  readonly changes: readonly TextChange[];
  /** The number of brokers that shows it best; what the command line says when left out. */
  readonly nodes?: number;
}

/** Replaces a piece of text that stands in the file exactly once. */
export interface TextChange {
  /** From the root of the project. */
  readonly path: string;
  readonly find: string;
  readonly replace: string;
}

/** The text of a file with a change made. @throws when the piece is missing, or there twice */
export function changed(source: string, { path, find, replace }: TextChange): string {
  const at = source.indexOf(find);
  if (at < 0) throw new Error(`${path} has no ${JSON.stringify(find)}`);
  if (source.indexOf(find, at + 1) >= 0) {
    throw new Error(`${path} has more than one ${JSON.stringify(find)}`);
  }
  return source.slice(0, at) + replace + source.slice(at + find.length);
}
