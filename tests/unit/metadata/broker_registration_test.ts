import assert from "node:assert/strict";
import {
  assignBrokerId,
  type BrokerLiveness,
  registerBroker,
} from "../../../src/metadata/broker_registration.ts";
import type { ClusterImage } from "../../../src/metadata/cluster_image.ts";
import { DEFAULT_LAYERS } from "../../../src/metadata/config/effective.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import type { BrokerRegistrationRequest } from "../../../src/protocol/generated/broker_registration_request.ts";
import {
  brokerRecord,
  commit,
  describePartition,
  ELIGIBLE_REPLICAS_ON,
  idOf,
  imageOf,
  partitionRecord,
} from "./fixtures.ts";

/** Broker 1 with directory 21 and epoch 11, and so on; all run. */
function cluster(...partitions: readonly (readonly Parameters<typeof partitionRecord>[])[]) {
  const image = imageOf([
    { type: "FeatureLevelRecord", value: { name: "metadata.version", featureLevel: 29 } },
    ELIGIBLE_REPLICAS_ON,
    ...[1, 2, 3].map((id) => brokerRecord(id, { brokerEpoch: id + 10, logDirs: [idOf(id + 20)] })),
    { type: "TopicRecord", value: { name: "t", topicId: idOf(1) } },
  ]);
  commit(image, partitions.flat().map((each) => partitionRecord(...each)));
  return image;
}

const LEVELS = [
  { name: "metadata.version", minSupportedVersion: 7, maxSupportedVersion: 29 },
  { name: "eligible.leader.replicas.version", minSupportedVersion: 0, maxSupportedVersion: 1 },
];

/** Broker 1 starts again, in its directory, after an unclean stop. */
function request(fields: Partial<BrokerRegistrationRequest> = {}): BrokerRegistrationRequest {
  return {
    brokerId: 1,
    clusterId: "c",
    incarnationId: idOf(99),
    listeners: [{ name: "PLAINTEXT", host: "::1", port: 1, securityProtocol: 0 }],
    features: LEVELS,
    rack: null,
    isMigratingZkBroker: false,
    logDirs: [idOf(21)],
    previousBrokerEpoch: -1,
    ...fields,
  };
}

function register(
  image: ClusterImage,
  fields: Partial<BrokerRegistrationRequest> = {},
  liveness: BrokerLiveness = "dead",
): [errorCode: number, epoch: number] {
  const context = { clusterId: "c", nextOffset: 500, liveness, layers: DEFAULT_LAYERS };
  const { records, response } = registerBroker(image, request(fields), context);
  if (response.errorCode !== ErrorCode.NONE) assert.equal(records.length, 0);
  commit(image, records);
  return [response.errorCode, response.brokerEpoch!];
}

const { DUPLICATE_BROKER_REGISTRATION: DUPLICATE, INVALID_REGISTRATION, UNSUPPORTED_VERSION } =
  ErrorCode;
const [METADATA_LEVEL, ELIGIBLE_LEVEL] = LEVELS as [typeof LEVELS[0], typeof LEVELS[0]];

for (
  const [when, code, fields, liveness] of [
    ["it is of another cluster", ErrorCode.INCONSISTENT_CLUSTER_ID, { clusterId: "d" }, "dead"],
    ["it names no directory", INVALID_REGISTRATION, { logDirs: [] }, "dead"],
    ["it names two directories", INVALID_REGISTRATION, { logDirs: [idOf(21), idOf(8)] }, "dead"],
    ["its directory is another broker's", INVALID_REGISTRATION, { logDirs: [idOf(22)] }, "dead"],
    ["the broker runs", DUPLICATE, {}, "alive"],
    ["the broker may run, with another directory", DUPLICATE, { logDirs: [idOf(9)] }, "doubtful"],
    ["a level is too high for it", UNSUPPORTED_VERSION, {
      features: [{ ...METADATA_LEVEL, maxSupportedVersion: 28 }, ELIGIBLE_LEVEL],
    }, "dead"],
    ["a level is too low for it", UNSUPPORTED_VERSION, {
      features: [{ ...METADATA_LEVEL, minSupportedVersion: 30 }, ELIGIBLE_LEVEL],
    }, "dead"],
    ["it lacks a feature", UNSUPPORTED_VERSION, { features: [METADATA_LEVEL] }, "dead"],
  ] as readonly (readonly [
    string,
    number,
    Partial<BrokerRegistrationRequest>,
    BrokerLiveness,
  ])[]
) {
  Deno.test(`registerBroker() refuses a broker when ${when}`, () => {
    assert.deepEqual(register(cluster(), fields, liveness), [code, -1]);
  });
}

