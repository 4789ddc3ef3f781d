// An uplink whose program fails; those that work are in internet-cases.ts.
import { equal, rejects } from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { makeUplink } from "./uplinks.ts";

const programs: Readonly<Record<string, readonly [script: string, reason: RegExp]>> = {
  "a program that never gets ready is ended, and that is the reason": [
    'echo $$ >"$(dirname "$0")/process"; exec sleep 100',
    /not ready after 0\.5 s/,
  ],
  "a program that fails gives its own reason": ['echo "no such device" >&2; exit 1', /no such device/],
};

for (const [sentence, [script, reason]] of Object.entries(programs))
  test(sentence, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "uplinks-"));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "slirp4netns"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const path = process.env["PATH"];
    t.after(() => {
      process.env["PATH"] = path;
    });
    process.env["PATH"] = `${folder}:${path}`;
    const uplink = { program: "slirp4netns", inside: "nft", outside: "nft" } as const;
    await rejects(makeUplink(uplink, process.pid, 0.5), reason);
    const id = existsSync(join(folder, "process")) ? readFileSync(join(folder, "process"), "utf8").trim() : "none";
    equal(existsSync(`/proc/${id}`), false);
  });
