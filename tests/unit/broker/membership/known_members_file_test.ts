import assert from "node:assert/strict";
import {
  KNOWN_MEMBERS_FILE,
  KnownMembersFile,
} from "../../../../src/broker/membership/known_members_file.ts";
import { readTextFile, writeFile } from "../../../../src/log/atomic_file.ts";
import { SimulatedDisk } from "../../log/simulated_disk.ts";
import { RecordingLogger } from "../../server/fixture.ts";

const KNOWN = {
  incarnation: 7,
  addresses: [{ host: "10.0.0.1", port: 9093 }, { host: "fe80::1%eth0", port: 1 }],
};
const NOTHING = { incarnation: 0, addresses: [] };

function fileOn(disk: SimulatedDisk) {
  const logger = new RecordingLogger();
  return { file: new KnownMembersFile(disk, logger), logger };
}

Deno.test("KnownMembersFile.read() gives what was saved last", async () => {
  const disk = new SimulatedDisk();
  const { file } = fileOn(disk);
  assert.deepEqual(file.read(), NOTHING);
  for (let incarnation = 1; incarnation <= 7; incarnation++) file.save({ ...KNOWN, incarnation });
  await file.settled();
  assert.deepEqual(fileOn(disk).file.read(), KNOWN);
  file.save({ ...KNOWN, incarnation: 8 });
  file.save(KNOWN);
  await file.settled();
  assert.deepEqual(fileOn(disk).file.read(), KNOWN);
});

Deno.test("KnownMembersFile.read() passes over a damaged file, and says so", async () => {
  const disk = new SimulatedDisk();
  const { file } = fileOn(disk);
  file.save(KNOWN);
  await file.settled();
  const text = readTextFile(disk, KNOWN_MEMBERS_FILE)!;
  for (const damaged of ["", "x", text.slice(0, -3), text.replace("10.0", "11.0"), `2${text}`]) {
    writeFile(disk, KNOWN_MEMBERS_FILE, damaged);
    const { file, logger } = fileOn(disk);
    assert.deepEqual(file.read(), NOTHING);
    assert.deepEqual(logger.lines, ["warn known members are damaged and passed over"]);
  }
});

Deno.test("KnownMembersFile reports a disk that fails, and tries again with the next save", async () => {
  const disk = new SimulatedDisk();
  const { file, logger } = fileOn(disk);
  disk.plant({ operation: "sync", kind: "ioError" });
  file.save(KNOWN);
  await file.settled();
  assert.deepEqual(logger.lines, ["warn known members can't be written"]);
  file.save(KNOWN);
  await file.settled();
  assert.deepEqual(fileOn(disk).file.read(), KNOWN);
});
