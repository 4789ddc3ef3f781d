// A server in the small, for the conformance suite to kill: opens the docker backend on a folder, starts one unit, waits.
import type { UnitSpec } from "../backend.ts";
import { createDocker } from "./docker.ts";

const [folder = "", spec = ""] = process.argv.slice(2);
await createDocker({ folder, address: "" }).start(JSON.parse(spec) as UnitSpec);
process.stdout.write("started\n");
setInterval(() => undefined, 60_000); // until it is killed
