import assert from "node:assert/strict";
import { DenoDatagrams } from "../../../src/host/deno_datagrams.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0 };

Deno.test("DenoDatagrams carries packets both ways and tells who sent them", async () => {
  const datagrams = new DenoDatagrams();
  const a = datagrams.bind(LOOPBACK);
  const b = datagrams.bind(LOOPBACK);
  assert.ok(a.address.port > 0);
  a.send(new Uint8Array([1, 2, 3]), b.address);
  const first = await b.receive();
  assert.deepEqual([...first?.bytes ?? []], [1, 2, 3]);
  assert.deepEqual(first?.from, a.address);
  b.send(new Uint8Array(1400).fill(7), first!.from);
  b.send(new Uint8Array(0), first!.from);
  assert.equal((await a.receive())?.bytes.length, 1400);
  assert.equal((await a.receive())?.bytes.length, 0);
  a.close();
  b.close();
});

Deno.test("DatagramSocket.send() says nothing when a packet is too large or nobody listens", async () => {
  const datagrams = new DenoDatagrams();
  const a = datagrams.bind(LOOPBACK);
  const gone = datagrams.bind(LOOPBACK);
  const b = datagrams.bind(LOOPBACK);
  gone.close();
  a.send(new Uint8Array(100_000), b.address);
  a.send(new Uint8Array(1), gone.address);
  a.send(new Uint8Array(1), { host: "::1", port: b.address.port });
  a.send(new Uint8Array([42]), b.address);
  assert.deepEqual([...(await b.receive())?.bytes ?? []], [42]);
  a.close();
  b.close();
  b.close();
  b.send(new Uint8Array(1), a.address);
});

Deno.test("DatagramSocket.receive() returns undefined when the socket is closed", async () => {
  const socket = new DenoDatagrams().bind(LOOPBACK);
  const receiving = socket.receive();
  socket.close();
  assert.equal(await receiving, undefined);
  assert.equal(await socket.receive(), undefined);
});

Deno.test("DenoDatagrams.bind() throws when the port is taken", () => {
  const datagrams = new DenoDatagrams();
  const socket = datagrams.bind(LOOPBACK);
  assert.throws(() => datagrams.bind(socket.address), /EADDRINUSE/);
  socket.close();
});
