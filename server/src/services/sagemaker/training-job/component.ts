// The trial component of a training job.
import {
  artifact,
  artifacts,
  type JobComponent,
  parameterValue,
  resourceParameters,
  type TrackedJobs,
} from "../shared/experiments/tracked.ts";
import { toSeconds } from "../shared/noun.ts";
import { describe } from "./describe.ts";
import { logGroup, outputPrefix, type TrainingDocument, type TrainingRow, trainingJobKind } from "./document.ts";

/** `steady`: now, on that scale. */
export const tracked = (steady: () => number): TrackedJobs<TrainingDocument> => ({
  kind: trainingJobKind,
  component: (row) => componentOf(row, steady()),
});

function componentOf(row: TrainingRow, steady: number): JobComponent {
  const { request, secondary, failureReason = "", startedAt, endedAt, metrics = [] } = row.document;
  const { AlgorithmSpecification: algorithm, ResourceConfig: resources } = request;
  const isGood = row.status === "Completed" || row.status === "Stopped";
  const PrimaryStatus = row.status as NonNullable<JobComponent["Status"]["PrimaryStatus"]>;
  const message = `Status: ${row.status}, secondary status: ${secondary}, failure reason: ${failureReason}.`;
  const hyperparameters = Object.entries(request.HyperParameters ?? {});
  return {
    Status: { PrimaryStatus, Message: message.slice(0, 1024) },
    ...(startedAt === undefined ? {} : { StartTime: toSeconds(startedAt) }),
    ...(endedAt === undefined ? {} : { EndTime: toSeconds(endedAt) }),
    Parameters: {
      ...Object.fromEntries(hyperparameters.map(([name, value]) => [name, parameterValue(value)])),
      ...resourceParameters({
        ImageUri: algorithm?.TrainingImage,
        InstanceCount: resources?.InstanceCount,
        InstanceType: resources?.InstanceType,
        VolumeSizeInGB: resources?.VolumeSizeInGB,
      }),
    },
    InputArtifacts: {
      ...artifact("SageMaker.ImageUri", algorithm?.TrainingImage),
      ...channelArtifacts(row),
    },
    OutputArtifacts: isGood ? artifact("SageMaker.ModelArtifact", `${outputPrefix(request)}model.tar.gz`) : {},
    finalMetrics: metrics,
    series: {
      namespace: logGroup,
      dimensions: { TrainingJobName: row.name },
      // Of a job that is over the last values are known, and with them the names of all that there are.
      names: endedAt === undefined ? (algorithm?.MetricDefinitions ?? []).map(({ Name }) => Name) : [],
    },
    detail: { TrainingJob: describe(row, steady, undefined) },
  };
}

const channelArtifacts = ({ document }: TrainingRow): JobComponent["InputArtifacts"] =>
  artifacts(
    (document.request.InputDataConfig ?? []).map(({ ChannelName, ContentType, DataSource }) => {
      const { S3DataSource: objects, FileSystemDataSource: files } = DataSource;
      const folder = files && `${files.FileSystemId}:${files.DirectoryPath}`;
      return artifact(ChannelName, objects?.S3Uri ?? folder, ContentType);
    }),
  );