Deno.test("registerBroker() fences the new incarnation until it has caught up", () => {
  for (const liveness of ["dead", "doubtful"] as const) {
    const image = cluster();
    assert.deepEqual(register(image, {}, liveness), [0, 500]);
    const { epoch, fenced, incarnationId, endpoints } = image.brokers.byId(1)!;
    assert.deepEqual([epoch, fenced, incarnationId], [500, true, idOf(99)]);
    assert.deepEqual(endpoints, request().listeners);
    assert.equal(image.registrationOffset(1), image.lastOffset);
  }
});

Deno.test("registerBroker() keeps epoch and state of an incarnation that asks again", () => {
  const image = cluster();
  const incarnationId = image.brokers.byId(1)!.incarnationId;
  const offset = image.lastOffset;
  const { endpoints: listeners } = image.brokers.byId(1)!;
  assert.deepEqual(register(image, { incarnationId, listeners }, "alive"), [0, 11]);
  assert.equal(image.lastOffset, offset);
  assert.deepEqual(register(image, { incarnationId, rack: "r" }, "alive"), [0, 11]);
  const { epoch, fenced, rack } = image.brokers.byId(1)!;
  assert.deepEqual([epoch, fenced, rack], [11, false, "r"]);
});

const RESTARTS: Readonly<
  Record<string, readonly [Parameters<typeof partitionRecord>, clean: string, unclean: string]>
> = {
  "it led, and another is in sync": [
    [0, [1, 2]],
    "leader=2 epochs=4/8 replicas=1,2 isr=2",
    "leader=2 epochs=4/8 replicas=1,2 isr=2",
  ],
  "it followed, and was in sync": [
    [0, [2, 1]],
    "leader=2 epochs=3/8 replicas=2,1 isr=2",
    "leader=2 epochs=3/8 replicas=2,1 isr=2",
  ],
  "it was the last in sync": [
    [0, [1, 2], { isr: [1] }],
    "leader=-1 epochs=4/8 replicas=1,2 isr= elr=1 last=1",
    "leader=-1 epochs=4/8 replicas=1,2 isr= elr=1 last=1",
  ],
  "it was the last in sync, and another is eligible": [
    [0, [1, 2, 3], { isr: [1], eligibleLeaderReplicas: [2] }],
    "leader=2 epochs=4/8 replicas=1,2,3 isr=2",
    "leader=2 epochs=4/8 replicas=1,2,3 isr=2",
  ],
  "it was one of two that are eligible": [
    [0, [1, 2], { isr: [], leader: -1, eligibleLeaderReplicas: [1, 2] }],
    "leader=2 epochs=4/8 replicas=1,2 isr=2",
    "leader=2 epochs=4/8 replicas=1,2 isr=2",
  ],
  "it had no replica": [
    [0, [2, 3]],
    "leader=2 epochs=3/7 replicas=2,3 isr=2,3",
    "leader=2 epochs=3/7 replicas=2,3 isr=2,3",
  ],
};

for (const [when, [partition, clean, unclean]] of Object.entries(RESTARTS)) {
  Deno.test(`registerBroker() takes partitions from the last incarnation when ${when}`, () => {
    for (const [previousBrokerEpoch, expected] of [[11, clean], [-1, unclean]] as const) {
      const image = cluster([partition]);
      register(image, { previousBrokerEpoch });
      assert.equal(describePartition(image, 0), expected);
    }
  });
}

Deno.test("registerBroker() keeps a broker eligible after a clean stop alone", () => {
  const minInsync = {
    resourceType: 2,
    resourceName: "t",
    name: "min.insync.replicas",
    value: "3",
  };
  const after = (previousBrokerEpoch: number): string => {
    const image = cluster([[0, [1, 2, 3]]]);
    commit(image, [{ type: "ConfigRecord", value: minInsync }]);
    register(image, { previousBrokerEpoch });
    return describePartition(image, 0);
  };
  assert.equal(after(11), "leader=2 epochs=4/8 replicas=1,2,3 isr=2,3 elr=1");
  assert.equal(after(10), "leader=2 epochs=4/8 replicas=1,2,3 isr=2,3");
});

