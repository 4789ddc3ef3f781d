// Folders that a unit sees besides /opt/ml: its own, and those that others of the machine use too.
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { UnitRefused } from "../backend.ts";
import { type Candidate, Stand } from "./stand.ts";

export function mountCases(candidate: Candidate): void {
  test("mounts are writable or read-only as asked", async (t) => {
    const stand = new Stand(t, candidate);
    const source = `${stand.folder}-mounted`;
    for (const name of ["kept", "written"]) mkdirSync(`${source}/${name}`, { recursive: true });
    writeFileSync(`${source}/kept/file`, "as it was");
    const spec = stand.unit("echo new >/data/out/file; echo new >/data/in/file || cat /data/in/file", {
      mounts: [
        { source: `${source}/kept`, target: "/data/in", readOnly: true },
        { source: `${source}/written`, target: "/data/out" },
      ],
    });
    const run = await stand.run(stand.open(), spec);
    match(run.log, /as it was/);
    deepEqual(
      ["kept", "written"].map((name) => readFileSync(`${source}/${name}/file`, "utf8").trim()),
      ["as it was", "new"],
    );
  });

  test("a folder beside /opt/ml can be mounted, is the unit's to write, and goes with it", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const bare = stand.unit("cat /home/x/given; echo mine >/home/x/made");
    const source = join(await backend.reserve(bare), "../mounts/0");
    mkdirSync(source);
    writeFileSync(`${source}/given`, "as it was");
    const run = await stand.run(backend, { ...bare, mounts: [{ source, target: "/home/x" }] });
    match(run.log, /as it was/);
    equal(readFileSync(`${source}/made`, "utf8"), "mine\n");
    await backend.remove(bare.id);
    equal(existsSync(source), false);
  });

  test("a folder that others use keeps its owner, and takes no more than its permissions give", async (t) => {
    const stand = new Stand(t, candidate);
    const source = `${stand.folder}-shared`;
    mkdirSync(source);
    chmodSync(source, 0o777);
    writeFileSync(`${source}/file`, "as it was", { mode: 0o644 });
    const before = statSync(`${source}/file`).uid;
    const more = { mounts: [{ source, target: "/opt/ml/input/share", shared: true }] };
    const run = await stand.run(
      stand.open(),
      stand.unit("cat /opt/ml/input/share/file; echo new >/opt/ml/input/share/new", more),
    );
    deepEqual([run.end?.exitCode, run.log], [0, "as it was"]);
    deepEqual([readFileSync(`${source}/new`, "utf8"), statSync(`${source}/file`).uid], ["new\n", before]);
    chmodSync(source, 0o555);
    await rejects(stand.open().start(stand.unit("true", more)), (error) => {
      match(String(error), /cannot be written by the container/);
      return error instanceof UnitRefused;
    });
    chmodSync(source, 0o755);
  });
}
