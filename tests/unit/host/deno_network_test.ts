import assert from "node:assert/strict";
import { DenoNetwork } from "../../../src/host/deno_network.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0 };

Deno.test("DenoNetwork carries bytes both ways and tells both addresses", async () => {
  const network = new DenoNetwork();
  const listener = network.listen(LOOPBACK);
  assert.ok(listener.address.port > 0);
  const [client, server] = await Promise.all([
    network.connect(listener.address),
    listener.accept(),
  ]);
  assert.ok(server !== undefined);
  assert.deepEqual(server.remote, client.local);
  assert.deepEqual(client.remote, listener.address);
  const sent = new Uint8Array(3_000_000).map((_, i) => i % 251);
  const writing = client.write(sent).then(() => client.close());
  const received = new Uint8Array(sent.length);
  const buffer = new Uint8Array(100_000);
  let at = 0;
  for (;;) {
    const count = await server.read(buffer);
    if (count === 0) break;
    received.set(buffer.subarray(0, count), at);
    at += count;
  }
  await writing;
  assert.equal(at, sent.length);
  assert.ok(received.every((byte, i) => byte === i % 251));
  server.close();
  server.close();
  listener.close();
});

Deno.test("StreamListener.accept() returns undefined when the listener is closed", async () => {
  const listener = new DenoNetwork().listen(LOOPBACK);
  const accepting = listener.accept();
  listener.close();
  listener.close();
  assert.equal(await accepting, undefined);
});

Deno.test("DenoNetwork throws when an address can't be bound or reached", async () => {
  const network = new DenoNetwork();
  const listener = network.listen(LOOPBACK);
  assert.throws(() => network.listen(listener.address));
  listener.close();
  await assert.rejects(network.connect(listener.address));
});
