/** Where clients may connect, or are told to. */
export interface ListenerAddress {
  /** Upper case, such as `PLAINTEXT`; it names the listener in configuration and in metadata. */
  readonly name: string;
  /** An IP address when it is to be listened on; IPv6 without brackets. */
  readonly host: string;
  /** 0 when the system is to choose. */
  readonly port: number;
}

/** A static configuration value as it was written, and where. */
export interface StaticConfigValue {
  readonly value: string;
  /** For the operator's eyes, such as `server.properties:12` or `environment KAFKA_LOG_DIRS`. */
  readonly origin: string;
}

/** How events are written to standard error. */
export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = typeof LOG_FORMATS[number];

/** Least severe first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = typeof LOG_LEVELS[number];

/**
 * All that a broker is told at start, resolved and checked. Plain data: it crosses from the main
 * thread to the broker's worker by structured clone.
 */
export interface BrokerSettings {
  /** At least one; the names differ. */
  readonly listeners: readonly ListenerAddress[];
  /**
   * What clients are told to connect to, by listener name; undefined when they are told the
   * address they dialled. A listener that is not among them is told likewise.
   */
  readonly advertised: readonly ListenerAddress[] | undefined;
  /** Absolute, without symbolic links. It exists. */
  readonly dataDir: string;
  /** Where metrics and health are served; undefined when they are not. */
  readonly http: { readonly host: string; readonly port: number } | undefined;
  /** The broker id that was asked for; undefined when the data directory decides. */
  readonly nodeId: number | undefined;
  /** Every broker setting that was given, by Kafka's name. What is absent has its default. */
  readonly staticConfig: Readonly<Record<string, StaticConfigValue>>;
  readonly log: { readonly format: LogFormat; readonly level: LogLevel };
}
