// What callers see of an experiment.
import type { DescribeExperimentResponse } from "../../../../../contract/sagemaker/types.ts";
import type { ExperimentRow } from "../shared/experiments/documents.ts";
import { toSeconds } from "../shared/noun.ts";

/** An experiment as ListExperiments shows it. */
export function summarize({ document, createdAt, modifiedAt }: ExperimentRow) {
  const { name, arn, displayName, source } = document;
  return {
    ExperimentArn: arn,
    ExperimentName: name,
    DisplayName: displayName,
    ...(source ? { ExperimentSource: source } : {}),
    CreationTime: toSeconds(createdAt),
    LastModifiedTime: toSeconds(modifiedAt),
  };
}

/** An experiment as DescribeExperiment shows it. */
export function describe(row: ExperimentRow): DescribeExperimentResponse {
  const { description, createdBy, modifiedBy = createdBy, source } = row.document;
  const { ExperimentSource: _, ...summary } = summarize(row);
  return {
    ...summary,
    ...(source ? { Source: source } : {}),
    ...(description === undefined ? {} : { Description: description }),
    CreatedBy: createdBy,
    LastModifiedBy: modifiedBy,
  };
}
