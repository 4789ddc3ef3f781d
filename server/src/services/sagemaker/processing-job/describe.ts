// What callers see of a processing job.
import type {
  DescribeProcessingJobResponse,
  ProcessingJobStatus,
  ProcessingJobSummary,
} from "../../../../../contract/sagemaker/types.ts";
import { toSeconds } from "../shared/noun.ts";
import { maxRuntimeSeconds, type ProcessingRow } from "./document.ts";

/** A job as its list shows it. */
export function summarize({ name, status, createdAt, modifiedAt, document }: ProcessingRow): ProcessingJobSummary {
  const { arn, endedAt, failureReason, exitMessage } = document;
  return {
    ProcessingJobName: name,
    ProcessingJobArn: arn,
    CreationTime: toSeconds(createdAt),
    ...(endedAt === undefined ? {} : { ProcessingEndTime: toSeconds(endedAt) }),
    LastModifiedTime: toSeconds(modifiedAt),
    ProcessingJobStatus: status as ProcessingJobStatus,
    ...(failureReason === undefined ? {} : { FailureReason: failureReason }),
    ...(exitMessage === undefined ? {} : { ExitMessage: exitMessage }),
  };
}

/** A job as its description shows it. */
export function describe(row: ProcessingRow): DescribeProcessingJobResponse {
  const { request, startedAt } = row.document;
  return {
    ...request,
    StoppingCondition: { MaxRuntimeInSeconds: maxRuntimeSeconds(request) },
    ...summarize(row),
    ...(startedAt === undefined ? {} : { ProcessingStartTime: toSeconds(startedAt) }),
  };
}
