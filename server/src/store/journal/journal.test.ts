// Journals as files: torn ends, damage, segments, retention, how many stay open.
import assert from "node:assert/strict";
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileName } from "./file-names.ts";
import { Journal } from "./journal.ts";
import { Journals } from "./journals.ts";

async function aFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sagebrush-journal-"));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

const everything = { from: 0, limit: Number.POSITIVE_INFINITY };
const append = (journal: Journal, value: string, source?: { id: string; offset: number }) =>
  journal.append({ entries: [[1, value]], sync: false, source });
const values = async (journal: Journal) => (await journal.read(everything)).map(({ value }) => value);

/** A journal of three lines, closed, and its file. */
async function threeLines(context: TestContext): Promise<{ folder: string; file: string }> {
  const folder = await aFolder(context);
  const journal = await Journal.open(folder, () => 0);
  for (const [index, value] of ["one", "two", "three"].entries())
    await append(journal, value, { id: "s", offset: index + 1 });
  await journal.close();
  return { folder, file: join(folder, "00000000000000.jsonl") };
}

const ends: Record<string, [(file: string) => Promise<void>, string[]]> = {
  "half a line": [(file) => appendFile(file, '01234567 {"n":3,"i":0,"e":[[1,"fo'), ["one", "two", "three"]],
  "a hole of zeros": [(file) => appendFile(file, Buffer.alloc(5000)), ["one", "two", "three"]],
  "the last line cut": [async (file) => truncate(file, (await readFile(file)).length - 3), ["one", "two"]],
  "nothing but the first bytes": [(file) => truncate(file, 5), []],
};
for (const [what, [damage, kept]] of Object.entries(ends))
  test(`a journal that ends in ${what} keeps its whole lines and goes on`, async (context) => {
    const { folder, file } = await threeLines(context);
    await damage(file);
    const journal = await Journal.open(folder, () => 0);
    assert.deepEqual(await values(journal), kept);
    await append(journal, "after");
    await journal.close();
    const again = await Journal.open(folder, () => 0);
    assert.deepEqual(await values(again), [...kept, "after"]);
    assert.deepEqual(
      (await again.read(everything)).map(({ sequence }) => sequence),
      [...kept, "after"].map((_, index) => index),
    );
    await again.close();
  });

test("a line damaged in the middle is left out, what follows is kept", async (context) => {
  const { folder, file } = await threeLines(context);
  await writeFile(file, (await readFile(file, "utf8")).replace("two", "owt"));
  const journal = await Journal.open(folder, () => 0);
  assert.deepEqual(await values(journal), ["one", "three"]);
  await journal.close();
});

const DAY_MS = 86_400_000;

test("a day's entries are a segment; retention drops whole ones, and positions and sources go on", async (context) => {
  const folder = await aFolder(context);
  let now = 0;
  const open = () => Journal.open(folder, () => now);
  const journal = await open();
  for (let day = 0; day < 4; day++, now += DAY_MS)
    await journal.append({ entries: [[now, `day ${day}`]], sync: true, source: { id: "s", offset: day + 1 } });
  assert.equal((await readdir(folder)).filter((name) => name.endsWith(".jsonl")).length, 4);
  assert.equal(await journal.expire(2 * DAY_MS), 2);
  await journal.close();
  for (const damage of [async () => {}, async (name: string) => rm(join(folder, name))]) {
    for (const name of await readdir(folder)) if (name.endsWith(".index")) await damage(name);
    const again = await open();
    assert.deepEqual(
      (await again.read(everything)).map(({ sequence, value }) => [sequence, value]),
      [
        [2, "day 2"],
        [3, "day 3"],
      ],
    );
    assert.equal(again.offset("s"), 4);
    await again.close();
  }
});

test("offsets of sources outlive the segment they were written in", async (context) => {
  const folder = await aFolder(context);
  let now = 0;
  const journal = await Journal.open(folder, () => now);
  await append(journal, "old", { id: "quiet", offset: 7 });
  now += DAY_MS;
  await append(journal, "new");
  assert.equal(await journal.expire(2), 2);
  assert.equal(await journal.expire(2), 0);
  await journal.close();
  const again = await Journal.open(folder, () => now);
  assert.equal(again.offset("quiet"), 7);
  await again.close();
});

test("retention leaves of the last segment no more than its place", async (context) => {
  const folder = await aFolder(context);
  const open = () => Journal.open(folder, () => 0);
  const journal = await open();
  for (const value of ["one", "two"]) await append(journal, value);
  assert.equal(await journal.expire(2), 1);
  assert.deepEqual([await values(journal), journal.facts().entries], [[], 0]);
  await journal.close();
  assert.deepEqual(await readdir(folder), ["00000000000002.jsonl"]);
  const again = await open();
  await append(again, "three");
  assert.deepEqual(
    (await again.read(everything)).map(({ sequence, value }) => [sequence, value]),
    [[2, "three"]],
  );
  await again.close();
});

