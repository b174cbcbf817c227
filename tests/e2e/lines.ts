/** Lines of real text, many and the same in every run on one checkout. */
import { dirname, join } from "std/path";
import { fileURLToPath } from "node:url";

const REPOSITORY = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const FOLDERS = ["src", "tests", "scripts"];
const LONG_LINE_EVERY = 20_000;
const MARKED_LINE_EVERY = 50;

/**
 * `count` lines, each with its line feed: the TypeScript of this repository over and over, with
 * every 50th line numbered and beyond ASCII, and every 20 000th one about 40 KB long. None is
 * empty, since kcat takes an empty line for no record; some are a single space.
 */
export async function realLines(count: number): Promise<Uint8Array> {
  const source = await sourceLines();
  const encoder = new TextEncoder();
  const chunks: Uint8Array[] = [];
  let chunk: string[] = [];
  for (let i = 0; i < count; i++) {
    chunk.push(lineAt(i, source));
    if (chunk.length === 10_000) {
      chunks.push(encoder.encode(`${chunk.join("\n")}\n`));
      chunk = [];
    }
  }
  if (chunk.length > 0) chunks.push(encoder.encode(`${chunk.join("\n")}\n`));
  return concatenate(chunks);
}

function lineAt(i: number, source: readonly string[]): string {
  const text = source[i % source.length] ?? "";
  if (i % LONG_LINE_EVERY === LONG_LINE_EVERY - 1) return `${i} ${"длинная строка ".repeat(1500)}`;
  if (i % MARKED_LINE_EVERY === 0) return `${i} 🙂 ${text}`;
  return text === "" ? " " : text;
}

async function sourceLines(): Promise<string[]> {
  const paths: string[] = [];
  for (const folder of FOLDERS) await collect(join(REPOSITORY, folder), paths);
  paths.sort();
  const all: string[] = [];
  for (const path of paths) all.push(...(await Deno.readTextFile(path)).split("\n"));
  return all;
}

async function collect(directory: string, paths: string[]): Promise<void> {
  for await (const entry of Deno.readDir(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory) await collect(path, paths);
    else if (entry.name.endsWith(".ts")) paths.push(path);
  }
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const all = new Uint8Array(total);
  let position = 0;
  for (const chunk of chunks) {
    all.set(chunk, position);
    position += chunk.length;
  }
  return all;
}

/** Says where two texts part; undefined when they are byte-identical. */
export function firstDifference(actual: Uint8Array, expected: Uint8Array): string | undefined {
  const length = Math.min(actual.length, expected.length);
  let line = 0;
  let lineStart = 0;
  for (let i = 0; i < length; i++) {
    if (actual[i] !== expected[i]) {
      return `line ${line}: <${lineAround(actual, lineStart)}> instead of <${
        lineAround(expected, lineStart)
      }>`;
    }
    if (actual[i] === 10) {
      line++;
      lineStart = i + 1;
    }
  }
  if (actual.length === expected.length) return undefined;
  return `${actual.length} bytes instead of ${expected.length}, alike up to line ${line}`;
}

function lineAround(text: Uint8Array, start: number): string {
  const end = text.indexOf(10, start);
  return new TextDecoder().decode(text.subarray(start, end < 0 ? start + 200 : end)).slice(0, 200);
}
