import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Observed, ObservedActivity, ObservedUnit, UnitEnd } from "../../../engine/job-kind.ts";
import { enter, type TrainingDocument, type TrainingRow, unitIdOf } from "./document.ts";
import { next, wants } from "./job.ts";

const NOW = 1_000_000;

/** A job in a phase, reached one second ago. */
function aTrainingJob(
  secondary: TrainingDocument["secondary"],
  more: Partial<TrainingDocument> = {},
  status = "InProgress",
): TrainingRow {
  const begun: TrainingDocument = {
    request: {
      TrainingJobName: "job",
      RoleArn: "arn:aws:iam::123456789012:role/R",
      AlgorithmSpecification: { TrainingImage: "xgboost:1", TrainingInputMode: "File" },
      InputDataConfig: [],
      OutputDataConfig: { S3OutputPath: "s3://b/out/" },
      ResourceConfig: { InstanceType: "ml.m5.large", InstanceCount: 1, VolumeSizeInGB: 1 },
      StoppingCondition: { MaxRuntimeInSeconds: 60 },
    },
    arn: "arn",
    id: "id",
    attempt: 1,
    secondary,
    transitions: [],
  };
  const isStarted = secondary !== "Starting";
  const document = enter(
    { ...begun, ...(isStarted ? { startedAt: NOW - 1000 } : {}), ...more },
    secondary,
    "",
    NOW - 1000,
  );
  return {
    kind: "sagemaker:training-job",
    scope: "123456789012/us-east-1",
    name: "job",
    version: 1,
    status,
    createdAt: 0,
    modifiedAt: 0,
    document,
  };
}

const anEnd = (exitCode: number): UnitEnd => ({ exitCode, outOfMemory: false, diskFull: false, at: NOW - 10 });

function seen(unit: Partial<ObservedUnit>, activity: ObservedActivity = { state: "idle" }): Observed {
  const whole: ObservedUnit = { phase: "absent", notes: [], dials: new Map(), metrics: new Map(), ...unit };
  return { unit: () => whole, activity: () => activity };
}

/** `status/secondary`, with the reason of a failure; or what else is done. */
function stepOf(row: TrainingRow, observed: Observed, now = NOW): string {
  const step = next(row, observed, now);
  if (step.do !== "store") return step.do === "wait" && step.until !== undefined ? `wait until ${step.until}` : step.do;
  const { secondary, failureReason } = step.document;
  return `${step.status}/${secondary}${failureReason === undefined ? "" : ` ${failureReason}`}`;
}

const stop = (hasRun: boolean, cause: "user" | "runtime" = "user") => ({ stop: { cause, hasRun } });
const done: ObservedActivity = { state: "done", result: {} };

