// Runs the suite of all backends on the docker backend, where an engine answers.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { machineImage } from "../suite/machine-image.ts";
import { registerSuite } from "../suite/suite.ts";
import { createDocker } from "./docker.ts";
import { socketPath } from "./engine.ts";
import { inspectEngine } from "./inspect.ts";

const { usable, findings } = await inspectEngine(socketPath(""));
if (usable) {
  const folder = mkdtempSync(join(tmpdir(), "docker-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  registerSuite({
    name: "docker",
    open: (path) => createDocker({ folder: path, address: "" }),
    image: machineImage(),
    folder,
    owner: [process.execPath, "--disable-warning=ExperimentalWarning", `${import.meta.dirname}/conformance-owner.ts`],
  });
} else {
  const missing = findings.filter(({ level }) => level === "missing");
  test("docker", { skip: missing.map(({ message, remedy }) => `${message} ${remedy}`).join(" ") }, () => undefined);
}
