import type { NodeId } from "./messages.ts";
import type { RaftState } from "./raft_state.ts";

/** Who wants a read index: an event of this node, or a request of another. */
export interface Reader {
  /** Undefined for this node. */
  readonly node: NodeId | undefined;
  /** The token of the event, or the id of the request. */
  readonly id: number;
}

interface WaitingRead {
  readonly reader: Reader;
  readonly sequence: number;
  /** The high watermark when it was asked for. */
  readonly offset: number;
}

/**
 * Read indexes: the high watermark of a moment at which a majority said that nobody else led
 * (dissertation, 6.4). One round of heartbeats answers all who asked before it.
 */
export class PendingReads {
  /** Of the last round of heartbeats. */
  sequence = 0;
  #waiting: WaitingRead[] = [];
  /** Asked before the leader had committed an entry of its own term. */
  #early: Reader[] = [];

  constructor(private readonly state: RaftState) {}

  /** The answer has to wait until the leader knows what is committed. */
  addEarly(reader: Reader): void {
    this.#early.push(reader);
  }

  takeEarly(): readonly Reader[] {
    const early = this.#early;
    this.#early = [];
    return early;
  }

  /** To be answered when {@link sequence}, which it raises, has come back from a majority. */
  add(reader: Reader): void {
    this.sequence++;
    const { sequence, state } = this;
    this.#waiting.push({ reader, sequence, offset: state.highWatermark });
  }

  /** A majority has echoed `sequence`. */
  confirmed(sequence: number): void {
    while (this.#waiting.length > 0 && this.#waiting[0]!.sequence <= sequence) {
      const { reader, offset } = this.#waiting.shift()!;
      this.answer(reader, offset);
    }
  }

  /** The leader ceased to be one. */
  abandon(): void {
    for (const reader of [...this.takeEarly(), ...this.#waiting.map((read) => read.reader)]) {
      this.answer(reader, -1);
    }
    this.#waiting = [];
  }

  answer({ node, id }: Reader, offset: number): void {
    const { state } = this;
    const { self, term } = state;
    if (node === undefined) state.emit({ type: "readIndex", token: id, offset });
    else state.send({ type: "readReply", from: self, to: node, term, requestId: id, offset });
  }
}
