// The conformance suite: what the engine relies on, the same for every backend.
import { describe } from "node:test";
import { imageCases } from "./images.ts";
import { lifeCases, surroundingCases } from "./life.ts";
import { limitCases } from "./limits.ts";
import { logCases } from "./logs.ts";
import { mountCases } from "./mounts.ts";
import { groupCases, networkCases } from "./network.ts";
import { restartCases } from "./restart.ts";
import { spareCases } from "./spares.ts";
import type { Candidate } from "./stand.ts";
import { stopCases } from "./stop.ts";

export function registerSuite(candidate: Candidate): void {
  describe(candidate.name, { concurrency: 2 }, () => {
    lifeCases(candidate);
    surroundingCases(candidate);
    mountCases(candidate);
    stopCases(candidate);
    logCases(candidate);
    limitCases(candidate);
    networkCases(candidate);
    groupCases(candidate);
    restartCases(candidate);
    spareCases(candidate);
    imageCases(candidate);
  });
}
