import assert from "node:assert/strict";
import fc from "fast-check";
import { InvariantError } from "../../../src/base/invariant.ts";
import { DenoDisk } from "../../../src/host/deno_disk.ts";
import { diskErrorKind, toDiskError } from "../../../src/host/disk_errors.ts";
import { DiskError, type DiskErrorKind } from "../../../src/io/disk.ts";

async function withDisk(body: (disk: DenoDisk, root: string) => void | Promise<void>) {
  const root = Deno.makeTempDirSync({ prefix: "jocko-disk-" });
  try {
    await body(new DenoDisk(root), root);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

function assertDiskError(kind: DiskErrorKind, path: string, action: () => unknown): void {
  assert.throws(action, (error) => {
    assert.ok(error instanceof DiskError);
    assert.deepEqual({ kind: error.kind, path: error.path }, { kind, path });
    return true;
  });
}

/** What this process has open below `root`; the test runner doesn't see descriptors of node:fs. */
function openBelow(root: string): string[] {
  if (Deno.build.os !== "linux") return [];
  const paths: string[] = [];
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      const path = Deno.readLinkSync(`/proc/self/fd/${name}`);
      if (path.startsWith(root)) paths.push(path);
    } catch (error) {
      // The descriptor that lists the directory is gone by now.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return paths;
}

Deno.test("DenoDisk reads what was written when reads and writes are mixed", () =>
  withDisk((disk) => {
    const file = disk.open("mixed", { create: true });
    let model = new Uint8Array(0);
    const position = fc.integer({ min: 0, max: 3000 });
    const operation = fc.oneof(
      fc.record({
        kind: fc.constant("write" as const),
        position,
        length: fc.integer({ min: 0, max: 900 }),
      }),
      fc.record({
        kind: fc.constant("append" as const),
        position,
        length: fc.integer({ min: 1, max: 90 }),
      }),
      fc.record({ kind: fc.constant("read" as const), position, length: fc.nat(900) }),
      fc.record({ kind: fc.constant("truncate" as const), position, length: fc.constant(0) }),
    );
    let filler = 0;
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 30 }), (operations) => {
        for (const { kind, position, length } of operations) {
          const bytes = new Uint8Array(length).fill(++filler);
          if (kind === "read") {
            const count = file.read(bytes, position);
            assert.deepEqual(
              bytes.subarray(0, count),
              model.slice(position, position + length),
            );
          } else if (kind === "truncate") {
            file.truncate(position);
            const cut = new Uint8Array(position);
            cut.set(model.subarray(0, position));
            model = cut;
          } else {
            const at = kind === "append" ? model.length : position;
            file.write(bytes, at);
            if (length > 0) {
              const grown = new Uint8Array(Math.max(model.length, at + length));
              grown.set(model);
              grown.set(bytes, at);
              model = grown;
            }
          }
          assert.equal(file.size(), model.length);
        }
      }),
      { numRuns: 50 },
    );
    file.close();
  }));

Deno.test("DiskFile.readLater() reads each at its position when many are under way", () =>
  withDisk(async (disk) => {
    const file = disk.open("cold", { create: true });
    file.write(new Uint8Array(64 * 1024).map((_, i) => i >> 8), 0);
    const reads = Array.from({ length: 64 }, async (_, i) => {
      const into = new Uint8Array(256);
      assert.equal(await file.readLater(into, i * 256), 256);
      assert.ok(into.every((byte) => byte === i));
      file.write(new Uint8Array([i]), i * 256);
    });
    const atEnd = file.readLater(new Uint8Array(100), 64 * 1024 - 10);
    await Promise.all(reads);
    assert.equal(await atEnd, 10);
    file.close();
  }));

