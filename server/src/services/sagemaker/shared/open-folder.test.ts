import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { it, type TestContext } from "node:test";
import { walkFiles } from "./open-folder.ts";

function aFolder(t: TestContext, files: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "open-folder-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), name);
  }
  return folder;
}

/** What a walk finds, in order: contents of files, and names left out with the reason. `meanwhile` is told of each file. */
async function found(root: string, names: readonly string[], meanwhile = (_name: string) => {}) {
  const files: string[] = [];
  const left: string[] = [];
  await walkFiles(
    { root, names },
    {
      signal: new AbortController().signal,
      skipped: (name, why) => left.push(`${name}: ${why}`),
      file: async ({ name, handle }) => {
        files.push(await handle.readFile("utf8"));
        meanwhile(name);
      },
    },
  );
  return { files, left };
}

it("every file is found, in byte order, and nothing else", async (t) => {
  const folder = aFolder(t, ["b/deep/er", "a", "c", ".hidden", "b.x"]);
  symlinkSync("/etc/passwd", join(folder, "link"));
  symlinkSync("/etc", join(folder, "b/folder"));
  execFileSync("mkfifo", [join(folder, "pipe")]);
  assert.deepEqual(await found(folder, []), {
    files: [".hidden", "a", "b/deep/er", "b.x", "c"],
    left: ["b/folder: it is a link", "link: it is a link", "pipe: it is neither file nor folder"],
  });
});

it("a folder below the root is not found through a link", async (t) => {
  const folder = aFolder(t, ["real/file"]);
  symlinkSync("real", join(folder, "link"));
  assert.deepEqual((await found(folder, ["real"])).files, ["real/file"]);
  assert.deepEqual(await found(folder, ["link"]), { files: [], left: [] });
  assert.deepEqual(await found(folder, ["none", "below"]), { files: [], left: [] });
});

it("a folder that becomes a link while it is walked leads nowhere else", async (t) => {
  const folder = aFolder(t, ["data/a", "data/b", "last/file", "elsewhere/a"]);
  const secret = aFolder(t, ["b", "file"]);
  const swap = (name: string) => {
    if (name !== "data/a") return;
    // The folder that is being walked and one that comes later are both put aside for links out.
    for (const each of ["data", "last"]) {
      renameSync(join(folder, each), join(folder, `${each}-aside`));
      symlinkSync(secret, join(folder, each));
    }
  };
  assert.deepEqual((await found(folder, [], swap)).files, ["data/a", "data/b", "elsewhere/a"]);
});

it("as many files are open at once as may be, and one that fails ends the walk", async (t) => {
  const folder = aFolder(t, ["a", "b/1", "b/2", "b/3", "b/4", "c"]);
  const isOpen = new Set<string>();
  let most = 0;
  const walk = (fails?: string) =>
    walkFiles(
      { root: folder, names: [] },
      {
        signal: new AbortController().signal,
        skipped: () => undefined,
        atOnce: 3,
        file: async ({ name, handle }) => {
          most = Math.max(most, isOpen.add(name).size);
          await handle.readFile();
          if (name === fails) throw new Error(`${name} failed`);
          isOpen.delete(name);
        },
      },
    );
  await walk();
  assert.equal(most, 3);
  await assert.rejects(walk("b/2"), /^Error: b\/2 failed$/);
});
