import type { Clock } from "../io/clock.ts";
import type { Network, SocketAddress } from "../io/network.ts";
import type { VersionRange } from "../protocol/codec.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { apiVersionsApi } from "../protocol/generated/apis/api_versions.ts";
import type { ApiVersionsResponse } from "../protocol/generated/api_versions_response.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { BrokerConnection, type ClientApi, type ConnectionOptions } from "./broker_connection.ts";
import { expectNoError, UnsupportedApiError } from "./errors.ts";

/** How a client introduces itself (KIP-511). */
export interface ClientSoftware {
  readonly name: string;
  readonly version: string;
}

/** What a request may ask for beyond its content. */
export interface CallOptions {
  readonly timeoutMs?: number;
  /** The highest version to use, where a later one means something else. */
  readonly versionMax?: number;
  /** The lowest version that carries what the request says. */
  readonly versionMin?: number;
}

/** The version of ApiVersions that brokers since Kafka 2.4 know, and the one before. */
const INTRODUCTION_VERSION = 3;
const PLAIN_VERSION = 0;

/** A connection whose broker has told which versions it knows. */
export class BrokerLink {
  readonly #ranges = new Map<number, VersionRange>();

  private constructor(
    readonly connection: BrokerConnection,
    readonly greeting: ApiVersionsResponse,
  ) {
    for (const { apiKey, minVersion, maxVersion } of greeting.apiKeys) {
      this.#ranges.set(apiKey, { min: minVersion, max: maxVersion });
    }
  }

  /**
   * Dials `address` and asks for versions.
   * @throws {ConnectError | ConnectionClosedError | RequestTimeoutError | BrokerError}
   */
  static async open(
    network: Network,
    clock: Clock,
    address: SocketAddress,
    options: ConnectionOptions & { readonly software: ClientSoftware },
  ): Promise<BrokerLink> {
    const introduce = async (version: number): Promise<BrokerLink> => {
      const connection = await BrokerConnection.connect(network, clock, address, options);
      try {
        const { name, version: softwareVersion } = options.software;
        const greeting = await connection.send(apiVersionsApi, version, {
          clientSoftwareName: version < INTRODUCTION_VERSION ? "" : name,
          clientSoftwareVersion: version < INTRODUCTION_VERSION ? "" : softwareVersion,
        });
        if (greeting.errorCode !== ErrorCode.UNSUPPORTED_VERSION) {
          expectNoError(greeting.errorCode, "ApiVersions");
        }
        return new BrokerLink(connection, greeting);
      } catch (error) {
        connection.close();
        throw error;
      }
    };
    try {
      return await introduce(INTRODUCTION_VERSION);
    } catch (error) {
      // A broker that does not know the version answers in the form of version 0.
      if (!(error instanceof ProtocolError)) throw error;
      return await introduce(PLAIN_VERSION);
    }
  }

  get address(): SocketAddress {
    return this.connection.address;
  }

  get isOpen(): boolean {
    return this.connection.isOpen;
  }

  /** The versions of `apiKey` that the broker knows; undefined when it does not serve the API. */
  range(apiKey: number): VersionRange | undefined {
    return this.#ranges.get(apiKey);
  }

  /**
   * The highest version of `api` that both sides know.
   * @throws {UnsupportedApiError} when there is none within the options
   */
  version<Req, Res>(api: ClientApi<Req, Res>, options: CallOptions = {}): number {
    const theirs = this.#ranges.get(api.key);
    if (theirs === undefined) {
      throw new UnsupportedApiError(
        this.address,
        api.name,
        `the broker does not serve ${api.name}`,
      );
    }
    const ours = api.request.versions;
    const max = Math.min(theirs.max, ours.max, options.versionMax ?? Infinity);
    const min = Math.max(theirs.min, ours.min, options.versionMin ?? 0);
    if (max >= min) return max;
    const problem = `${api.name} has versions ${theirs.min} to ${theirs.max} there, ` +
      `and ${Math.max(ours.min, options.versionMin ?? 0)} to ` +
      `${Math.min(ours.max, options.versionMax ?? Infinity)} would do`;
    throw new UnsupportedApiError(this.address, api.name, problem);
  }

  /** Sends in the highest common version; errors as `BrokerConnection.send`. */
  send<Req, Res>(
    api: ClientApi<Req, Res>,
    request: Req,
    options: CallOptions = {},
  ): Promise<Res> {
    try {
      const version = this.version(api, options);
      return this.connection.send(api, version, request, options.timeoutMs);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  close(): void {
    this.connection.close();
  }
}
