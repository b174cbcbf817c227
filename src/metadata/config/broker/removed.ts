/**
 * Keys of Kafka up to 3.9 that 4.0 dropped. They still stand in configuration files that came a
 * long way, and such a file should start a broker.
 */
import { boolean, int, long, password, string } from "../define.ts";
import type { ConfigDefinition } from "../definition.ts";

const ZOOKEEPER = "Of ZooKeeper, which is not used.";
const DROPPED = "Without meaning since Kafka 4.0.";

export const REMOVED_CONFIGS: readonly ConfigDefinition[] = [
  string("zookeeper.connect", null, ZOOKEEPER),
  int("zookeeper.session.timeout.ms", 18_000, ZOOKEEPER),
  int("zookeeper.connection.timeout.ms", null, ZOOKEEPER),
  int("zookeeper.max.in.flight.requests", 10, ZOOKEEPER),
  boolean("zookeeper.set.acl", false, ZOOKEEPER),
  boolean("zookeeper.metadata.migration.enable", false, ZOOKEEPER),
  int("zookeeper.metadata.migration.min.batch.size", 200, ZOOKEEPER),
  string("zookeeper.clientCnxnSocket", null, ZOOKEEPER),
  boolean("zookeeper.ssl.client.enable", false, ZOOKEEPER),
  string("zookeeper.ssl.keystore.location", null, ZOOKEEPER),
  password("zookeeper.ssl.keystore.password", null, ZOOKEEPER),
  string("zookeeper.ssl.keystore.type", null, ZOOKEEPER),
  string("zookeeper.ssl.truststore.location", null, ZOOKEEPER),
  password("zookeeper.ssl.truststore.password", null, ZOOKEEPER),
  string("zookeeper.ssl.truststore.type", null, ZOOKEEPER),
  string("zookeeper.ssl.protocol", "TLSv1.2", ZOOKEEPER),
  string("zookeeper.ssl.enabled.protocols", null, ZOOKEEPER),
  string("zookeeper.ssl.cipher.suites", null, ZOOKEEPER),
  string("zookeeper.ssl.endpoint.identification.algorithm", "HTTPS", ZOOKEEPER),
  boolean("zookeeper.ssl.crl.enable", false, ZOOKEEPER),
  boolean("zookeeper.ssl.ocsp.enable", false, ZOOKEEPER),
  boolean("broker.id.generation.enable", true, DROPPED),
  int("reserved.broker.max.id", 1000, DROPPED),
  string("control.plane.listener.name", null, DROPPED),
  string("inter.broker.protocol.version", null, DROPPED),
  string("log.message.format.version", null, DROPPED),
  long("log.message.timestamp.difference.max.ms", null, DROPPED),
  boolean("log.message.downconversion.enable", true, DROPPED),
  int("leader.imbalance.per.broker.percentage", 10, DROPPED),
  int("controlled.shutdown.max.retries", 3, DROPPED),
  long("controlled.shutdown.retry.backoff.ms", 5000, DROPPED),
  int("offsets.commit.required.acks", -1, DROPPED),
  password("delegation.token.master.key", null, DROPPED),
  password("password.encoder.secret", null, DROPPED),
  password("password.encoder.old.secret", null, DROPPED),
  string("password.encoder.keyfactory.algorithm", null, DROPPED),
  string("password.encoder.cipher.algorithm", "AES/CBC/PKCS5Padding", DROPPED),
  int("password.encoder.key.length", 128, DROPPED),
  int("password.encoder.iterations", 4096, DROPPED),
  boolean("auto.include.jmx.reporter", true, DROPPED),
  boolean("group.coordinator.new.enable", false, DROPPED),
  boolean("eligible.leader.replicas.enable", false, DROPPED),
];
