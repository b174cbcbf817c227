import assert from "node:assert/strict";
import fc from "fast-check";
import { ClusterKeys } from "../../../../src/broker/cluster/cluster_keys.ts";
import {
  HELLO_BYTES,
  REPLY_BYTES,
  SecurityError,
  streamCiphers,
} from "../../../../src/broker/cluster/secure_handshake.ts";
import { SecureNetwork } from "../../../../src/broker/cluster/secure_network.ts";
import { DenoCiphers } from "../../../../src/host/deno_ciphers.ts";
import { DenoDigests } from "../../../../src/host/deno_digests.ts";
import { DenoRandom } from "../../../../src/host/deno_random.ts";
import type { ByteStream, StreamListener } from "../../../../src/io/network.ts";
import { FakeClock, settle } from "../../server/fake_clock.ts";
import { RecordingLogger } from "../../server/fixture.ts";
import { type Direction, PairNetwork } from "./pair_network.ts";

const KEY = new Uint8Array(32).fill(1);
const OTHER = new Uint8Array(32).fill(2);
const THIRD = new Uint8Array(32).fill(3);
const AES = DenoCiphers.aes256Gcm();
const ANYWHERE = { host: "10.0.0.1", port: 0 };

/** Two ends that may hold different keys, on one network. */
class Ends {
  readonly network = new PairNetwork();
  readonly clock = new FakeClock();
  readonly logger = new RecordingLogger();
  readonly server: SecureNetwork;
  readonly client: SecureNetwork;
  readonly listener: StreamListener;

  constructor(
    serverKeys: Uint8Array[] = [KEY],
    clientKeys: Uint8Array[] = serverKeys,
    ciphers = streamCiphers(AES, DenoCiphers.chaCha20Poly1305()),
    clientCiphers = ciphers,
  ) {
    const secured = (secrets: Uint8Array[], offered: typeof ciphers) =>
      new SecureNetwork(this.network, {
        keys: new ClusterKeys(new DenoDigests(), secrets),
        ciphers: offered,
        digests: new DenoDigests(),
        random: new DenoRandom(),
        clock: this.clock,
        logger: this.logger,
        handshakeTimeoutMs: 1000,
      });
    this.server = secured(serverKeys, ciphers);
    this.client = secured(clientKeys, clientCiphers);
    this.listener = this.server.listen(ANYWHERE);
  }

  async connected(): Promise<[ByteStream, ByteStream]> {
    const [client, server] = await Promise.all([
      this.client.connect(this.listener.address),
      this.listener.accept(),
    ]);
    return [client, server!];
  }

  /** True when a connection comes about; else what the client heard of it. */
  async attempt(): Promise<true | string> {
    const accepted = this.listener.accept();
    let outcome: true | string;
    try {
      const client = await this.client.connect(this.listener.address);
      await settle();
      // The server closes when it does not believe the client.
      outcome = await this.isAlive(client, accepted) ? true : "closed";
    } catch (error) {
      outcome = String(error);
    }
    this.listener.close();
    await accepted;
    return outcome;
  }

  async isAlive(client: ByteStream, accepted: Promise<ByteStream | undefined>): Promise<boolean> {
    const server = await Promise.race([accepted, settle().then(() => undefined)]);
    if (server === undefined) return false;
    await client.write(Uint8Array.of(42));
    const into = new Uint8Array(8);
    return await server.read(into) === 1 && into[0] === 42;
  }
}

async function readAll(stream: ByteStream, count: number, room = 1000): Promise<Uint8Array> {
  const all = new Uint8Array(count);
  const into = new Uint8Array(room);
  for (let at = 0; at < count;) {
    const read = await stream.read(into);
    assert.ok(read > 0, "the stream ended early");
    all.set(into.subarray(0, read), at);
    at += read;
  }
  return all;
}

for (
  const [name, ciphers] of [["AES-256-GCM", streamCiphers(AES)], [
    "ChaCha20-Poly1305",
    streamCiphers(AES, DenoCiphers.chaCha20Poly1305()),
  ]] as const
) {
  Deno.test(`SecureNetwork carries bytes of any length both ways with ${name}`, async () => {
    const ends = new Ends([KEY], [KEY], ciphers);
    const seen: Uint8Array[] = [];
    ends.network.meddle = (_direction, bytes) => {
      seen.push(bytes);
      return bytes;
    };
    const [client, server] = await ends.connected();
    assert.deepEqual(server.local, ends.listener.address);
    assert.deepEqual(client.remote, ends.listener.address);
    for (const length of [1, 2, 1000, 65_535, 65_536, 65_537, 300_000]) {
      const sent = new Uint8Array(length).map((_, i) => i % 251);
      for (const [from, to] of [[client, server], [server, client]] as const) {
        const writing = from.write(sent);
        assert.deepEqual(await readAll(to, length, 70_000), sent);
        await writing;
      }
    }
    const text = new TextEncoder().encode("a secret that everybody can recognize");
    await client.write(text);
    await readAll(server, text.length, 5);
    const wire = seen.map((bytes) => new TextDecoder("latin1").decode(bytes)).join("");
    assert.ok(!wire.includes("recognize"));
    await client.write(new Uint8Array(0));
    client.close();
    assert.equal(await server.read(new Uint8Array(10)), 0);
    ends.listener.close();
    assert.equal(ends.clock.pendingTimers, 0);
  });
}

