import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CreateProcessingJobRequest } from "../../../../../contract/sagemaker/types.ts";
import type { Observed } from "../../../engine/job-kind.ts";
import { anEnd, done, ended, failed, is, NOW, seen } from "../shared/seen-cases.ts";
import type { ProcessingDocument, ProcessingRow } from "./document.ts";
import { next, toldToEnd } from "./job.ts";
import { wants } from "./wants.ts";

/** When every job below got its instances. */
const STARTED = NOW - 1000;

const cluster = { InstanceType: "ml.m5.large", InstanceCount: 1, VolumeSizeInGB: 1 } as const;
const request: CreateProcessingJobRequest = {
  ProcessingJobName: "job",
  RoleArn: "arn:aws:iam::123456789012:role/R",
  AppSpecification: { ImageUri: "xgboost:1" },
  ProcessingResources: { ClusterConfig: cluster },
  StoppingCondition: { MaxRuntimeInSeconds: 60 },
};
const two = { request: { ...request, ProcessingResources: { ClusterConfig: { ...cluster, InstanceCount: 2 } } } };
const place = { S3Uri: "s3://bucket/x", LocalPath: "/opt/ml/processing/x" };
const continuous = {
  request: {
    ...request,
    ProcessingOutputConfig: {
      Outputs: [{ OutputName: "x", S3Output: { ...place, S3UploadMode: "Continuous" as const } }],
    },
  },
};

const piped = {
  request: {
    ...request,
    ProcessingInputs: [
      { InputName: "x", S3Input: { ...place, S3DataType: "S3Prefix" as const, S3InputMode: "Pipe" as const } },
    ],
  },
};

const held = { startedAt: STARTED, held: { beforeMs: 0, since: STARTED } };

function aJob(
  phase: ProcessingDocument["phase"],
  more: Partial<ProcessingDocument> = held,
  status = more.stop ? "Stopping" : "InProgress",
): ProcessingRow {
  const begun = phase === "Preparing" ? {} : held;
  return {
    kind: "sagemaker:processing-job",
    scope: "123456789012/us-east-1",
    name: "job",
    version: 1,
    status,
    createdAt: 0,
    modifiedAt: 0,
    document: { request, arn: "arn", id: "id", attempt: 1, phase, ...begun, ...more },
  };
}

/** `status/phase`, with the reason of a failure; or what else is done. */
function stepOf(row: ProcessingRow, observed: Observed, now: number): string {
  const step = next(row, observed, now);
  if (step.do !== "store") return step.do === "wait" && step.until !== undefined ? `wait until ${step.until}` : step.do;
  const { phase, failureReason, failing, attempt, exitMessage, isGood } = step.document;
  const words = [
    attempt !== row.document.attempt && "again",
    failing && step.status === "InProgress" && `failing${failing.reason ? ` for ${failing.reason}` : ""}`,
    phase === "Collecting" && isGood && "good",
    failureReason,
    exitMessage && `says ${exitMessage}`,
  ];
  return [`${step.status}/${phase}`, ...words.filter(Boolean)].join(" ");
}

/** [what is stored, what is observed, the step, seconds later]. */
type Case = readonly [ProcessingRow, Observed, string, secondsLater?: number];

function check(cases: Readonly<Record<string, Case>>): void {
  for (const [sentence, [row, observed, step, secondsLater = 0]] of Object.entries(cases))
    it(sentence, () => assert.equal(stepOf(row, observed, NOW + secondsLater * 1000), step));
}

const LIMIT = `wait until ${STARTED + 60_000}`;
const isTold = { stop: "user" } as const;
const exit3 = { end: anEnd(3, NOW) };
const exit0 = { end: anEnd(0, NOW) };
const REASON =
  "AlgorithmError: Exit code: 3. The job's log (group /aws/sagemaker/ProcessingJobs, stream job/algo-1-0) shows what it printed.";

describe("the next step of a processing job", () => {
  check({
    "waits for capacity without a limit": [aJob("Preparing", {}), seen(is("waiting")), "wait"],
    "notes when there is capacity": [aJob("Preparing", {}), seen(is("reserved")), "InProgress/Preparing"],
    "waits for the inputs, no longer than it may take": [aJob("Preparing"), seen(is("reserved")), LIMIT],
    "runs when the inputs are there": [aJob("Preparing"), seen(is("reserved"), done()), "InProgress/Running"],
    "fails with the inputs": [
      aJob("Preparing"),
      seen(is("reserved"), failed("ClientError: x")),
      "Failed/Over ClientError: x",
    ],
    "is stopped when inputs take too long": [aJob("Preparing"), seen(is("reserved")), "Stopping/Over", 60],
    "waits for the program, no longer than it may take": [aJob("Running"), seen(is("running")), LIMIT],
    "tells the program to end when it takes too long": [aJob("Running"), seen(is("running")), "Stopping/Ending", 60],
    "collects what a program left that did well": [aJob("Running"), seen(ended(0)), "InProgress/Collecting good"],
    "collects what a program left that failed": [aJob("Running"), seen(ended(3)), "InProgress/Collecting"],
    "waits for the last of outputs that go all the time": [aJob("Running", continuous), seen(ended(0)), "wait"],
    "then collects": [aJob("Running", continuous), seen(ended(0), done()), "InProgress/Collecting good"],
    "ends programs whose outputs cannot go": [
      aJob("Running", continuous),
      seen(is("running"), failed("ClientError: x")),
      "InProgress/Running failing for ClientError: x",
    ],
    "fails when the last of outputs cannot go": [
      aJob("Running", continuous),
      seen(ended(0), failed("ClientError: x")),
      "InProgress/Running failing for ClientError: x",
    ],
    "is refused for good": [
      aJob("Preparing"),
      seen({ phase: "refused", reason: "too large" }),
      "Failed/Over ClientError: too large",
    ],
    "begins again when an instance is lost": [aJob("Running"), seen(is("lost")), "InProgress/Preparing again"],
    "gives up when instances are lost again and again": [
      aJob("Running", { attempt: 6 }),
      seen(is("lost")),
      "Failed/Over InternalServerError: The instance was lost 6 times.",
    ],
    "is over when all is collected": [aJob("Collecting", exit0), seen(ended(0), done()), "Completed/Over"],
    "shows its message": [
      aJob("Collecting", exit0),
      seen(ended(0), done({ exitMessage: "x" })),
      "Completed/Over says x",
    ],
    "shows the message of a failure": [
      aJob("Collecting", exit3),
      seen(ended(3), done({ exitMessage: "x" })),
      `Failed/Over ${REASON} says x`,
    ],
    "fails when outputs cannot go at the end": [
      aJob("Collecting", exit0),
      seen(ended(0), done({ failure: "ClientError: x" })),
      "Failed/Over ClientError: x",
    ],
    "fails by the platform's fault": [
      aJob("Collecting", exit0),
      seen(ended(0), failed("InternalServerError: x")),
      "Failed/Over InternalServerError: x",
    ],
  });
});

