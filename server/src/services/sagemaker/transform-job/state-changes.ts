// What is told of a transform job: each status, with its description.
import { type StateChanges, statusChanges, withIsoTimes } from "../shared/state-changes/state-changes.ts";
import { describe } from "./describe.ts";
import { type TransformDocument, transformJobKind } from "./document.ts";

export const stateChanges: StateChanges<TransformDocument> = {
  kind: transformJobKind,
  detailType: "SageMaker Transform Job State Change",
  arn: ({ document }) => document.arn,
  states: statusChanges((row) => withIsoTimes(describe(row)) as object),
};
