// What is told of a training job: each secondary status, with the description as it was then.
import type { SecondaryStatusTransition } from "../../../../../contract/sagemaker/types.ts";
import { toMilliseconds } from "../shared/noun.ts";
import { type State, type StateChanges, withIsoTimes } from "../shared/state-changes/state-changes.ts";
import { describe } from "./describe.ts";
import { type TrainingDocument, type TrainingRow, trainingJobKind } from "./document.ts";

/** Members of the description that events have (SageMaker developer guide, "Training job state change"). */
const MEMBERS = [
  "TrainingJobName",
  "TrainingJobArn",
  "TrainingJobStatus",
  "SecondaryStatus",
  "FailureReason",
  "HyperParameters",
  "AlgorithmSpecification",
  "RoleArn",
  "InputDataConfig",
  "OutputDataConfig",
  "ResourceConfig",
  "VpcConfig",
  "StoppingCondition",
  "CreationTime",
  "TrainingStartTime",
  "TrainingEndTime",
  "LastModifiedTime",
  "SecondaryStatusTransitions",
] as const;

/** `steady`: now, on that scale. */
export const stateChanges = (steady: () => number): StateChanges<TrainingDocument> => ({
  kind: trainingJobKind,
  detailType: "SageMaker Training Job State Change",
  arn: ({ document }) => document.arn,
  states(row, { told }) {
    const { transitions } = row.document;
    const known = told === undefined ? 0 : Number(told);
    return transitions.slice(known).map((transition, offset): State => {
      const count = known + offset + 1;
      const at = toMilliseconds(transition.StartTime ?? 0);
      return { name: String(count), at, detail: () => detailOf(asOf(row, count), steady()) };
    });
  },
});

function detailOf(row: TrainingRow, steady: number): object {
  const description = describe(row, steady, undefined);
  const members = MEMBERS.filter((name) => description[name] !== undefined).map((name) => [name, description[name]]);
  return withIsoTimes(Object.fromEntries(members)) as object;
}

/** The row as it was after so many secondary statuses. */
function asOf(row: TrainingRow, count: number): TrainingRow {
  const { transitions } = row.document;
  if (count === transitions.length) return row;
  const { endedAt: _, failureReason: __, startedAt, ...document } = row.document;
  const seen = transitions.slice(0, count);
  const { EndTime: ___, ...last } = seen.at(-1) ?? ({} as SecondaryStatusTransition);
  const at = toMilliseconds(last.StartTime ?? 0);
  return {
    ...row,
    status: last.Status === "Stopping" ? "Stopping" : "InProgress",
    modifiedAt: at,
    document: {
      ...document,
      ...(startedAt === undefined || startedAt > at ? {} : { startedAt }),
      secondary: last.Status ?? "Starting",
      transitions: [...seen.slice(0, -1), last as SecondaryStatusTransition],
    },
  };
}
