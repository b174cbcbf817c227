import assert from "node:assert/strict";
import { httpRoutes } from "../../../src/metrics/http_routes.ts";
import { quantileMs } from "../../../src/metrics/quantiles.ts";
import { createRegistry } from "../../../src/metrics/registry.ts";
import type { ProcessFigures, ServerFigures } from "../../../src/metrics/sources.ts";
import { commit, stableMember, withGroups } from "../handlers/group_client.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";
import { batch, fetch, produced } from "../support/requests.ts";

const BOUNDS_MS = [1, 10, 100];

const SERVER: ServerFigures = {
  connectionsOpen: 2,
  connectionsAccepted: 5,
  connectionsRefused: 1,
  connectionsTimedOut: 2,
  connectionsMalformed: 3,
  bytesIn: 1000,
  bytesOut: 2000,
  apis: () => [{
    apiName: "Produce",
    requestsByVersion: [0, 0, 0, 4],
    failures: 1,
    requestBytes: 500,
    responseBytes: 100,
    latency: { counts: [2, 2, 0, 0], count: 4, sumMs: 12 },
  }],
};

function figures(rest: Partial<ProcessFigures> = {}): ProcessFigures {
  return {
    residentBytes: () => 46_000_000,
    heapUsedBytes: () => 5_000_000,
    heapTotalBytes: () => 8_000_000,
    externalBytes: () => 1_000_000,
    cpuSeconds: () => ({ user: 1.5, system: 0.5 }),
    takeEventLoopLagMsMax: () => 4,
    startedAtMs: 1_000_000,
    version: "0.1.0",
    ...rest,
  };
}

/** What is scraped, by name with labels. */
async function scrape(
  fixture: BrokerFixture,
  process: ProcessFigures = figures(),
): Promise<Map<string, number>> {
  const registry = await createRegistry(fixture.broker, SERVER, process, BOUNDS_MS);
  return parse(await registry.metrics());
}

function parse(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const space = line.lastIndexOf(" ");
    return [line.slice(0, space), Number(line.slice(space + 1))];
  }));
}

Deno.test("createRegistry() tells topics and logs as they are right after the traffic", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t", 2);
    const records = batch(["a", "b"]);
    await produced(fixture, "t", records);
    await produced(fixture, "t", null);
    await fetch(fixture, [{}, { partition: 1 }]);
    await fetch(fixture, [{ fetchOffset: 9 }]);
    const values = await scrape(fixture);
    const topic = (name: string) =>
      values.get(`kafka_server_brokertopicmetrics_${name}{topic="t"}`);
    assert.equal(topic("messagesin_total"), 2);
    assert.equal(topic("bytesin_total"), records.length);
    assert.equal(topic("bytesout_total"), records.length);
    assert.equal(topic("totalproducerequests_total"), 2);
    assert.equal(topic("failedproducerequests_total"), 1);
    assert.equal(topic("totalfetchrequests_total"), 3);
    assert.equal(topic("failedfetchrequests_total"), 1);
    const log = (name: string) => values.get(`kafka_log_log_${name}{topic="t",partition="0"}`);
    assert.equal(log("size"), records.length);
    assert.equal(log("logstartoffset"), 0);
    assert.equal(log("logendoffset"), 2);
    assert.equal(log("numlogsegments"), 1);
    assert.equal(values.get("kafka_server_replicamanager_partitioncount"), 2);
    assert.equal(values.get("kafka_server_replicamanager_leadercount"), 2);
    assert.equal(values.get("kafka_server_replicamanager_offlinereplicacount"), 0);
    assert.equal(values.get("kafka_controller_kafkacontroller_globaltopiccount"), 1);
    assert.equal(values.get("kafka_controller_kafkacontroller_globalpartitioncount"), 2);
    assert.equal(values.get("kafka_controller_kafkacontroller_activecontrollercount"), 1);
  });
});

Deno.test("createRegistry() tells offline replicas, parked fetches and sessions", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t", 2);
    fixture.disk.plant({ operation: "write", kind: "ioError", path: "t-0/" });
    await produced(fixture, "t", batch(["a"]));
    await fetch(fixture, [{ partition: 1 }], { sessionEpoch: 0 });
    const parked = fetch(fixture, [{ partition: 1 }], { maxWaitMs: 500 });
    await fixture.clock.advance(1);
    const values = await scrape(fixture);
    assert.equal(values.get("kafka_server_replicamanager_offlinereplicacount"), 1);
    const sessions = "kafka_server_fetchsessioncache_numincrementalfetch";
    assert.equal(values.get(`${sessions}sessions`), 1);
    assert.equal(values.get(`${sessions}partitionscached`), 1);
    const purgatory = "kafka_server_delayedoperationpurgatory_fetch_purgatorysize";
    assert.equal(values.get(purgatory), 1);
    await fixture.clock.advance(500);
    await parked;
    assert.equal((await scrape(fixture)).get(purgatory), 0);
  });
});

