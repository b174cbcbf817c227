import assert from "node:assert/strict";
import { alterConfigs, incrementalAlterConfigs } from "../../../src/metadata/alter_configs.ts";
import type { ClusterImage } from "../../../src/metadata/cluster_image.ts";
import { listConfigResources } from "../../../src/metadata/config_resources.ts";
import { describeConfigs } from "../../../src/metadata/describe_configs.ts";
import type { MetadataRecordInit } from "../../../src/metadata/records.ts";
import type { Uuid } from "../../../src/base/uuid.ts";
import type { DescribeConfigsResourceResultInit } from "../../../src/protocol/generated/describe_configs_response.ts";
import { brokerRecord, commit, describeRecords, imageOf } from "./fixtures.ts";

const TOPIC = 2;
const BROKER = 4;
const LOGGER = 8;
const CLIENT_METRICS = 16;
const GROUP = 32;
const SET = 0;
const DELETE = 1;
const APPEND = 2;
const SUBTRACT = 3;

const THROTTLED = "leader.replication.throttled.replicas";
const pair = (_: unknown, partition: number) => `${partition}:1`;

const CONTEXT = {
  brokerId: 1,
  staticConfigs: new Map([["log.retention.hours", "2"], ["ssl.key.password", "secret"]]),
};

const TOPIC_RECORD: MetadataRecordInit = {
  type: "TopicRecord",
  value: { name: "a", topicId: "AAAAAQAAAAAAAAAAAAAAAA" as Uuid },
};

function cluster(): ClusterImage {
  return imageOf([brokerRecord(1), TOPIC_RECORD]);
}

type Change = readonly [name: string, operation: number, value: string | null];

/** Alters one resource and commits; the error code, and the records without the resource. */
function alter(
  image: ClusterImage,
  resourceType: number,
  resourceName: string,
  changes: readonly Change[],
  validateOnly = false,
): string[] {
  const configs = changes.map(([name, configOperation, value]) => ({
    name,
    configOperation,
    value,
  }));
  const resources = [{ resourceType, resourceName, configs }];
  const request = { resources, validateOnly };
  const { records, response } = incrementalAlterConfigs(image, request, CONTEXT);
  commit(image, records);
  const [result] = response.responses;
  assert.equal(result!.errorMessage === null, result!.errorCode === 0);
  return [String(result!.errorCode), ...changesOf(records)];
}

function changesOf(records: readonly MetadataRecordInit[]): string[] {
  return describeRecords(records).map((line) => line.replace(/.* name=/, ""));
}

function describe(
  image: ClusterImage,
  resourceType: number,
  resourceName: string,
  keys: readonly string[] | null = null,
): { errorCode: number; configs: readonly DescribeConfigsResourceResultInit[] } {
  const resources = [{ resourceType, resourceName, configurationKeys: keys }];
  const request = { resources, includeSynonyms: true, includeDocumentation: true };
  return describeConfigs(image, request, CONTEXT).results[0]!;
}

Deno.test("incrementalAlterConfigs() sets, keeps, and deletes single keys", () => {
  const image = cluster();
  assert.deepEqual(
    alter(image, TOPIC, "a", [["retention.ms", SET, "5"], ["flush.ms", SET, " 7 "]]),
    ["0", '"retention.ms" value="5"', '"flush.ms" value="7"'],
  );
  assert.deepEqual(alter(image, TOPIC, "a", [["retention.ms", SET, "5"]]), ["0"]);
  assert.deepEqual(alter(image, TOPIC, "a", [["flush.ms", DELETE, null]]), ["0", '"flush.ms"']);
  assert.deepEqual([...image.configs.of(TOPIC, "a")], [["retention.ms", "5"]]);
  const long = Array.from({ length: 4000 }, pair).join(",");
  assert.equal(alter(image, TOPIC, "a", [[THROTTLED, SET, long]])[0], "0");
});

Deno.test("incrementalAlterConfigs() appends to and subtracts from lists", () => {
  const image = cluster();
  const policy = (operation: number, value: string) =>
    alter(image, TOPIC, "a", [["cleanup.policy", operation, value]]);
  assert.deepEqual(policy(APPEND, "compact,delete"), [
    "0",
    '"cleanup.policy" value="delete,compact"',
  ]);
  assert.deepEqual(policy(APPEND, "compact"), ["0"]);
  assert.deepEqual(policy(SUBTRACT, "delete,other"), ["0", '"cleanup.policy" value="compact"']);
  assert.deepEqual(alter(image, TOPIC, "a", [["retention.ms", APPEND, "1"]]), ["40"]);
});

