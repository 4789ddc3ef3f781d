// `npm run bench`: brings what the races named need (environments, peers, wrk) and runs them with the arguments given.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runChecked } from "../server/src/engine/images/command.ts";
import { ensureEnvironment } from "../server/src/engine/images/environments.ts";
import { cacheFolder } from "../server/src/engine/images/folders.ts";
import { environmentLock } from "../server/src/engine/images/prepare.ts";
import { setupEnvironment } from "./python.ts";
import { execute } from "./steps.ts";
import { bringSystemPackages } from "./system.ts";

const VERSITYGW = "v1.8.0";

const args = process.argv.slice(2);
// Options begin with a dash and their values are numbers; what begins with a letter is a race. None named is all.
const named = args.filter((argument) => /^[a-z]/.test(argument));
const runs = (race: string) => named.length === 0 || named.includes(race);
const progress = (line: string) => console.error(line);

/** Path of the gateway, built from its source once. */
async function ensureVersitygw(): Promise<string> {
  const folder = join(cacheFolder(process.env), `versitygw-${VERSITYGW}`);
  const program = join(folder, "versitygw");
  if (existsSync(program)) return program;
  progress(`Building versitygw ${VERSITYGW} (once, some minutes) ...`);
  const command = ["go", "install", `github.com/versity/versitygw/cmd/versitygw@${VERSITYGW}`];
  await runChecked(command, { environment: { GOBIN: folder } });
  return program;
}

await bringSystemPackages({ forTests: false });
const missing = ["wrk", "nginx"].filter((program) => spawnSync(program, ["-v"]).error !== undefined);
if (missing.length > 0) {
  console.error(
    `The races need ${missing.join(" and ")} (requests are sent by wrk; nginx is a peer). One step needs root: apt-get install --no-install-recommends ${missing.join(" ")}`,
  );
  process.exit(1);
}
if (runs("s3") && spawnSync("go", ["version"]).error !== undefined) {
  console.error("The race s3 needs Go 1.25 or newer on the PATH: its peer versitygw is built from source.");
  process.exit(1);
}
const xgboost = await ensureEnvironment(environmentLock("xgboost"), { variables: process.env, progress });
const test = await setupEnvironment("test");
const peers = {
  BENCH_PEERS: await setupEnvironment("peers"),
  ...(runs("serving") && {
    BENCH_MLSERVER: await setupEnvironment("mlserver"),
    BENCH_BENTOML: await setupEnvironment("bentoml"),
  }),
  ...(runs("s3") && { BENCH_VERSITYGW: await ensureVersitygw() }),
};

const code = await execute({
  name: "races",
  command: [join(test, "bin/python"), "bench/run.py", ...args],
  environment: {
    ...peers,
    BENCH_XGBOOST_PYTHON: join(xgboost.folder, "bin/python"),
    PYTHONDONTWRITEBYTECODE: "1",
  },
});
process.exit(code);