Deno.test("DiskFile.readLater() reads on when the file is moved, replaced, removed or closed", () =>
  withDisk(async (disk, root) => {
    const first = async (file: ReturnType<DenoDisk["open"]>) => {
      const into = new Uint8Array(1);
      assert.equal(await file.readLater(into, 0), 1);
      return into[0]!;
    };
    const create = (path: string, byte: number) => {
      const file = disk.open(path, { create: true });
      file.write(new Uint8Array([byte]), 0);
      return file;
    };
    disk.makeDirectory("topic-0");
    const moved = create("topic-0/a", 1);
    const replaced = create("b", 2);
    const replacement = create("c", 3);
    const removed = create("d", 4);
    disk.rename("topic-0", "topic-0.deleted");
    disk.rename("c", "b");
    disk.remove("d");
    const successor = create("d", 5);
    assert.deepEqual(
      [
        await first(moved),
        await first(replaced),
        await first(replacement),
        await first(removed),
        await first(successor),
      ],
      [1, 2, 3, 4, 5],
    );
    const underWay = first(moved);
    for (const file of [moved, replaced, replacement, removed, successor]) file.close();
    assert.equal(await underWay, 1);
    assert.deepEqual(openBelow(root), []);
  }));

Deno.test("DiskFile.sync() and syncNow() return when the file was written", () =>
  withDisk(async (disk) => {
    const file = disk.open("synced", { create: true });
    file.write(new Uint8Array(5000), 0);
    const synced = file.sync();
    file.write(new Uint8Array(5000), 5000);
    await synced;
    file.syncNow();
    disk.syncDirectory("");
    assert.equal(file.size(), 10_000);
    file.close();
  }));

Deno.test("DenoDisk.list() tells names, kinds and sizes, and undefined when there is none", () =>
  withDisk((disk) => {
    disk.makeDirectory("topic-0/deep");
    const file = disk.open("topic-0/00.log", { create: true });
    file.write(new Uint8Array(12), 0);
    file.close();
    const byName = (a: { name: string }, b: { name: string }) => a.name < b.name ? -1 : 1;
    assert.deepEqual([...disk.list("topic-0")!].sort(byName), [
      { name: "00.log", isDirectory: false, size: 12 },
      { name: "deep", isDirectory: true, size: 0 },
    ]);
    assert.deepEqual(disk.list("")!.map((entry) => entry.name), ["topic-0"]);
    assert.equal(disk.list("absent"), undefined);
    disk.remove("topic-0");
    disk.remove("topic-0");
    assert.equal(disk.list("topic-0"), undefined);
  }));

Deno.test("DenoDisk says what kind of error it was when a call fails", () =>
  withDisk((disk) => {
    assertDiskError("notFound", "absent", () => disk.open("absent"));
    assertDiskError("notFound", "absent", () => disk.rename("absent", "b"));
    assertDiskError("notFound", "absent", () => disk.syncDirectory("absent"));
    const file = disk.open("closed", { create: true });
    file.close();
    file.close();
    assertDiskError("other", "closed", () => file.read(new Uint8Array(1), 0));
    assertDiskError("other", "closed", () => file.write(new Uint8Array(1), 0));
    assertDiskError("other", "closed", () => file.size());
    for (const path of ["../x", "/etc/passwd", "a/../../b"]) {
      assert.throws(() => disk.open(path), InvariantError);
    }
  }));

Deno.test("DenoDisk reports a full device as noSpace when a write fails", () => {
  // The device that is always full; absent on some systems, where nothing is left to check.
  if (Deno.build.os !== "linux") return;
  const disk = new DenoDisk("/dev");
  const file = disk.open("full");
  assertDiskError("noSpace", "full", () => file.write(new Uint8Array(10), 0));
  file.close();
});

Deno.test("diskErrorKind() goes by the system's code when Deno has no class for it", () => {
  const kinds = ["ENOENT", "EDQUOT", "EIO", "EROFS", "EMFILE"].map((code) =>
    diskErrorKind(Object.assign(new Error(code), { code }))
  );
  assert.deepEqual(kinds, ["notFound", "noSpace", "ioError", "notPermitted", "other"]);
  assert.equal(diskErrorKind("text"), "other");
  const own = new DiskError("ioError", "p", "m");
  assert.equal(toDiskError(own, "q"), own);
});

Deno.test("DenoDisk.space() tells plausible sizes", () =>
  withDisk((disk) => {
    const space = disk.space();
    assert.ok(space !== undefined && space.usableBytes > 0);
    assert.ok(space.totalBytes >= space.usableBytes);
  }));
