import type { AlterPartitionRequestInit } from "../../protocol/generated/alter_partition_request.ts";
import type { AlterPartitionResponse } from "../../protocol/generated/alter_partition_response.ts";
import { alterPartitionApi } from "../../protocol/generated/apis/alter_partition.ts";
import { ALTER_PARTITION_VERSION, type ControllerCalls } from "../replication/cluster_calls.ts";
import type { ControllerChannel } from "./controller_channel.ts";

/** A change of in-sync sets that has not been answered by then is asked for again, as it is then. */
const ALTER_PARTITION_MS_MAX = 10_000;

/** Changes of in-sync sets, asked of the active controller. */
export class AlterPartitionCalls implements ControllerCalls {
  constructor(private readonly channel: ControllerChannel) {}

  alterPartition(request: AlterPartitionRequestInit): Promise<AlterPartitionResponse> {
    return this.channel.send(
      alterPartitionApi,
      ALTER_PARTITION_VERSION,
      request,
      ALTER_PARTITION_MS_MAX,
    );
  }
}
