import assert from "node:assert/strict";
import { SILENT_LOGGER } from "../../../../src/base/logger.ts";
import type { Uuid } from "../../../../src/base/uuid.ts";
import {
  BrokerLifecycle,
  RegistrationError,
  type StartedBroker,
} from "../../../../src/broker/cluster/broker_lifecycle.ts";
import type { ControllerChannel } from "../../../../src/broker/cluster/controller_channel.ts";
import { ErrorCode } from "../../../../src/protocol/error_codes.ts";
import { brokerHeartbeatApi } from "../../../../src/protocol/generated/apis/broker_heartbeat.ts";
import type { BrokerHeartbeatRequestInit } from "../../../../src/protocol/generated/broker_heartbeat_request.ts";
import { FakeClock, settle } from "../../server/fake_clock.ts";

const BROKER: StartedBroker = {
  id: 2,
  clusterId: "C",
  incarnationId: "AAAAAAAAAAAAAAAAAAAAAQ" as Uuid,
  endpoints: [],
  rack: null,
  directoryId: "AAAAAAAAAAAAAAAAAAAAAg" as Uuid,
  previousEpoch: -1,
};

interface HeartbeatAnswer {
  readonly errorCode?: number;
  readonly isFenced?: boolean;
  readonly shouldShutDown?: boolean;
}

/** A controller that answers as the test says. */
class Controller {
  readonly clock = new FakeClock();
  registrations = 0;
  readonly heartbeats: BrokerHeartbeatRequestInit[] = [];
  register: () => number = () => ErrorCode.NONE;
  heartbeat: (request: BrokerHeartbeatRequestInit) => HeartbeatAnswer = () => ({ isFenced: false });
  readonly quorum = { highWatermark: 11, leaderId: 1 };
  hasFailedReplica = false;
  readonly lifecycle: BrokerLifecycle;

  constructor() {
    const send = (api: { readonly key: number }, _version: number, request: unknown) => {
      if (api.key !== brokerHeartbeatApi.key) {
        this.registrations++;
        const errorCode = this.register();
        return Promise.resolve({ throttleTimeMs: 0, errorCode, brokerEpoch: 70 });
      }
      const heartbeat = request as BrokerHeartbeatRequestInit;
      this.heartbeats.push(heartbeat);
      const answer = this.heartbeat(heartbeat);
      return Promise.resolve({ errorCode: ErrorCode.NONE, shouldShutDown: false, ...answer });
    };
    this.lifecycle = new BrokerLifecycle({
      broker: BROKER,
      // The one method of the channel that a lifecycle calls.
      channel: { send } as unknown as ControllerChannel,
      quorum: this.quorum,
      clock: this.clock,
      logger: SILENT_LOGGER,
      heartbeatIntervalMs: 2000,
      sessionTimeoutMs: 9000,
      hasFailedReplica: () => this.hasFailedReplica,
    });
  }
}

Deno.test("BrokerLifecycle.start() resolves when the controller has unfenced the broker", async () => {
  const controller = new Controller();
  controller.heartbeat = ({ currentMetadataOffset }) => ({ isFenced: currentMetadataOffset < 12 });
  let isStarted = false;
  void controller.lifecycle.start().then(() => isStarted = true);
  await settle();
  await controller.clock.advance(100);
  assert.equal(isStarted, false);
  assert.equal(controller.heartbeats[0]?.currentMetadataOffset, 10);
  assert.equal(controller.heartbeats[0]?.brokerEpoch, 70);
  controller.quorum.highWatermark = 13;
  await controller.clock.advance(50);
  assert.equal(isStarted, true);
  controller.lifecycle.stop();
  assert.equal(controller.clock.pendingTimers, 0);
});

Deno.test("BrokerLifecycle sends a heartbeat per interval once the broker serves", async () => {
  const controller = new Controller();
  await controller.lifecycle.start();
  await settle();
  const before = controller.heartbeats.length;
  await controller.clock.advance(6000);
  assert.equal(controller.heartbeats.length - before, 3);
  controller.lifecycle.stop();
});