Deno.test("incrementalAlterConfigs() refuses what can't be, and changes nothing of the resource", () => {
  const image = cluster();
  const refused: (readonly [string, number, string, readonly Change[]])[] = [
    ["3", TOPIC, "missing", [["retention.ms", SET, "1"]]],
    ["17", TOPIC, "no name", [["retention.ms", SET, "1"]]],
    ["40", TOPIC, "a", [["flush.ms", SET, "1"], ["retention.msec", SET, "1"]]],
    ["40", TOPIC, "a", [["retention.ms", SET, "soon"]]],
    ["40", TOPIC, "a", [[THROTTLED, SET, Array.from({ length: 8000 }, pair).join(",")]]],
    ["42", TOPIC, "a", [["retention.ms", SET, null]]],
    ["42", TOPIC, "a", [["retention.ms", 4, "1"]]],
    ["42", TOPIC, "a", [["retention.ms", SET, "1"], ["retention.ms", SET, "2"]]],
    ["40", TOPIC, "a", [["min.compaction.lag.ms", SET, "9"], ["max.compaction.lag.ms", SET, "8"]]],
    ["40", TOPIC, "a", [["remote.storage.enable", SET, "true"]]],
    ["42", BROKER, "2", [["log.retention.ms", SET, "1"]]],
    ["42", BROKER, "one", [["log.retention.ms", SET, "1"]]],
    ["42", BROKER, "1", [["num.partitions", SET, "1"]]],
    ["42", BROKER, "1", [["log.retention.ms", SET, "soon"]]],
    ["40", BROKER, "1", [["log.retention.msec", SET, "1"]]],
    ["42", BROKER, "", [["listeners", SET, "PLAINTEXT://:1"]]],
    ["40", LOGGER, "1", [["root", SET, "DEBUG"]]],
    ["42", LOGGER, "2", [["root", SET, "DEBUG"]]],
    ["42", GROUP, "", [["share.isolation.level", SET, "read_committed"]]],
    ["40", GROUP, "g", [["consumer.session.timeout.ms", SET, "44999"]]],
    ["40", GROUP, "g", [["share.record.lock.duration.ms", SET, "60001"]]],
    ["40", CLIENT_METRICS, "m", [["interval.ms", SET, "99"]]],
    ["40", CLIENT_METRICS, "m", [["match", SET, "nobody=x"]]],
    ["42", 3, "x", [["a", SET, "1"]]],
  ];
  for (const [code, type, name, changes] of refused) {
    assert.deepEqual(
      alter(image, type, name, changes),
      [code],
      JSON.stringify(changes).slice(0, 80),
    );
  }
});

Deno.test("incrementalAlterConfigs() alters brokers, groups and client metrics", () => {
  const image = cluster();
  assert.deepEqual(alter(image, BROKER, "", [["log.retention.ms", SET, "1"]]), [
    "0",
    '"log.retention.ms" value="1"',
  ]);
  assert.equal(alter(image, BROKER, "1", [["listeners", SET, "PLAINTEXT://:1"]])[0], "0");
  assert.equal(alter(image, GROUP, "g", [["consumer.session.timeout.ms", SET, "45000"]])[0], "0");
  assert.equal(alter(image, CLIENT_METRICS, "m", [["match", SET, "client_id=a.*"]])[0], "0");
});

Deno.test("incrementalAlterConfigs() writes nothing when it only validates", () => {
  const image = cluster();
  assert.deepEqual(alter(image, TOPIC, "a", [["retention.ms", SET, "5"]], true), ["0"]);
  assert.deepEqual(alter(image, TOPIC, "a", [["retention.ms", SET, "x"]], true), ["40"]);
});

Deno.test("incrementalAlterConfigs() answers a repeated resource once and spares the others", () => {
  const image = cluster();
  const resource = (resourceName: string, value: string) => ({
    resourceType: GROUP,
    resourceName,
    configs: [{ name: "share.isolation.level", configOperation: SET, value }],
  });
  const resources = [
    resource("x", "read_committed"),
    resource("y", "read_committed"),
    resource("x", "read_committed"),
    resource("z", "maybe"),
  ];
  const { response, records } = incrementalAlterConfigs(
    image,
    { resources, validateOnly: false },
    CONTEXT,
  );
  assert.deepEqual(
    response.responses.map(({ resourceName, errorCode }) => `${resourceName} ${errorCode}`),
    ["x 42", "y 0", "z 40"],
  );
  assert.equal(records.length, 1);
});