Deno.test("SecureNetwork hands on many small writes in order, into any reader", async () => {
  const ends = new Ends();
  const [client, server] = await ends.connected();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 500 }),
      async (writes, room) => {
        for (const bytes of writes) await client.write(bytes);
        const expected = Uint8Array.from(writes.flatMap((bytes) => [...bytes]));
        assert.deepEqual(await readAll(server, expected.length, room), expected);
      },
    ),
    { numRuns: 50 },
  );
  ends.listener.close();
});

Deno.test("SecureNetwork.connect() fails when the keys differ, and nobody is accepted", async () => {
  const ends = new Ends([KEY], [OTHER]);
  assert.match(String(await ends.attempt()), /SecurityError: .*accepts none of our cluster keys/);
  assert.deepEqual(ends.logger.lines, ["warn connection to the cluster port refused"]);
});

Deno.test("SecureNetwork connects when any key is accepted by both", async () => {
  assert.equal(await new Ends([KEY, OTHER], [OTHER]).attempt(), true);
  assert.equal(await new Ends([KEY], [OTHER, KEY]).attempt(), true);
  assert.equal(await new Ends([KEY, OTHER], [OTHER, KEY]).attempt(), true);
  assert.match(String(await new Ends([KEY, OTHER], [THIRD]).attempt()), /none of our/);
});

Deno.test("SecureNetwork takes the cipher that both have", async () => {
  const both = streamCiphers(AES, DenoCiphers.chaCha20Poly1305());
  assert.equal(await new Ends([KEY], [KEY], both, streamCiphers(AES)).attempt(), true);
  assert.equal(await new Ends([KEY], [KEY], streamCiphers(AES), both).attempt(), true);
  const [chaChaOnly] = both;
  const outcome = await new Ends([KEY], [KEY], streamCiphers(AES), [chaChaOnly!]).attempt();
  assert.match(String(outcome), /no cipher that we have/);
});

Deno.test("SecureNetwork accepts nobody whose key id is right and whose key is not", async () => {
  // Somebody who has seen the id of the key offers it, and makes the proof up.
  const ends = new Ends([KEY]);
  let hello = new Uint8Array(0);
  ends.network.meddle = (direction, bytes) => {
    if (direction === "toServer" && hello.length === 0) hello = bytes as typeof hello;
    return bytes;
  };
  await ends.connected();
  ends.network.meddle = (_direction, bytes) => bytes;
  const stranger = await ends.network.connect(ends.listener.address);
  const accepted = ends.listener.accept();
  await stranger.write(hello);
  await readAll(stranger, REPLY_BYTES);
  await stranger.write(new Uint8Array(32));
  await settle();
  assert.equal(await stranger.read(new Uint8Array(1)), 0);
  ends.listener.close();
  assert.equal(await accepted, undefined);
  assert.deepEqual(ends.logger.fields.map(({ reason }) => reason), [
    "the other side did not prove that it has the cluster key",
  ]);
});

Deno.test("SecureNetwork refuses a handshake in which any bit was changed", async () => {
  const bits = (HELLO_BYTES + REPLY_BYTES + 32) * 8;
  await fc.assert(
    fc.asyncProperty(fc.nat(bits - 1), async (bit) => {
      const ends = new Ends([KEY]);
      // The messages of a handshake go one after the other, so the bits can be counted through.
      let passed = 0;
      ends.network.meddle = (_direction, bytes) => {
        const at = bit - passed * 8;
        if (at >= 0 && at < bytes.length * 8) bytes[at >>> 3]! ^= 1 << (at & 7);
        passed += bytes.length;
        return bytes;
      };
      assert.notEqual(await ends.attempt(), true);
    }),
    { numRuns: 100 },
  );
});

