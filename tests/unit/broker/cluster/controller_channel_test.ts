import assert from "node:assert/strict";
import {
  ControllerChannel,
  type ControllerRoutes,
  ControllerUnavailableError,
  type ControllerView,
  OutcomeUnknownError,
} from "../../../../src/broker/cluster/controller_channel.ts";
import type { PeerPurpose } from "../../../../src/broker/cluster/peer_connections.ts";
import { ErrorCode } from "../../../../src/protocol/error_codes.ts";
import { allocateProducerIdsApi } from "../../../../src/protocol/generated/apis/allocate_producer_ids.ts";
import type { ForwardRequest } from "../../../../src/protocol/generated/cluster/forward_request.ts";
import type { ForwardResponse } from "../../../../src/protocol/generated/cluster/forward_response.ts";
import { decodeMessage, encodeMessage } from "../../../../src/protocol/wire/message_bytes.ts";
import { FakeClock, settle } from "../../server/fake_clock.ts";

const ORIGIN = { clientId: "client", clientHost: "192.0.2.7", listenerName: "PLAINTEXT" };
const ASKED = { brokerId: 1, brokerEpoch: 5 };
const OWN_ID = 1;

function block(producerIdStart: number, metadataOffset = 10): Required<ForwardResponse> {
  const response = { throttleTimeMs: 0, errorCode: 0, producerIdStart, producerIdLen: 1000 };
  return {
    errorCode: ErrorCode.NONE,
    metadataOffset,
    muteMs: 0,
    responseBytes: encodeMessage(allocateProducerIdsApi.response, response, 0),
  };
}

const NOT_CONTROLLER: Required<ForwardResponse> = {
  errorCode: ErrorCode.NOT_CONTROLLER,
  metadataOffset: -1,
  muteMs: 0,
  responseBytes: new Uint8Array(0),
};

/** A broker whose view of the quorum, and whose peers, are what the test says. */
class Surroundings {
  readonly clock = new FakeClock();
  readonly view = { leaderId: -1, isLeader: false };
  readonly awaited: number[] = [];
  readonly requests: { to: number; purpose: PeerPurpose; request: ForwardRequest }[] = [];
  answer: (to: number) => Promise<ForwardResponse> = () => Promise.resolve(block(0));
  readonly channel: ControllerChannel;

  constructor() {
    const { view, awaited, requests } = this;
    const quorum: ControllerView = {
      get leaderId() {
        return view.leaderId;
      },
      get isLeader() {
        return view.isLeader;
      },
      caughtUp(offset) {
        awaited.push(offset);
        return Promise.resolve(true);
      },
    };
    const shared = (to: number, purpose: PeerPurpose) =>
      Promise.resolve({
        send: <Req, Res>(_api: unknown, _version: number, request: Req): Promise<Res> => {
          requests.push({ to, purpose, request: request as unknown as ForwardRequest });
          return this.answer(to) as unknown as Promise<Res>;
        },
      });
    this.channel = new ControllerChannel({
      brokerId: OWN_ID,
      quorum,
      clock: this.clock,
      connections: { shared },
    });
  }

  forward(timeoutMs = 1000) {
    return this.channel.forward(allocateProducerIdsApi, 0, ASKED, ORIGIN, timeoutMs);
  }

  send(timeoutMs = 1000) {
    return this.channel.send(allocateProducerIdsApi, 0, ASKED, timeoutMs);
  }
}

Deno.test("ControllerChannel asks the leader, and waits until its own image shows the outcome", async () => {
  const world = new Surroundings();
  world.view.leaderId = 2;
  world.answer = () => Promise.resolve(block(3000, 42));
  const { response, metadataOffset } = await world.forward();
  assert.equal(response.producerIdStart, 3000);
  assert.equal(metadataOffset, 42);
  assert.deepEqual(world.awaited, [42]);
  const [{ to, purpose, request }] = world.requests as [typeof world.requests[number]];
  assert.deepEqual([to, purpose, request.clientId], [2, "forward", "client"]);
  const body = decodeMessage(allocateProducerIdsApi.request, request.requestBytes, 0);
  assert.deepEqual(body, ASKED);
});

