// `npm run check`: what every commit has to pass. Format, lint, types, layers, generated files, fast tests.
import { globSync } from "node:fs";
import { root, runSteps, type Step } from "./steps.ts";

const node = process.execPath;
const unitTests = globSync("{contract,server,setup}/**/*.test.ts", { cwd: root });

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
  ...(unitTests.length === 0
    ? []
    : [{ name: "unit tests", command: [node, "--test", "--test-reporter=dot", ...unitTests] }]),
];

if (import.meta.main) await runSteps(checks);
