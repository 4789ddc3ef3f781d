// `npm run bench`: brings what the races need (environments, wrk) and runs them with the arguments given.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureEnvironment } from "../server/src/engine/images/environments.ts";
import { environmentLock } from "../server/src/engine/images/prepare.ts";
import { setupEnvironment } from "./python.ts";
import { execute } from "./steps.ts";
import { bringSystemPackages } from "./system.ts";

await bringSystemPackages({ forTests: false });
if (spawnSync("wrk", ["-v"]).error !== undefined) {
  console.error("The races send their requests with wrk, which is not here. One step needs root: apt-get install wrk");
  process.exit(1);
}
const progress = (line: string) => console.error(line);
const xgboost = await ensureEnvironment(environmentLock("xgboost"), { variables: process.env, progress });
const test = await setupEnvironment("test");
const peers = await setupEnvironment("peers");

const code = await execute({
  name: "races",
  command: [join(test, "bin/python"), "bench/run.py", ...process.argv.slice(2)],
  environment: {
    BENCH_PEERS: peers,
    BENCH_XGBOOST_PYTHON: join(xgboost.folder, "bin/python"),
    PYTHONDONTWRITEBYTECODE: "1",
  },
});
process.exit(code);
