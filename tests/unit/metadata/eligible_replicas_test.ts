import assert from "node:assert/strict";
import { incrementalAlterConfigs } from "../../../src/metadata/alter_configs.ts";
import type { ClusterImage } from "../../../src/metadata/cluster_image.ts";
import { adoptMinInsyncReplicas } from "../../../src/metadata/eligible_replicas.ts";
import { updateFeatures } from "../../../src/metadata/features.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import {
  brokerRecord,
  commit,
  describePartition,
  describeRecords,
  ELIGIBLE_REPLICAS_ON,
  idOf,
  imageOf,
  partitionRecord,
} from "./fixtures.ts";

const MIN_INSYNC = "min.insync.replicas";

/** Partition 0 has two eligible replicas behind one in sync, partition 1 has nobody in sync. */
function cluster(): ClusterImage {
  return imageOf([
    ELIGIBLE_REPLICAS_ON,
    ...[1, 2, 3].map((id) => brokerRecord(id)),
    { type: "TopicRecord", value: { name: "t", topicId: idOf(1) } },
    partitionRecord(0, [1, 2, 3], { isr: [1], eligibleLeaderReplicas: [2, 3] }),
    partitionRecord(1, [1, 2, 3], {
      isr: [],
      leader: -1,
      eligibleLeaderReplicas: [1, 2],
      lastKnownElr: [1],
    }),
    {
      type: "ConfigRecord",
      value: { resourceType: 2, resourceName: "t", name: MIN_INSYNC, value: "3" },
    },
  ]);
}

/** Sets the minimum, or takes it away, and tells the error code and who is eligible then. */
function alter(image: ClusterImage, resource: "t" | "" | "1", value: string | null): string {
  const config = { name: MIN_INSYNC, value, configOperation: value === null ? 1 : 0 };
  const resources = [
    { resourceType: resource === "t" ? 2 : 4, resourceName: resource, configs: [config] },
  ];
  const context = { brokerId: 1, staticConfigs: new Map() };
  const { records, response } = incrementalAlterConfigs(
    image,
    { resources, validateOnly: false },
    context,
  );
  commit(image, records);
  const eligible = image.topics.byName("t")!.partitions
    .map(({ eligibleLeaderReplicas }) => eligibleLeaderReplicas.join());
  return `${response.responses[0]!.errorCode}: ${eligible.join(" ")}`;
}

Deno.test("incrementalAlterConfigs() ends eligibility where enough are in sync by now", () => {
  const image = cluster();
  assert.equal(alter(image, "t", "2"), "0: 2,3 1,2");
  assert.equal(alter(image, "t", "1"), "0:  1,2");
});

Deno.test("incrementalAlterConfigs() sees the minimum of the cluster where a topic has none", () => {
  const image = cluster();
  assert.equal(alter(image, "", "1"), "0: 2,3 1,2");
  assert.equal(alter(image, "", "2"), "0: 2,3 1,2");
  assert.equal(alter(image, "t", null), "0: 2,3 1,2");
  assert.equal(alter(image, "", null), "0:  1,2");
});

Deno.test("incrementalAlterConfigs() alters any broker of the cluster, and none outside it", () => {
  const image = cluster();
  const alterBroker = (resourceName: string): number => {
    const config = { name: "leader.replication.throttled.rate", value: "5", configOperation: 0 };
    const resources = [{ resourceType: 4, resourceName, configs: [config] }];
    const request = { resources, validateOnly: false };
    const context = { brokerId: 1, staticConfigs: new Map() };
    const { records, response } = incrementalAlterConfigs(image, request, context);
    commit(image, records);
    return response.responses[0]!.errorCode;
  };
  assert.equal(alterBroker("2"), 0);
  assert.equal(image.configs.of(4, "2").get("leader.replication.throttled.rate"), "5");
  assert.equal(alterBroker("9"), ErrorCode.INVALID_REQUEST);
  assert.equal(alterBroker("two"), ErrorCode.INVALID_REQUEST);
});

Deno.test("incrementalAlterConfigs() gives no broker a minimum of its own", () => {
  const image = cluster();
  assert.equal(alter(image, "1", "1"), `${ErrorCode.INVALID_REQUEST}: 2,3 1,2`);
});

Deno.test("updateFeatures() to level 0 counts as in sync who is eligible where nobody is", () => {
  const image = cluster();
  const feature = "eligible.leader.replicas.version";
  const featureUpdates = [
    { feature, maxVersionLevel: 0, allowDowngrade: true, upgradeType: 2 },
  ];
  const request = { timeoutMs: 1, featureUpdates, validateOnly: false };
  const { records, response } = updateFeatures(image, request, 1);
  commit(image, records);
  assert.equal(response.errorCode, 0);
  assert.equal(image.featureLevel(feature), 0);
  assert.deepEqual([0, 1].map((id) => describePartition(image, id)), [
    "leader=1 epochs=3/8 replicas=1,2,3 isr=1",
    "leader=-1 epochs=3/8 replicas=1,2,3 isr=1,2",
  ]);
});

Deno.test("adoptMinInsyncReplicas() makes a setting of the brokers the cluster's, once", () => {
  const image = cluster();
  assert.deepEqual(adoptMinInsyncReplicas(image, new Map()), []);
  const records = adoptMinInsyncReplicas(image, new Map([[MIN_INSYNC, "2"]]));
  assert.deepEqual(describeRecords(records), [
    `Config resourceType=4 resourceName="" name="${MIN_INSYNC}" value="2"`,
  ]);
  commit(image, records);
  assert.deepEqual(adoptMinInsyncReplicas(image, new Map([[MIN_INSYNC, "3"]])), []);
});