Deno.test("BrokerLifecycle tells that its disk has failed, and does not press for more", async () => {
  const controller = new Controller();
  controller.heartbeat = ({ offlineLogDirs = [] }) => ({ isFenced: offlineLogDirs.length > 0 });
  await controller.lifecycle.start();
  await settle();
  assert.deepEqual(controller.heartbeats.at(-1)?.offlineLogDirs, []);
  controller.hasFailedReplica = true;
  await controller.clock.advance(2000);
  assert.deepEqual(controller.heartbeats.at(-1)?.offlineLogDirs, [BROKER.directoryId]);
  const before = controller.heartbeats.length;
  await controller.clock.advance(6000);
  assert.equal(controller.heartbeats.length - before, 3);
  controller.lifecycle.stop();
});

Deno.test("BrokerLifecycle.start() waits for the session of its last incarnation to end", async () => {
  const controller = new Controller();
  controller.register = () =>
    controller.clock.nowMs < 8000 ? ErrorCode.DUPLICATE_BROKER_REGISTRATION : ErrorCode.NONE;
  let isStarted = false;
  void controller.lifecycle.start().then(() => isStarted = true);
  await settle();
  await controller.clock.advance(6000);
  assert.equal(isStarted, false);
  await controller.clock.advance(2000);
  assert.equal(isStarted, true);
  controller.lifecycle.stop();
});

for (
  const [name, errorCode, message] of [
    ["another broker has its id", ErrorCode.DUPLICATE_BROKER_REGISTRATION, /another node.id/],
    ["the cluster is another", ErrorCode.INCONSISTENT_CLUSTER_ID, /belongs to cluster C/],
    ["the cluster is ahead of it", ErrorCode.UNSUPPORTED_VERSION, /feature levels/],
    ["anything else is wrong", ErrorCode.INVALID_REGISTRATION, /error \d+/],
  ] as const
) {
  Deno.test(`BrokerLifecycle.start() fails when ${name}`, async () => {
    const controller = new Controller();
    controller.register = () => errorCode;
    const failed = assert.rejects(controller.lifecycle.start(), (error: Error) => {
      assert.ok(error instanceof RegistrationError);
      assert.match(error.message, message);
      return true;
    });
    await settle();
    await controller.clock.advance(30_000);
    await failed;
    assert.equal(controller.clock.pendingTimers, 0);
  });
}

Deno.test("BrokerLifecycle registers again when the cluster does not know it any more", async () => {
  const controller = new Controller();
  await controller.lifecycle.start();
  await settle();
  controller.heartbeat = () => ({ errorCode: ErrorCode.BROKER_ID_NOT_REGISTERED });
  await controller.clock.advance(2000);
  assert.equal(controller.registrations, 2);
  controller.lifecycle.stop();
});

Deno.test("BrokerLifecycle.shutDown() asks for leave until it is given", async () => {
  const controller = new Controller();
  await controller.lifecycle.start();
  await settle();
  controller.heartbeat = () => ({ isFenced: false });
  const leaving = controller.lifecycle.shutDown(5000);
  await settle();
  await controller.clock.advance(200);
  assert.equal(controller.heartbeats.at(-1)?.wantShutDown, true);
  controller.heartbeat = () => ({ isFenced: false, shouldShutDown: true });
  await controller.clock.advance(100);
  assert.equal(await leaving, true);
  controller.lifecycle.stop();
});

Deno.test("BrokerLifecycle.shutDown() does not wait for ever", async () => {
  const controller = new Controller();
  await controller.lifecycle.start();
  await settle();
  const leaving = controller.lifecycle.shutDown(5000);
  await settle();
  await controller.clock.advance(5000);
  assert.equal(await leaving, false);
  controller.lifecycle.stop();
  assert.equal(controller.clock.pendingTimers, 0);
});

Deno.test("BrokerLifecycle.shutDown() gives up where there is no controller any more", async () => {
  const controller = new Controller();
  await controller.lifecycle.start();
  await settle();
  const leaving = controller.lifecycle.shutDown(30_000);
  await settle();
  controller.quorum.leaderId = -1;
  await controller.clock.advance(2500);
  controller.quorum.leaderId = 3;
  await controller.clock.advance(1000);
  controller.quorum.leaderId = -1;
  let isOver = false;
  void leaving.then(() => isOver = true);
  await controller.clock.advance(2500);
  assert.equal(isOver, false, "another was elected meanwhile");
  await controller.clock.advance(1000);
  assert.equal(await leaving, false);
  controller.lifecycle.stop();
  assert.equal(controller.clock.pendingTimers, 0);
});
