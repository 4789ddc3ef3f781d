// `npm test`: on a fresh clone it brings what is missing, then checks the code, runs the slow suites of parts, and
// drives the whole server from outside with official clients. `--full` adds the long suites.
import { globSync } from "node:fs";
import { join } from "node:path";
import { checks } from "./check.ts";
import { setupEnvironment } from "./python.ts";
import { root, runSteps, type Step } from "./steps.ts";
import { bringSystemPackages } from "./system.ts";

/** Suites that take minutes: clients that sleep between two looks at a job, large objects, real limits of time. */
const long = ["tests/full", "tests/clients/test_estimators.py", "tests/clients/test_model_trainer.py"];
const isFull = process.argv.includes("--full");
const node = process.execPath;
const slowSuites = globSync("{contract,server,setup}/**/*.slow.ts", { cwd: root });

await bringSystemPackages();
const python = await setupEnvironment("test");
const awscli = await setupEnvironment("awscli");

const outside: Step = {
  name: "outside tests",
  command: [
    join(python, "bin/python"),
    "-m",
    "pytest",
    "-q",
    ...(isFull ? [] : ["-m", "not long", ...long.map((place) => `--ignore=${place}`)]),
    "tests",
    "images",
  ],
  environment: {
    AWS_CLI: join(awscli, "bin/aws"),
    PYTHONDONTWRITEBYTECODE: "1",
    // A handful without --full: see tests/faults/test_kill.py.
    ...(isFull ? { SAGEBRUSH_KILL_CYCLES: "200" } : {}),
  },
};

await runSteps([
  ...checks,
  {
    name: "suites of parts",
    command: [
      ...[node, "--test", "--test-timeout=1800000", "--test-concurrency=1", "--test-reporter=spec"],
      ...slowSuites,
    ],
  },
  outside,
]);
