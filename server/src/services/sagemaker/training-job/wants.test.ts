import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NOW } from "../shared/seen-cases.ts";
import { hostsOf, type TrainingRow } from "./document.ts";
import { aTrainingJob, piped, request, spot, stop, two, withCheckpoints } from "./job-cases.ts";
import { interrupt } from "./spot.ts";
import { wants } from "./wants.ts";

const downloading = aTrainingJob("Downloading", { request: piped });

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
    "what it reads goes on while it is told to end": [
      aTrainingJob("Stopping", { request: piped, ...stop(true) }, "Stopping"),
      "stopped feed",
    ],
    "nothing is fed when it is interrupted before it ran": [
      { ...downloading, document: interrupt(downloading.document, { now: NOW, steady: NOW }) },
      "stopped",
    ],
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
