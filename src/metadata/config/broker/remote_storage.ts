/** Tiered storage (KIP-405). There is none here; the keys are known all the same. */
import {
  atLeast,
  between,
  boolean,
  CLUSTER_WIDE,
  double,
  int,
  INTERNAL,
  long,
  LONG_MAX,
  string,
} from "../define.ts";
import type { ConfigDefinition } from "../definition.ts";

const COPY_AND_FETCH: readonly ConfigDefinition[] = [
  long(
    "remote.log.manager.copy.max.bytes.per.second",
    LONG_MAX,
    "Most bytes per second that are uploaded.",
    atLeast(1),
    CLUSTER_WIDE,
  ),
  int(
    "remote.log.manager.copy.quota.window.num",
    11,
    "Windows over which uploads are measured.",
    atLeast(1),
  ),
  int(
    "remote.log.manager.copy.quota.window.size.seconds",
    1,
    "Seconds of a window of uploads.",
    atLeast(1),
  ),
  long(
    "remote.log.manager.fetch.max.bytes.per.second",
    LONG_MAX,
    "Most bytes per second that are downloaded.",
    atLeast(1),
    CLUSTER_WIDE,
  ),
  int(
    "remote.log.manager.fetch.quota.window.num",
    11,
    "Windows over which downloads are measured.",
    atLeast(1),
  ),
  int(
    "remote.log.manager.fetch.quota.window.size.seconds",
    1,
    "Seconds of a window of downloads.",
    atLeast(1),
  ),
  int(
    "remote.fetch.max.wait.ms",
    500,
    "Milliseconds that a fetch waits for remote segments.",
    atLeast(1),
    CLUSTER_WIDE,
  ),
  long(
    "remote.list.offsets.request.timeout.ms",
    30_000,
    "Milliseconds that a search for offsets waits for remote segments.",
    atLeast(1),
    CLUSTER_WIDE,
  ),
  long(
    "remote.log.index.file.cache.total.size.bytes",
    1_073_741_824,
    "Bytes of disk for indexes of remote segments.",
    atLeast(1),
    CLUSTER_WIDE,
  ),
];

const WORK: readonly ConfigDefinition[] = [
  int(
    "remote.log.manager.copier.thread.pool.size",
    10,
    "Threads that upload segments.",
    atLeast(1),
    CLUSTER_WIDE,
  ),
  int(
    "remote.log.manager.expiration.thread.pool.size",
    10,
    "Threads that remove remote segments whose time is over.",
    atLeast(1),
    CLUSTER_WIDE,
  ),
  int(
    "remote.log.manager.follower.thread.pool.size",
    2,
    "Threads by which followers keep track of uploads.",
    atLeast(1),
    CLUSTER_WIDE,
  ),
  int(
    "remote.log.manager.thread.pool.size",
    2,
    "Older name of remote.log.manager.follower.thread.pool.size.",
    atLeast(1),
  ),
  long(
    "remote.log.manager.task.interval.ms",
    30_000,
    "Milliseconds between two rounds of remote work.",
    atLeast(1),
  ),
  long(
    "remote.log.manager.task.retry.backoff.ms",
    500,
    "Milliseconds before failed remote work is done again.",
    atLeast(1),
    INTERNAL,
  ),
  long(
    "remote.log.manager.task.retry.backoff.max.ms",
    30_000,
    "Most milliseconds before failed remote work is done again.",
    atLeast(1),
    INTERNAL,
  ),
  double(
    "remote.log.manager.task.retry.jitter",
    0.2,
    "Share of the wait that is random.",
    between(0, 0.5),
    INTERNAL,
  ),
  int(
    "remote.log.reader.max.pending.tasks",
    100,
    "Remote reads that may wait; more are refused.",
    atLeast(1),
  ),
  int("remote.log.reader.threads", 10, "Threads that read remotely.", atLeast(1), CLUSTER_WIDE),
];

const PLUGINS: readonly ConfigDefinition[] = [
  boolean(
    "remote.log.storage.system.enable",
    false,
    "Whether segments can be kept in remote storage.",
  ),
  string(
    "remote.log.storage.manager.class.name",
    null,
    "A Java class that stores segments. Java classes are not loaded.",
  ),
  string("remote.log.storage.manager.class.path", null, "Where that class is found."),
  string(
    "remote.log.storage.manager.impl.prefix",
    "rsm.config.",
    "How keys begin that are meant for that class.",
  ),
  string(
    "remote.log.metadata.manager.class.name",
    null,
    "A Java class that keeps track of remote segments. Java classes are not loaded.",
  ),
  string("remote.log.metadata.manager.class.path", null, "Where that class is found."),
  string(
    "remote.log.metadata.manager.impl.prefix",
    "rlmm.config.",
    "How keys begin that are meant for that class.",
  ),
  string(
    "remote.log.metadata.manager.listener.name",
    null,
    "Listener that the class connects to.",
  ),
  int(
    "remote.log.metadata.custom.metadata.max.bytes",
    128,
    "Bytes that a storage class may attach to a remote segment.",
    atLeast(0),
  ),
];

export const REMOTE_STORAGE_CONFIGS: readonly ConfigDefinition[] = [
  ...COPY_AND_FETCH,
  ...WORK,
  ...PLUGINS,
];
