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

/** What a broker is told of the cluster that it is to be part of. */
export interface ClusterSettings {
  /** Where other brokers are served, over TCP and UDP. An IP address; the others are told it. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Cluster ports of other brokers, IP addresses all. */
  readonly join: readonly { readonly host: string; readonly port: number }[];
  /** Brokers that form the cluster together; undefined for one that only joins. */
  readonly expect: number | undefined;
  /** 32 bytes each, the first one seals; none when everybody who reaches the port is trusted. */
  readonly keys: readonly Uint8Array[];
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
  /** How this broker and others find each other; undefined when it stays alone. */
  readonly cluster: ClusterSettings | undefined;
  readonly log: { readonly format: LogFormat; readonly level: LogLevel };
}
