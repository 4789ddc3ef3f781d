// Runs the suite of all backends on the docker backend, where an engine answers.
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { machineImage } from "../suite/machine-image.ts";
import { registerSuite } from "../suite/suite.ts";
import { createDocker } from "./docker.ts";
import { connectEngine, socketPath } from "./engine.ts";
import { Images } from "./images.ts";
import { inspectEngine } from "./inspect.ts";
import { serverId } from "./sweep.ts";

/** How layers make a root is the engine's affair; no tool that builds images writes these. */
const skips = {
  spares: "this backend keeps none (docs/decisions/0021-docker.md)",
  "a whiteout does not hide what its own layer brings, in whatever order": "Podman refuses such a layer",
  "a hard link is the same file, over layers too": "engines unpack each layer by itself, and refuse such a link",
  "what is written through a link of a lower layer stays inside": "engines put a folder in the place of the link",
  "devices are left out": "engines make them; a container may not open them",
};

const { usable, findings } = await inspectEngine(socketPath(""));
if (usable) {
  const folder = mkdtempSync(join(tmpdir(), "docker-"));
  const servers = new Set<string>();
  test.after(async () => {
    const engine = connectEngine(socketPath(""));
    for (const server of servers) await new Images({ engine, server, folder }).sweep(new Set(), 0);
    rmSync(folder, { recursive: true, force: true });
  });
  registerSuite({
    name: "docker",
    open: (path) => {
      const backend = createDocker({ folder: path, address: "" });
      servers.add(serverId(realpathSync(path)));
      return backend;
    },
    image: machineImage(),
    folder,
    skips,
    owner: [process.execPath, "--disable-warning=ExperimentalWarning", `${import.meta.dirname}/conformance-owner.ts`],
  });
} else {
  const missing = findings.filter(({ level }) => level === "missing");
  test("docker", { skip: missing.map(({ message, remedy }) => `${message} ${remedy}`).join(" ") }, () => undefined);
}
