/** Where the figures come from. The server and the host have them; here stands what is asked. */

/** Requests of one API since the start. */
export interface ApiFigures {
  readonly apiName: string;
  readonly requestsByVersion: ArrayLike<number>;
  /** Handlers that threw and answers that could not be encoded. */
  readonly failures: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly latency: {
    /** Per bucket alone; the last has no upper bound. */
    readonly counts: ArrayLike<number>;
    readonly count: number;
    readonly sumMs: number;
  };
}

/** Connections and requests. */
export interface ServerFigures {
  readonly connectionsOpen: number;
  readonly connectionsAccepted: number;
  readonly connectionsRefused: number;
  readonly connectionsTimedOut: number;
  readonly connectionsMalformed: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  apis(): Iterable<ApiFigures>;
}

/** The process and its event loop. */
export interface ProcessFigures {
  /** Undefined where the system doesn't tell. */
  residentBytes(): number | undefined;
  heapUsedBytes(): number;
  heapTotalBytes(): number;
  externalBytes(): number;
  cpuSeconds(): { readonly user: number; readonly system: number };
  /** Largest lag since the last call. */
  takeEventLoopLagMsMax(): number;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly version: string;
}
