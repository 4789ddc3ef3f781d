import assert from "node:assert/strict";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, it, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { type Header, pack } from "tar-stream";
import { BadArchive, unpackTarGz } from "./archive.ts";
import { packTarGz } from "./pack-tree.ts";

type Entry = Omit<Partial<Header>, "name"> & { readonly name: string; readonly body?: string };

async function aTarGz(...entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { body, ...header } of entries) archive.entry(header as Header, body ?? "");
  archive.finalize();
  return gzipSync(await buffer(archive));
}

function aFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "archive-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const limits = { bytes: 1000, entries: 5 };
const unpack = (bytes: Buffer, folder: string) =>
  unpackTarGz(Readable.from([bytes]), folder, limits, new AbortController().signal);

describe("an archive is refused with the entry's name", () => {
  const cases: Record<string, [readonly Entry[], RegExp]> = {
    "when a name climbs out": [[{ name: "../evil", body: "x" }], /entry "\.\.\/evil" leaves the folder/],
    "when a name climbs out in the middle": [[{ name: "a/../../evil", body: "x" }], /leaves the folder/],
    "when a name is absolute": [[{ name: "/etc/evil", body: "x" }], /entry "\/etc\/evil" has an absolute path/],
    "when a link points out": [
      [{ name: "a", type: "symlink", linkname: "../../etc" }],
      /link "a" points out of the archive, to "\.\.\/\.\.\/etc"/,
    ],
    "when a link is absolute": [[{ name: "a", type: "symlink", linkname: "/etc" }], /points out of the archive/],
    "when a link steps out through another link": [
      [
        { name: "d/e/up", type: "symlink", linkname: "../.." },
        { name: "out", type: "symlink", linkname: "d/e/up/.." },
      ],
      /link "out" points out/,
    ],
    "when a file goes through a link": [
      [
        { name: "a", type: "symlink", linkname: "b" },
        { name: "a/x", body: "x" },
      ],
      /entry "a\/x" goes through the link "a"/,
    ],
    "when a file replaces a link": [
      [
        { name: "a", type: "symlink", linkname: "b" },
        { name: "a", body: "x" },
      ],
      /entry "a" appears twice/,
    ],
    "when a hard link points to what is not in it": [
      [{ name: "a", type: "link", linkname: "etc/passwd" }],
      /hard link "a" points to "etc\/passwd"/,
    ],
    "when it holds a device": [[{ name: "null", type: "character-device" }], /entry "null" is a character-device/],
    "when it holds a pipe": [[{ name: "p", type: "fifo" }], /entry "p" is a fifo/],
    "when it grows beyond the limit": [[{ name: "big", body: "x".repeat(1001) }], /larger than 1000 bytes, at "big"/],
    "when it has too many entries": [
      [1, 2, 3, 4, 5, 6].map((n) => ({ name: `f${n}`, body: "x" })),
      /more than 5 entries, at "f6"/,
    ],
  };
  for (const [sentence, [entries, message]] of Object.entries(cases)) {
    it(sentence, async (t) => {
      const outer = aFolder(t);
      const folder = join(outer, "in");
      await mkdir(folder);
      await assert.rejects(unpack(await aTarGz(...entries), folder), (cause) => {
        assert.ok(cause instanceof BadArchive, String(cause));
        assert.match(cause.message, message);
        return true;
      });
      assert.deepEqual(readdirSync(outer), ["in"], "nothing was written beside the folder");
    });
  }
});

describe("damaged archives are told apart", () => {
  it("bytes that are no gzip", async (t) => {
    await assert.rejects(unpack(Buffer.from("<html>"), aFolder(t)), /not a gzip archive/);
  });
  it("a gzip that is cut short", async (t) => {
    const whole = await aTarGz({ name: "a", body: "some text" });
    await assert.rejects(unpack(whole.subarray(0, whole.length - 12), aFolder(t)), /cut short/);
  });
  it("a gzip that holds no tar", async (t) => {
    await assert.rejects(unpack(gzipSync(Buffer.alloc(2048, "z")), aFolder(t)), /no valid tar archive/);
  });
});

it("what is packed unpacks to the same tree", async (t) => {
  const [source, target] = [aFolder(t), aFolder(t)];
  await mkdir(join(source, "sub/empty"), { recursive: true });
  writeFileSync(join(source, "model.json"), "{}");
  writeFileSync(join(source, "sub/run"), "#!", { mode: 0o755 });
  writeFileSync(join(source, "zero"), "");
  symlinkSync("/opt/ml/model/sub/run", join(source, "latest"));
  symlinkSync("/etc/passwd", join(source, "secret"));
  const packed = packTarGz([{ owner: "algo-1", path: source }], {
    seenAs: "/opt/ml/model",
    level: 1,
    mostBytes: 2 ** 30,
  });
  await unpackTarGz(packed.body, target, { bytes: 1000, entries: 10 }, new AbortController().signal);
  assert.deepEqual(readdirSync(target, { recursive: true }).sort(), [
    "latest",
    "model.json",
    "sub",
    "sub/empty",
    "sub/run",
    "zero",
  ]);
  assert.equal(readFileSync(join(target, "latest"), "utf8"), "#!");
  assert.equal(lstatSync(join(target, "sub/run")).mode & 0o777, 0o755);
  assert.deepEqual(packed.skipped, [{ owner: "algo-1", text: "secret: a link out of /opt/ml/model, to /etc/passwd" }]);
});

it("takes the folder itself by the name that the SageMaker SDKs of 2020 give it", async (t) => {
  const folder = aFolder(t);
  await unpack(await aTarGz({ name: "/", type: "directory" }, { name: "code/inference.py", body: "x" }), folder);
  assert.equal(readFileSync(join(folder, "code/inference.py"), "utf8"), "x");
});
