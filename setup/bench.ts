// `npm run bench`: brings what the races need (environments, wrk) and runs them with the arguments given.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureEnvironment } from "../server/src/engine/images/environments.ts";
import { environmentLock } from "../server/src/engine/images/prepare.ts";
import { setupEnvironment } from "./python.ts";
import { execute } from "./steps.ts";
import { bringSystemPackages } from "./system.ts";

await bringSystemPackages({ forTests: false });
const missing = ["wrk", "nginx"].filter((program) => spawnSync(program, ["-v"]).error !== undefined);
if (missing.length > 0) {
  console.error(
    `The races need ${missing.join(" and ")} (requests are sent by wrk; nginx is a peer). One step needs root: apt-get install --no-install-recommends ${missing.join(" ")}`,
  );
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