test("what is appended after the end of a segment is in another one", async (context) => {
  const folder = await aFolder(context);
  const journal = await Journal.open(folder, () => 0);
  await append(journal, "before");
  await journal.endSegment();
  await journal.endSegment();
  await append(journal, "after");
  await journal.close();
  const files = (await readdir(folder)).filter((name) => name.endsWith(".jsonl")).sort();
  assert.deepEqual(files, ["00000000000000.jsonl", "00000000000001.jsonl"]);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  assert.deepEqual(
    texts.map((text) => /before|after/.exec(text)?.[0]),
    ["before", "after"],
  );
});

test("offsets of sources survive the loss of the first line of a new segment", async (context) => {
  const folder = await aFolder(context);
  let now = 0;
  const journal = await Journal.open(folder, () => now);
  await append(journal, "old", { id: "s", offset: 7 });
  now += DAY_MS;
  await append(journal, "new");
  await journal.close();
  await truncate(join(folder, "00000000000001.jsonl"), 3);
  const again = await Journal.open(folder, () => now);
  assert.equal(again.offset("s"), 7);
  await append(again, "newer");
  assert.deepEqual(await values(again), ["old", "newer"]);
  await again.close();
});

test("a page of a long journal is found without reading the rest", async (context) => {
  const folder = await aFolder(context);
  const journal = await Journal.open(folder, () => 0);
  const message = "m".repeat(1000);
  for (let from = 0; from < 40_000; from += 1000)
    await journal.append({
      entries: Array.from({ length: 1000 }, (_, index) => [from + index, message] as const),
      sync: false,
    });
  assert.ok((await readdir(folder)).filter((name) => name.endsWith(".jsonl")).length > 1);
  await journal.close();
  const again = await Journal.open(folder, () => 0);
  for (const from of [0, 12_345, 39_999]) {
    const [up] = await again.read({ from, limit: 1 });
    const [down] = await again.read({ from, limit: 1, backwards: true });
    assert.deepEqual([up?.sequence, up?.at, down?.sequence], [from, from, from]);
  }
  assert.equal((await again.read({ ...everything, startTime: 20_000, endTime: 20_010 })).length, 10);
  assert.deepEqual(again.facts().entries, 40_000);
  await again.close();
});

test("of many journals only so many stay open, and all keep what they were given", async (context) => {
  const root = await aFolder(context);
  const journals = new Journals(() => 0, 3);
  const folders = Array.from({ length: 12 }, (_, index) => join(root, String(index)));
  const header = () => ({});
  for (const round of ["a", "b"])
    await Promise.all(folders.map((folder) => journals.use(folder, header, (journal) => append(journal, round))));
  for (const folder of folders) assert.deepEqual(await journals.find(folder, values), ["a", "b"]);
  const open = (await readdir("/proc/self/fd").catch(() => [])).length;
  assert.ok(open < 60, `${open} files are open`);
  await journals.close();
});

test("a folder of journals goes when it is empty, also while another journal is made in it", async (context) => {
  const root = await aFolder(context);
  const above = join(root, "group");
  const journals = new Journals(() => 0);
  const make = (name: string) =>
    journals.use(
      join(above, name),
      () => ({}),
      (journal) => append(journal, name),
    );
  await make("kept");
  await journals.removeEmpty(above);
  assert.deepEqual(await journals.find(join(above, "kept"), values), ["kept"]);
  await journals.remove(join(above, "kept"));
  for (let round = 0; round < 50; round++) {
    const name = String(round);
    await Promise.all([make(name), journals.removeEmpty(above), journals.removeEmpty(above)]);
    assert.deepEqual(await journals.find(join(above, name), values), [name]);
    await journals.remove(join(above, name));
  }
  await journals.removeEmpty(above);
  assert.deepEqual(await readdir(root), []);
  await journals.close();
});

test("file names keep names apart, stay in their folder and are never too long", () => {
  const names = ["", ".", "..", "/", "a/b", "A", "a", "%", "%61", "ä", "~", "x".repeat(300), `${"x".repeat(300)}y`];
  const files = names.map(fileName);
  assert.equal(new Set(files.map((name) => name.toLowerCase())).size, names.length);
  for (const file of files) assert.match(file, /^[a-z0-9_%~-]{1,255}$/);
});
