import assert from "node:assert/strict";
import { fetchApi } from "../../src/protocol/generated/apis/fetch.ts";
import { openBatch } from "../../src/protocol/records/record_reader.ts";
import { seeded, splitBatches } from "../unit/log/log_harness.ts";
import type { Chance, CrashKind, DiskFault } from "../unit/log/simulated_disk.ts";
import { BrokerFixture } from "../unit/support/broker_fixture.ts";
import { batch, FETCH_BY_NAME, fetchRequest, produce } from "../unit/support/requests.ts";

const PARTITIONS = 3;
const OPERATIONS = ["write", "sync", "open", "rename", "truncate", "syncDirectory"] as const;
const KINDS = ["noSpace", "ioError"] as const;

function pick<T>(chance: Chance, of: readonly T[]): T {
  return of[Math.floor(chance() * of.length)]!;
}

function randomFault(chance: Chance): DiskFault {
  return {
    operation: pick(chance, OPERATIONS),
    kind: pick(chance, KINDS),
    path: `t-${Math.floor(chance() * PARTITIONS)}`,
    partialBytes: Math.floor(chance() * 80),
  };
}

/** The value of every record that can be read, by offset. */
async function readable(fixture: BrokerFixture, partition: number): Promise<Map<number, string>> {
  const wanted = [{ partition, partitionMaxBytes: 1 << 24 }];
  const response = await fixture.call(fetchApi, FETCH_BY_NAME, fetchRequest(wanted));
  const { errorCode, records } = response.responses[0]!.partitions[0]!;
  assert.equal(errorCode, 0);
  const values = new Map<number, string>();
  for (const each of splitBatches(records ?? new Uint8Array(0))) {
    const cursor = openBatch(each);
    while (cursor.next()) values.set(cursor.offset, new TextDecoder().decode(cursor.value!));
  }
  return values;
}

/** What was acknowledged, and what was sent at all. */
interface Ledger {
  readonly acknowledged: Map<number, string>[];
  readonly sent: Set<string>[];
}

async function work(fixture: BrokerFixture, chance: Chance, ledger: Ledger): Promise<void> {
  for (let step = 0; step < 60; step++) {
    if (chance() < 0.15) fixture.disk.plant(randomFault(chance));
    if (chance() < 0.1) await fixture.clock.advance(5000);
    const partition = Math.floor(chance() * PARTITIONS);
    const value = `${step} ${chance()} ${"x".repeat(chance() * 200)}`;
    ledger.sent[partition]!.add(value);
    const answer = await produce(fixture, "t", batch([value]), { partition });
    assert.ok(typeof answer !== "string");
    const { errorCode, baseOffset } = answer;
    if (errorCode === 0) {
      assert.equal(ledger.acknowledged[partition]!.has(baseOffset), false, "an offset given twice");
      ledger.acknowledged[partition]!.set(baseOffset, value);
    } else assert.equal(errorCode, 56);
  }
}

/**
 * Works on a disk that fails now and then, ends the broker, opens it again and looks at what is
 * left: the production code of everything but the machine, on virtual time, from one seed.
 *
 * @throws when anything that was acknowledged is missing, or anything is there that was never sent
 */
export async function brokerOnBadDisk(seed: number, crash: CrashKind): Promise<void> {
  const chance = seeded(seed);
  const first = await BrokerFixture.open();
  const flush = crash === "power" ? { "flush.messages": "1" } : {};
  await first.createTopic("t", PARTITIONS, { ...flush, "segment.bytes": "1048576" });
  const partitions = Array.from({ length: PARTITIONS }, (_, index) => index);
  const ledger: Ledger = {
    acknowledged: partitions.map(() => new Map()),
    sent: partitions.map(() => new Set()),
  };
  await work(first, chance, ledger);
  const fixture = await first.crash(crash);
  try {
    for (const partition of partitions) {
      const values = await readable(fixture, partition);
      for (const [offset, value] of ledger.acknowledged[partition]!) {
        assert.equal(values.get(offset), value, `t-${partition} offset ${offset}`);
      }
      for (const value of values.values()) assert.ok(ledger.sent[partition]!.has(value));
    }
    const answer = await produce(fixture, "t", batch(["after"]));
    assert.ok(typeof answer !== "string" && answer.errorCode === 0);
  } finally {
    await fixture.broker.close();
  }
}
