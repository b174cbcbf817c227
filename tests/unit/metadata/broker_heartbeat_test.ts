import assert from "node:assert/strict";
import {
  brokerHeartbeat,
  fenceBrokers,
  type HeartbeatContext,
} from "../../../src/metadata/broker_heartbeat.ts";
import { unregisterBroker } from "../../../src/metadata/broker_unregistration.ts";
import type { ClusterImage } from "../../../src/metadata/cluster_image.ts";
import { DEFAULT_LAYERS } from "../../../src/metadata/config/effective.ts";
import { RECORDS_PER_BATCH } from "../../../src/metadata/leadership_moves.ts";
import type { MetadataRecordInit } from "../../../src/metadata/records.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import type { BrokerHeartbeatRequest } from "../../../src/protocol/generated/broker_heartbeat_request.ts";
import {
  brokerRecord,
  commit,
  describePartition,
  ELIGIBLE_REPLICAS_ON,
  idOf,
  imageOf,
  partitionRecord,
} from "./fixtures.ts";

type BrokerFields = Parameters<typeof brokerRecord>[1];

/** Brokers 1 to 3; partition 0 is led by 1, partition 1 has broker 1 alone. */
function cluster(first: BrokerFields = {}, others: BrokerFields = {}): ClusterImage {
  const at = (id: number) => ({ brokerEpoch: id + 10, logDirs: [idOf(id + 20)] });
  return imageOf([
    ELIGIBLE_REPLICAS_ON,
    brokerRecord(1, { ...at(1), ...first }),
    brokerRecord(2, { ...at(2), ...others }),
    brokerRecord(3, { ...at(3), ...others }),
    { type: "TopicRecord", value: { name: "t", topicId: idOf(1) } },
    partitionRecord(0, [1, 2]),
    partitionRecord(1, [1]),
  ]);
}

/** A heartbeat of broker 1: caught up, fenced, and shall stop; or the error code. */
function beat(
  image: ClusterImage,
  fields: Partial<BrokerHeartbeatRequest> = {},
  context: Partial<HeartbeatContext> = {},
): string {
  const { records, response } = brokerHeartbeat(image, {
    brokerId: 1,
    brokerEpoch: 11,
    currentMetadataOffset: image.registrationOffset(1),
    wantFence: false,
    wantShutDown: false,
    offlineLogDirs: [],
    ...fields,
  }, { layers: DEFAULT_LAYERS, othersReplayedOffset: 0, handedOverOffset: undefined, ...context });
  commit(image, records);
  if (response.errorCode !== 0) return String(response.errorCode);
  const { isCaughtUp, isFenced, shouldShutDown } = response;
  const { fenced } = image.brokers.byId(1)!;
  assert.equal(fenced, isFenced);
  const words = [isCaughtUp && "caught up", isFenced && "fenced", shouldShutDown && "stop"];
  return words.filter((word) => word !== false).join(", ");
}

function partitions(image: ClusterImage): string[] {
  return [0, 1].map((id) => describePartition(image, id));
}

const AS_BEFORE = [
  "leader=1 epochs=3/7 replicas=1,2 isr=1,2",
  "leader=1 epochs=3/7 replicas=1 isr=1",
];
const WITHOUT_FIRST = [
  "leader=2 epochs=4/8 replicas=1,2 isr=2",
  "leader=-1 epochs=4/8 replicas=1 isr= elr=1 last=1",
];

Deno.test("brokerHeartbeat() refuses who is not registered, or not so any more", () => {
  const { STALE_BROKER_EPOCH, BROKER_ID_NOT_REGISTERED } = ErrorCode;
  assert.equal(beat(cluster(), { brokerEpoch: 10 }), String(STALE_BROKER_EPOCH));
  assert.equal(beat(cluster(), { brokerId: 9 }), String(BROKER_ID_NOT_REGISTERED));
});

Deno.test("brokerHeartbeat() of a broker that serves changes nothing", () => {
  const image = cluster();
  const { lastOffset } = image;
  assert.equal(beat(image), "caught up");
  assert.equal(image.lastOffset, lastOffset);
});

Deno.test("brokerHeartbeat() unfences a broker that has replayed its registration", () => {
  const image = cluster({ fenced: true });
  const behind = { currentMetadataOffset: image.registrationOffset(1) - 1 };
  assert.equal(beat(image, behind), "fenced");
  assert.equal(beat(image, { wantFence: true }), "caught up, fenced");
  assert.equal(beat(image), "caught up");
});