Deno.test("createRegistry() tells connections, requests and the process", async () => {
  await BrokerFixture.with(async (fixture) => {
    const values = await scrape(fixture);
    const network = "kafka_network_requestmetrics";
    assert.equal(values.get("kafka_server_socketservermetrics_connection_count"), 2);
    assert.equal(values.get("kafka_server_socketservermetrics_connection_creation_total"), 5);
    assert.equal(values.get('jocko_connections_closed_total{reason="malformed"}'), 3);
    assert.equal(values.get(`${network}_requests_total{request="Produce",version="3"}`), 4);
    assert.equal(values.get(`${network}_totaltimems_count{request="Produce"}`), 4);
    assert.equal(values.get(`${network}_totaltimems{request="Produce",quantile="0.5"}`), 1);
    assert.equal(values.get(`${network}_errors_total{request="Produce"}`), 1);
    assert.equal(values.get("process_resident_memory_bytes"), 46_000_000);
    assert.equal(values.get("process_cpu_seconds_total"), 2);
    assert.equal(values.get("process_start_time_seconds"), 1000);
    assert.equal(values.get("jocko_event_loop_lag_seconds_max"), 0.004);
    assert.equal(values.get('jocko_build_info{version="0.1.0"}'), 1);
  });
});

Deno.test("createRegistry() leaves memory out where the system doesn't tell, and not at 0", async () => {
  await BrokerFixture.with(async (fixture) => {
    const values = await scrape(fixture, figures({ residentBytes: () => undefined }));
    assert.equal(values.has("process_resident_memory_bytes"), false);
    assert.equal(values.get("jocko_heap_used_bytes"), 5_000_000);
  });
});

Deno.test("createRegistry() forgets topics that are deleted", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t");
    const registry = await createRegistry(fixture.broker, SERVER, figures(), BOUNDS_MS);
    const size = 'kafka_log_log_size{topic="t",partition="0"}';
    assert.equal(parse(await registry.metrics()).get(size), 0);
    await fixture.deleteTopic("t");
    assert.equal(parse(await registry.metrics()).has(size), false);
  });
});

Deno.test("createRegistry() tells what groups have committed, and how far behind they are", async () => {
  await withGroups(async (fixture) => {
    for (let i = 0; i < 5; i++) await produced(fixture, "t", batch(["a"]));
    assert.equal(await commit(fixture, 2, {}, 9), 0);
    await stableMember(fixture);
    const metrics = await scrape(fixture);
    const of = (name: string) =>
      metrics.get(`kafka_consumergroup_${name}{consumergroup="g",topic="t",partition="0"}`);
    assert.deepEqual([of("current_offset"), of("lag")], [2, 3]);
    assert.equal(metrics.get('kafka_consumergroup_members{consumergroup="g"}'), 1);
  });
});

Deno.test("quantileMs() draws straight lines within buckets", () => {
  assert.equal(quantileMs([0, 0, 0, 0], BOUNDS_MS, 0.5), 0);
  assert.equal(quantileMs([4, 0, 0, 0], BOUNDS_MS, 0.5), 0.5);
  assert.equal(quantileMs([2, 2, 0, 0], BOUNDS_MS, 0.75), 5.5);
  assert.equal(quantileMs([0, 0, 0, 1], BOUNDS_MS, 0.99), 100);
});

Deno.test("httpRoutes() answers health and metrics", async () => {
  await BrokerFixture.with(async (fixture) => {
    let isReady = true;
    let made = 0;
    const handle = httpRoutes({
      registry: () => {
        if (++made === 1) return Promise.reject(new Error("not this time"));
        return createRegistry(fixture.broker, SERVER, figures(), BOUNDS_MS);
      },
      isReady: () => isReady,
    });
    const ask = (path: string, method = "GET") =>
      handle(new Request(`http://127.0.0.1${path}`, { method }));
    assert.equal((await ask("/livez")).status, 200);
    assert.equal((await ask("/readyz")).status, 200);
    isReady = false;
    assert.equal((await ask("/readyz")).status, 503);
    assert.equal((await ask("/livez")).status, 200);
    assert.equal((await ask("/")).status, 404);
    const post = await ask("/metrics", "POST");
    assert.equal(post.status, 405);
    assert.equal(post.headers.get("allow"), "GET, HEAD");
    await assert.rejects(ask("/metrics"));
    const metrics = await ask("/metrics");
    assert.match(metrics.headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
    assert.match(await metrics.text(), /^# HELP /m);
    await ask("/metrics");
    assert.equal(made, 2);
  });
});

Deno.test("createRegistry() tells how replication, the quorum and the cluster stand", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t", 2);
    const scraped = await scrape(fixture);
    const expected = {
      "kafka_server_replicamanager_underreplicatedpartitions": 0,
      "kafka_server_replicamanager_underminisrpartitioncount": 0,
      "kafka_controller_kafkacontroller_offlinepartitionscount": 0,
      "kafka_controller_kafkacontroller_preferredreplicaimbalancecount": 0,
      "kafka_controller_kafkacontroller_activebrokercount": 1,
      "kafka_controller_kafkacontroller_fencedbrokercount": 0,
      "kafka_controller_kafkacontroller_activecontrollercount": 1,
      'kafka_server_raftmetrics_current_state{state="leader"}': 1,
      'kafka_server_raftmetrics_current_state{state="observer"}': 0,
      "kafka_server_raftmetrics_current_leader": 1,
      "kafka_server_raftmetrics_current_epoch": 1,
      "kafka_server_raftmetrics_high_watermark": fixture.broker.quorum.highWatermark,
      "kafka_server_raftmetrics_number_of_voters": 1,
      "kafka_server_raftmetrics_number_of_observers": 0,
      'kafka_server_raftmetrics_replica_lag{broker="1"}': 0,
    };
    for (const [name, value] of Object.entries(expected)) {
      assert.equal(scraped.get(name), value, name);
    }
    assert.ok(![...scraped.keys()].some((name) => name.startsWith("jocko_gossip")), "it is alone");
  });
});
