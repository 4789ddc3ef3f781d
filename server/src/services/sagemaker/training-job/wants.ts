// What runs for a training job: a container for each instance, what fills it before, what looks after it meanwhile.
import type { WantedActivity, WantedMount, WantedUnit, Wants } from "../../../engine/job-kind.ts";
import type { Host } from "../shared/hosts.ts";
import { networkOf } from "../shared/network.ts";
import { arnOf } from "../shared/noun.ts";
import { fileSystemChannels, hasPipes } from "./channels/channel.ts";
import {
  checkpointPath,
  groupOf,
  hostsOf,
  logGroup,
  logStream,
  maxRuntimeSeconds,
  runsScript,
  type TrainingDocument,
  type TrainingRow,
} from "./document.ts";

/** Grace between SIGTERM and SIGKILL (container contract, training); as long as the notice of a spot interruption. */
const GRACE_SECONDS = 120;

export function wants(row: TrainingRow): Wants {
  const { document, status } = row;
  const { request, failing } = document;
  if (status === "Stopping" && !document.stop?.hasRun) return { units: [], activities: [] };
  const hosts = hostsOf(document);
  const units = (want: WantedUnit["want"]) => hosts.map((host) => wantedUnit(row, host, want));
  const each = (name: string): readonly WantedActivity[] => hosts.map(({ unitId }) => ({ name, of: unitId }));
  const once = (name: string): WantedActivity => ({ name, of: groupOf(document) });
  const checkpoints = hasCheckpoints(document) ? each("checkpoints") : [];
  // A program that was told to end may go on reading while it does.
  const feeds = hasPipes(request) && document.runningSince !== undefined ? each("feed") : [];
  switch (document.secondary) {
    case "Starting":
    case "Downloading": {
      const restore = request.CheckpointConfig ? each("restore") : [];
      const attach = fileSystemChannels(request).length > 0 ? [once("attach")] : [];
      return { units: units("reserved"), activities: [...each("download"), ...restore, ...attach] };
    }
    case "Training":
      if (failing) return { units: units("stopped"), activities: checkpoints };
      return { units: units("running"), activities: [...checkpoints, ...feeds] };
    case "Interrupted":
    case "Stopping":
      return { units: units("stopped"), activities: [...checkpoints, ...feeds] };
    case "Uploading":
      return { units: units("stopped"), activities: [once("upload")] };
    default:
      return { units: [], activities: [] };
  }
}

/** Whether checkpoints of programs that were started go to S3. */
export const hasCheckpoints = ({ request, runningSince }: TrainingDocument): boolean =>
  request.CheckpointConfig !== undefined && runningSince !== undefined;

function wantedUnit(row: TrainingRow, { name: host, unitId: id }: Host, want: WantedUnit["want"]): WantedUnit {
  const { document } = row;
  const { request } = document;
  const { AlgorithmSpecification: algorithm, ResourceConfig: resources } = request;
  return {
    id,
    want,
    holds: "job",
    group: groupOf(document),
    host,
    image: algorithm?.TrainingImage ?? "",
    ...(runsScript(request) ? { runsScript: true } : {}),
    instanceType: resources?.InstanceType ?? "",
    volumeSizeGb: resources?.VolumeSizeInGB ?? 1,
    ...(algorithm?.ContainerEntrypoint ? { entrypoint: algorithm.ContainerEntrypoint } : {}),
    arguments: algorithm?.ContainerArguments ?? ["train"],
    environment: {
      ...request.Environment,
      TRAINING_JOB_NAME: request.TrainingJobName,
      TRAINING_JOB_ARN: arnOf(row, "training-job"),
      SAGEMAKER_REGION: row.scope.split("/")[1] ?? "",
      CURRENT_HOST: host,
    },
    roleArn: request.RoleArn,
    network: networkOf(request),
    log: {
      group: logGroup,
      stream: logStream(document, host),
      metrics: {
        namespace: logGroup,
        dimensions: { TrainingJobName: request.TrainingJobName },
        definitions: (algorithm?.MetricDefinitions ?? []).map(({ Name, Regex }) => ({ name: Name, pattern: Regex })),
      },
    },
    ports: [],
    mounts: mountsOf(document),
    graceSeconds: GRACE_SECONDS,
    longestSeconds: maxRuntimeSeconds(request),
  };
}

/** Folders besides /opt/ml: for checkpoints that the request wants elsewhere, and of file systems. */
function mountsOf({ request, mounts = [] }: TrainingDocument): readonly WantedMount[] {
  const path = checkpointPath(request);
  const isApart = request.CheckpointConfig !== undefined && !path.startsWith("/opt/ml/");
  return [...(isApart ? [{ target: path }] : []), ...mounts];
}
