import assert from "node:assert/strict";
import type { Uuid } from "../../../../src/base/uuid.ts";
import {
  type NodeTags,
  readNodeTags,
  writeNodeTags,
} from "../../../../src/broker/cluster/node_tags.ts";
import {
  CLUSTER_LISTENER,
  type GossipedBroker,
  Peers,
} from "../../../../src/broker/cluster/peers.ts";
import { ClusterImage } from "../../../../src/metadata/cluster_image.ts";

const DIRECTORY = "AAAAAAAAAAAAAAAAAAAAAQ" as Uuid;
const OTHER_DIRECTORY = "AAAAAAAAAAAAAAAAAAAAAg" as Uuid;
const INCARNATION = "AAAAAAAAAAAAAAAAAAAAAw" as Uuid;

const NODE: NodeTags = {
  directoryId: DIRECTORY,
  clusterId: "C",
  brokerId: 2,
  forms: false,
  listeners: "PLAINTEXT://10.0.0.2:9092",
  rack: null,
  version: "1",
};

function member(
  host: string,
  state: GossipedBroker["state"] = "alive",
  change: Partial<NodeTags> = {},
): GossipedBroker {
  return { address: { host, port: 9093 }, state, tags: writeNodeTags({ ...NODE, ...change }) };
}

function registered(host: string, directoryId: Uuid): ClusterImage {
  const image = new ClusterImage();
  image.replay({
    type: "RegisterBrokerRecord",
    value: {
      brokerId: 2,
      isMigratingZkBroker: false,
      incarnationId: INCARNATION,
      brokerEpoch: 0,
      endPoints: [
        { name: "PLAINTEXT", host, port: 9092, securityProtocol: 0 },
        { name: CLUSTER_LISTENER, host, port: 9193, securityProtocol: 0 },
      ],
      features: [],
      rack: null,
      fenced: true,
      inControlledShutdown: false,
      logDirs: [directoryId],
    },
  }, 0);
  return image;
}

function addressOf(members: readonly GossipedBroker[], image?: ClusterImage): string | undefined {
  const peers = new Peers({ clusterId: "C", image: () => image, members: () => members });
  const address = peers.addressOf(2);
  return address === undefined ? undefined : `${address.host}:${address.port}`;
}

Deno.test("readNodeTags() reads what writeNodeTags() writes, and nothing into other tags", () => {
  const nodes: NodeTags[] = [
    NODE,
    { ...NODE, clusterId: "", brokerId: undefined, forms: true, rack: "r", listeners: "" },
  ];
  for (const node of nodes) assert.deepEqual(readNodeTags(writeNodeTags(node)), node);
  assert.equal(readNodeTags(new Map([["directory", "no id"]])), undefined);
  assert.equal(readNodeTags(new Map()), undefined);
});

Deno.test("Peers believes gossip of a broker that is there before its registration", () => {
  const image = registered("10.0.0.9", DIRECTORY);
  assert.equal(addressOf([member("10.0.0.2")], image), "10.0.0.2:9093");
  assert.equal(addressOf([member("10.0.0.2", "suspect")], image), "10.0.0.2:9093");
  assert.equal(addressOf([member("10.0.0.2", "failed")], image), "10.0.0.9:9193");
  assert.equal(addressOf([], image), "10.0.0.9:9193");
});

Deno.test("Peers falls back on the last address that gossip knew", () => {
  assert.equal(addressOf([member("10.0.0.2", "failed")]), "10.0.0.2:9093");
  assert.equal(addressOf([]), undefined);
});

Deno.test("Peers takes nobody for a broker whose cluster, id or directory is another", () => {
  const image = registered("10.0.0.9", DIRECTORY);
  assert.equal(addressOf([member("10.0.0.2", "alive", { clusterId: "D" })]), undefined);
  assert.equal(addressOf([member("10.0.0.2", "alive", { brokerId: 3 })]), undefined);
  const wiped = member("10.0.0.2", "alive", { directoryId: OTHER_DIRECTORY });
  assert.equal(addressOf([wiped], image), "10.0.0.9:9193");
});

Deno.test("Peers knows brokers by their place, and by gossip as long as they have none", () => {
  const members = [
    member("10.0.0.2", "alive", { directoryId: OTHER_DIRECTORY }),
    member("10.0.0.3", "alive", { directoryId: OTHER_DIRECTORY, brokerId: 3 }),
    member("10.0.0.4", "alive", { clusterId: "D", brokerId: 4 }),
    member("10.0.0.5", "failed", { brokerId: 5 }),
  ];
  const image = registered("10.0.0.9", DIRECTORY);
  const peers = new Peers({ clusterId: "C", image: () => image, members: () => members });
  assert.deepEqual(peers.known(), [
    { id: 2, directoryId: DIRECTORY },
    { id: 3, directoryId: OTHER_DIRECTORY },
    { id: 5, directoryId: DIRECTORY },
  ]);
  assert.deepEqual(peers.aliveBrokerIds(), [2, 3]);
});
