import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { PreparedImage } from "../backend.ts";
import { Spares } from "./spares.ts";

const image: PreparedImage = {
  id: "any",
  mounts: [],
  entrypoint: [],
  command: [],
  environment: {},
  workingDirectory: "/",
  canWait: true,
};

test("a spare that can neither be made nor removed, as on a disk that takes nothing, is told of", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "spares-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "no-folder");
  writeFileSync(file, "");
  const told = new EventTarget();
  const hears = once(told, "error");
  const spares = new Spares(
    file,
    () => Promise.reject(new Error("no room")),
    async () => undefined,
    () => told.dispatchEvent(new Event("error")),
  );
  await assert.rejects(spares.warm(image, "isolated", 1), { message: "no room" });
  await hears;
});
