/** The broker's side of a cleaner thread. */
import { invariant } from "../../base/invariant.ts";
import { DiskError } from "../../io/disk.ts";
import {
  type Cleaner,
  CleanerError,
  type CleaningClient,
  type CleaningJob,
  type CleaningOutcome,
} from "../../log/compaction/cleaning_job.ts";
import { CorruptLogError } from "../../log/log_reader.ts";
import type { CleanerPort, CleaningFailure, FromCleaner, ToCleaner } from "./messages.ts";

/** A {@link Cleaner} whose work is done at the other end of a port. */
export class PortCleaner implements Cleaner {
  readonly #port: CleanerPort<ToCleaner, FromCleaner> & { close(): void };
  #isBusy = false;

  constructor(port: CleanerPort<ToCleaner, FromCleaner> & { close(): void }) {
    this.#port = port;
  }

  clean(job: CleaningJob, client: CleaningClient): Promise<CleaningOutcome> {
    invariant(!this.#isBusy, "a cleaner cleans one log at a time");
    this.#isBusy = true;
    const port = this.#port;
    const ended = Promise.withResolvers<CleaningOutcome>();
    const swap = async (message: FromCleaner & { type: "swap" }): Promise<void> => {
      try {
        const isDone = await client.swap(message.cleaned);
        port.postMessage({ type: "swapped", isDone });
      } catch (error) {
        ended.reject(error);
        port.postMessage({ type: "swapped", isDone: false });
      }
    };
    port.onmessage = ({ data: message }): void => {
      switch (message.type) {
        case "working":
          if (!client.isWanted()) port.postMessage({ type: "cancel" });
          break;
        case "swap":
          swap(message);
          break;
        case "ended":
          this.#isBusy = false;
          ended.resolve(message.outcome);
          break;
        case "failed":
          this.#isBusy = false;
          ended.reject(errorOf(message.failure));
          break;
      }
    };
    port.postMessage({ type: "clean", job });
    return ended.promise;
  }

  close(): void {
    this.#port.postMessage({ type: "cancel" });
    this.#port.close();
  }
}

function errorOf(failure: CleaningFailure): Error {
  switch (failure.kind) {
    case "disk":
      return new DiskError(failure.diskKind, failure.path, failure.message);
    case "corrupt":
      return new CorruptLogError(failure.path, failure.position, "no sound batch");
    case "other":
      return new CleanerError(failure.message);
  }
}
