import assert from "node:assert/strict";
import { DenoClock } from "../../../src/host/deno_clock.ts";
import { DenoRandom } from "../../../src/host/deno_random.ts";
import { DirectoryInUseError, DirectoryLock } from "../../../src/host/directory_lock.ts";
import { EventLoopLag } from "../../../src/host/event_loop_lag.ts";
import { readCpuSeconds, readMemory } from "../../../src/host/process_readings.ts";
import { onStopSignal } from "../../../src/host/signals.ts";
import { FakeClock } from "../server/fake_clock.ts";

Deno.test("DenoClock.schedule() runs a callback once, and never one that was cancelled", async () => {
  const clock = new DenoClock();
  const ran: string[] = [];
  clock.schedule(0, () => ran.push("cancelled")).cancel();
  clock.schedule(2 ** 40, () => ran.push("too early")).cancel();
  const late = clock.schedule(2 ** 40, () => ran.push("too early"));
  await new Promise<void>((resolve) => clock.schedule(-5, resolve));
  await new Promise<void>((resolve) => clock.schedule(5, resolve));
  late.cancel();
  assert.deepEqual(ran, []);
  const before = clock.monotonicMs();
  assert.ok(clock.monotonicMs() >= before);
  assert.ok(Math.abs(clock.wallMs() - Date.now()) < 60_000);
});

Deno.test("DenoRandom.fill() overwrites everything when more is asked than one call gives", () => {
  const bytes = new Uint8Array(200_000);
  new DenoRandom().fill(bytes);
  for (let at = 0; at < bytes.length; at += 1000) {
    assert.ok(bytes.subarray(at, at + 1000).some((byte) => byte !== 0), `zeros from ${at} on`);
  }
});

Deno.test("DirectoryLock.acquire() refuses and names the holder when the lock is held", async () => {
  const directory = Deno.makeTempDirSync({ prefix: "jocko-lock-" });
  const held = await DirectoryLock.acquire(directory);
  await assert.rejects(DirectoryLock.acquire(directory), (error) => {
    assert.ok(error instanceof DirectoryInUseError);
    assert.equal(error.pid, Deno.pid);
    assert.ok(error.message.includes(`${directory} is in use by process ${Deno.pid}`));
    return true;
  });
  held.release();
  const again = await DirectoryLock.acquire(directory);
  again.release();
  Deno.removeSync(directory, { recursive: true });
});

Deno.test("readMemory() reports a resident set in a worker that may read nothing", async () => {
  assert.ok(readMemory().residentBytes! > 1_000_000);
  assert.ok(readMemory().heapUsedBytes > 0);
  const source = new URL("../../../src/host/process_readings.ts", import.meta.url);
  const code = `import { readCpuSeconds, readMemory } from "${source}";
    postMessage([readMemory().residentBytes, readCpuSeconds().user]);`;
  const url = URL.createObjectURL(new Blob([code], { type: "application/typescript" }));
  const worker = new Worker(url, { type: "module", deno: { permissions: "none" } });
  const [residentBytes, userSeconds] = await new Promise<[number, number]>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  worker.terminate();
  URL.revokeObjectURL(url);
  assert.ok(residentBytes > 1_000_000);
  assert.ok(userSeconds > 0 && readCpuSeconds().user > 0);
});

Deno.test("EventLoopLag reports how late its timer ran", () => {
  let late: (() => void) | undefined;
  const clock = new FakeClock();
  const lag = new EventLoopLag({
    wallMs: () => clock.wallMs(),
    monotonicMs: () => clock.monotonicMs(),
    schedule(_delayMs, callback) {
      late = callback;
      return { cancel: () => late = undefined };
    },
  }, 100);
  lag.start();
  clock.nowMs += 137;
  late!();
  assert.equal(lag.lastMs, 37);
  clock.nowMs += 100;
  late!();
  assert.equal(lag.lastMs, 0);
  assert.equal(lag.takeMaxMs(), 37);
  assert.equal(lag.takeMaxMs(), 0);
  lag.stop();
  assert.equal(late, undefined);
});

Deno.test("onStopSignal() calls back when the process is asked to end", async () => {
  // A signal listener alone doesn't keep the event loop running.
  const alive = setInterval(() => {}, 1000);
  let stop = () => {};
  const received = new Promise<string>((resolve) => {
    stop = onStopSignal(resolve);
  });
  Deno.kill(Deno.pid, "SIGTERM");
  assert.equal(await received, "SIGTERM");
  stop();
  clearInterval(alive);
});
