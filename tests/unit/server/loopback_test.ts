import assert from "node:assert/strict";
import { Accepted, type Answer, Leased } from "../../../src/handlers/route.ts";
import { DenoClock } from "../../../src/host/deno_clock.ts";
import { DenoNetwork } from "../../../src/host/deno_network.ts";
import type { ByteStream, SocketAddress } from "../../../src/io/network.ts";
import { fetchResponse } from "../../../src/protocol/generated/fetch_response.ts";
import type { ProduceResponseInit } from "../../../src/protocol/generated/produce_response.ts";
import { ZERO_UUID } from "../../../src/base/uuid.ts";
import { ByteReader } from "../../../src/protocol/wire/byte_reader.ts";
import { DEFAULT_LIMITS } from "../../../src/server/limits.ts";
import { Server } from "../../../src/server/server.ts";
import { concat, fetchRequest, Fixture, heartbeat, produce, RecordingLogger } from "./fixture.ts";

/** A server on a real port with the routes of a fixture. */
function serve(fixture: Fixture): { readonly server: Server; readonly address: SocketAddress } {
  fixture.server.close();
  const server = new Server({
    network: new DenoNetwork(),
    clock: new DenoClock(),
    logger: new RecordingLogger(),
    routes: fixture.routes(),
    limits: DEFAULT_LIMITS,
  });
  return { server, address: server.listen("PLAINTEXT", { host: "127.0.0.1", port: 0 }) };
}

/** Reads `count` frames, without their length prefixes. */
async function readFrames(stream: ByteStream, count: number): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  let bytes = new Uint8Array(0);
  const chunk = new Uint8Array(1 << 20);
  while (frames.length < count) {
    const read = await stream.read(chunk);
    assert.ok(read > 0, "the server closed the connection");
    bytes = concat(bytes, chunk.subarray(0, read)) as Uint8Array<ArrayBuffer>;
    while (bytes.length >= 4) {
      const length = new DataView(bytes.buffer, bytes.byteOffset).getInt32(0);
      if (bytes.length < 4 + length) break;
      frames.push(bytes.slice(4, 4 + length));
      bytes = bytes.subarray(4 + length);
    }
  }
  return frames;
}

function correlationId(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset).getInt32(0);
}

Deno.test("Server answers pipelined requests in order over loopback", async () => {
  const fixture = new Fixture();
  fixture.handlers.produce = (context) => {
    const { resolve, promise } = Promise.withResolvers<Answer<ProduceResponseInit>>();
    setTimeout(() => resolve({ throttleTimeMs: 0, responses: [] }), context.correlationId % 3);
    return new Accepted(promise);
  };
  const { server, address } = serve(fixture);
  const client = await new DenoNetwork().connect(address);
  const requests = Array.from(
    { length: 300 },
    (_, i) => i % 10 === 0 ? produce(i, new Uint8Array(i * 50)) : heartbeat(i),
  );
  const writing = client.write(concat(...requests));
  const frames = await readFrames(client, 300);
  await writing;
  assert.deepEqual(frames.map(correlationId), Array.from({ length: 300 }, (_, i) => i));
  client.close();
  await server.drain(1000);
});

Deno.test("Server takes and returns megabytes unharmed over loopback", async () => {
  const fixture = new Fixture();
  const stored: Uint8Array[] = [];
  let releases = 0;
  fixture.handlers.produce = (_context, request) => {
    stored.push(request.topicData[0]!.partitionData[0]!.records!.slice());
    return { throttleTimeMs: 0, responses: [] };
  };
  fixture.handlers.fetch = () => {
    const partitions = [{
      partitionIndex: 0,
      errorCode: 0,
      highWatermark: 0,
      abortedTransactions: null,
      records: stored,
    }];
    const responses = [{ topic: "t", topicId: ZERO_UUID, partitions }];
    return new Leased({ throttleTimeMs: 0, errorCode: 0, responses }, () => releases++);
  };
  const { server, address } = serve(fixture);
  const client = await new DenoNetwork().connect(address);
  const batches = [1_000_000, 10, 3_000_000].map((length, seed) =>
    new Uint8Array(length).map((_, i) => (i * 7 + seed) % 253)
  );
  for (const [i, batch] of batches.entries()) {
    await client.write(produce(i, batch));
    await readFrames(client, 1);
  }
  await client.write(fetchRequest(9));
  const [frame] = await readFrames(client, 1);
  assert.equal(correlationId(frame!), 9);
  const response = fetchResponse.read(new ByteReader().reset(frame!, 5), 12);
  const { records } = response.responses[0]!.partitions[0]!;
  assert.ok(
    new TextDecoder("latin1").decode(records!) ===
      new TextDecoder("latin1").decode(concat(...batches)),
  );
  assert.equal(releases, 1);
  client.close();
  await server.drain(1000);
  assert.equal(server.metrics.connectionsOpen, 0);
});
