// The trial component of a transform job.
import { artifact, type JobComponent, resourceParameters, type TrackedJobs } from "../shared/experiments/tracked.ts";
import { toSeconds } from "../shared/noun.ts";
import { describe } from "./describe.ts";
import { type TransformDocument, type TransformRow, transformJobKind } from "./document.ts";

export const tracked: TrackedJobs<TransformDocument> = { kind: transformJobKind, component: componentOf };

function componentOf(row: TransformRow): JobComponent {
  const { request, model, failureReason = "", startedAt, endedAt } = row.document;
  const { TransformInput: input, TransformOutput: output, TransformResources: resources } = request;
  const PrimaryStatus = row.status as NonNullable<JobComponent["Status"]["PrimaryStatus"]>;
  const message = `Status: ${row.status}, failure reason: ${failureReason}.`;
  return {
    Status: { PrimaryStatus, Message: message.slice(0, 1024) },
    ...(startedAt === undefined ? {} : { StartTime: toSeconds(startedAt) }),
    ...(endedAt === undefined ? {} : { EndTime: toSeconds(endedAt) }),
    Parameters: {
      "SageMaker.ModelName": { StringValue: request.ModelName },
      ...resourceParameters({ InstanceCount: resources.InstanceCount, InstanceType: resources.InstanceType }),
    },
    InputArtifacts: {
      ...artifact("SageMaker.ImageUri", model.container.Image),
      ...artifact("SageMaker.ModelArtifact", model.container.ModelDataUrl),
      ...artifact("SageMaker.TransformInput", input.DataSource.S3DataSource.S3Uri, input.ContentType),
    },
    OutputArtifacts: artifact("SageMaker.TransformOutput", output.S3OutputPath, output.Accept),
    finalMetrics: [],
    detail: { TransformJob: describe(row) },
  };
}
