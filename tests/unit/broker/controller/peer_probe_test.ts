import assert from "node:assert/strict";
import { NO_PROBE, PeerProbe } from "../../../../src/broker/controller/peer_probe.ts";
import { ConnectError, type ConnectFailure } from "../../../../src/client/errors.ts";

const ADDRESS = { host: "127.0.0.1", port: 9093 };

Deno.test("PeerProbe.isRefused() is true only when the machine says that nobody listens", async () => {
  const failing = (error: Error) => new PeerProbe({ dial: () => Promise.reject(error) });
  const answers: Record<string, boolean> = {};
  for (const reason of ["refused", "timedOut", "other"] satisfies ConnectFailure[]) {
    answers[reason] = await failing(new ConnectError(ADDRESS, reason)).isRefused(2);
  }
  answers["unknown"] = await failing(new Error("refused")).isRefused(2);
  assert.deepEqual(answers, { refused: true, timedOut: false, other: false, unknown: false });
});

Deno.test("PeerProbe.isRefused() closes the connection when somebody answers", async () => {
  const closed: number[] = [];
  const probe = new PeerProbe({
    dial: (brokerId) => Promise.resolve({ close: () => closed.push(brokerId) }),
  });
  assert.equal(await probe.isRefused(2), false);
  assert.deepEqual(closed, [2]);
  assert.equal(await NO_PROBE.isRefused(2), false);
});
