// `npm run check`: what every commit has to pass. Format, lint, types, layers, generated files, fast tests.
import { globSync } from "node:fs";
import { join } from "node:path";
import { setupEnvironment } from "./python.ts";
import { root, runSteps, type Step } from "./steps.ts";

const node = process.execPath;
const unitTests = globSync("{contract,server,setup}/**/*.test.ts", { cwd: root });

const python = await setupEnvironment("test");
const program = (name: string) => join(python, "bin", name);

export const checks: readonly Step[] = [
  {
    name: "format and lint",
    command: [node, "node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."],
  },
  { name: "types", command: [node, "node_modules/typescript/bin/tsc", "-p", "."] },
  {
    name: "layers",
    command: [node, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs", "server", "contract"],
  },
  { name: "format of Python", command: [program("ruff"), "format", "--check", "--quiet", "."] },
  { name: "lint of Python", command: [program("ruff"), "check", "--quiet", "--no-cache", "."] },
  {
    name: "layers of images",
    command: [program("lint-imports"), "--no-cache", "--no-logo"],
    environment: { PYTHONPATH: root },
  },
  ...(unitTests.length === 0
    ? []
    : [
        { name: "unit tests", command: [node, "--test", "--test-timeout=300000", "--test-reporter=dot", ...unitTests] },
      ]),
];

if (import.meta.main) await runSteps(checks);
