// Blobs in a folder: the shared suite, and what only the disk shows.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { realClock } from "../../../core/clock.ts";
import { openSqliteRows } from "../../rows/sqlite/open.ts";
import { type Blob, BlobCorrupt, NoSpace } from "../blobs.ts";
import { blobsSuite } from "../suite.ts";
import { openFolderBlobs } from "./open.ts";
import { Places } from "./places.ts";

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const failure = (error: unknown): never => {
  throw error;
};

async function openIn(folder: string, options: { reserveBytes?: number } = {}) {
  let ahead = 0;
  const clock = { ...realClock, now: () => Date.now() + ahead };
  const rows = await openSqliteRows({ file: join(folder, "rows.db"), clock });
  const place = join(folder, "blobs");
  const blobs = await openFolderBlobs({ folder: place, rows, clock, reserveBytes: 0, report: failure, ...options });
  const close = async () => {
    await blobs.close();
    await rows.close();
  };
  return {
    blobs,
    rows,
    close,
    files: () => filesIn(place),
    advance: (milliseconds: number) => {
      ahead += milliseconds;
    },
  };
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

const aFolder = () => mkdtemp(join(tmpdir(), "sagebrush-blobs-"));

/** Opens a store that is closed before its folder is removed. */
async function opened(context: TestContext, options: { reserveBytes?: number } = {}) {
  const folder = await aFolder();
  const store = await openIn(folder, options);
  context.after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  const file = (blob: Blob) => new Places(join(folder, "blobs")).file(blob.id);
  return { ...store, file };
}

blobsSuite("folder", async () => {
  const folder = await aFolder();
  const store = await openIn(folder);
  return {
    ...store,
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});

async function drain(source: AsyncIterable<Uint8Array>): Promise<number> {
  let sizeBytes = 0;
  for await (const piece of source) sizeBytes += piece.length;
  return sizeBytes;
}

test("a write that fails leaves no file behind", async (context) => {
  const { blobs, files } = await opened(context);
  async function* cut(): AsyncGenerator<Uint8Array> {
    yield randomBytes(1_000_000);
    throw new Error("cut");
  }
  await assert.rejects(blobs.write(cut()));
  assert.deepEqual(await files(), []);
});

test("below the reserve nothing is written, and the error says what to do", async (context) => {
  const { blobs, files } = await opened(context, { reserveBytes: Number.MAX_SAFE_INTEGER });
  await assert.rejects(blobs.write(once(randomBytes(20_000))), (error) => {
    assert.ok(error instanceof NoSpace);
    assert.match(error.message, /below its reserve.*Delete objects/);
    return true;
  });
  assert.ok((await blobs.roomBytes()) < 0);
  assert.deepEqual(await files(), []);
});

const damages: Record<string, (path: string) => Promise<void>> = {
  "a changed byte": async (path) => {
    const bytes = await readFile(path);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(path, bytes);
  },
  "a lost tail": (path) => truncate(path, 100),
  "a lost file": (path) => rm(path),
};
for (const [what, damage] of Object.entries(damages))
  test(`${what} is noticed: reading and copying fail and name the blob`, async (context) => {
    const { blobs, file } = await opened(context);
    const blob = await blobs.write(once(randomBytes(600_000)));
    await damage(file(blob));
    const namesBlob = (error: unknown) => error instanceof BlobCorrupt && error.message.includes(blob.id);
    await assert.rejects(async () => drain(await blobs.read(blob)), namesBlob);
    await assert.rejects(blobs.copyTo(blob, `${file(blob)}.copy`), namesBlob);
  });

test("a damaged blob is never delivered whole", async (context) => {
  const { blobs, file } = await opened(context);
  const blob = await blobs.write(once(randomBytes(300_000)));
  await damages["a changed byte"]?.(file(blob));
  let delivered = 0;
  await assert.rejects(async () => {
    for await (const piece of await blobs.read(blob)) delivered += piece.length;
  });
  assert.ok(delivered < blob.sizeBytes);
});

test("what a killed server left is removed at the next start, what is owned stays", async () => {
  const folder = await aFolder();
  try {
    const first = await openIn(folder);
    const [owned, orphan] = [
      await first.blobs.write(once(randomBytes(20_000))),
      await first.blobs.write(once(randomBytes(20_000))),
    ];
    await first.rows.commit(first.blobs.owns(owned));
    await first.close();
    await writeFile(join(folder, "blobs", "incoming", "half"), "half");
    const second = await openIn(folder);
    // Collecting waits for the sweep.
    await second.blobs.collect();
    const written = await second.blobs.write(once(randomBytes(20_000)));
    assert.deepEqual((await second.files()).sort(), [owned.id, written.id].sort());
    assert.ok(!(await second.files()).includes(orphan.id));
    await second.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a blob written while the sweep runs is not taken for an orphan", async () => {
  const folder = await aFolder();
  try {
    const store = await openIn(folder);
    const blobs = await Promise.all(Array.from({ length: 30 }, () => store.blobs.write(once(randomBytes(20_000)))));
    await store.blobs.collect();
    for (const blob of blobs) assert.equal(await drain(await store.blobs.read(blob)), 20_000);
    await store.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("small blobs have no file, survive opening again, and go with their row", async () => {
  const folder = await aFolder();
  try {
    const first = await openIn(folder);
    const blob = await first.blobs.write(once(Buffer.from("small")));
    await first.rows.commit(first.blobs.owns(blob));
    assert.deepEqual(await first.files(), []);
    await first.close();
    const second = await openIn(folder);
    assert.equal(await drain(await second.blobs.read({ ...blob })), 5);
    await second.rows.commit(second.blobs.disowns(blob.id));
    second.advance(60_000);
    assert.equal(await second.blobs.collect(), 1);
    await assert.rejects(second.blobs.read({ ...blob }), BlobCorrupt);
    assert.deepEqual(await second.rows.scan({ kind: "blob:inline", scope: "", limit: 10 }), []);
    await second.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("folders that have become empty are removed", async (context) => {
  const { blobs, rows, advance, file } = await opened(context);
  const blob = await blobs.write(once(randomBytes(20_000)));
  await rows.commit(blobs.disowns(blob.id));
  advance(24 * 3_600_000);
  assert.equal(await blobs.collect(), 1);
  await assert.rejects(stat(join(file(blob), "..", "..")), /ENOENT/);
});

for (const id of ["../../../etc/passwd", "", "0".repeat(28), `${"0".repeat(28)}/`])
  test(`an id such as ${JSON.stringify(id)} does not become a path`, async (context) => {
    const { blobs } = await opened(context);
    await assert.rejects(blobs.read({ id, sizeBytes: 1, checksum: "00000000" }), /29 digits/);
  });

test("a blob far larger than the memory used for it passes through", async (context) => {
  const { blobs } = await opened(context);
  const piece = randomBytes(64 * 1024);
  async function* large(): AsyncGenerator<Uint8Array> {
    for (let count = 0; count < 4096; count++) yield piece;
  }
  const before = process.memoryUsage.rss();
  const blob = await blobs.write(large());
  assert.equal(await drain(await blobs.read(blob)), 256 * 1024 * 1024);
  assert.ok(process.memoryUsage.rss() - before < 128 * 1024 * 1024);
});
