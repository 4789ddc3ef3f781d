import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { anEnd, busy, done, ended, failed, is, NOW, seen } from "../shared/seen-cases.ts";
import type { TrainingDocument } from "./document.ts";
import { next } from "./job.ts";
import { aTrainingJob, check, logs, retried, STARTED, stop, two, withCheckpoints } from "./job-cases.ts";

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
      seen(is("reserved"), done()),
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
      seen(is("reserved"), { download: done() }),
      `wait until ${STARTED + 60_000}`,
    ],
    "fails when its checkpoints cannot be read": [
      aTrainingJob("Downloading", { request: withCheckpoints }),
      seen(is("reserved"), { download: done(), restore: failed("ClientError: denied") }),
      "Failed/Failed ClientError: denied",
    ],
    "fails when it can never run here": [
      aTrainingJob("Starting"),
      seen({ phase: "refused", reason: "too large" }),
      "Failed/Failed ClientError: too large",
    ],
    "fails by the platform's fault when that is why it cannot run": [
      aTrainingJob("Starting"),
      seen({ phase: "refused", reason: "no network", isPlatformsFault: true }),
      "Failed/Failed InternalServerError: no network",
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
      seen(ended(0), done()),
      "InProgress/Uploading",
    ],
    "ends its program when checkpoints cannot be written": [
      aTrainingJob("Training", { request: withCheckpoints }),
      seen(is("running"), failed("ClientError: denied")),
      "InProgress/Training failing",
    ],
    "is completed when everything is uploaded": [
      uploading({ end: anEnd(0) }),
      seen(ended(0), done()),
      "Completed/Completed",
    ],
    "fails with the program's own words": [
      uploading({ end: anEnd(1) }),
      seen(ended(1), { upload: done({ failure: "the label is missing" }) }),
      "Failed/Failed AlgorithmError: the label is missing",
    ],
    "fails with the exit code when the program said nothing": [
      uploading({ end: { ...anEnd(137), signal: "SIGKILL" } }),
      seen(is("ended"), done()),
      `Failed/Failed AlgorithmError: Exit code: 137. The program was ended by SIGKILL. ${logs}-1-999) shows what it printed.`,
    ],
    "tells that memory was short": [
      uploading({ end: { ...anEnd(137), outOfMemory: true } }),
      seen(is("ended"), done()),
      "Failed/Failed AlgorithmError: The program used more memory than ml.m5.large has (8 GiB) and was ended, exit code: 137. Use a larger instance type or keep less data in memory at once.",
    ],
    "fails for the reason that ended its program": [
      uploading({ end: anEnd(143), failing: { reason: "ClientError: denied" } }),
      seen(is("ended"), done()),
      "Failed/Failed ClientError: denied",
    ],
    "begins again when what it was given was cut short": [
      uploading({ end: anEnd(0) }),
      seen(ended(0), { upload: done({ cut: true }) }),
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
      seen(is("ended"), done()),
      "Stopped/Stopped",
    ],
    "says that its time was over": [
      uploading(stop(true, "runtime")),
      seen(is("ended"), done()),
      "Stopped/MaxRuntimeExceeded",
    ],
    "says that it waited too long": [
      uploading(stop(true, "wait")),
      seen(is("ended"), done()),
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
      seen(is("ended"), done()),
      `Failed/Failed AlgorithmError: Exit code: 3. ${logs}-1-999) shows what it printed.`,
    ],
  });
});

describe("a training job on two hosts", () => {
  const training = (more: Partial<TrainingDocument> = {}) => aTrainingJob("Training", { request: two, ...more });
  check({
    "waits until both have room": [
      aTrainingJob("Starting", { request: two }),
      seen([is("reserved"), is("waiting")], done()),
      "wait",
    ],
    "trains when both have their data": [
      aTrainingJob("Starting", { request: two }),
      seen([is("reserved"), is("reserved")], done()),
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
      seen([ended(143), ended(1)], done()),
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
    const step = next(row, seen(is("ended"), done()), NOW - HOUR, 15_000);
    assert.ok(step.do === "store");
    const { endedAt, endedSteady, held, transitions } = step.document;
    assert.deepEqual([endedAt, endedSteady, held], [STARTED, 15_000, { beforeMs: 10_000 }]);
    assert.deepEqual(
      transitions.map(({ StartTime }) => StartTime),
      [STARTED / 1000, STARTED / 1000],
    );
  });
});