describe("the next step of a processing job on two hosts", () => {
  check({
    "waits for both": [aJob("Preparing", { ...two, ...held }), seen([is("reserved"), is("waiting")], done()), LIMIT],
    "waits when one has ended well": [aJob("Running", two), seen([ended(0), is("running")]), LIMIT],
    "ends the other when one has failed": [
      aJob("Running", two),
      seen([ended(3), is("running")]),
      "InProgress/Running failing",
    ],
    "waits for the other's end": [aJob("Running", { ...two, failing: {} }), seen([ended(3), is("running")]), "wait"],
    "is good when both did well": [aJob("Running", two), seen([ended(0), ended(0)]), "InProgress/Collecting good"],
    "is not when one has failed": [aJob("Running", two), seen([ended(0), ended(3)]), "InProgress/Collecting"],
  });
});

describe("the next step of a processing job that is told to end", () => {
  check({
    "is over when nothing runs yet": [aJob("Over", isTold), seen(is("absent")), "Stopped/Over"],
    "waits for the program": [aJob("Ending", isTold), seen(is("running")), "wait"],
    "collects the message": [aJob("Ending", isTold), seen(ended(143)), "Stopping/Collecting"],
    "is over however the program ended": [
      aJob("Collecting", { ...isTold, ...exit3 }),
      seen(ended(3), done({ exitMessage: "x" })),
      "Stopped/Over says x",
    ],
    "fails when it was about to": [
      aJob("Collecting", { ...isTold, ...exit3, failing: {} }),
      seen(ended(3), done()),
      `Failed/Over ${REASON}`,
    ],
    "fails when its message is none": [
      aJob("Collecting", { ...isTold, ...exit0 }),
      seen(ended(0), done({ failure: "ClientError: x" })),
      "Failed/Over ClientError: x",
    ],
    "is over when the instance is lost": [aJob("Ending", isTold), seen(is("lost")), "Stopped/Over"],
  });

  it("goes on with outputs that are on their way", () => {
    assert.equal(toldToEnd(aJob("Collecting", { isGood: true }).document, "user").phase, "Collecting");
  });
});

describe("what runs for a processing job", () => {
  const cases: Record<string, [ProcessingRow, string]> = {
    "while it prepares, a place to fill": [aJob("Preparing"), "reserved; prepare explain"],
    "the program": [aJob("Running"), "running; "],
    "the program, its outputs, and words about its instances": [
      aJob("Running", { ...continuous, notes: ["small"] }),
      "running; sync announce",
    ],
    "its end, when the job will fail": [aJob("Running", { failing: {} }), "stopped; "],
    "its end, with its outputs": [aJob("Ending", { ...continuous, ...isTold }), "stopped; sync"],
    "its end, with what it still reads": [aJob("Ending", { ...piped, ...isTold }), "stopped; feed"],
    "what it left": [aJob("Collecting"), "stopped; collect"],
    "nothing, when it is over": [aJob("Over"), "; "],
  };
  for (const [sentence, [row, expected]] of Object.entries(cases))
    it(sentence, () => {
      const { units, activities } = wants(row);
      const said = `${units.map(({ want }) => want).join(" ")}; ${activities.map(({ name }) => name).join(" ")}`;
      assert.equal(said, expected);
    });

  it("runs what the request says", () => {
    const start = (app: object) => {
      const [unit] = wants(
        aJob("Running", { request: { ...request, AppSpecification: { ImageUri: "x", ...app } } }),
      ).units;
      return [unit?.entrypoint, unit?.arguments];
    };
    assert.deepEqual(start({}), [undefined, undefined]);
    assert.deepEqual(start({ ContainerEntrypoint: ["a"] }), [["a"], undefined]);
    assert.deepEqual(start({ ContainerArguments: ["b"] }), [undefined, ["b"]]);
    assert.deepEqual(start({ ContainerEntrypoint: ["a"], ContainerArguments: ["b"] }), [["a"], ["b"]]);
  });
});
