/**
 * The private APIs of the cluster port, by ascending key. Their keys begin at 20000, far above any
 * of Kafka's, and no client ever sees them.
 */
import type { ApiSchema } from "../model.ts";
import { formationPromiseSchema } from "./formation_promise.ts";
import { forwardSchema } from "./forward.ts";
import { gossipPingSchema } from "./gossip_ping.ts";
import { gossipPushPullSchema } from "./gossip_push_pull.ts";
import { joinClusterSchema } from "./join_cluster.ts";
import { raftMessageSchema } from "./raft_message.ts";
import { storageReportSchema } from "./storage_report.ts";

export const CLUSTER_API_SCHEMAS: readonly ApiSchema[] = [
  raftMessageSchema,
  gossipPushPullSchema,
  gossipPingSchema,
  joinClusterSchema,
  formationPromiseSchema,
  forwardSchema,
  storageReportSchema,
];
