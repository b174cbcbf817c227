/** How brokers find each other: keys of our own, beside those of Kafka. */
import { APPLIED, atLeast, int, list, long, password, string } from "../define.ts";
import type { ConfigDefinition } from "../definition.ts";

export const PEER_CONFIGS: readonly ConfigDefinition[] = [
  string(
    "cluster.listen",
    null,
    "HOST:PORT where other brokers are served, over TCP and UDP; unset, this broker stays alone. " +
      "The others are told this address.",
    APPLIED,
  ),
  list(
    "cluster.join",
    "",
    "HOST:PORT of cluster ports of other brokers, to find the cluster by.",
    APPLIED,
  ),
  int(
    "cluster.expect",
    null,
    "Number of brokers on empty data directories that form the cluster together. Unset, a broker " +
      "that is to join others waits for their cluster, and one that is not forms its own.",
    atLeast(1),
    APPLIED,
  ),
  password(
    "cluster.key",
    null,
    "Keys of the cluster, 32 bytes in Base64 each, separated by commas or white space. The first " +
      "seals; all of them are accepted.",
    APPLIED,
  ),
  string(
    "cluster.key.file",
    null,
    "File that holds what cluster.key would.",
    APPLIED,
  ),
  int(
    "quorum.voters.max",
    5,
    "Most brokers that vote on metadata. The others follow, and take the place of voters that are " +
      "gone. With fewer brokers the largest odd number of them votes.",
    atLeast(1),
    APPLIED,
  ),
  long(
    "quorum.voter.replacement.delay.ms",
    60_000,
    "Milliseconds for which a voter may be away before another broker takes its place.",
    atLeast(0),
    APPLIED,
  ),
];