describe("the next step of a training job", () => {
  const cases: Record<string, [TrainingRow, Observed, string]> = {
    "waits for capacity": [aTrainingJob("Starting"), seen({ phase: "waiting" }), "wait"],
    "downloads when there is capacity": [
      aTrainingJob("Starting"),
      seen({ phase: "reserved" }, { state: "running", startedAt: 0 }),
      "InProgress/Downloading",
    ],
    "trains at once when everything is there already": [
      aTrainingJob("Starting"),
      seen({ phase: "reserved" }, done),
      "InProgress/Training",
    ],
    "waits for the download, no longer than it may run": [
      aTrainingJob("Downloading"),
      seen({ phase: "reserved" }, { state: "running", startedAt: 0 }),
      `wait until ${NOW - 1000 + 60_000}`,
    ],
    "fails with the download": [
      aTrainingJob("Downloading"),
      seen({ phase: "reserved" }, { state: "failed", reason: "ClientError: nothing there" }),
      "Failed/Failed ClientError: nothing there",
    ],
    "fails when it can never run here": [
      aTrainingJob("Starting"),
      seen({ phase: "refused", reason: "too large" }),
      "Failed/Failed ClientError: too large",
    ],
    "uploads when the program is done": [
      aTrainingJob("Training"),
      seen({ phase: "ended", end: anEnd(0) }),
      "InProgress/Uploading",
    ],
    "uploads what there is when the program failed": [
      aTrainingJob("Training"),
      seen({ phase: "ended", end: anEnd(1) }),
      "InProgress/Uploading",
    ],
    "is completed when everything is uploaded": [
      aTrainingJob("Uploading", { end: anEnd(0) }),
      seen({ phase: "ended", end: anEnd(0) }, done),
      "Completed/Completed",
    ],
    "fails with the program's own words": [
      aTrainingJob("Uploading", { end: anEnd(1) }),
      seen({ phase: "ended", end: anEnd(1) }, { state: "done", result: { failure: "the label is missing" } }),
      "Failed/Failed AlgorithmError: the label is missing",
    ],
    "fails with the exit code when the program said nothing": [
      aTrainingJob("Uploading", { end: { ...anEnd(137), signal: "SIGKILL" } }),
      seen({ phase: "ended" }, done),
      "Failed/Failed AlgorithmError: Exit code: 137. The program was ended by SIGKILL. The job's log (group /aws/sagemaker/TrainingJobs, stream job/algo-1-999) shows what it printed.",
    ],
    "tells that memory was short": [
      aTrainingJob("Uploading", { end: { ...anEnd(137), outOfMemory: true } }),
      seen({ phase: "ended" }, done),
      "Failed/Failed AlgorithmError: The program used more memory than ml.m5.large has (8 GiB) and was ended, exit code: 137. Use a larger instance type or keep less data in memory at once.",
    ],
    "begins again when the instance is lost": [
      aTrainingJob("Training"),
      seen({ phase: "lost" }),
      "InProgress/Starting",
    ],
    "fails when instances are lost again and again": [
      aTrainingJob("Training", { attempt: 6 }),
      seen({ phase: "lost" }),
      "Failed/Failed InternalServerError: The instance was lost 6 times.",
    ],
    "is over at once when stopped before it ran": [
      aTrainingJob("Stopping", stop(false), "Stopping"),
      seen({ phase: "reserved" }),
      "Stopped/Stopped",
    ],
    "waits for the program to end when stopped": [
      aTrainingJob("Stopping", stop(true), "Stopping"),
      seen({ phase: "running" }),
      "wait",
    ],
    "uploads the model when stopped": [
      aTrainingJob("Stopping", stop(true), "Stopping"),
      seen({ phase: "ended", end: anEnd(143) }),
      "Stopping/Uploading",
    ],
    "is stopped when the model is uploaded, whatever the exit code": [
      aTrainingJob("Uploading", { ...stop(true), end: anEnd(143) }, "Stopping"),
      seen({ phase: "ended" }, done),
      "Stopped/Stopped",
    ],
    "says that its time was over": [
      aTrainingJob("Uploading", { ...stop(true, "runtime"), end: anEnd(143) }, "Stopping"),
      seen({ phase: "ended" }, done),
      "Stopped/MaxRuntimeExceeded",
    ],
    "is stopped when the instance is lost while it stops": [
      aTrainingJob("Stopping", stop(true), "Stopping"),
      seen({ phase: "lost" }),
      "Stopped/Stopped",
    ],
  };
  for (const [sentence, [row, observed, step]] of Object.entries(cases)) {
    it(sentence, () => assert.equal(stepOf(row, observed), step));
  }

  it("is stopped when it has run as long as it may", () => {
    assert.equal(stepOf(aTrainingJob("Training"), seen({ phase: "running" }), NOW + 59_000), "Stopping/Stopping");
  });
});

describe("what a training job wants", () => {
  const cases: Record<string, [TrainingRow, string]> = {
    "room and its data while it starts": [aTrainingJob("Starting"), "reserved download"],
    "its program while it trains": [aTrainingJob("Training"), "running"],
    "its folder while it uploads": [aTrainingJob("Uploading"), "stopped upload"],
    "its program ended when it is stopped": [aTrainingJob("Stopping", stop(true), "Stopping"), "stopped"],
    "nothing when it is stopped before it ran": [aTrainingJob("Stopping", stop(false), "Stopping"), ""],
  };
  for (const [sentence, [row, expected]] of Object.entries(cases)) {
    it(sentence, () => {
      const { units, activities } = wants(row);
      const all = [...units.map(({ want }) => want), ...activities.map(({ name }) => name)];
      assert.equal(all.join(" "), expected);
    });
  }

  it("another attempt is another unit with its own log stream", () => {
    const [first, second] = [aTrainingJob("Training"), aTrainingJob("Training", { attempt: 2 })].map(
      (row) => wants(row).units[0],
    );
    assert.notEqual(first?.id, second?.id);
    assert.notEqual(first?.log.stream, second?.log.stream);
    assert.equal(second?.id, unitIdOf(aTrainingJob("Training", { attempt: 2 }).document));
  });
});

describe("a training job while the clock is set", () => {
  const HOUR = 3_600_000;
  const started = { startedAt: NOW - 1000, startedSteady: 5000 };
  const running = (now: number, steady: number) =>
    next(aTrainingJob("Training", started), seen({ phase: "running" }), now, steady);

  it("is not ended by a clock that is set forward, and is by its limit when that has passed", () => {
    assert.deepEqual(running(NOW + HOUR, 6000), { do: "wait", until: 65_000 });
    const step = running(NOW - HOUR, 65_000);
    assert.equal(step.do === "store" && step.document.secondary, "Stopping");
  });

  it("has times that do not go back, and the duration it had", () => {
    const row = aTrainingJob("Uploading", { ...started, end: anEnd(0) });
    const step = next(row, seen({ phase: "ended" }, done), NOW - HOUR, 15_000);
    assert.ok(step.do === "store");
    const { endedAt, endedSteady, transitions } = step.document;
    assert.deepEqual([endedAt, endedSteady], [NOW - 1000, 15_000]);
    assert.deepEqual(
      transitions.map(({ StartTime }) => StartTime),
      [(NOW - 1000) / 1000, (NOW - 1000) / 1000],
    );
  });
});