Deno.test("SecureNetwork accepts no recorded handshake, and no reflected one", async () => {
  const ends = new Ends([KEY]);
  const recorded: Uint8Array[] = [];
  ends.network.meddle = (direction, bytes) => {
    if (direction === "toServer") recorded.push(bytes.slice());
    return bytes;
  };
  const [client] = await ends.connected();
  await client.write(new TextEncoder().encode("an order"));
  ends.network.meddle = (_direction, bytes) => bytes;
  const accepted = ends.listener.accept();
  const replayer = await ends.network.connect(ends.listener.address);
  await replayer.write(recorded[0]!);
  await readAll(replayer, REPLY_BYTES);
  for (const bytes of recorded.slice(1)) await replayer.write(bytes);
  await settle();
  assert.equal(await replayer.read(new Uint8Array(1)), 0);
  // The server's own proof, sent back, is not the client's.
  const reflector = await ends.network.connect(ends.listener.address);
  await reflector.write(recorded[0]!);
  const reply = await readAll(reflector, REPLY_BYTES);
  await reflector.write(reply.subarray(REPLY_BYTES - 32));
  await settle();
  assert.equal(await reflector.read(new Uint8Array(1)), 0);
  ends.listener.close();
  assert.equal(await accepted, undefined);
  // A client whose hello comes back to it does not take it for a reply.
  const mirrored = new Ends([KEY]);
  const mirror = mirrored.network.listen(ANYWHERE);
  const mirroring = mirror.accept().then(async (stream) => {
    const said = await readAll(stream!, HELLO_BYTES, HELLO_BYTES);
    await stream!.write(Uint8Array.of(...said, 0, 0, 0, 0));
  });
  await assert.rejects(mirrored.client.connect(mirror.address), SecurityError);
  await mirroring;
  mirrored.listener.close();
});

/** Connects, lets `meddle` loose on what the client says then, and reads at the server. */
async function disturbed(
  meddle: (bytes: Uint8Array, index: number) => Uint8Array | undefined,
  writes: readonly string[],
): Promise<{ readonly read: string; readonly error: unknown }> {
  const ends = new Ends();
  const [client, server] = await ends.connected();
  let index = 0;
  ends.network.meddle = (direction: Direction, bytes) =>
    direction === "toServer" ? meddle(bytes, index++) : bytes;
  for (const text of writes) await client.write(new TextEncoder().encode(text)).catch(() => {});
  client.close();
  let read = "";
  let error: unknown;
  const into = new Uint8Array(100);
  try {
    for (let count = await server.read(into); count > 0; count = await server.read(into)) {
      read += new TextDecoder().decode(into.subarray(0, count));
    }
  } catch (thrown) {
    error = thrown;
  }
  ends.listener.close();
  return { read, error };
}

Deno.test("SecureStream.read() throws for a record that was changed, and gives nothing of it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(8 * (3 + 5 + 16) - 1), async (bit) => {
      const { read, error } = await disturbed((bytes, index) => {
        if (index === 1) bytes[bit >>> 3]! ^= 1 << (bit & 7);
        return bytes;
      }, ["first", "secnd", "third"]);
      assert.equal(read, "first");
      assert.ok(error instanceof SecurityError, String(error));
    }),
    { numRuns: 60 },
  );
});

Deno.test("SecureStream.read() throws for a record that is repeated, left out or moved", async () => {
  let kept: Uint8Array = new Uint8Array(0);
  const twice = (bytes: Uint8Array) => Uint8Array.of(...bytes, ...bytes);
  const none = new Uint8Array(0);
  const meddlers: ((bytes: Uint8Array, index: number) => Uint8Array)[] = [
    (bytes, index) => index === 1 ? twice(bytes) : bytes,
    (bytes, index) => index === 1 ? none : bytes,
    (bytes, index) => {
      if (index === 1) kept = bytes;
      return index === 1 ? none : index === 2 ? Uint8Array.of(...bytes, ...kept) : bytes;
    },
  ];
  for (const [number, meddle] of meddlers.entries()) {
    const { read, error } = await disturbed(meddle, ["a", "b", "c"]);
    assert.equal(read, number === 0 ? "ab" : "a");
    assert.ok(error instanceof SecurityError);
  }
});

Deno.test("SecureStream.read() throws when the connection ends within a record", async () => {
  const { read, error } = await disturbed(
    (bytes, index) => index === 1 ? bytes.subarray(0, 10) : bytes,
    ["first", "second"],
  );
  assert.equal(read, "first");
  assert.match(String(error), /within a record/);
});

