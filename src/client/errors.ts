import { ErrorCode, errorInfo } from "../protocol/error_codes.ts";
import { errorMessage } from "../protocol/error_messages.ts";
import type { SocketAddress } from "../io/network.ts";

/** Why a connection could not be opened, as far as the system tells. */
export type ConnectFailure = "refused" | "timedOut" | "other";

/** No connection to `address` came about. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
  constructor(readonly address: SocketAddress, readonly reason: ConnectFailure, cause?: unknown) {
    super(`${addressText(address)}: ${connectProblem(reason, cause)}`, { cause });
  }
}

/** The connection has ended, or ended before the answer came: what was asked may have been done. */
export class ConnectionClosedError extends Error {
  override readonly name = "ConnectionClosedError";
  constructor(readonly address: SocketAddress, problem: string, cause?: unknown) {
    super(`${addressText(address)}: ${problem}`, { cause });
  }
}

/** No answer came in time. The connection was closed: what was asked may have been done. */
export class RequestTimeoutError extends Error {
  override readonly name = "RequestTimeoutError";
  constructor(readonly address: SocketAddress, readonly api: string, readonly timeoutMs: number) {
    super(`${addressText(address)}: no answer to ${api} within ${timeoutMs} ms`);
  }
}

/** `host:port`, an IPv6 address in brackets. */
export function addressText({ host, port }: SocketAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What a failed dial was about, by the name of the error that the host's network throws. */
export function connectFailureOf(error: unknown): ConnectFailure {
  if (!(error instanceof Error)) return "other";
  if (error.name === "ConnectionRefused") return "refused";
  return error.name === "TimedOut" ? "timedOut" : "other";
}

function connectProblem(reason: ConnectFailure, cause: unknown): string {
  switch (reason) {
    case "refused":
      return "connection refused";
    case "timedOut":
      return "no connection within the timeout";
    case "other":
      return `can't connect: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

/** A broker answered with an error code. */
export class BrokerError extends Error {
  override readonly name = "BrokerError";
  /** Such as `UNKNOWN_TOPIC_OR_PARTITION`. */
  readonly codeName: string;

  /**
   * @param subject what the answer was about, such as `topic orders`
   * @param text what the broker said of it; a sentence of our own when it said nothing
   * @param isRetriable whether the same request may succeed later, perhaps at another broker
   */
  constructor(
    readonly code: number,
    readonly subject: string,
    text?: string | null,
    readonly isRetriable: boolean = errorInfo(code).retriable,
  ) {
    const { name } = errorInfo(code);
    super(`${subject}: ${text || errorMessage(code)} (${name})`);
    this.codeName = name;
  }
}

/** There is no such topic, and none will come by waiting. */
export function noSuchTopic(name: string): BrokerError {
  const code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  return new BrokerError(code, `topic ${name}`, "no such topic", false);
}

/** The topic has no partition of that number, and none will come by waiting. */
export function noSuchPartition(topic: string, partition: number, count: number): BrokerError {
  const code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  const text = `the topic has ${count} partition${count === 1 ? "" : "s"}, from 0 on`;
  return new BrokerError(code, `partition ${topic}-${partition}`, text, false);
}

/** None of the addresses that the client was given leads to a broker. */
export class NoBrokerError extends Error {
  override readonly name = "NoBrokerError";
  constructor(readonly failures: readonly Error[]) {
    super(`no broker answers: ${failures.map(({ message }) => message).join("; ")}`);
  }
}

/** The broker has no version of an API that this client knows. */
export class UnsupportedApiError extends Error {
  override readonly name = "UnsupportedApiError";
  constructor(readonly address: SocketAddress, readonly api: string, problem: string) {
    super(`${addressText(address)}: ${problem}`);
  }
}

/** @throws {BrokerError} when `code` is an error */
export function expectNoError(code: number, subject: string, text?: string | null): void {
  if (code !== ErrorCode.NONE) throw new BrokerError(code, subject, text);
}

/** True when what failed with `error` may succeed if it is tried again. */
export function isRetriable(error: unknown): boolean {
  if (error instanceof BrokerError) return error.isRetriable;
  return error instanceof ConnectError || error instanceof ConnectionClosedError ||
    error instanceof RequestTimeoutError;
}
