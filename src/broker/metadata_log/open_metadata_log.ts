import type { Uuid } from "../../base/uuid.ts";
import { DEFAULT_LOG_CONFIG, type LogConfig } from "../../log/log_config.ts";
import type { LogDirectory } from "../../log/log_directory.ts";
import type { PartitionLog } from "../../log/partition_log.ts";
import { CLUSTER_METADATA_TOPIC } from "../../metadata/topic_names.ts";

/** Name of the directory of the metadata log, as Kafka has it. */
export const METADATA_DIRECTORY = "__cluster_metadata-0";
/** The topic id that Kafka has for the metadata log. */
export const METADATA_TOPIC_ID = "AAAAAAAAAAAAAAAAAAAAAQ" as Uuid;

/**
 * Snapshots decide what may go, never age or size; and the quorum decides when to flush, so no
 * space is filled ahead and Kafka's tools can read the log of a running broker.
 */
export const METADATA_LOG_CONFIG: LogConfig = {
  ...DEFAULT_LOG_CONFIG,
  segmentBytes: 64 * 1024 * 1024,
  segmentMs: Infinity,
  retentionMs: -1,
  retentionBytes: -1,
  cleanupDelete: false,
};

/**
 * The metadata log of a data directory, made when it is not there.
 *
 * To be called before the directory's timer first runs: until then the log has the configuration
 * that the directory was opened with.
 */
export function openMetadataLog(directory: LogDirectory): PartitionLog {
  const log = directory.get(CLUSTER_METADATA_TOPIC, 0);
  if (log === undefined) {
    return directory.create(CLUSTER_METADATA_TOPIC, 0, METADATA_TOPIC_ID, METADATA_LOG_CONFIG);
  }
  log.config = METADATA_LOG_CONFIG;
  return log;
}
