import assert from "node:assert/strict";
import { ZERO_UUID } from "../../../../src/base/uuid.ts";
import { Codec } from "../../../../src/protocol/compression/codec.ts";
import { compress } from "../../../../src/protocol/compression/compression.ts";
import { ErrorCode } from "../../../../src/protocol/error_codes.ts";
import { getTelemetrySubscriptionsApi } from "../../../../src/protocol/generated/apis/get_telemetry_subscriptions.ts";
import { incrementalAlterConfigsApi } from "../../../../src/protocol/generated/apis/incremental_alter_configs.ts";
import { pushTelemetryApi } from "../../../../src/protocol/generated/apis/push_telemetry.ts";
import { BrokerFixture } from "../../support/broker_fixture.ts";
import { intPoint, metricsOf } from "./otlp_bytes.ts";

const CLIENT_METRICS = 16;

async function subscribe(
  fixture: BrokerFixture,
  name: string,
  configs: Readonly<Record<string, string>>,
): Promise<void> {
  const { responses } = await fixture.call(incrementalAlterConfigsApi, 1, {
    resources: [{
      resourceType: CLIENT_METRICS,
      resourceName: name,
      configs: Object.entries(configs).map(([name, value]) => ({
        name,
        configOperation: 0,
        value,
      })),
    }],
    validateOnly: false,
  });
  assert.equal(responses[0]!.errorCode, ErrorCode.NONE);
}

const ask = (fixture: BrokerFixture, clientInstanceId = ZERO_UUID, clientId = "app-1") =>
  fixture.call(getTelemetrySubscriptionsApi, 0, { clientInstanceId }, clientId);

const TOTAL = metricsOf({ name: "org.apache.kafka.x.total", sum: [intPoint(3)], temporality: 1 });

async function push(
  fixture: BrokerFixture,
  of: { clientInstanceId: typeof ZERO_UUID; subscriptionId: number },
  more: { terminating?: boolean; compressionType?: number; metrics?: Uint8Array } = {},
): Promise<number> {
  const { clientInstanceId, subscriptionId } = of;
  const body = { terminating: false, compressionType: 0, metrics: TOTAL, ...more };
  const request = { clientInstanceId, subscriptionId, ...body };
  return (await fixture.call(pushTelemetryApi, 0, request, "app-1")).errorCode;
}

/** The values that are told of the client. */
function told({ broker }: BrokerFixture): number[] {
  return [...broker.telemetry.pushed.clients()].flatMap(({ series }) =>
    [...series.values()].map(({ value }) => value)
  );
}

Deno.test("GetTelemetrySubscriptions gives an id and asks for what subscriptions match", async () => {
  await BrokerFixture.with(async (fixture) => {
    const nothing = await ask(fixture);
    assert.notEqual(nothing.clientInstanceId, ZERO_UUID);
    assert.deepEqual(
      [nothing.errorCode, nothing.pushIntervalMs, nothing.requestedMetrics],
      [0, 300_000, []],
    );
    await subscribe(fixture, "a", { "metrics": "org.b,org.a", "interval.ms": "2000" });
    await subscribe(fixture, "b", {
      "metrics": "org.c",
      "interval.ms": "1000",
      "match": "client_id=app-.*,client_source_port=50000",
    });
    await subscribe(fixture, "c", { "metrics": "*", "match": "client_id=app" });
    await subscribe(fixture, "d", { "metrics": "*", "match": "client_id=pp-1" });
    const some = await ask(fixture);
    assert.deepEqual(some.requestedMetrics, ["org.a", "org.b", "org.c"]);
    assert.deepEqual([some.pushIntervalMs, some.telemetryMaxBytes], [1000, 1024 * 1024]);
    assert.deepEqual(some.acceptedCompressionTypes, [4, 3, 1, 2]);
    assert.notEqual(some.subscriptionId, nothing.subscriptionId);
    const all = await ask(fixture, ZERO_UUID, "app");
    assert.deepEqual([all.requestedMetrics, all.pushIntervalMs], [["*"], 2000]);
  });
});

Deno.test("GetTelemetrySubscriptions holds back a client that asks before its interval", async () => {
  await BrokerFixture.with(async (fixture) => {
    await subscribe(fixture, "a", { "metrics": "*", "interval.ms": "1000" });
    const first = await ask(fixture);
    const again = () => ask(fixture, first.clientInstanceId);
    assert.equal((await again()).errorCode, ErrorCode.THROTTLING_QUOTA_EXCEEDED);
    await fixture.clock.advance(1000);
    assert.equal((await again()).errorCode, ErrorCode.NONE);
    await subscribe(fixture, "a", { "metrics": "org.a" });
    assert.equal(await push(fixture, first), ErrorCode.UNKNOWN_SUBSCRIPTION_ID);
    const changed = await again();
    assert.deepEqual([changed.errorCode, changed.requestedMetrics], [0, ["org.a"]]);
  });
});

Deno.test("PushTelemetry takes pushes in their interval and refuses what KIP-714 refuses", async () => {
  await BrokerFixture.with(async (fixture) => {
    await subscribe(fixture, "a", { "metrics": "*", "interval.ms": "1000" });
    const of = await ask(fixture);
    const wrong = { ...of, subscriptionId: of.subscriptionId + 1 };
    assert.equal(
      await push(fixture, { ...of, clientInstanceId: ZERO_UUID }),
      ErrorCode.INVALID_REQUEST,
    );
    assert.equal(await push(fixture, wrong), ErrorCode.UNKNOWN_SUBSCRIPTION_ID);
    assert.equal(
      await push(fixture, of, { compressionType: 9 }),
      ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
    );
    const large = new Uint8Array(1024 * 1024 + 1);
    assert.equal(await push(fixture, of, { metrics: large }), ErrorCode.TELEMETRY_TOO_LARGE);
    assert.deepEqual(told(fixture), []);
    assert.equal(await push(fixture, of), ErrorCode.NONE);
    assert.equal(await push(fixture, of), ErrorCode.THROTTLING_QUOTA_EXCEEDED);
    assert.deepEqual(told(fixture), [3]);
    await fixture.clock.advance(1000);
    const zstd = { compressionType: Codec.zstd, metrics: compress(Codec.zstd, TOTAL) };
    assert.equal(await push(fixture, of, zstd), ErrorCode.NONE);
    assert.deepEqual(told(fixture), [6], "increases are added up");
    await fixture.clock.advance(1000);
    const garbage = { metrics: new Uint8Array([10, 200]) };
    assert.equal(await push(fixture, of, garbage), ErrorCode.INVALID_RECORD);
    assert.equal(await push(fixture, of, { terminating: true }), ErrorCode.NONE);
    assert.deepEqual(told(fixture), []);
    assert.equal(await push(fixture, of, { terminating: true }), ErrorCode.INVALID_REQUEST);
  }, { config: {} });
});

Deno.test("what a client pushed is told until it has missed three pushes", async () => {
  await BrokerFixture.with(async (fixture) => {
    await subscribe(fixture, "a", { "metrics": "*", "interval.ms": "1000" });
    assert.equal(await push(fixture, await ask(fixture)), ErrorCode.NONE);
    await fixture.clock.advance(3000);
    assert.deepEqual(told(fixture), [3]);
    await fixture.clock.advance(1);
    assert.deepEqual(told(fixture), []);
  });
});
