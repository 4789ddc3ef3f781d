import { deepEqual } from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { stageFor } from "./stage.ts";

test("only what others cannot reach is staged, and paths below it move with it", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "stage-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o700);
  const hidden = join(folder, "with space");
  mkdirSync(hidden);
  const stage = stageFor(["/usr", hidden]);
  deepEqual(
    { at: ["/usr/bin", `${hidden}/x`].map(stage.at), fstab: stage.fstab },
    {
      at: ["/usr/bin", `${stage.place}/0/x`],
      fstab: `${hidden.replace(" ", "\\040")} ${stage.place}/0 none rbind,X-mount.mkdir 0 0\n`,
    },
  );
});
