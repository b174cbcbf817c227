/** `jocko storage` against a broker: what a plan says, and that it is what happens. */
import assert from "node:assert/strict";
import { commitOffsets } from "../../src/client/admin/groups.ts";
import { createTopic } from "../../src/client/admin/topics.ts";
import { withBroker } from "./cli_broker.ts";
import { type Outcome, runJocko, type SessionPlace } from "./cli_session.ts";
import { batchOfBytes, openClient, produceBatch } from "./storage_clients.ts";

const MIB = 2 ** 20;
const RECORDS = 24;

/** A topic of 24 records of 256 KiB each, of which a group has read 2. */
async function withTopic(body: (place: SessionPlace) => Promise<void>): Promise<void> {
  await withBroker(async (place) => {
    const client = openClient(place.environment["JOCKO_BROKERS"]!);
    try {
      await createTopic(client, {
        name: "t",
        partitions: 1,
        replicationFactor: 1,
        configs: new Map([["segment.bytes", String(MIB)]]),
      });
      const batch = batchOfBytes(MIB / 4 - 100);
      for (let i = 0; i < RECORDS; i++) await produceBatch(client, "t", 0, batch);
      await commitOffsets(client, "slow", [{ topic: "t", partition: 0, offset: 2 }]);
      await commitOffsets(client, "done", [{ topic: "t", partition: 0, offset: RECORDS }]);
    } finally {
      client.close();
    }
    await body(place);
  });
}

function parsed({ output, errors }: Outcome) {
  assert.notEqual(output, "", errors);
  return JSON.parse(output) as {
    readonly applied: boolean;
    readonly deletedBytes: number;
    readonly deletions: readonly { readonly toOffset: number; readonly fromTimeMs: number }[];
    readonly losses: readonly { readonly group: string; readonly unread: number }[];
  };
}

Deno.test("jocko storage plan tells what would go and who would miss it, and carries it out", () =>
  withTopic(async (place) => {
    const plan = ["storage", "plan", "-o", "json"];
    const nothing = await runJocko(plan, place);
    assert.equal(nothing.code, 0);
    assert.deepEqual(parsed(nothing).deletions, []);

    const set = [...plan, "--set", "t:retention.topic.bytes=3MiB"];
    const shown = await runJocko(set, place);
    assert.equal(shown.code, 2, shown.errors);
    const { deletions, losses, deletedBytes } = parsed(shown);
    assert.ok(deletedBytes >= 3 * MIB - 10_000 && deletedBytes <= 4 * MIB, `${deletedBytes}`);
    assert.ok(deletions[0]!.toOffset >= 11 && deletions[0]!.toOffset <= 16);
    assert.ok(deletions[0]!.fromTimeMs > 1e12);
    assert.deepEqual(losses.map(({ group }) => group), ["slow"]);
    assert.equal(losses[0]!.unread, deletions[0]!.toOffset - 2);

    const text = await runJocko(
      ["storage", "plan", "--set", "t:retention.topic.bytes=3MiB"],
      place,
    );
    assert.match(text.output, /DELETED FROM/);
    assert.match(text.output, /^slow +t-0 +\d+$/m);

    const grown = await runJocko([...set, "--apply", "--yes", "--at-most", "1000"], place);
    assert.equal(grown.code, 1);
    assert.match(grown.errors, /the plan has grown/);
    const before = await runJocko(["config", "get", "topic/t", "retention.topic.bytes"], place);
    assert.equal(before.output.trim(), "-1");

    const applied = await runJocko([...set, "--apply", "--yes"], place);
    assert.equal(applied.code, 0, applied.errors);
    assert.equal(parsed(applied).applied, true);
    const after = await runJocko(["config", "get", "topic/t", "retention.topic.bytes"], place);
    assert.equal(after.output.trim(), "3MiB");
  }));

Deno.test("jocko storage status shows capacity, use and allotments", () =>
  withTopic(async (place) => {
    const { code, output } = await runJocko(
      ["storage", "status", "-o", "json", "--sample", "10ms"],
      place,
    );
    assert.equal(code, 0);
    const { brokers, topics } = JSON.parse(output);
    assert.equal(brokers[0].level, "open");
    assert.ok(brokers[0].capacityBytes > brokers[0].hardBytes);
    const topic = topics.find(({ topic }: { topic: string }) => topic === "t");
    assert.ok(topic.sizeBytes > 5 * MIB && topic.allotmentBytes > topic.sizeBytes);
    const table = await runJocko(["storage", "status", "--sample", "10ms"], place);
    assert.match(table.output, /^BROKER +CAPACITY +USED/);
  }));