Deno.test("alterConfigs() puts keys that are not named back to their defaults", () => {
  const image = cluster();
  alter(image, TOPIC, "a", [["retention.ms", SET, "5"], ["flush.ms", SET, "7"]]);
  const configs = [{ name: "flush.ms", value: "8" }];
  const resources = [{ resourceType: TOPIC, resourceName: "a", configs }];
  const { records } = alterConfigs(image, { resources, validateOnly: false }, CONTEXT);
  assert.deepEqual(changesOf(records), ['"flush.ms" value="8"', '"retention.ms"']);
});

Deno.test("describeConfigs() tells all of a topic's keys, or those asked for that exist", () => {
  const image = cluster();
  alter(image, TOPIC, "a", [["flush.ms", SET, "7"]]);
  const all = describe(image, TOPIC, "a").configs;
  assert.equal(all.length, 33 + 3);
  const [flush, ...others] = describe(image, TOPIC, "a", ["flush.ms", "no.such.key"]).configs;
  assert.deepEqual(others, []);
  assert.deepEqual(flush, {
    name: "flush.ms",
    value: "7",
    readOnly: false,
    configSource: 1,
    isSensitive: false,
    synonyms: [
      { name: "flush.ms", value: "7", source: 1 },
      { name: "log.flush.scheduler.interval.ms", value: "9223372036854775807", source: 5 },
    ],
    configType: 5,
    documentation: "Milliseconds that a record may wait before it is flushed to the disk.",
  });
  const [retention] = describe(image, TOPIC, "a", ["retention.ms"]).configs;
  assert.deepEqual([retention!.value, retention!.configSource], ["7200000", 4]);
});

Deno.test("describeConfigs() hides secrets and marks what needs a restart", () => {
  const image = cluster();
  const keys = ["ssl.key.password", "num.partitions", "log.retention.ms"];
  const configs = describe(image, BROKER, "1", keys).configs;
  assert.deepEqual(
    configs.map(({ name, value, isSensitive, readOnly, configSource }) =>
      `${name} ${value} ${isSensitive} ${readOnly} ${configSource}`
    ),
    [
      "log.retention.ms null false false 5",
      "num.partitions 1 false true 5",
      "ssl.key.password null true false 4",
    ],
  );
  assert.deepEqual(configs[2]!.synonyms, [{ name: "ssl.key.password", value: null, source: 4 }]);
});

Deno.test("describeConfigs() shows of all brokers together what was set for them", () => {
  const image = cluster();
  assert.deepEqual(describe(image, BROKER, "").configs, []);
  alter(image, BROKER, "", [["log.retention.ms", SET, "1"], ["background.threads", SET, "2"]]);
  assert.deepEqual(
    describe(image, BROKER, "").configs.map(({ name, value, configSource }) =>
      `${name} ${value} ${configSource}`
    ),
    ["background.threads 2 3", "log.retention.ms 1 3"],
  );
  const [ofTopic] = describe(image, TOPIC, "a", ["retention.ms"]).configs;
  assert.deepEqual([ofTopic!.value, ofTopic!.configSource], ["1", 3]);
});

Deno.test("describeConfigs() answers for groups that nobody configured, and refuses strangers", () => {
  const image = cluster();
  assert.equal(describe(image, GROUP, "unknown").configs.length, 11);
  assert.equal(describe(image, CLIENT_METRICS, "unknown").configs.length, 3);
  assert.deepEqual(describe(image, LOGGER, "1").configs, []);
  const codes = [
    describe(image, TOPIC, "missing"),
    describe(image, TOPIC, "no name"),
    describe(image, BROKER, "2"),
    describe(image, BROKER, "one"),
    describe(image, GROUP, ""),
    describe(image, CLIENT_METRICS, ""),
    describe(image, 5, "x"),
  ].map(({ errorCode }) => errorCode);
  assert.deepEqual(codes, [3, 17, 42, 42, 42, 42, 42]);
});

Deno.test("listConfigResources() lists the resources of the types asked for", () => {
  const image = cluster();
  alter(image, GROUP, "g", [["share.isolation.level", SET, "read_committed"]]);
  alter(image, CLIENT_METRICS, "m", [["metrics", SET, "*"]]);
  const list = (resourceTypes: readonly number[], version: number) => {
    const { errorCode, configResources } = listConfigResources(image, { resourceTypes }, version);
    return [errorCode, ...configResources.map((r) => `${r.resourceType} ${r.resourceName}`)];
  };
  assert.deepEqual(list([], 0), [0, "16 m"]);
  assert.deepEqual(list([], 1), [0, "2 a", "4 1", "8 1", "16 m", "32 g"]);
  assert.deepEqual(list([32, 2], 1), [0, "2 a", "32 g"]);
  assert.deepEqual(list([2, 3], 1), [35]);
});
