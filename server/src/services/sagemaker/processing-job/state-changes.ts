// What is told of a processing job: each status, with its description.
import { type StateChanges, statusChanges, withIsoTimes } from "../shared/state-changes/state-changes.ts";
import { describe } from "./describe.ts";
import { type ProcessingDocument, processingJobKind } from "./document.ts";

export const stateChanges: StateChanges<ProcessingDocument> = {
  kind: processingJobKind,
  detailType: "SageMaker Processing Job State Change",
  arn: ({ document }) => document.arn,
  states: statusChanges((row) => withIsoTimes(describe(row)) as object),
};
