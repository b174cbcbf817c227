/**
 * The Java client 4.2.1: admin, producer, consumer with assigned partitions. The checks are in
 * tests/clients/java/src. `JAVA_CHECKS=text` runs those whose name contains the text.
 */
import { clientTools } from "../../scripts/client_tools.ts";
import { withBroker } from "./support/broker.ts";
import { runJavaChecks } from "./support/java.ts";

const TIMEOUT_MS = 300_000;

Deno.test("the Java client finds in the broker what it expects of Kafka", async (t) => {
  await clientTools();
  await withBroker((broker) => runJavaChecks(t, broker, TIMEOUT_MS));
});
