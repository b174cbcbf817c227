import assert from "node:assert/strict";
import fc from "fast-check";
import type { Uuid } from "../../../src/base/uuid.ts";
import * as files from "../../../src/log/checkpoint_files.ts";
import { replaceFile } from "../../../src/log/atomic_file.ts";
import { readTextFile } from "../../../src/log/atomic_file.ts";
import { seeded } from "./log_harness.ts";
import { SimulatedDisk } from "./simulated_disk.ts";

Deno.test("formatPartitionOffsets() writes Kafka's form and parsePartitionOffsets() reads it", () => {
  const offsets = new Map([["orders-0", 5], ["a-b-12", 2 ** 40]]);
  const text = files.formatPartitionOffsets(offsets);
  assert.equal(text, `0\n2\norders 0 5\na-b 12 ${2 ** 40}\n`);
  assert.deepEqual(files.parsePartitionOffsets(text), offsets);
});

Deno.test("parsePartitionOffsets() refuses a file that is cut off anywhere", () => {
  const text = files.formatPartitionOffsets(new Map([["a-0", 5], ["b-1", 6]]));
  for (let length = 0; length < text.length - 2; length++) {
    assert.equal(files.parsePartitionOffsets(text.slice(0, length)), undefined, `${length}`);
  }
});

Deno.test("parseLeaderEpochs() gives back what formatLeaderEpochs() was given", () => {
  const entries = [{ epoch: 0, startOffset: 0 }, { epoch: 4, startOffset: 9 }];
  assert.deepEqual(files.parseLeaderEpochs(files.formatLeaderEpochs(entries)), entries);
});

Deno.test("parseLeaderEpochs() refuses epochs or offsets that do not increase", () => {
  assert.equal(files.parseLeaderEpochs("0\n2\n1 0\n1 5\n"), undefined);
  assert.equal(files.parseLeaderEpochs("0\n2\n1 5\n2 5\n"), undefined);
  assert.equal(files.parseLeaderEpochs("1\n0\n"), undefined);
});

Deno.test("parsePartitionMetadata() gives the topic id when the file is whole", () => {
  const id = "pxiBR9QKTEWZ2YNOnmlQyA" as Uuid;
  assert.equal(files.parsePartitionMetadata(files.formatPartitionMetadata(id)), id);
  assert.equal(files.parsePartitionMetadata("version: 0\ntopic_id: pxi"), undefined);
  assert.equal(files.parsePartitionMetadata(`version: 1\ntopic_id: ${id}`), undefined);
});

Deno.test("parseMetaProperties() reads its own form and a properties file of other spacing", () => {
  const directoryId = "pxiBR9QKTEWZ2YNOnmlQyA" as Uuid;
  const meta = { clusterId: "c=1", nodeId: 3, directoryId };
  assert.deepEqual(files.parseMetaProperties(files.formatMetaProperties(meta)), meta);
  const spaced = `#\nversion = 1\r\ncluster.id=c=1\nnode.id= 3\ndirectory.id=${directoryId}\n`;
  assert.deepEqual(files.parseMetaProperties(spaced), meta);
  assert.equal(files.parseMetaProperties(spaced.replace("= 1", "= 2")), undefined);
});

Deno.test("replaceFile() leaves the old content or the new one when the power fails", () => {
  fc.assert(fc.property(fc.integer(), fc.integer({ min: 1, max: 8 }), (seed, operations) => {
    const chance = seeded(seed);
    const disk = new SimulatedDisk();
    replaceFile(disk, "file", "old content");
    disk.crashAfter(operations, chance);
    try {
      replaceFile(disk, "file", "new");
    } catch {
      assert.ok(disk.isDown);
    }
    const isDone = !disk.isDown;
    disk.crash("power", chance);
    const text = readTextFile(disk, "file");
    assert.ok(isDone ? text === "new" : text === "new" || text === "old content", `${text}`);
  }));
});
