import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fitToMachine, instanceSize } from "./instance-types.ts";

const GIB = 2 ** 30;

describe("instance types", () => {
  const sizes: Record<string, [cpus: number, gib: number, gpus: number]> = {
    "ml.t2.medium": [2, 4, 0],
    "ml.m4.xlarge": [4, 16, 0],
    "ml.m5.24xlarge": [96, 384, 0],
    "ml.c4.8xlarge": [36, 60, 0],
    "ml.c5.9xlarge": [36, 72, 0],
    "ml.r5.large": [2, 16, 0],
    "ml.p3.2xlarge": [8, 61, 1],
    "ml.p3dn.24xlarge": [96, 768, 8],
    "ml.g4dn.12xlarge": [48, 192, 4],
    "ml.m7i.2xlarge": [8, 32, 0],
  };
  for (const [type, [cpus, gib, gpus]] of Object.entries(sizes)) {
    it(type, () => assert.deepEqual(instanceSize(type), { cpus, memoryBytes: gib * GIB, gpus }));
  }
});

const laptop = { cpus: 4, memoryBytes: 8 * GIB, gpus: 0 };

it("a type larger than the machine is cut down and says so", () => {
  assert.deepEqual(fitToMachine("ml.p3.2xlarge", laptop, false), {
    size: laptop,
    notes: [
      "ml.p3.2xlarge means 8 CPUs where there are 4, 61 GiB of memory where there are 8, 1 GPUs where there are 0: " +
        "it runs with what this machine has. There is no GPU: this runs on the CPU.",
    ],
  });
});

it("strict refuses it and says what would be needed", () => {
  assert.match(fitToMachine("ml.m5.2xlarge", laptop, true).refusal ?? "", /8 CPUs where there are 4.*--capacity clamp/);
});
