import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CreateTrainingJobRequest } from "../../../../../contract/sagemaker/types.ts";
import type { Observed, ObservedActivity, ObservedUnit, UnitEnd } from "../../../engine/job-kind.ts";
import { enter, hostsOf, type TrainingDocument, type TrainingRow } from "./document.ts";
import { next } from "./job.ts";
import { interrupt, interruptionProblem } from "./spot.ts";
import { wants } from "./wants.ts";

const NOW = 1_000_000;
/** When every job below got its instances. */
const STARTED = NOW - 1000;

const request: CreateTrainingJobRequest = {
  TrainingJobName: "job",
  RoleArn: "arn:aws:iam::123456789012:role/R",
  AlgorithmSpecification: { TrainingImage: "xgboost:1", TrainingInputMode: "File" },
  InputDataConfig: [],
  OutputDataConfig: { S3OutputPath: "s3://b/out/" },
  ResourceConfig: { InstanceType: "ml.m5.large", InstanceCount: 1, VolumeSizeInGB: 1 },
  StoppingCondition: { MaxRuntimeInSeconds: 60 },
};

const two = { ...request, ResourceConfig: { ...request.ResourceConfig, InstanceCount: 2 } };
const withCheckpoints = { ...request, CheckpointConfig: { S3Uri: "s3://b/ckpt" } };
const spot = {
  ...withCheckpoints,
  EnableManagedSpotTraining: true,
  StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 600 },
};
const retried = { ...request, RetryStrategy: { MaximumRetryAttempts: 2 } };

