// The trial component of a processing job.
import type { ProcessingInput, ProcessingOutput } from "../../../../../contract/sagemaker/types.ts";
import {
  artifact,
  artifacts,
  type JobComponent,
  resourceParameters,
  type TrackedJobs,
} from "../shared/experiments/tracked.ts";
import { toSeconds } from "../shared/noun.ts";
import { describe } from "./describe.ts";
import { type ProcessingDocument, type ProcessingRow, processingJobKind } from "./document.ts";

export const tracked: TrackedJobs<ProcessingDocument> = { kind: processingJobKind, component: componentOf };

function componentOf(row: ProcessingRow): JobComponent {
  const { request, failureReason = "", exitMessage = "", startedAt, endedAt } = row.document;
  const { InstanceCount, InstanceType, VolumeSizeInGB } = request.ProcessingResources.ClusterConfig;
  const { ImageUri } = request.AppSpecification;
  const PrimaryStatus = row.status as NonNullable<JobComponent["Status"]["PrimaryStatus"]>;
  const message = `Status: ${row.status}, exit message: ${exitMessage}, failure reason: ${failureReason}.`;
  return {
    Status: { PrimaryStatus, Message: message.slice(0, 1024) },
    ...(startedAt === undefined ? {} : { StartTime: toSeconds(startedAt) }),
    ...(endedAt === undefined ? {} : { EndTime: toSeconds(endedAt) }),
    Parameters: resourceParameters({ InstanceCount, InstanceType, VolumeSizeInGB }),
    InputArtifacts: artifacts([
      artifact("SageMaker.ImageUri", ImageUri),
      ...(request.ProcessingInputs ?? []).map(({ InputName, S3Input }: ProcessingInput) =>
        artifact(InputName, S3Input?.S3Uri),
      ),
    ]),
    OutputArtifacts: artifacts(
      (request.ProcessingOutputConfig?.Outputs ?? []).map(({ OutputName, S3Output }: ProcessingOutput) =>
        artifact(OutputName, S3Output?.S3Uri),
      ),
    ),
    finalMetrics: [],
    detail: { ProcessingJob: describe(row) },
  };
}
