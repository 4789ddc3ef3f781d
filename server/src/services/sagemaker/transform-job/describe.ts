// What callers see of a transform job.
import type {
  CreateTransformJobRequest,
  DescribeTransformJobResponse,
} from "../../../../../contract/sagemaker/types.ts";
import { toSeconds } from "../shared/noun.ts";
import type { TransformRow } from "./document.ts";

/** A job as its list shows it. */
export function summarize(row: TransformRow) {
  const { arn, endedAt, failureReason } = row.document;
  return {
    TransformJobName: row.name,
    TransformJobArn: arn,
    CreationTime: toSeconds(row.createdAt),
    ...(endedAt === undefined ? {} : { TransformEndTime: toSeconds(endedAt) }),
    LastModifiedTime: toSeconds(row.modifiedAt),
    TransformJobStatus: row.status as DescribeTransformJobResponse["TransformJobStatus"],
    ...(failureReason === undefined ? {} : { FailureReason: failureReason }),
  };
}

/** A job as its description shows it. */
export function describe(row: TransformRow): DescribeTransformJobResponse {
  const { request, startedAt } = row.document;
  const { LastModifiedTime: _, ...summary } = summarize(row);
  return {
    ...request,
    ...summary,
    TransformInput: withDefaults(request),
    TransformOutput: { AssembleWith: "None", KmsKeyId: "", ...request.TransformOutput },
    DataProcessing: { InputFilter: "$", OutputFilter: "$", JoinSource: "None", ...request.DataProcessing },
    ...(startedAt === undefined ? {} : { TransformStartTime: toSeconds(startedAt) }),
  };
}

const withDefaults = ({ TransformInput }: CreateTransformJobRequest) => ({
  CompressionType: "None" as const,
  SplitType: "None" as const,
  ...TransformInput,
});