Deno.test("brokerHeartbeat() gives a broker that is unfenced what waited for it", () => {
  const image = cluster();
  commit(image, fenceBrokers(image, [1], DEFAULT_LAYERS).records);
  assert.deepEqual(partitions(image), WITHOUT_FIRST);
  assert.equal(beat(image), "caught up");
  assert.deepEqual(partitions(image), [
    WITHOUT_FIRST[0],
    "leader=1 epochs=5/9 replicas=1 isr=1",
  ]);
});

Deno.test("brokerHeartbeat() fences a broker that asks for it, or has lost its directory", () => {
  for (const fields of [{ wantFence: true }, { offlineLogDirs: [idOf(21)] }]) {
    const image = cluster();
    assert.equal(beat(image, fields), "caught up, fenced");
    assert.deepEqual(partitions(image), WITHOUT_FIRST);
  }
  const image = cluster();
  assert.equal(beat(image, { offlineLogDirs: [idOf(7)] }), "caught up");
});

Deno.test("brokerHeartbeat() lets a broker stop once others know who leads", () => {
  const image = cluster();
  const wantShutDown = { wantShutDown: true };
  assert.equal(beat(image, wantShutDown), "caught up");
  assert.equal(image.brokers.byId(1)!.inControlledShutdown, true);
  assert.deepEqual(partitions(image), WITHOUT_FIRST);
  assert.equal(beat(image, wantShutDown), "caught up");
  const handedOverOffset = image.lastOffset;
  const behind = { handedOverOffset, othersReplayedOffset: handedOverOffset - 1 };
  assert.equal(beat(image, wantShutDown, behind), "caught up");
  const known = { handedOverOffset, othersReplayedOffset: handedOverOffset };
  assert.equal(beat(image, wantShutDown, known), "caught up, fenced, stop");
  assert.equal(beat(image, wantShutDown, known), "caught up, fenced, stop");
});

Deno.test("brokerHeartbeat() lets the last active broker stop with all that it leads", () => {
  const image = cluster({}, { fenced: true });
  assert.equal(beat(image, { wantShutDown: true }), "caught up, stop");
  assert.deepEqual(partitions(image), AS_BEFORE);
});

Deno.test("fenceBrokers() takes brokers out together, so that none of them is elected", () => {
  const image = cluster();
  const { records, response } = fenceBrokers(image, [1, 2, 9], DEFAULT_LAYERS);
  commit(image, records);
  assert.equal(response.isComplete, true);
  assert.deepEqual([...image.brokers.all()].map(({ fenced }) => fenced), [true, true, false]);
  assert.equal(
    describePartition(image, 0),
    "leader=-1 epochs=4/8 replicas=1,2 isr= elr=1,2 last=1",
  );
  assert.deepEqual(fenceBrokers(image, [1, 2], DEFAULT_LAYERS).records, []);
});

Deno.test("fenceBrokers() with many partitions fences in the batch that leaves none", () => {
  const count = RECORDS_PER_BATCH + 10;
  const image = cluster();
  const more: MetadataRecordInit[] = [];
  for (let id = 2; id < count; id++) more.push(partitionRecord(id, [1, 2]));
  commit(image, more);
  const sizes: number[] = [];
  for (let isComplete = false; !isComplete;) {
    const { records, response } = fenceBrokers(image, [1], DEFAULT_LAYERS);
    const isFenced = image.brokers.byId(1)!.fenced;
    assert.equal(isFenced, false);
    commit(image, records);
    sizes.push(records.length);
    ({ isComplete } = response);
  }
  assert.deepEqual(sizes, [RECORDS_PER_BATCH, 11]);
  assert.equal(image.brokers.byId(1)!.fenced, true);
});

Deno.test("unregisterBroker() forgets a broker that is down, and refuses one that runs", () => {
  const image = cluster();
  const runs = unregisterBroker(image, 1, DEFAULT_LAYERS);
  assert.deepEqual([runs.records, runs.response.errorCode], [[], ErrorCode.INVALID_REQUEST]);
  commit(image, fenceBrokers(image, [1], DEFAULT_LAYERS).records);
  const { records, response } = unregisterBroker(image, 1, DEFAULT_LAYERS);
  commit(image, records);
  assert.equal(response.errorCode, 0);
  assert.equal(image.brokers.byId(1), undefined);
});
