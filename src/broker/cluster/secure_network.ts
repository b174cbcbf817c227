/** The network of the cluster port when there is a cluster key. */
import type { Logger } from "../../base/logger.ts";
import type { Clock } from "../../io/clock.ts";
import type { ByteStream, Network, SocketAddress, StreamListener } from "../../io/network.ts";
import {
  type HandshakeOptions,
  SecurityError,
  type Session,
  shakeHandsAsClient,
  shakeHandsAsServer,
} from "./secure_handshake.ts";
import { SecureStream } from "./secure_stream.ts";

/** What a {@link SecureNetwork} works with. */
export interface SecureNetworkOptions extends HandshakeOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a handshake may take. */
  readonly handshakeTimeoutMs?: number;
}

const HANDSHAKE_TIMEOUT_MS = 5000;
/** Handshakes under way at most; one more ends the one that has lasted longest. */
const HANDSHAKES_MAX = 256;
/** Secured connections that wait to be accepted; further ones wait in the kernel. */
const READY_MAX = 64;
/** From one report of refused connections to the next. */
const REPORT_MS = 10_000;

/**
 * A network on which every connection is between holders of a cluster key, encrypted and guarded
 * against changes. A stranger who connects costs a few hundred bytes until the handshake fails or
 * its time is over, and never reaches whoever listens.
 */
export class SecureNetwork implements Network {
  readonly #network: Network;
  readonly #options: SecureNetworkOptions;

  constructor(network: Network, options: SecureNetworkOptions) {
    this.#network = network;
    this.#options = options;
  }

  listen(address: SocketAddress): StreamListener {
    return new SecureListener(this.#network.listen(address), this.#options);
  }

  /** @throws {SecurityError} when the other side has no key that we accept, or nobody answers */
  async connect(address: SocketAddress): Promise<ByteStream> {
    const stream = await this.#network.connect(address);
    return await secured(stream, this.#options, shakeHandsAsClient);
  }
}

/** Ends the stream unless the handshake is done in time. */
async function secured(
  stream: ByteStream,
  options: SecureNetworkOptions,
  shakeHands: (stream: ByteStream, options: HandshakeOptions) => Promise<Session>,
): Promise<ByteStream> {
  const timeoutMs = options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS;
  let isLate = false;
  const timer = options.clock.schedule(timeoutMs, () => {
    isLate = true;
    stream.close();
  });
  try {
    return new SecureStream(stream, await shakeHands(stream, options));
  } catch (error) {
    stream.close();
    throw isLate ? new SecurityError(`no handshake within ${timeoutMs} ms`) : error;
  } finally {
    timer.cancel();
  }
}

class SecureListener implements StreamListener {
  readonly #listener: StreamListener;
  readonly #options: SecureNetworkOptions;
  /** Connections in their handshake, the one that has lasted longest first. */
  readonly #shaking = new Set<ByteStream>();
  readonly #ready: ByteStream[] = [];
  #waiting: PromiseWithResolvers<ByteStream | undefined> | undefined;
  /** Resolves when there is room in {@link #ready} again. */
  #roomMade: (() => void) | undefined;
  #isAccepting = false;
  #isOpen = true;
  #refusedCount = 0;
  #nextReportMs = -Infinity;

  constructor(listener: StreamListener, options: SecureNetworkOptions) {
    this.#listener = listener;
    this.#options = options;
  }

  get address(): SocketAddress {
    return this.#listener.address;
  }

  accept(): Promise<ByteStream | undefined> {
    if (!this.#isOpen) return Promise.resolve(undefined);
    if (!this.#isAccepting) this.#acceptAll();
    const stream = this.#ready.shift();
    this.#roomMade?.();
    if (stream !== undefined) return Promise.resolve(stream);
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#listener.close();
    for (const stream of [...this.#shaking, ...this.#ready]) stream.close();
    this.#ready.length = 0;
    this.#roomMade?.();
    this.#settle((waiting) => waiting.resolve(undefined));
  }

  /** Takes connections in until the listener fails or is closed; the next accept begins anew. */
  async #acceptAll(): Promise<void> {
    this.#isAccepting = true;
    try {
      while (this.#isOpen) {
        if (this.#ready.length >= READY_MAX) await this.#room();
        const stream = await this.#listener.accept();
        if (stream === undefined) break;
        this.#shakeHands(stream);
      }
    } catch (error) {
      this.#settle((waiting) => waiting.reject(error));
    } finally {
      this.#isAccepting = false;
    }
  }

  #room(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#roomMade = () => {
      this.#roomMade = undefined;
      resolve();
    };
    return promise;
  }

  async #shakeHands(stream: ByteStream): Promise<void> {
    if (this.#shaking.size >= HANDSHAKES_MAX) {
      for (const oldest of this.#shaking) {
        this.#shaking.delete(oldest);
        oldest.close();
        break;
      }
    }
    this.#shaking.add(stream);
    try {
      this.#secured(await secured(stream, this.#options, shakeHandsAsServer));
    } catch (error) {
      if (this.#isOpen) this.#refused(stream.remote, error);
    } finally {
      this.#shaking.delete(stream);
    }
  }

  #secured(stream: ByteStream): void {
    if (!this.#isOpen) stream.close();
    else if (this.#waiting === undefined) this.#ready.push(stream);
    else this.#settle((waiting) => waiting.resolve(stream));
  }

  #settle(
    settle: (waiting: PromiseWithResolvers<ByteStream | undefined>) => void,
  ): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) settle(waiting);
  }

  #refused(remote: SocketAddress, error: unknown): void {
    this.#refusedCount++;
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs < this.#nextReportMs) return;
    this.#nextReportMs = nowMs + REPORT_MS;
    this.#options.logger.warn("connection to the cluster port refused", {
      remote: remote.host,
      reason: error instanceof Error ? error.message : String(error),
      refusedSoFar: this.#refusedCount,
    });
  }
}
