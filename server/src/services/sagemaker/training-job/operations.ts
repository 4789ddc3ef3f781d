// Training jobs: CreateTrainingJob, DescribeTrainingJob, ListTrainingJobs, StopTrainingJob.
// Gap: the input mode FastFile is refused by name.
// Gap: what a channel means is looked up once for an attempt; an object that is changed or deleted afterwards fails the job.
// Gap: an augmented manifest may have 1 GiB.
// Gap: artifacts are archives; OutputDataConfig.CompressionType NONE is refused by name.
// Gap: all instances of a job are containers on this machine; more of them than it has CPUs for share what there is.
// Gap: spot instances are interrupted when somebody asks for it (`sagebrush spot interrupt`, spotInterruptEverySeconds), and
// cost nothing less: BillableTimeInSeconds is shorter than TrainingTimeInSeconds by interruptions and waits for capacity.
// Gap: a FileSystemId stands for a folder of this machine that the setting fileSystems names; subnets and groups that would
// reach the file system are not looked at. Who writes to it could turn a part of DirectoryPath into a link out of it in the
// moment between the check and the start of the container.
// Gap: DebugHookConfig, rules, TensorBoardOutputConfig and ProfilerConfig are recorded and given back, nothing collects what they describe.
// Gap: VpcConfig has to name a network that is there; it takes the internet away from the container, which is put into none.
// Gap: EnableInterContainerTrafficEncryption is recorded; containers of a job talk over a bridge of their own inside this
// machine, which no wire carries, so nothing is encrypted.
// Gap: instances of jobs and endpoints have no quota but those that the setting quotas names; AWS's depend on the account.
// Gap: a KMS key of the volumes has to be there and open to the caller or the role; the disk is not encrypted by it.
import type { CreateTrainingJobRequest } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { newId } from "../../../core/ids.ts";
import type { SeenImage } from "../../../engine/engine.ts";
import type { JobKind } from "../../../engine/job-kind.ts";
import type { RowKey } from "../../../store/rows/rows.ts";
import { trackJob } from "../shared/experiments/track.ts";
import { feed } from "../shared/feeding/feed.ts";
import { changeJob, createJob, needJob } from "../shared/job-rows.ts";
import { listRows } from "../shared/list.ts";
import type { Moment } from "../shared/moment.ts";
import { checkVpc } from "../shared/network.ts";
import { arnOf, type Noun, onResource, type Parts, scopeOf } from "../shared/noun.ts";
import { checkRole } from "../shared/roles.ts";
import { checkVolumeKey } from "../shared/volume-key.ts";
import { ofAlgorithm } from "./algorithm.ts";
import { attach } from "./attach.ts";
import { checkpoints, restore } from "./checkpoints.ts";
import { tracked } from "./component.ts";
import { describe, summarize } from "./describe.ts";
import { enter, runsScript, type TrainingDocument, type TrainingRow, trainingJobKind } from "./document.ts";
import { download } from "./files.ts";
import { hasRun, next, settled } from "./job.ts";
import { instancesOf } from "./quota.ts";
import { searchable } from "./search.ts";
import { interrupt, interruptionProblem } from "./spot.ts";
import { stateChanges } from "./state-changes.ts";
import { upload } from "./upload.ts";
import { checkTrainingJob } from "./validate.ts";
import { wants } from "./wants.ts";

const keyIn = (scope: string, name: string) => ({ kind: trainingJobKind, scope, name });

