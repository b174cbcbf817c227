import type { Broker } from "../broker/broker.ts";
import { NO_LEADER } from "../metadata/image/topics_image.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { endpointFor } from "./endpoints.ts";
import type { ConnectionContext } from "./route.ts";

/** Who leads a partition, as Produce and Fetch tell a client that asked the wrong broker. */
export interface CurrentLeader {
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

/** Where a broker is, for the same purpose. */
export interface NodeEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

export const NO_ENDPOINTS: readonly NodeEndpoint[] = [];

/**
 * The hints of one response (KIP-951): a client whose metadata are old learns the leader from the
 * error itself.
 */
export class LeaderHints {
  #leaders: Set<number> | undefined;

  constructor(
    private readonly broker: Broker,
    private readonly connection: ConnectionContext,
  ) {}

  /** The leader to be told along with `errorCode`; undefined when that error tells none. */
  for(errorCode: number, topic: string, partition: number): CurrentLeader | undefined {
    const isAboutLeader = errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER ||
      errorCode === ErrorCode.FENCED_LEADER_EPOCH;
    const known = isAboutLeader ? this.broker.partitions.registration(topic, partition) : undefined;
    if (known === undefined) return undefined;
    if (known.leader !== NO_LEADER) (this.#leaders ??= new Set()).add(known.leader);
    return { leaderId: known.leader, leaderEpoch: known.leaderEpoch };
  }

  /** Where the leaders are that were told, on the listener that the client came in on. */
  endpoints(): readonly NodeEndpoint[] {
    if (this.#leaders === undefined) return NO_ENDPOINTS;
    const endpoints: NodeEndpoint[] = [];
    for (const id of this.#leaders) {
      const registration = this.broker.quorum.image.brokers.byId(id);
      const endpoint = registration && endpointFor(this.broker, this.connection, registration);
      if (registration === undefined || endpoint === undefined) continue;
      const { host, port } = endpoint;
      endpoints.push({ nodeId: id, host, port, rack: registration.rack });
    }
    return endpoints;
  }
}
