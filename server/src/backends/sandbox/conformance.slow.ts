// Runs the suite of all backends on the sandbox, as whoever runs it and, when that is root, again as on other machines.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { machineImage } from "../suite/machine-image.ts";
import { registerSuite } from "../suite/suite.ts";
import { registerInternetCases } from "./internet-cases.ts";
import { registerOtherMachines } from "./other-machines.ts";
import { onPath } from "./processes.ts";
import { registerRestartCases } from "./restart-cases.ts";
import { createSandbox } from "./sandbox.ts";
import { registerSandboxCases } from "./sandbox-cases.ts";
import { registerSupervisorCases } from "./supervisor-cases.ts";

const options = ["--disable-warning=ExperimentalWarning"];

const isRoot = process.getuid?.() === 0;
if (onPath("bwrap")) {
  const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  const candidate = {
    name: isRoot ? "sandbox as root" : "sandbox as an ordinary user",
    open: (path: string) => createSandbox({ folder: path }),
    image: machineImage(),
    folder,
    owner: [process.execPath, ...options, `${import.meta.dirname}/conformance-owner.ts`],
  };
  registerSuite(candidate);
  registerSandboxCases(candidate);
  registerSupervisorCases(candidate);
  registerRestartCases(candidate);
  registerInternetCases(candidate);
} else {
  test("sandbox", { skip: "bubblewrap is not installed: sudo apt-get install bubblewrap" }, () => undefined);
}

// On another machine the suite does not go on to others again.
if (process.env["SAGEBRUSH_OTHER_MACHINE"] === undefined) registerOtherMachines(options, import.meta.filename);