Deno.test("registerBroker() counts a broker with another directory nowhere as in sync", () => {
  const directories = [idOf(21), idOf(22)];
  const image = cluster([
    [0, [1, 2], { directories }],
    [1, [1, 2], { directories, isr: [1] }],
    [2, [1], { directories: [idOf(21)] }],
    [3, [1]],
  ]);
  register(image, { logDirs: [idOf(31)], previousBrokerEpoch: 11 });
  assert.deepEqual([0, 1, 2, 3].map((id) => describePartition(image, id)), [
    "leader=2 epochs=4/8 replicas=1,2 isr=2",
    "leader=-1 epochs=4/8 replicas=1,2 isr= last=1",
    "leader=-1 epochs=4/8 replicas=1 isr= last=1",
    // Its directory was never known.
    "leader=-1 epochs=4/8 replicas=1 isr= elr=1 last=1",
  ]);
  const [topic] = image.topics.all();
  assert.deepEqual(topic!.partitions.map(({ directories: [first] }) => first), [
    idOf(31),
    idOf(31),
    idOf(31),
    idOf(31),
  ]);
});

Deno.test("registerBroker() empties an in-sync set whose last replica has lost everything", () => {
  const image = imageOf([
    ...[1, 2].map((id) => brokerRecord(id, { brokerEpoch: id + 10, logDirs: [idOf(id + 20)] })),
    { type: "TopicRecord", value: { name: "t", topicId: idOf(1) } },
    partitionRecord(0, [1], { directories: [idOf(21)] }),
  ]);
  register(image, { logDirs: [idOf(31)], features: [] });
  assert.equal(describePartition(image, 0), "leader=-1 epochs=4/8 replicas=1 isr= last=1");
});

Deno.test("registerBroker() lets the only broker serve at once", () => {
  const alone = (previousBrokerEpoch: number): string[] => {
    const image = imageOf([
      brokerRecord(1, { brokerEpoch: 11, logDirs: [idOf(21)] }),
      { type: "TopicRecord", value: { name: "t", topicId: idOf(1) } },
      partitionRecord(0, [1]),
      partitionRecord(1, [1], { leader: -1 }),
    ]);
    register(image, { previousBrokerEpoch });
    assert.equal(image.brokers.byId(1)!.fenced, false);
    return [0, 1].map((id) => describePartition(image, id));
  };
  assert.deepEqual(alone(11), [
    "leader=1 epochs=3/7 replicas=1 isr=1",
    "leader=1 epochs=4/8 replicas=1 isr=1",
  ]);
  // After an unclean stop what it writes must be told apart from what it wrote.
  assert.deepEqual(alone(-1), [
    "leader=1 epochs=4/8 replicas=1 isr=1",
    "leader=1 epochs=4/8 replicas=1 isr=1",
  ]);
  const image = imageOf([]);
  assert.deepEqual(register(image), [0, 500]);
  assert.equal(image.brokers.byId(1)!.fenced, false);
});

Deno.test("assignBrokerId() gives a directory one id for good", () => {
  const image = cluster([[0, [7, 2]]]);
  const assign = (directory: number, requestedId: number, liveness: BrokerLiveness = "dead") => {
    const joining = { directoryId: idOf(directory), requestedId };
    const context = { nextOffset: 600, liveness, controllerId: 1 };
    const { records, response } = assignBrokerId(image, joining, context);
    commit(image, records);
    return [response.errorCode, response.brokerId, records.length];
  };
  assert.deepEqual(assign(21, -1), [0, 1, 0]);
  assert.deepEqual(assign(21, 1), [0, 1, 0]);
  assert.deepEqual(assign(21, 2), [INVALID_REGISTRATION, -1, 0]);
  // A partition still names broker 7.
  assert.deepEqual(assign(40, -1), [0, 8, 1]);
  assert.deepEqual(assign(40, -1), [0, 8, 0]);
  assert.deepEqual(assign(41, 5), [0, 5, 1]);
  const { fenced, epoch, logDirs } = image.brokers.byId(5)!;
  assert.deepEqual([fenced, epoch, logDirs], [true, 600, [idOf(41)]]);
  assert.deepEqual(assign(42, 1), [DUPLICATE, -1, 0]);
  assert.deepEqual(assign(42, 5, "alive"), [DUPLICATE, -1, 0]);
  assert.deepEqual(assign(42, 5), [0, 5, 1]);
});

Deno.test("assignBrokerId() keeps the controller's own id when the controller has yet to register", () => {
  const image = imageOf([]);
  const assign = (directory: number, requestedId: number) => {
    const joining = { directoryId: idOf(directory), requestedId };
    const context = { nextOffset: 4, liveness: "dead", controllerId: 1 } as const;
    const { records, response } = assignBrokerId(image, joining, context);
    commit(image, records);
    return [response.errorCode, response.brokerId];
  };
  assert.deepEqual(assign(50, 1), [DUPLICATE, -1]);
  assert.deepEqual(assign(50, -1), [0, 2]);
  assert.deepEqual(assign(51, -1), [0, 3]);
});
