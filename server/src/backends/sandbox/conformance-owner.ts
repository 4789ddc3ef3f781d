// A server in the small, for the conformance suite to kill: opens the sandbox on a folder, starts one unit, waits.
import type { UnitSpec } from "../backend.ts";
import { createSandbox } from "./sandbox.ts";

const [folder = "", spec = ""] = process.argv.slice(2);
await createSandbox({ folder }).start(JSON.parse(spec) as UnitSpec);
process.stdout.write("started\n");
setInterval(() => undefined, 60_000); // until it is killed
