import { NotControllerError } from "../metadata_quorum.ts";

/** Entries that were proposed here and are not committed and replayed yet. */
interface Pending {
  readonly token: number;
  readonly batch: Uint8Array;
  /** Undefined until it is in the log. */
  lastOffset: number | undefined;
  readonly resolve: (lastOffset: number) => void;
  readonly reject: (reason: unknown) => void;
}

/** Who waits for which entry of the log. */
export class PendingProposals {
  readonly #byToken = new Map<number, Pending>();
  /** Those in the log, by offset. */
  #appended: Pending[] = [];
  #count = 0;

  /** @returns the token that names `batch`, and what settles with its outcome */
  add(batch: Uint8Array): { readonly token: number; readonly outcome: Promise<number> } {
    const token = ++this.#count;
    const outcome = new Promise<number>((resolve, reject) => {
      this.#byToken.set(token, { token, batch, lastOffset: undefined, resolve, reject });
    });
    return { token, outcome };
  }

  get isEmpty(): boolean {
    return this.#byToken.size === 0;
  }

  batch(token: number): Uint8Array {
    return this.#byToken.get(token)!.batch;
  }

  appended(token: number, lastOffset: number): void {
    const pending = this.#byToken.get(token);
    if (pending === undefined) return;
    pending.lastOffset = lastOffset;
    this.#appended.push(pending);
  }

  /** The image has everything below `endOffset`. */
  replayed(endOffset: number): void {
    let count = 0;
    for (const { token, lastOffset, resolve } of this.#appended) {
      if (lastOffset! >= endOffset) break;
      count++;
      this.#byToken.delete(token);
      resolve(lastOffset!);
    }
    if (count > 0) this.#appended.splice(0, count);
  }

  reject(tokens: readonly number[], reason: unknown): void {
    for (const token of tokens) {
      const pending = this.#byToken.get(token);
      if (pending === undefined) continue;
      this.#byToken.delete(token);
      this.#appended = this.#appended.filter((other) => other !== pending);
      pending.reject(reason);
    }
  }

  rejectAll(reason: unknown): void {
    const all = [...this.#byToken.values()];
    this.#byToken.clear();
    this.#appended = [];
    for (const { reject } of all) reject(reason);
  }

  /** Another broker decides from now on what becomes of them. */
  leadershipLost(leaderId: number): void {
    if (this.#byToken.size === 0) return;
    const message = "no longer the active controller; the outcome is unknown";
    this.rejectAll(new NotControllerError(leaderId, message, false));
  }
}
