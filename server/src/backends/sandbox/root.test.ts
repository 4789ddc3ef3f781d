import { deepEqual } from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { imageArguments, imageHas } from "./root.ts";

function aTree(t: { after(done: () => void): void }, files: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "root-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const file of files) {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), "");
  }
  return folder;
}

test("a folder is mounted as it is, a link is made again, parents come first", (t) => {
  const tree = aTree(t, ["usr/bin/sh", "deep/x"]);
  symlinkSync("usr/bin", join(tree, "bin"));
  const mounts = [
    { source: join(tree, "deep"), target: "/usr/share/deep" },
    { source: join(tree, "bin"), target: "/bin" },
  ];
  deepEqual(imageArguments(mounts, []), [
    ...["--symlink", "usr/bin", "/bin"],
    ...["--ro-bind", join(tree, "deep"), "/usr/share/deep"],
  ]);
});

test("a whole root is opened up where the platform mounts over a place it lacks", (t) => {
  const tree = aTree(t, ["usr/bin/sh", "opt/program/train", "etc/passwd", "tmp/left", "root/.profile"]);
  deepEqual(imageArguments([{ source: tree, target: "/" }], ["/data/in"]), [
    ...["--dir", "/etc", "--ro-bind", join(tree, "etc/passwd"), "/etc/passwd"],
    ...["--dir", "/opt", "--ro-bind", join(tree, "opt/program"), "/opt/program"],
    ...["--ro-bind", join(tree, "usr"), "/usr"],
  ]);
});

test("an image that brings a file is told from one that does not", (t) => {
  const mounts = [{ source: aTree(t, ["etc/passwd"]), target: "/" }];
  deepEqual(
    ["/etc/passwd", "/etc/group", "/etc"].map((path) => imageHas(mounts, path)),
    [true, false, false],
  );
});