/** A job in a phase, reached one second ago, like its instances and its programs' start. */
function aTrainingJob(
  secondary: TrainingDocument["secondary"],
  more: Partial<TrainingDocument> = {},
  status = "InProgress",
): TrainingRow {
  const begun: TrainingDocument = {
    request,
    arn: "arn",
    id: "id",
    attempt: 1,
    secondary,
    transitions: [],
    createdSteady: STARTED,
  };
  const started = { startedAt: STARTED, startedSteady: STARTED, held: { beforeMs: 0, since: STARTED } };
  const running = secondary === "Downloading" ? {} : { runningSince: STARTED };
  const isStarted = secondary !== "Starting";
  const document = enter(
    { ...begun, ...(isStarted ? { ...started, ...running } : {}), ...more },
    secondary,
    "",
    STARTED,
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

const anEnd = (exitCode: number, at = NOW - 10): UnitEnd => ({ exitCode, outOfMemory: false, diskFull: false, at });
const ended = (exitCode: number, at?: number): Partial<ObservedUnit> => ({ phase: "ended", end: anEnd(exitCode, at) });
const is = (phase: ObservedUnit["phase"]): Partial<ObservedUnit> => ({ phase });

/** What is seen of the hosts in order, and of activities by name, the same for each host. */
function seen(
  units: Partial<ObservedUnit> | readonly Partial<ObservedUnit>[],
  activities: ObservedActivity | Readonly<Record<string, ObservedActivity>> = { state: "idle" },
): Observed {
  const all = "length" in units ? (units as readonly Partial<ObservedUnit>[]) : [units as Partial<ObservedUnit>];
  const whole = (unit: Partial<ObservedUnit> = {}): ObservedUnit => ({
    phase: "absent",
    notes: [],
    dials: new Map(),
    metrics: new Map(),
    ...unit,
  });
  const byName = "state" in activities ? undefined : (activities as Readonly<Record<string, ObservedActivity>>);
  return {
    unit: (id) => whole(all[Number(/-algo-(\d+)$/.exec(id)?.[1]) - 1]),
    activity: (name) =>
      byName ? (byName[name] ?? { state: "running", startedAt: 0 }) : (activities as ObservedActivity),
  };
}

/** `status/secondary`, with the reason of a failure; or what else is done. */
function stepOf(row: TrainingRow, observed: Observed, now = NOW, interruptEverySeconds = 0): string {
  const step = next(row, observed, now, now, { interruptEverySeconds });
  if (step.do !== "store") return step.do === "wait" && step.until !== undefined ? `wait until ${step.until}` : step.do;
  const { secondary, failureReason, failing, attempt } = step.document;
  const again = attempt === row.document.attempt ? "" : ` again`;
  const isFailing = failing && step.status !== "Failed" && secondary !== "Uploading" ? " failing" : "";
  return `${step.status}/${secondary}${again}${isFailing}${failureReason === undefined ? "" : ` ${failureReason}`}`;
}

const stop = (hasRun: boolean, cause: "user" | "runtime" | "wait" = "user") => ({ stop: { cause, hasRun } });
const done: ObservedActivity = { state: "done", result: {} };
const failed = (reason: string): ObservedActivity => ({ state: "failed", reason });
const busy: ObservedActivity = { state: "running", startedAt: 0 };
const logs = "The job's log (group /aws/sagemaker/TrainingJobs, stream job/algo";

/** [what is stored, what is observed, the step, seconds later, interruptions by policy every so many seconds]. */
type Case = readonly [TrainingRow, Observed, string, secondsLater?: number, everySeconds?: number];

function check(cases: Readonly<Record<string, Case>>): void {
  for (const [sentence, [row, observed, step, secondsLater = 0, every = 0]] of Object.entries(cases))
    it(sentence, () => assert.equal(stepOf(row, observed, NOW + secondsLater * 1000, every), step));
}

describe("the next step of a training job", () => {
  const uploading = (more: Partial<TrainingDocument>, status?: string) => aTrainingJob("Uploading", more, status);
  check({
    "waits for capacity": [aTrainingJob("Starting"), seen(is("waiting")), "wait"],
    "downloads when there is capacity": [
      aTrainingJob("Starting"),
      seen(is("reserved"), busy),
      "InProgress/Downloading",
    ],
    "trains at once when everything is there already": [
      aTrainingJob("Starting"),
      seen(is("reserved"), done),
      "InProgress/Training",
    ],
    "waits for the download, no longer than it may run": [
      aTrainingJob("Downloading"),
      seen(is("reserved"), busy),
      `wait until ${STARTED + 60_000}`,
    ],
    "fails with the download": [
      aTrainingJob("Downloading"),
      seen(is("reserved"), failed("ClientError: nothing there")),
      "Failed/Failed ClientError: nothing there",
    ],
    "waits for its checkpoints too": [
      aTrainingJob("Downloading", { request: withCheckpoints }),
      seen(is("reserved"), { download: done }),
      `wait until ${STARTED + 60_000}`,
    ],
    "fails when its checkpoints cannot be read": [
      aTrainingJob("Downloading", { request: withCheckpoints }),
      seen(is("reserved"), { download: done, restore: failed("ClientError: denied") }),
      "Failed/Failed ClientError: denied",
    ],
    "fails when it can never run here": [
      aTrainingJob("Starting"),
      seen({ phase: "refused", reason: "too large" }),
      "Failed/Failed ClientError: too large",
    ],
    "waits while its program runs, as long as it may": [
      aTrainingJob("Training"),
      seen(is("running")),
      `wait until ${STARTED + 60_000}`,
    ],
    "uploads when the program is done": [aTrainingJob("Training"), seen(ended(0)), "InProgress/Uploading"],
    "uploads what there is when the program failed": [aTrainingJob("Training"), seen(ended(1)), "InProgress/Uploading"],
    "waits with that for the last checkpoints": [
      aTrainingJob("Training", { request: withCheckpoints }),
      seen(ended(0), busy),
      "wait",
    ],
    "uploads when they are in S3": [
      aTrainingJob("Training", { request: withCheckpoints }),
      seen(ended(0), done),
      "InProgress/Uploading",
    ],
    "ends its program when checkpoints cannot be written": [
      aTrainingJob("Training", { request: withCheckpoints }),
      seen(is("running"), failed("ClientError: denied")),
      "InProgress/Training failing",
    ],
    "is completed when everything is uploaded": [
      uploading({ end: anEnd(0) }),
      seen(ended(0), done),
      "Completed/Completed",
    ],
    "fails with the program's own words": [
      uploading({ end: anEnd(1) }),
      seen(ended(1), { upload: { state: "done", result: { failure: "the label is missing" } } }),
      "Failed/Failed AlgorithmError: the label is missing",
    ],
    "fails with the exit code when the program said nothing": [
      uploading({ end: { ...anEnd(137), signal: "SIGKILL" } }),
      seen(is("ended"), done),
      `Failed/Failed AlgorithmError: Exit code: 137. The program was ended by SIGKILL. ${logs}-1-999) shows what it printed.`,
    ],
    "tells that memory was short": [
      uploading({ end: { ...anEnd(137), outOfMemory: true } }),
      seen(is("ended"), done),
      "Failed/Failed AlgorithmError: The program used more memory than ml.m5.large has (8 GiB) and was ended, exit code: 137. Use a larger instance type or keep less data in memory at once.",
    ],
    "fails for the reason that ended its program": [
      uploading({ end: anEnd(143), failing: { reason: "ClientError: denied" } }),
      seen(is("ended"), done),
      "Failed/Failed ClientError: denied",
    ],
    "begins again when what it was given was cut short": [
      uploading({ end: anEnd(0) }),
      seen(ended(0), { upload: { state: "done", result: { cut: true } } }),
      "InProgress/Starting again",
    ],
  });
});

describe("a training job whose instances are lost", () => {
  check({
    "begins again": [aTrainingJob("Training"), seen(is("lost")), "InProgress/Starting again"],
    "fails when it happens again and again": [
      aTrainingJob("Training", { attempt: 9, losses: 5 }),
      seen(is("lost")),
      "Failed/Failed InternalServerError: The instance was lost 6 times.",
    ],
    "begins again more often with a retry strategy": [
      aTrainingJob("Training", { losses: 6, request: retried }),
      seen(is("lost")),
      "InProgress/Starting again",
    ],
    "begins again with a retry strategy after any fault of the platform": [
      aTrainingJob("Uploading", { end: anEnd(0), losses: 1, request: retried }),
      seen(ended(0), failed("InternalServerError: the disk")),
      "InProgress/Starting again",
    ],
    "fails when the retries are over": [
      aTrainingJob("Uploading", { losses: 2, request: retried }),
      seen(ended(0), failed("InternalServerError: the disk")),
      "Failed/Failed InternalServerError: the disk",
    ],
    "is not tried again after a fault of the caller": [
      aTrainingJob("Downloading", { request: retried }),
      seen(is("reserved"), failed("ClientError: nothing there")),
      "Failed/Failed ClientError: nothing there",
    ],
    "may run as long in all as it might have at once": [
      aTrainingJob("Training", { held: { beforeMs: 50_000, since: STARTED } }),
      seen(is("running")),
      `wait until ${STARTED + 10_000}`,
    ],
  });
});

describe("a training job that is stopped", () => {
  const stopping = (more: Partial<TrainingDocument> = {}) =>
    aTrainingJob("Stopping", { ...stop(true), ...more }, "Stopping");
  const uploading = (more: Partial<TrainingDocument>) =>
    aTrainingJob("Uploading", { end: anEnd(143), ...more }, "Stopping");
  check({
    "is over at once when it did not run yet": [stopping(stop(false)), seen(is("reserved")), "Stopped/Stopped"],
    "waits for the program to end": [stopping(), seen(is("running")), "wait"],
    "waits for the programs of all hosts": [stopping({ request: two }), seen([ended(143), is("running")]), "wait"],
    "uploads the model": [stopping(), seen(ended(143)), "Stopping/Uploading"],
    "uploads what those left that ran": [
      stopping({ request: two }),
      seen([ended(143), is("lost")]),
      "Stopping/Uploading",
    ],
    "waits with that for the last checkpoints": [
      stopping({ request: withCheckpoints }),
      seen(ended(143), busy),
      "wait",
    ],
    "is over when the model is uploaded, whatever the exit code": [
      uploading(stop(true)),
      seen(is("ended"), done),
      "Stopped/Stopped",
    ],
    "says that its time was over": [
      uploading(stop(true, "runtime")),
      seen(is("ended"), done),
      "Stopped/MaxRuntimeExceeded",
    ],
    "says that it waited too long": [
      uploading(stop(true, "wait")),
      seen(is("ended"), done),
      "Stopped/MaxWaitTimeExceeded",
    ],
    "is over when the instance is lost meanwhile": [stopping(), seen(is("lost")), "Stopped/Stopped"],
    "stops itself when it has run as long as it may": [
      aTrainingJob("Training"),
      seen(is("running")),
      "Stopping/Stopping",
      59,
    ],
    "fails when a program had failed before": [
      uploading({ ...stop(true), end: anEnd(3), failing: {} }),
      seen(is("ended"), done),
      `Failed/Failed AlgorithmError: Exit code: 3. ${logs}-1-999) shows what it printed.`,
    ],
  });
});

describe("a training job on two hosts", () => {
  const training = (more: Partial<TrainingDocument> = {}) => aTrainingJob("Training", { request: two, ...more });
  check({
    "waits until both have room": [
      aTrainingJob("Starting", { request: two }),
      seen([is("reserved"), is("waiting")], done),
      "wait",
    ],
    "trains when both have their data": [
      aTrainingJob("Starting", { request: two }),
      seen([is("reserved"), is("reserved")], done),
      "InProgress/Training",
    ],
    "waits for the other when one is done": [
      training(),
      seen([ended(0), is("running")]),
      `wait until ${STARTED + 60_000}`,
    ],
    "uploads when both are done": [training(), seen([ended(0), ended(0)]), "InProgress/Uploading"],
    "ends the other when one has failed": [training(), seen([is("running"), ended(1)]), "InProgress/Training failing"],
    "waits until the other has ended": [training({ failing: {} }), seen([is("running"), ended(1)]), "wait"],
    "uploads then": [training({ failing: {} }), seen([ended(143), ended(1)]), "InProgress/Uploading"],
    "begins again when one of them is lost": [
      training(),
      seen([is("running"), is("lost")]),
      "InProgress/Starting again",
    ],
    "fails when one has failed and the other is lost": [
      training({ failing: {} }),
      seen([ended(1), is("lost")]),
      "InProgress/Uploading",
    ],
    "names the host that failed": [
      aTrainingJob("Uploading", { request: two, end: anEnd(1), endHost: "algo-2", failing: {} }),
      seen([ended(143), ended(1)], done),
      `Failed/Failed AlgorithmError: Exit code: 1. ${logs}-2-999) shows what it printed.`,
    ],
  });

  it("failed as the first of its programs did, and has the last numbers that any of them printed", () => {
    const metrics = (value: number, at: number) => new Map([["loss", { value, at }]]);
    const hosts = [
      { ...ended(143, NOW - 5), metrics: metrics(1, NOW - 20) },
      { ...ended(7, NOW - 10), metrics: metrics(2, NOW - 15) },
    ];
    const step = next(training({ failing: {} }), seen(hosts), NOW);
    assert.ok(step.do === "store");
    const { end, endHost, endedHosts, metrics: last } = step.document;
    assert.deepEqual([end?.exitCode, endHost, endedHosts], [7, "algo-2", ["algo-1", "algo-2"]]);
    assert.deepEqual(last, [{ MetricName: "loss", Value: 2, Timestamp: (NOW - 15) / 1000 }]);
  });
});

describe("a training job on spot instances", () => {
  const training = aTrainingJob("Training", { request: spot });
  const interrupted = aTrainingJob("Interrupted", { request: spot, held: { beforeMs: 1000 } });
  check({
    "is interrupted by the policy": [training, seen(is("running")), "InProgress/Interrupted", 9, 10],
    "is left alone before": [training, seen(is("running")), `wait until ${STARTED + 10_000}`, 8, 10],
    "is left alone without spot instances": [
      aTrainingJob("Training"),
      seen(is("running")),
      `wait until ${STARTED + 60_000}`,
      9,
      10,
    ],
    "waits for its program to end": [interrupted, seen(is("running")), `wait until ${STARTED + 600_000}`],
    "waits for its last checkpoints": [interrupted, seen(ended(143), busy), `wait until ${STARTED + 600_000}`],
    "begins again then, however its program ended": [interrupted, seen(ended(0), done), "InProgress/Starting again"],
    "begins again at once when no program ran yet": [
      aTrainingJob("Interrupted", { request: spot, runningSince: undefined as never }),
      seen(is("reserved"), busy),
      "InProgress/Starting again",
    ],
    "fails when the last checkpoints cannot be written": [
      interrupted,
      seen(ended(143), failed("ClientError: denied")),
      "Failed/Failed ClientError: denied",
    ],
    "is over when it got no capacity in the time it may wait": [
      aTrainingJob("Starting", { request: spot }),
      seen(is("waiting")),
      "Stopping/Stopping",
      599,
    ],
    "is stopped when that time passes while it runs": [
      aTrainingJob("Training", { request: spot, held: { beforeMs: 0, since: NOW + 590_000 } }),
      seen(is("running")),
      "Stopping/Stopping",
      599,
    ],
    "is stopped when that time passes while it is interrupted": [
      interrupted,
      seen(is("running")),
      "Stopping/Stopping",
      599,
    ],
  });

  it("is not billed while it is interrupted, and begins anew with nothing of the attempt before", () => {
    const taken = interrupt(training.document, { now: NOW, steady: NOW });
    assert.deepEqual(taken.held, { beforeMs: 1000 });
    const step = next({ ...training, document: taken }, seen(ended(143), done), NOW + 5000, NOW + 5000);
    assert.ok(step.do === "store");
    const { attempt, held, runningSince, secondary, transitions } = step.document;
    assert.deepEqual([attempt, held, runningSince, secondary], [2, { beforeMs: 1000 }, undefined, "Starting"]);
    assert.deepEqual(
      transitions.map(({ Status }) => Status),
      ["Training", "Interrupted", "Starting"],
    );
  });

  const problems: Record<string, [TrainingRow, RegExp | undefined]> = {
    "can be interrupted while it trains": [training, undefined],
    "can be interrupted while it downloads": [aTrainingJob("Downloading", { request: spot }), undefined],
    "cannot before it has instances": [aTrainingJob("Starting", { request: spot }), /no instances yet/],
    "cannot twice": [interrupted, /already/],
    "cannot when it uploads": [aTrainingJob("Uploading", { request: spot }), /uploading/],
    "cannot when it is over": [aTrainingJob("Completed", { request: spot }, "Completed"), /status Completed/],
    "cannot without spot instances": [aTrainingJob("Training"), /EnableManagedSpotTraining/],
  };
  for (const [sentence, [row, problem]] of Object.entries(problems)) {
    it(sentence, () => {
      const found = interruptionProblem(row);
      if (problem) assert.match(found ?? "", problem);
      else assert.equal(found, undefined);
    });
  }
});

describe("what a training job wants", () => {
  const cases: Record<string, [TrainingRow, string]> = {
    "room and its data while it starts": [aTrainingJob("Starting"), "reserved download"],
    "its checkpoints while it starts": [
      aTrainingJob("Starting", { request: withCheckpoints }),
      "reserved download restore",
    ],
    "its program while it trains": [aTrainingJob("Training"), "running"],
    "checkpoints in S3 while it trains": [
      aTrainingJob("Training", { request: withCheckpoints }),
      "running checkpoints",
    ],
    "programs ended when one of them failed": [
      aTrainingJob("Training", { request: two, failing: {} }),
      "stopped stopped",
    ],
    "its program ended and its checkpoints in S3 when it is interrupted": [
      aTrainingJob("Interrupted", { request: spot }),
      "stopped checkpoints",
    ],
    "its folder while it uploads": [aTrainingJob("Uploading"), "stopped upload"],
    "its program ended when it is stopped": [aTrainingJob("Stopping", stop(true), "Stopping"), "stopped"],
    "nothing when it is stopped before it ran": [aTrainingJob("Stopping", stop(false), "Stopping"), ""],
    "one upload for all hosts": [aTrainingJob("Uploading", { request: two }), "stopped stopped upload"],
  };
  for (const [sentence, [row, expected]] of Object.entries(cases)) {
    it(sentence, () => {
      const { units, activities } = wants(row);
      const all = [...units.map(({ want }) => want), ...activities.map(({ name }) => name)];
      assert.equal(all.join(" "), expected);
    });
  }

  it("another attempt is other units with their own log streams", () => {
    const [first, second] = [1, 2].map((attempt) => aTrainingJob("Training", { attempt, request: two }));
    const streams = [first, second].flatMap((row) => (row ? wants(row).units : []).map(({ log }) => log.stream));
    assert.deepEqual(streams, ["job/algo-1-999", "job/algo-2-999", "job/algo-1-999-2", "job/algo-2-999-2"]);
    const ids = [first, second].flatMap((row) => (row ? wants(row).units : []).map(({ id }) => id));
    assert.deepEqual(
      ids,
      [first, second].flatMap((row) => (row ? hostsOf(row.document) : []).map(({ unitId }) => unitId)),
    );
    assert.equal(new Set(ids).size, 4);
  });

  it("mounts a folder for checkpoints that are not below /opt/ml", () => {
    const mounts = (LocalPath?: string) => {
      const CheckpointConfig = { S3Uri: "s3://b/ckpt", ...(LocalPath ? { LocalPath } : {}) };
      return wants(aTrainingJob("Starting", { request: { ...request, CheckpointConfig } })).units[0]?.mounts;
    };
    assert.deepEqual(mounts("/tmp/ckpt"), [{ target: "/tmp/ckpt" }]);
    assert.deepEqual([mounts(), mounts("/opt/ml/mine")], [[], []]);
  });
});

describe("a training job while the clock is set", () => {
  const HOUR = 3_600_000;
  const started = { startedAt: STARTED, startedSteady: 5000, held: { beforeMs: 0, since: 5000 } };
  const running = (now: number, steady: number) =>
    next(aTrainingJob("Training", started), seen(is("running")), now, steady);

  it("is not ended by a clock that is set forward, and is by its limit when that has passed", () => {
    assert.deepEqual(running(NOW + HOUR, 6000), { do: "wait", until: 65_000 });
    const step = running(NOW - HOUR, 65_000);
    assert.equal(step.do === "store" && step.document.secondary, "Stopping");
  });

  it("has times that do not go back, and the duration it had", () => {
    const row = aTrainingJob("Uploading", { ...started, end: anEnd(0) });
    const step = next(row, seen(is("ended"), done), NOW - HOUR, 15_000);
    assert.ok(step.do === "store");
    const { endedAt, endedSteady, held, transitions } = step.document;
    assert.deepEqual([endedAt, endedSteady, held], [STARTED, 15_000, { beforeMs: 10_000 }]);
    assert.deepEqual(
      transitions.map(({ StartTime }) => StartTime),
      [STARTED / 1000, STARTED / 1000],
    );
  });
});
