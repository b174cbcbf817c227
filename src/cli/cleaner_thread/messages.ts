/** What a broker and the thread that compacts for it tell each other, over a port of their own. */
import type {
  CleanedSegment,
  CleaningJob,
  CleaningOutcome,
} from "../../log/compaction/cleaning_job.ts";
import type { DiskErrorKind } from "../../io/disk.ts";

/** From the main thread, once: whom to work for, and where. */
export interface ServeCleaner {
  readonly dataDir: string;
  readonly port: MessagePort;
}

/** From the broker: one `clean` at a time; `swapped` answers `swap`, `cancel` may come any time. */
export type ToCleaner =
  | { readonly type: "clean"; readonly job: CleaningJob }
  | { readonly type: "swapped"; readonly isDone: boolean }
  | { readonly type: "cancel" };

/** From the cleaner: `working` now and then, and `ended` or `failed` in the end. */
export type FromCleaner =
  | { readonly type: "working" }
  | { readonly type: "swap"; readonly cleaned: CleanedSegment }
  | { readonly type: "ended"; readonly outcome: CleaningOutcome }
  | { readonly type: "failed"; readonly failure: CleaningFailure };

/** An error, as far as it crosses threads. */
export type CleaningFailure =
  | {
    readonly kind: "disk";
    readonly diskKind: DiskErrorKind;
    readonly path: string;
    readonly message: string;
  }
  | { readonly kind: "corrupt"; readonly path: string; readonly position: number }
  | { readonly kind: "other"; readonly message: string };

/** The end of a message channel. */
export interface CleanerPort<Out, In> {
  postMessage(message: Out): void;
  onmessage: ((event: MessageEvent<In>) => void) | null;
}
