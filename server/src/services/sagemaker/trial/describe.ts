// What callers see of a trial.
import type { DescribeTrialResponse } from "../../../../../contract/sagemaker/types.ts";
import type { TrialRow } from "../shared/experiments/documents.ts";
import { toSeconds } from "../shared/noun.ts";

/** A trial as ListTrials shows it. */
export function summarize({ document, createdAt, modifiedAt }: TrialRow) {
  return {
    TrialArn: document.arn,
    TrialName: document.name,
    DisplayName: document.displayName,
    CreationTime: toSeconds(createdAt),
    LastModifiedTime: toSeconds(modifiedAt),
  };
}

/** A trial as DescribeTrial shows it. */
export function describe(row: TrialRow): DescribeTrialResponse {
  const { experimentName, createdBy, modifiedBy = createdBy, metadata } = row.document;
  return {
    ...summarize(row),
    ExperimentName: experimentName,
    CreatedBy: createdBy,
    LastModifiedBy: modifiedBy,
    ...(metadata ? { MetadataProperties: metadata } : {}),
  };
}
