import type { FetchedPartition, RecordSink } from "../../../client/consumer/partition_reader.ts";
import { endOffsetOf, forEachVisibleBatch } from "../../../client/consumer/visible_batches.ts";
import type { OutputWriter } from "../../records/output_writer.ts";
import type { BatchPrinter } from "./printers.ts";

/** Prints what is read, up to a number of records. */
export class PrintingSink implements RecordSink {
  printed = 0;
  readonly #out: OutputWriter;
  readonly #printer: BatchPrinter;
  readonly #countMax: number;
  readonly #checksCrc: boolean;
  readonly #note: (text: string) => void;
  /** Told where the next record of a partition is, after what came before has been printed. */
  onProgress: (topic: string, partition: number, nextOffset: number) => void = () => undefined;

  constructor(
    out: OutputWriter,
    printer: BatchPrinter,
    options: {
      readonly countMax: number;
      readonly checksCrc: boolean;
      readonly note: (text: string) => void;
    },
  ) {
    this.#out = out;
    this.#printer = printer;
    this.#countMax = options.countMax;
    this.#checksCrc = options.checksCrc;
    this.#note = options.note;
  }

  get isDone(): boolean {
    return this.printed >= this.#countMax || this.#out.hasFailed;
  }

  take(fetched: FetchedPartition): boolean {
    const { records, start, end, topic, partition } = fetched;
    let next = endOffsetOf(records)!;
    forEachVisibleBatch(records, fetched.aborted, this.#checksCrc, (position, size) => {
      const countMax = this.#countMax - this.printed;
      const batch = { bytes: records, position, size };
      this.printed += this.#printer.print(batch, fetched, { start, end, countMax });
      if (this.printed < this.#countMax) return true;
      next = this.#printer.nextOffset;
      return false;
    });
    this.onProgress(topic, partition, Math.min(next, end));
    this.#out.flush();
    return !this.isDone;
  }

  room(): Promise<void> | undefined {
    return this.#out.room();
  }

  skipped(topic: string, partition: number, from: number, logStart: number): void {
    this.#note(
      `jocko: partition ${topic}-${partition}: retention has taken offsets ${from} to ` +
        `${logStart - 1}; going on at ${logStart}`,
    );
  }
}
