/** Asks one broker about many things at once; as many answers, in the same order. */
export type BatchSender<Item, Result> = (
  brokerId: number,
  items: readonly Item[],
) => Promise<readonly Result[]>;

interface Asked<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
}

/** What is to go to one broker. */
interface PeerQueue<Item, Result> {
  waiting: Asked<Item, Result>[];
  isSending: boolean;
}

/**
 * Gathers what is to be asked of other brokers: to each there is one request under way at most, and
 * whatever comes up meanwhile goes with the next.
 */
export class PeerBatches<Item, Result> {
  readonly #queues = new Map<number, PeerQueue<Item, Result>>();

  /**
   * @param send one request
   * @param lost the result of what was asked for in vain
   */
  constructor(
    private readonly send: BatchSender<Item, Result>,
    private readonly lost: (item: Item, error: unknown) => Result,
  ) {}

  ask(brokerId: number, item: Item): Promise<Result> {
    let queue = this.#queues.get(brokerId);
    if (queue === undefined) {
      queue = { waiting: [], isSending: false };
      this.#queues.set(brokerId, queue);
    }
    const { promise, resolve } = Promise.withResolvers<Result>();
    queue.waiting.push({ item, resolve });
    if (!queue.isSending) {
      queue.isSending = true;
      const ready = queue;
      // What else is asked in this turn goes along.
      queueMicrotask(() => void this.#drain(brokerId, ready));
    }
    return promise;
  }

  async #drain(brokerId: number, queue: PeerQueue<Item, Result>): Promise<void> {
    while (queue.waiting.length > 0) {
      const batch = queue.waiting;
      queue.waiting = [];
      let results: readonly Result[];
      try {
        results = await this.send(brokerId, batch.map(({ item }) => item));
        if (results.length !== batch.length) throw new Error("not everything was answered");
      } catch (error) {
        results = batch.map(({ item }) => this.lost(item, error));
      }
      batch.forEach(({ resolve }, i) => resolve(results[i]!));
    }
    queue.isSending = false;
    this.#queues.delete(brokerId);
  }
}
