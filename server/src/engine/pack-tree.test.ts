import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { it, type TestContext } from "node:test";
import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { CannotPack, packTarGz } from "./pack-tree.ts";

function aFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "pack-tree-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const options = { seenAs: "/opt/ml/model", level: 1, mostBytes: 2 ** 30 };

/** Name and modification time, in seconds since 1970, of each entry. */
async function entriesOf(archive: Buffer): Promise<readonly (readonly [name: string, seconds: number])[]> {
  const entries = extract();
  entries.end(gunzipSync(archive));
  const found: (readonly [string, number])[] = [];
  for await (const entry of entries) {
    found.push([entry.header.name, (entry.header.mtime?.getTime() ?? Number.NaN) / 1000]);
    entry.resume();
  }
  return found;
}

it("times that an archive cannot say become the nearest that it can", async (t) => {
  const folder = aFolder(t);
  for (const [name, seconds] of Object.entries({ a: -5, b: 2 ** 33, c: 7 })) {
    writeFileSync(join(folder, name), name);
    // As a number, one before 1970 would be taken for now.
    const time = new Date(seconds * 1000);
    utimesSync(join(folder, name), time, time);
  }
  assert.deepEqual(await entriesOf(await buffer(packTarGz([{ owner: "algo-1", path: folder }], options).body)), [
    ["a", 0],
    ["b", 2 ** 31 - 1],
    ["c", 7],
  ]);
});

it("a folder comes before what is in it, names in byte order, and none is left over", async (t) => {
  const folder = aFolder(t);
  for (const name of ["b/y/deep", "a", "b/x"]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "c"), "");
  const names = (await entriesOf(await buffer(packTarGz([{ owner: "algo-1", path: folder }], options).body))).map(
    ([name]) => name,
  );
  assert.deepEqual(names, ["a", "b", "b/x", "b/y", "b/y/deep", "c"]);
});

/** File that is changed, and how, after the first bytes of the archive have been read. */
const changes: Readonly<Record<string, readonly [name: string, change: (path: string) => void]>> = {
  "shrinks while it is read": ["a", (path) => truncateSync(path, 0)],
  "vanishes before its turn": ["b", (path) => rmSync(path)],
};
for (const [sentence, [name, change]] of Object.entries(changes)) {
  it(`a file that ${sentence} is named`, async (t) => {
    const folder = aFolder(t);
    for (const file of ["a", "b"]) writeFileSync(join(folder, file), randomBytes(8_000_000));
    const { body } = packTarGz([{ owner: "algo-1", path: folder }], options);
    const parts = body[Symbol.asyncIterator]();
    await parts.next();
    change(join(folder, name));
    const rest = async () => {
      for (let part = await parts.next(); !part.done; part = await parts.next()) assert.ok(part.value);
    };
    await assert.rejects(rest, { name: CannotPack.name, message: `"${name}" changed while it was packed` });
  });
}

it("several folders become one: folders together, and of files of one name the last is taken, and noted", async (t) => {
  const [first, second] = [aFolder(t), aFolder(t)];
  for (const [folder, name, text] of [
    [first, "shared/a", "of the first"],
    [first, "same", "of the first"],
    [first, "kind/file", "of the first"],
    [second, "shared/b", "of the second"],
    [second, "same", "of the second, longer"],
    [second, "kind", "of the second"],
  ] as const) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const packed = packTarGz(
    [
      { owner: "algo-1", path: first },
      { owner: "algo-2", path: second },
    ],
    options,
  );
  const entries = extract();
  entries.end(gunzipSync(await buffer(packed.body)));
  const found: Record<string, string> = {};
  for await (const entry of entries) found[entry.header.name] = (await buffer(entry)).toString();
  assert.deepEqual(found, {
    kind: "of the second",
    same: "of the second, longer",
    shared: "",
    "shared/a": "of the first",
    "shared/b": "of the second",
  });
  assert.deepEqual(packed.skipped, [
    { owner: "algo-1", text: "kind: that of algo-2 has the same name and is taken" },
    { owner: "algo-1", text: "same: that of algo-2 has the same name and is taken" },
  ]);
});
