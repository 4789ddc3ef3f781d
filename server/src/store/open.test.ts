// The data folder as a whole: who may open it, and what a person is told when it cannot be opened.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { realClock } from "../core/clock.ts";
import { FolderUnusable } from "./layout.ts";
import { FolderInUse } from "./lock.ts";
import { openStore } from "./open.ts";
import { NewerLayout } from "./rows/migrate.ts";

const failure = (error: unknown): never => {
  throw error;
};

async function aFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sagebrush-store-"));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

const options = (folder: string) => ({ folder, clock: realClock, report: failure });

test("a folder can be opened again after it was closed", async (context) => {
  const folder = await aFolder(context);
  await (await openStore(options(folder))).close();
  await (await openStore(options(folder))).close();
});

test("a second store on the same folder is refused, and the message names the first", async (context) => {
  const folder = await aFolder(context);
  const first = await openStore(options(folder));
  await assert.rejects(openStore(options(folder)), (error) => {
    assert.ok(error instanceof FolderInUse);
    assert.match(error.message, new RegExp(`process ${process.pid}\\) works on ${folder}`));
    return true;
  });
  await first.close();
});

test("the folder is free again after its server was killed", async (context) => {
  const folder = await aFolder(context);
  const program = fileURLToPath(import.meta.resolve("./crash-writer.ts"));
  const child = spawn(process.execPath, [program, folder, "0"], { stdio: ["ignore", "pipe", "inherit"] });
  context.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data", { signal: AbortSignal.timeout(30_000) });
  await assert.rejects(openStore(options(folder)), FolderInUse);
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
  await (await openStore(options(folder))).close();
});

test("a folder is not opened with another database, which would take all its files for orphans", async (context) => {
  const folder = await aFolder(context);
  const first = await openStore(options(folder));
  const blob = await first.blobs.write(Readable.from([Buffer.alloc(100_000)]));
  await first.rows.commit(first.blobs.owns(blob));
  await first.close();
  const aside = await aFolder(context);
  const files = ["rows.db", "rows.db-wal", "rows.db-shm"].filter((name) => existsSync(join(folder, name)));
  for (const name of files) await rename(join(folder, name), join(aside, name));
  await assert.rejects(openStore(options(folder)), (error) => {
    assert.ok(error instanceof FolderUnusable);
    assert.match(error.message, /was made with another database.*--database.*--data/);
    return true;
  });
  for (const name of ["rows.db", "rows.db-wal", "rows.db-shm"]) await rm(join(folder, name), { force: true });
  for (const name of files) await rename(join(aside, name), join(folder, name));
  const again = await openStore(options(folder));
  assert.equal((await buffer(await again.blobs.read(blob))).length, 100_000);
  await again.close();
});

test("places that cannot be opened are refused with the reason, and the folder is left free", async (context) => {
  const folder = await aFolder(context);
  await assert.rejects(openStore({ ...options(folder), blobsUrl: "s3://bucket" }), /not yet available.*--blobs/);
  await assert.rejects(openStore({ ...options(folder), databaseUrl: "mysql://me:secret@db/x" }), (error) => {
    assert.match(String(error), /must start with postgres:\/\/.*mysql:\/\/me:…@db\/x/);
    return true;
  });
  await (await openStore(options(folder))).close();
});

test("a folder of a newer layout is refused, and left as it is", async (context) => {
  const folder = await aFolder(context);
  await (await openStore(options(folder))).close();
  await writeFile(join(folder, "layout"), "99\n");
  await assert.rejects(openStore(options(folder)), (error) => {
    assert.ok(error instanceof NewerLayout);
    assert.match(error.message, /has layout 99, this Sagebrush knows layouts up to \d+/);
    return true;
  });
  assert.equal(await readFile(join(folder, "layout"), "utf8"), "99\n");
});

test("a path that cannot be a folder is refused, and the message says what to do", async (context) => {
  const folder = await aFolder(context);
  await writeFile(join(folder, "file"), "");
  for (const path of [join(folder, "file", "data"), join(folder, "file"), "/proc/data"])
    await assert.rejects(openStore(options(path)), /cannot be made.*--data/);
});
