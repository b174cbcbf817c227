import { BufferPool } from "../../../src/log/buffer_pool.ts";

/**
 * Runs `test` with a count of the pooled buffers that are held: by tails, by reads under way and by
 * answers that have not left.
 */
export async function countingBuffers(
  test: (heldBuffers: () => number) => Promise<void>,
): Promise<void> {
  const { take, giveBack } = BufferPool.prototype;
  let held = 0;
  BufferPool.prototype.take = function (minBytes) {
    held++;
    return take.call(this, minBytes);
  };
  BufferPool.prototype.giveBack = function (buffer) {
    held--;
    return giveBack.call(this, buffer);
  };
  try {
    await test(() => held);
  } finally {
    BufferPool.prototype.take = take;
    BufferPool.prototype.giveBack = giveBack;
  }
}