export function trainingJob(parts: Parts): Noun {
  const { rows, roles, clock, engine, objects, fileSystems, quotas } = parts;
  const spot = { interruptEverySeconds: parts.spotInterruptEverySeconds };
  const keyOf = (at: Pick<Call, "account" | "region">, name: string) => keyIn(scopeOf(at), name);
  const job: JobKind<TrainingDocument> = {
    kind: trainingJobKind,
    settled,
    phase: ({ transitions }) => String(transitions.length),
    wants,
    next: (row, observed, now, steady) => next(row, observed, now, steady, spot),
    activities: {
      attach: attach(fileSystems),
      checkpoints: checkpoints(objects),
      download: download(objects),
      feed: feed(objects),
      restore: restore(objects),
      upload: upload(objects),
    },
  };

  return {
    job,
    stateChanges: stateChanges(() => engine.steady()),
    tracked: tracked(() => engine.steady()),
    searchable: searchable(rows, () => engine.steady()),
    controls: {
      interruptSpot: async (target) => {
        const at = { now: clock.now(), steady: engine.steady() };
        await changeJob<TrainingDocument>(rows, keyOf(target, target.name), at.now, (row) => {
          const problem = interruptionProblem(row);
          if (problem !== undefined) throw errors.validation(problem);
          return { status: row.status, document: interrupt(row.document, at) };
        });
        return `The instances of ${target.name} are being taken back: its programs have SIGTERM, and at most two minutes.`;
      },
    },
    operations: {
      CreateTrainingJob: {
        newer: [
          "Environment",
          "RetryStrategy",
          "ProfilerConfig",
          "ProfilerRuleConfigurations",
          "AlgorithmSpecification.ContainerEntrypoint",
          "AlgorithmSpecification.ContainerArguments",
          "OutputDataConfig.CompressionType",
        ],
        permissions: (input, call) => [onResource(call, "training-job", input.TrainingJobName)],
        run: async (given, call) => {
          const input = await ofAlgorithm(parts, call, given);
          const image = await engine.lookAtImage(input.AlgorithmSpecification?.TrainingImage ?? "", call);
          checkTrainingJob(input, parts, image);
          checkVpc(parts.networks, call, input.VpcConfig);
          await checkRole(roles, input.RoleArn);
          await checkVolumeKey(parts, call, volumeKeyOf(input));
          await engine.needDisk();
          const key = keyOf(call, input.TrainingJobName);
          const arn = arnOf(key, "training-job");
          const now = clock.now();
          const { Tags: tags, ...request } = input;
          const at = { now, steady: engine.steady() };
          const document = newDocument(withMetrics(request, image), arn, at);
          const config = input.ExperimentConfig;
          const along = (taken: readonly RowKey[]) =>
            trackJob(rows, call, { key, arn, tags, now, sourceType: "SageMakerTrainingJob", config, taken });
          const place = quotas.within(key.scope, instancesOf(parts, key.scope, request));
          await createJob(place, { key, status: "InProgress", document, arn, tags, now, noun: "training job", along });
          return { TrainingJobArn: arn };
        },
      },
      DescribeTrainingJob: {
        permissions: ({ TrainingJobName }, call) => [onResource(call, "training-job", TrainingJobName)],
        run: async ({ TrainingJobName }, call) => {
          const row = await needJob<TrainingDocument>(rows, keyOf(call, TrainingJobName));
          return describe(row, engine.steady(), engine.waitingFor(row));
        },
      },
      ListTrainingJobs: {
        run: async (input, call) => {
          const { rows: found, ...more } = await listRows<TrainingDocument>(
            rows,
            { kind: trainingJobKind, scope: scopeOf(call), sortBy: "CreationTime", sortOrder: "Ascending" },
            input,
          );
          return { TrainingJobSummaries: found.map(summarize), ...more };
        },
      },
      StopTrainingJob: {
        permissions: ({ TrainingJobName }, call) => [onResource(call, "training-job", TrainingJobName)],
        run: async ({ TrainingJobName }, call) => {
          const now = clock.now();
          await changeJob<TrainingDocument>(rows, keyOf(call, TrainingJobName), now, (row) => stop(row, now));
          return {};
        },
      },
    },
  };
}

const volumeKeyOf = ({ ResourceConfig, RoleArn }: CreateTrainingJobRequest) => ({
  member: "ResourceConfig.VolumeKmsKeyId",
  keyId: ResourceConfig?.VolumeKmsKeyId,
  roleArn: RoleArn,
  instanceTypes: [ResourceConfig?.InstanceType],
});

function newDocument(request: CreateTrainingJobRequest, arn: string, { now, steady }: Moment): TrainingDocument {
  const document: TrainingDocument = {
    request,
    arn,
    id: newId(),
    attempt: 1,
    secondary: "Starting",
    transitions: [],
    createdSteady: steady,
  };
  return enter(document, "Starting", "Starting the training job", now);
}

/** Built-in algorithms have fixed metrics, which Describe shows as if the caller had defined them. */
function withMetrics(request: CreateTrainingJobRequest, { builtInMetrics }: SeenImage): CreateTrainingJobRequest {
  const algorithm = request.AlgorithmSpecification;
  if (!algorithm || !builtInMetrics) return request;
  // What a script prints, only its author knows.
  if (runsScript(request) && algorithm.MetricDefinitions?.length) return request;
  const MetricDefinitions = builtInMetrics.map(({ name, pattern }) => ({ Name: name, Regex: pattern }));
  return { ...request, AlgorithmSpecification: { ...algorithm, MetricDefinitions } };
}

/** @throws ApiError Validation for a job that is over */
function stop(row: TrainingRow, now: number): { readonly status: string; readonly document: TrainingDocument } {
  const { document, status } = row;
  if (status === "Stopping") return { status, document };
  if (status !== "InProgress")
    throw errors.validation(`The request was rejected because the training job is in status ${status}.`);
  const stopped = { ...document, stop: { cause: "user", hasRun: hasRun(document) } as const };
  // What is being uploaded already goes on; the job is over when it is.
  if (document.secondary === "Uploading") return { status: "Stopping", document: stopped };
  return { status: "Stopping", document: enter(stopped, "Stopping", "Stopping the training job", now) };
}