Deno.test("SecureStream.read() throws for a length that no record has, and waits for no more", async () => {
  for (const header of [[0xff, 0xff, 0xff], [1, 0, 17], [0, 0, 16], [0, 0, 0]]) {
    const ends = new Ends();
    const [client, server] = await ends.connected();
    ends.network.meddle = () => Uint8Array.from(header);
    await client.write(Uint8Array.of(1));
    await assert.rejects(server.read(new Uint8Array(10)), SecurityError);
    assert.ok(ends.network.serverStreams[0]!.isClosed);
    ends.listener.close();
  }
});

Deno.test("SecureStream.read() throws for records sent back to who sent them", async () => {
  const ends = new Ends();
  const [client, server] = await ends.connected();
  let sent: Uint8Array = new Uint8Array(0);
  ends.network.meddle = (direction, bytes) => {
    if (direction === "toServer") sent = bytes;
    return direction === "toClient" ? sent : bytes;
  };
  await client.write(Uint8Array.of(1, 2, 3));
  await server.write(Uint8Array.of(4, 5, 6));
  await assert.rejects(client.read(new Uint8Array(10)), SecurityError);
  ends.listener.close();
});

Deno.test("SecureStream.read() neither hangs nor gives anything when fed noise", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (noise) => {
      const { read, error } = await disturbed(() => noise, ["x"]);
      assert.equal(read, "");
      assert.ok(error instanceof SecurityError);
    }),
    { numRuns: 100 },
  );
});

Deno.test("SecureNetwork ends a connection that sends noise in place of a handshake", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 72, maxLength: 200 }), async (noise) => {
      const ends = new Ends();
      const accepted = ends.listener.accept();
      const stranger = await ends.network.connect(ends.listener.address);
      await stranger.write(noise);
      await settle();
      assert.ok(ends.network.serverStreams[0]!.isClosed);
      ends.listener.close();
      assert.equal(await accepted, undefined);
    }),
    { numRuns: 50 },
  );
});

Deno.test("SecureNetwork ends a handshake that takes too long, on either side", async () => {
  const ends = new Ends();
  const accepted = ends.listener.accept();
  const silent = await ends.network.connect(ends.listener.address);
  await silent.write(new Uint8Array(10).fill(0x6a));
  const mute = ends.network.listen(ANYWHERE);
  const connecting = ends.client.connect(mute.address);
  const failing = assert.rejects(connecting, /no handshake within 1000 ms/);
  await settle();
  await ends.clock.advance(999);
  assert.ok(!ends.network.serverStreams[0]!.isClosed);
  await ends.clock.advance(1);
  assert.ok(ends.network.serverStreams[0]!.isClosed);
  await failing;
  ends.listener.close();
  assert.equal(await accepted, undefined);
  assert.equal(ends.clock.pendingTimers, 0);
});

Deno.test("SecureNetwork lets strangers keep only so many handshakes open, and friends in", async () => {
  const ends = new Ends();
  const accepted = ends.listener.accept();
  for (let i = 0; i < 300; i++) await ends.network.connect(ends.listener.address);
  await settle();
  const open = ends.network.serverStreams.filter((stream) => !stream.isClosed).length;
  assert.ok(open <= 257 && open >= 200, `${open} open`);
  assert.ok(ends.network.serverStreams[0]!.isClosed && !ends.network.serverStreams[299]!.isClosed);
  const friend = await ends.client.connect(ends.listener.address);
  assert.deepEqual((await accepted)?.remote, friend.local);
  ends.listener.close();
  await settle();
  // Those that were accepted are not the listener's to close.
  const left = ends.network.serverStreams.filter((stream) => !stream.isClosed);
  assert.equal(left.length, 1);
  assert.equal(ends.clock.pendingTimers, 0);
});

Deno.test("StreamListener.accept() of SecureNetwork goes on after an error, and ends with close()", async () => {
  const ends = new Ends();
  const inner = new PairNetwork();
  const failing = new Error("too many open files");
  let calls = 0;
  const network = new SecureNetwork({
    listen: () => ({
      address: ANYWHERE,
      accept: () => calls++ === 0 ? Promise.reject(failing) : ends.listener.accept(),
      close: () => ends.listener.close(),
    }),
    connect: (address) => inner.connect(address),
  }, {
    keys: new ClusterKeys(new DenoDigests(), [KEY]),
    ciphers: streamCiphers(AES),
    digests: new DenoDigests(),
    random: new DenoRandom(),
    clock: ends.clock,
    logger: ends.logger,
  });
  const listener = network.listen(ANYWHERE);
  await assert.rejects(listener.accept(), failing);
  const accepting = listener.accept();
  listener.close();
  assert.equal(await accepting, undefined);
  assert.equal(await listener.accept(), undefined);
});