Deno.test("ControllerChannel sends requests of its own apart from clients', and waits for no image", async () => {
  const world = new Surroundings();
  world.view.leaderId = 2;
  assert.equal((await world.send()).producerIdLen, 1000);
  assert.deepEqual(world.awaited, []);
  assert.deepEqual(world.requests.map(({ purpose }) => purpose), ["control"]);
});

Deno.test("ControllerChannel answers by its own routes while this broker is the controller", async () => {
  const world = new Surroundings();
  world.view.leaderId = OWN_ID;
  const asked: ForwardRequest[] = [];
  const routes: ControllerRoutes = {
    handle(request) {
      asked.push(request);
      return Promise.resolve(block(7000));
    },
  };
  world.channel.serve(routes);
  const waiting = world.send();
  await settle();
  assert.equal(asked.length, 0, "elected, and not ready to decide");
  world.view.isLeader = true;
  await world.clock.advance(100);
  assert.equal((await waiting).producerIdStart, 7000);
  assert.equal(asked.length, 1);
  assert.equal(world.requests.length, 0);
});

Deno.test("ControllerChannel goes on looking when the leader is unknown, deposed or gone", async () => {
  const world = new Surroundings();
  const waiting = world.send(5000);
  await settle();
  await world.clock.advance(200);
  assert.equal(world.requests.length, 0);
  world.view.leaderId = 2;
  world.answer = () => Promise.resolve(NOT_CONTROLLER);
  await world.clock.advance(100);
  world.answer = () => Promise.reject(new Error("connection reset"));
  await world.clock.advance(100);
  world.view.leaderId = 3;
  world.answer = (to) => Promise.resolve(block(to * 1000));
  await world.clock.advance(100);
  assert.equal((await waiting).producerIdStart, 3000);
});

Deno.test("ControllerChannel asks once when a client's request may have been carried out", async () => {
  const unknown: (() => Promise<ForwardResponse>)[] = [
    () => Promise.reject(new Error("connection reset")),
    () => Promise.resolve({ ...NOT_CONTROLLER, errorCode: ErrorCode.REQUEST_TIMED_OUT }),
  ];
  for (const answer of unknown) {
    const world = new Surroundings();
    world.view.leaderId = 2;
    world.answer = answer;
    await assert.rejects(world.forward(5000), OutcomeUnknownError);
    assert.equal(world.requests.length, 1);
  }
});

Deno.test("ControllerChannel asks the next controller what the last one has not decided", async () => {
  const world = new Surroundings();
  world.view.leaderId = 2;
  world.answer = () => Promise.resolve(NOT_CONTROLLER);
  const waiting = world.send(5000);
  await settle();
  world.view.leaderId = 3;
  world.answer = (to) => Promise.resolve(block(to * 1000));
  await world.clock.advance(100);
  assert.equal((await waiting).producerIdStart, 3000);
});

Deno.test("ControllerChannel gives up when the time is over, and says why", async () => {
  const world = new Surroundings();
  world.view.leaderId = 2;
  world.answer = () => Promise.reject(new Error("connection reset"));
  const failed = assert.rejects(world.send(300), (error: Error) => {
    assert.ok(error instanceof ControllerUnavailableError);
    assert.match(error.message, /AllocateProducerIds within 300 ms/);
    assert.match(String(error.cause), /connection reset/);
    return true;
  });
  await settle();
  await world.clock.advance(400);
  await failed;
  assert.equal(world.clock.pendingTimers, 0);
});

Deno.test("ControllerChannel stops looking when it is closed", async () => {
  const world = new Surroundings();
  const failed = assert.rejects(world.send(60_000), ControllerUnavailableError);
  await settle();
  world.channel.close();
  await world.clock.advance(50);
  await failed;
  assert.equal(world.clock.pendingTimers, 0);
});
