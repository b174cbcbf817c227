/** Transactions and idempotent producers. */
import { APPLIED, atLeast, boolean, CLUSTER_WIDE, int, INTERNAL, short } from "../define.ts";
import type { ConfigDefinition } from "../definition.ts";

export const TRANSACTION_CONFIGS: readonly ConfigDefinition[] = [
  int(
    "producer.id.expiration.ms",
    86_400_000,
    "Milliseconds without a batch after which a partition forgets a producer.",
    atLeast(1),
    CLUSTER_WIDE,
    APPLIED,
  ),
  int(
    "producer.id.expiration.check.interval.ms",
    600_000,
    "Milliseconds between two looks for producers to forget.",
    atLeast(1),
    INTERNAL,
  ),
  int(
    "transaction.max.timeout.ms",
    900_000,
    "Longest transaction timeout that a producer may ask for, in milliseconds.",
    atLeast(1),
    APPLIED,
  ),
  int(
    "transaction.abort.timed.out.transaction.cleanup.interval.ms",
    10_000,
    "Milliseconds between two looks for transactions that ran out of time.",
    atLeast(1),
    APPLIED,
  ),
  int(
    "transactional.id.expiration.ms",
    604_800_000,
    "Milliseconds without a transaction after which a transactional id is forgotten.",
    atLeast(1),
    APPLIED,
  ),
  int(
    "transaction.remove.expired.transaction.cleanup.interval.ms",
    3_600_000,
    "Milliseconds between two looks for transactional ids to forget.",
    atLeast(1),
    APPLIED,
  ),
  boolean(
    "transaction.partition.verification.enable",
    true,
    "Whether a partition asks the coordinator before it takes records of a transaction.",
    CLUSTER_WIDE,
    APPLIED,
  ),
  boolean(
    "transaction.two.phase.commit.enable",
    false,
    "Whether transactions may be prepared for an outside coordinator (KIP-939).",
  ),
  int(
    "transaction.state.log.num.partitions",
    50,
    "Partitions of __transaction_state.",
    atLeast(1),
    APPLIED,
  ),
  short(
    "transaction.state.log.replication.factor",
    3,
    "Replicas of __transaction_state.",
    atLeast(1),
    APPLIED,
  ),
  int(
    "transaction.state.log.min.isr",
    2,
    "min.insync.replicas of __transaction_state.",
    atLeast(1),
  ),
  int(
    "transaction.state.log.segment.bytes",
    104_857_600,
    "segment.bytes of __transaction_state.",
    atLeast(1),
    APPLIED,
  ),
  int(
    "transaction.state.log.load.buffer.size",
    5_242_880,
    "Bytes read at a time on loading.",
    atLeast(1),
    APPLIED,
  ),
  int(
    "add.partitions.to.txn.retry.backoff.ms",
    20,
    "Milliseconds before a partition is added to a transaction again.",
    atLeast(1),
    APPLIED,
  ),
  int(
    "add.partitions.to.txn.retry.backoff.max.ms",
    100,
    "Milliseconds, in all, of trying again to add a partition to a transaction.",
    atLeast(0),
    APPLIED,
  ),
];
