import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { BufferPool, IDLE_BUFFER_BYTES } from "../../../src/server/buffer_pool.ts";
import { FrameBuffer } from "../../../src/server/frame_buffer.ts";

const MIB = 1024 * 1024;

function framed(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setInt32(0, body.length);
  bytes.set(body, 4);
  return bytes;
}

/** Hands `bytes` over in reads of at most `step`; returns copies of the frames that came out. */
function feed(frames: FrameBuffer, bytes: Uint8Array, step = Infinity): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    assert.equal(frames.prepare(false, () => {}), "ready");
    const room = frames.room();
    const count = Math.min(room.length, step, bytes.length - at);
    assert.ok(count > 0);
    room.set(bytes.subarray(at, at + count));
    frames.received(count);
    at += count;
    while (frames.next() === "frame") {
      out.push(frames.bytes.slice(frames.frameStart, frames.frameEnd));
    }
  }
  return out;
}

Deno.test("FrameBuffer gives out what was framed when it arrives in any pieces", () => {
  const sizes = fc.array(
    fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1000, max: 200_000 })),
    { maxLength: 12 },
  );
  const steps = fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.constant(Infinity));
  fc.assert(
    fc.property(sizes, steps, (lengths, stepBytes) => {
      const pool = new BufferPool(16 * MIB);
      const frames = new FrameBuffer(pool, MIB);
      const bodies = lengths.map((length, i) => new Uint8Array(length).map((_, j) => i + j));
      const all = new Uint8Array(lengths.reduce((sum, length) => sum + length + 4, 0));
      let at = 0;
      for (const body of bodies) {
        all.set(framed(body), at);
        at += body.length + 4;
      }
      const step = Math.max(stepBytes, Math.ceil(all.length / 200));
      const texts = (bytes: readonly Uint8Array[]) =>
        bytes.map((each) => Buffer.from(each).toString("latin1"));
      assert.ok(texts(feed(frames, all, step)).join() === texts(bodies).join());
      frames.release();
      assert.equal(pool.lentBytes, 0);
    }),
    { numRuns: 40 },
  );
});

Deno.test("FrameBuffer holds memory in proportion to what arrived when a length is huge", () => {
  const pool = new BufferPool(1024 * MIB);
  const frames = new FrameBuffer(pool, 100 * MIB);
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setInt32(0, 100 * MIB);
  feed(frames, prefix);
  frames.prepare(false, () => {});
  assert.equal(pool.lentBytes, 0);
  for (let arrived = 8; arrived < 3 * MIB; arrived += 50_000) {
    feed(frames, new Uint8Array(50_000));
    assert.ok(pool.lentBytes <= Math.max(8 * arrived, 64 * 1024), `${arrived}`);
  }
});

Deno.test("FrameBuffer takes room at once when the peer has sent such a request before", () => {
  const pool = new BufferPool(64 * MIB);
  const frames = new FrameBuffer(pool, 100 * MIB);
  const request = framed(new Uint8Array(3 * MIB));
  assert.equal(feed(frames, request).length, 1);
  feed(frames, request.subarray(0, IDLE_BUFFER_BYTES));
  frames.prepare(false, () => {});
  assert.equal(pool.lentBytes, 4 * MIB);
});

Deno.test("FrameBuffer gives its large buffer back when little comes in", () => {
  const pool = new BufferPool(64 * MIB);
  const frames = new FrameBuffer(pool, 100 * MIB);
  const busy = new Uint8Array(200_000);
  feed(frames, framed(busy));
  feed(frames, framed(busy));
  assert.ok(pool.lentBytes > 0);
  feed(frames, framed(new Uint8Array(50)));
  frames.prepare(false, () => {});
  assert.equal(pool.lentBytes, 0);
  assert.equal(frames.room().length, IDLE_BUFFER_BYTES);
});

Deno.test("FrameBuffer neither moves nor grows when it is pinned", () => {
  const pool = new BufferPool(64 * MIB);
  const frames = new FrameBuffer(pool, 100 * MIB);
  feed(frames, framed(new Uint8Array(100)));
  const { bytes } = frames;
  for (;;) {
    if (frames.prepare(true, () => {}) === "full") break;
    frames.room().fill(1);
    frames.received(Math.min(500, frames.room().length));
  }
  assert.ok(frames.bytes === bytes);
});

Deno.test("FrameBuffer says badLength when a length is negative or too large", () => {
  for (const length of [-1, -(2 ** 31), 1001, 2 ** 31 - 1]) {
    const frames = new FrameBuffer(new BufferPool(MIB), 1000);
    const prefix = new Uint8Array(4);
    new DataView(prefix.buffer).setInt32(0, length);
    frames.prepare(false, () => {});
    frames.room().set(prefix);
    frames.received(4);
    assert.equal(frames.next(), "badLength");
  }
});

Deno.test("BufferPool lends one borrower too much when all are stuck, and then the next", () => {
  const pool = new BufferPool(256 * 1024);
  const lent = [pool.borrow(64 * 1024)!, pool.borrow(128 * 1024)!, pool.borrow(64 * 1024)!];
  assert.equal(pool.borrow(1), undefined);
  const granted: Uint8Array[] = [];
  for (const bytes of [MIB, 2 * MIB, 64 * 1024]) {
    pool.wait({ bytes, granted: (buffer) => void granted.push(buffer) });
  }
  assert.deepEqual(granted.map((buffer) => buffer.length), [MIB]);
  pool.giveBack(granted[0]!);
  assert.deepEqual(granted.map((buffer) => buffer.length), [MIB, 2 * MIB]);
  pool.giveBack(lent[0]!);
  assert.equal(granted.length, 2);
  pool.giveBack(granted[1]!);
  assert.deepEqual(granted.map((buffer) => buffer.length), [MIB, 2 * MIB, 64 * 1024]);
  pool.giveBack(granted[2]!);
  pool.giveBack(lent[1]!);
  pool.giveBack(lent[2]!);
  assert.equal(pool.lentBytes, 0);
});

Deno.test("BufferPool.trim() keeps what was needed since the last call and drops the rest", () => {
  const pool = new BufferPool(MIB);
  const first = pool.borrow(64 * 1024)!;
  const second = pool.borrow(64 * 1024)!;
  pool.giveBack(first);
  pool.giveBack(second);
  pool.trim();
  assert.ok(pool.borrow(1) === second);
  pool.giveBack(second);
  pool.trim();
  assert.ok(pool.borrow(1) === second);
  assert.ok(pool.borrow(1) !== first);
});
