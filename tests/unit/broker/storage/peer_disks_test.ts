import assert from "node:assert/strict";
import { SILENT_LOGGER } from "../../../../src/base/logger.ts";
import type { Partition } from "../../../../src/broker/partition.ts";
import type { PeerConnection } from "../../../../src/broker/replication/cluster_calls.ts";
import { PeerDisks } from "../../../../src/broker/storage/peer_disks.ts";
import type { ClusterImage } from "../../../../src/metadata/cluster_image.ts";
import type { StorageReportRequest } from "../../../../src/protocol/generated/cluster/storage_report_request.ts";
import { FakeClock, settle } from "../../server/fake_clock.ts";

/** Broker 1 among 2, which answers, and 3, which is fenced. */
function newDisks() {
  const clock = new FakeClock();
  const sent: string[] = [];
  const connection: PeerConnection = {
    send: (_api, _version, request) => {
      sent.push(JSON.stringify(request));
      return Promise.resolve({ errorCode: 0 } as never);
    },
    close: () => undefined,
  };
  const brokers = [{ id: 1, fenced: false }, { id: 2, fenced: false }, { id: 3, fenced: true }];
  const disks = new PeerDisks({
    brokerId: 1,
    clock,
    logger: SILENT_LOGGER,
    image: { brokers: { all: () => brokers } } as unknown as ClusterImage,
    peers: {
      shared: (id) => Promise.resolve(id === 2 ? connection : assert.fail(`sent to ${id}`)),
    },
  });
  return { disks, clock, sent };
}

function report(changes: Partial<StorageReportRequest> = {}): StorageReportRequest {
  return { brokerId: 2, budgetBytes: 500, isClosed: false, uses: [], trims: [], ...changes };
}

const OWN = { budgetBytes: 700, isClosed: false, uses: [] };

Deno.test("PeerDisks.checked() tells others every 5 s, and at once when it closes", async () => {
  const { disks, clock, sent } = newDisks();
  disks.checked(OWN);
  await settle();
  await clock.advance(1000);
  disks.checked(OWN);
  await settle();
  assert.deepEqual(sent.map((text) => JSON.parse(text).budgetBytes), [700]);
  disks.checked({ ...OWN, isClosed: true });
  await settle();
  await clock.advance(5000);
  disks.checked({ ...OWN, isClosed: true });
  await settle();
  assert.deepEqual(sent.map((text) => JSON.parse(text).isClosed), [false, true, true]);
});

Deno.test("PeerDisks.wantTrim() asks the leader alone, once", async () => {
  const { disks, sent } = newDisks();
  const followed = (leaderId: number) =>
    ({ topic: { name: "t" }, index: leaderId, leaderId }) as unknown as Partition;
  disks.wantTrim(followed(2), 30);
  disks.wantTrim(followed(3), 40);
  disks.checked(OWN);
  await settle();
  disks.checked(OWN);
  await settle();
  assert.deepEqual(sent.map((text) => JSON.parse(text).trims), [
    [{ topic: "t", partition: 2, startOffset: 30 }],
  ]);
});

Deno.test("PeerDisks.take() is believed for 15 s", async () => {
  const { disks, clock } = newDisks();
  const use = { topic: "t", partition: 4, sizeBytes: 9, bytesPerSecond: 1 };
  assert.equal(disks.isClosed([1, 2]), false);
  disks.take(report({ isClosed: true, uses: [use] }));
  assert.equal(disks.budgetOf(2), 500);
  assert.equal(disks.isClosed([1, 2]), true);
  assert.equal(disks.isClosed([1]), false);
  assert.deepEqual(disks.usesOf("t").map(({ partition }) => partition), [4]);
  assert.deepEqual(disks.usesOf("u"), []);
  await clock.advance(15_001);
  assert.equal(disks.budgetOf(2), undefined);
  assert.equal(disks.isClosed([1, 2]), false);
  disks.take(report({ budgetBytes: -1 }));
  assert.equal(disks.budgetOf(2), undefined);
});
