/** The part of the gossip that goes over streams: what is too long for a packet, or got lost. */
import type { Member } from "../../gossip/member.ts";
import { BrokerConnection } from "../../client/broker_connection.ts";
import type { Clock } from "../../io/clock.ts";
import type { Network, SocketAddress } from "../../io/network.ts";
import { gossipPingApi } from "../../protocol/generated/apis/cluster/gossip_ping.ts";
import { gossipPushPullApi } from "../../protocol/generated/apis/cluster/gossip_push_pull.ts";
import { fromWire, toWire } from "./member_messages.ts";

/** Asks other members over streams. */
export interface MemberStreams {
  /**
   * Tells the member at `to` all of `members`; resolves with all that it knows.
   * @throws when it can't be reached, doesn't answer in time, or answers nonsense
   */
  pushPull(to: SocketAddress, members: readonly Member[]): Promise<readonly Member[]>;
  /**
   * Asks who is at `to`; resolves with its name.
   * @throws as {@link pushPull}
   */
  ping(to: SocketAddress, target: string, timeoutMs: number): Promise<string>;
  /** Ends what is under way: it throws. */
  close(): void;
}

const VERSION = 0;
/** How long an exchange may take, the dial included. */
const PUSH_PULL_TIMEOUT_MS = 5000;
/** The longest list of members: 1,024 of them at their limits, and some to spare. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Requests to the cluster ports of others, each on a connection of its own: there is one in half a
 * minute, and a probe is to find out whether a new connection comes about.
 */
export class ClusterPortStreams implements MemberStreams {
  readonly #open = new Set<BrokerConnection>();
  #isClosed = false;

  constructor(
    private readonly network: Network,
    private readonly clock: Clock,
    private readonly clientId: string,
  ) {}

  async pushPull(to: SocketAddress, members: readonly Member[]): Promise<readonly Member[]> {
    const request = { members: members.map(toWire) };
    const answer = await this.#ask(
      to,
      PUSH_PULL_TIMEOUT_MS,
      (connection) => connection.send(gossipPushPullApi, VERSION, request),
    );
    const theirs = fromWire(answer.members);
    if (theirs === undefined) throw new Error("a member of an unknown state in the answer");
    return theirs;
  }

  async ping(to: SocketAddress, target: string, timeoutMs: number): Promise<string> {
    const { name } = await this.#ask(
      to,
      timeoutMs,
      (connection) => connection.send(gossipPingApi, VERSION, { target }),
    );
    return name;
  }

  close(): void {
    this.#isClosed = true;
    for (const connection of this.#open) connection.close();
  }

  async #ask<Answer>(
    to: SocketAddress,
    timeoutMs: number,
    ask: (connection: BrokerConnection) => Promise<Answer>,
  ): Promise<Answer> {
    const connection = await BrokerConnection.connect(this.network, this.clock, to, {
      clientId: this.clientId,
      requestTimeoutMs: timeoutMs,
      frameBytesMax: ANSWER_BYTES_MAX,
    });
    this.#open.add(connection);
    if (this.#isClosed) connection.close();
    try {
      return await ask(connection);
    } finally {
      this.#open.delete(connection);
      connection.close();
    }
  }
}
