import assert from "node:assert/strict";
import { initialFeatureRecords, updateFeatures } from "../../../src/metadata/features.ts";
import { allocateProducerIds } from "../../../src/metadata/producer_ids.ts";
import type { ClusterImage } from "../../../src/metadata/cluster_image.ts";
import type { MetadataRecordInit } from "../../../src/metadata/records.ts";
import { brokerRecord, commit, describeRecords, imageOf } from "./fixtures.ts";

const UPGRADE = 1;
const SAFE_DOWNGRADE = 2;

interface Update {
  readonly feature: string;
  readonly level: number;
  readonly type?: number;
  readonly allowDowngrade?: boolean;
}

function update(
  image: ClusterImage,
  updates: readonly Update[],
  { version = 2, validateOnly = false } = {},
): string[] {
  const featureUpdates = updates.map(({ feature, level, type = UPGRADE, allowDowngrade }) => ({
    feature,
    maxVersionLevel: level,
    allowDowngrade: allowDowngrade ?? false,
    upgradeType: type,
  }));
  const request = { timeoutMs: 1, featureUpdates, validateOnly };
  const { records, response } = updateFeatures(image, request, version);
  commit(image, records);
  assert.equal(response.errorMessage === null, response.errorCode === 0);
  return [String(response.errorCode), ...describeRecords(records)];
}

Deno.test("initialFeatureRecords() makes the levels of a new cluster, metadata.version first", () => {
  assert.deepEqual(describeRecords(initialFeatureRecords()), [
    'FeatureLevel name="metadata.version" featureLevel=29',
    'FeatureLevel name="transaction.version" featureLevel=2',
    'FeatureLevel name="eligible.leader.replicas.version" featureLevel=1',
  ]);
});

Deno.test("updateFeatures() changes levels when the request allows the direction", () => {
  const image = imageOf(initialFeatureRecords());
  const leveled = (level: number, type: number) => [
    { feature: "transaction.version", level, type },
  ];
  assert.deepEqual(update(image, leveled(0, UPGRADE)), ["95"]);
  assert.deepEqual(update(image, leveled(0, SAFE_DOWNGRADE), { validateOnly: true }), ["0"]);
  assert.equal(image.featureLevel("transaction.version"), 2);
  assert.deepEqual(update(image, leveled(0, SAFE_DOWNGRADE)), [
    "0",
    'FeatureLevel name="transaction.version" featureLevel=0',
  ]);
  assert.deepEqual(update(image, leveled(1, SAFE_DOWNGRADE)), ["95"]);
  assert.deepEqual(update(image, leveled(1, UPGRADE)), [
    "0",
    'FeatureLevel name="transaction.version" featureLevel=1',
  ]);
  assert.deepEqual(update(image, leveled(1, UPGRADE)), ["0"]);
});

Deno.test("updateFeatures() sets no level that a registered broker lacks", () => {
  const levels = (max: number) => [
    { name: "transaction.version", minSupportedVersion: 1, maxSupportedVersion: max },
  ];
  const old = brokerRecord(1);
  const image = (features: ReturnType<typeof levels>) =>
    imageOf([
      { type: "FeatureLevelRecord", value: { name: "transaction.version", featureLevel: 1 } },
      { ...old, value: { ...old.value, features } } as MetadataRecordInit,
    ]);
  const leveled = (level: number, type: number) => [
    { feature: "transaction.version", level, type },
  ];
  assert.deepEqual(update(image(levels(1)), leveled(2, UPGRADE)), ["95"]);
  assert.deepEqual(update(image(levels(1)), leveled(0, SAFE_DOWNGRADE)), ["95"]);
  assert.equal(update(image(levels(2)), leveled(2, UPGRADE))[0], "0");
  assert.deepEqual(
    update(image([{ ...levels(2)[0]!, name: "group.version" }]), leveled(2, UPGRADE)),
    ["95"],
  );
});

Deno.test("updateFeatures() goes by allowDowngrade in version 0", () => {
  const image = imageOf(initialFeatureRecords());
  const leveled = { feature: "transaction.version", level: 0, type: 0 };
  assert.deepEqual(update(image, [leveled], { version: 0 }), ["95"]);
  assert.equal(update(image, [{ ...leveled, allowDowngrade: true }], { version: 0 })[0], "0");
});

Deno.test("updateFeatures() changes nothing when one of the updates is refused", () => {
  const image = imageOf(initialFeatureRecords());
  const good = { feature: "transaction.version", level: 0, type: SAFE_DOWNGRADE };
  const bad: readonly Update[] = [
    { feature: "no.such.feature", level: 1 },
    { feature: "group.version", level: 1 },
    { feature: "group.version", level: -1 },
    { feature: "metadata.version", level: 28, type: SAFE_DOWNGRADE },
    { feature: "kraft.version", level: 1 },
  ];
  for (const each of bad) assert.deepEqual(update(image, [good, each]), ["95"], each.feature);
  assert.deepEqual(update(image, [good, good]), ["42"]);
  assert.deepEqual(update(image, []), ["42"]);
});

Deno.test("allocateProducerIds() gives each block once, to a broker with its current epoch", () => {
  const image = imageOf([brokerRecord(1, { brokerEpoch: 5 })]);
  const allocate = (brokerId: number, brokerEpoch: number) => {
    const { records, response } = allocateProducerIds(image, { brokerId, brokerEpoch });
    commit(image, records);
    return [response.errorCode, response.producerIdStart, response.producerIdLen];
  };
  assert.deepEqual(allocate(1, 5), [0, 0, 1000]);
  assert.deepEqual(allocate(1, 5), [0, 1000, 1000]);
  assert.deepEqual(allocate(1, 4), [77, 0, 0]);
  assert.deepEqual(allocate(2, 5), [102, 0, 0]);
  assert.equal(image.nextProducerId, 2000);
});
