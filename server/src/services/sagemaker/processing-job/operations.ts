// Processing jobs: CreateProcessingJob, DescribeProcessingJob, ListProcessingJobs, StopProcessingJob.
// Gap: all instances of a job are containers on this machine; more of them than it has CPUs for share what there is.
// Gap: what an input means is looked up once for an attempt; an object that is changed or deleted afterwards fails the job.
// Gap: the FIFOs of an input in the mode Pipe are LocalPath_0, LocalPath_1 …, as those of training's channels; AWS does not
// document their names.
// Gap: two inputs cannot have one LocalPath; one may lie in another's, whose own objects at that place are left out.
// Gap: FailureReason of a program that failed tells its exit code and where its log is.
// Gap: DatasetDefinition, FeatureStoreOutput, AppManaged and InstancePreferences are refused by name.
// Gap: VpcConfig has to name a network that is there; it takes the internet away from the container, which is put into none.
// Gap: EnableInterContainerTrafficEncryption is recorded; containers of a job talk over a bridge of their own inside this
// machine, which no wire carries, so nothing is encrypted.
// Gap: jobs of sagemaker-spark-processing run Spark 3.5 whatever their tag says, on its own master: there is no YARN, no HDFS
// and no history server; classifications of programs that are not there are left out, and the log says so.
// Gap: a KMS key of the volumes has to be there and open to the caller or the role; the disk is not encrypted by it.
import type { CreateProcessingJobRequest } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { newId } from "../../../core/ids.ts";
import type { JobKind } from "../../../engine/job-kind.ts";
import type { RowKey } from "../../../store/rows/rows.ts";
import { trackJob } from "../shared/experiments/track.ts";
import { feed } from "../shared/feeding/feed.ts";
import { changeJob, createJob, needJob } from "../shared/job-rows.ts";
import { listRows } from "../shared/list.ts";
import { checkVpc } from "../shared/network.ts";
import { arnOf, type Noun, onResource, type Parts, scopeOf } from "../shared/noun.ts";
import { type Instances, runningInstances } from "../shared/quotas.ts";
import { checkRole } from "../shared/roles.ts";
import { checkVolumeKey } from "../shared/volume-key.ts";
import { collect } from "./collect.ts";
import { tracked } from "./component.ts";
import { describe, summarize } from "./describe.ts";
import { type ProcessingDocument, type ProcessingRow, processingJobKind } from "./document.ts";
import { next, settled, toldToEnd } from "./job.ts";
import { announce, explain } from "./notices.ts";
import { sync } from "./outputs.ts";
import { prepare } from "./prepare.ts";
import { stateChanges } from "./state-changes.ts";
import { checkProcessingJob } from "./validate.ts";
import { wants } from "./wants.ts";

export function processingJob(parts: Parts): Noun {
  const { rows, roles, clock, engine, objects, quotas, networks } = parts;
  const keyOf = (call: Call, name: string) => ({ kind: processingJobKind, scope: scopeOf(call), name });
  const job: JobKind<ProcessingDocument> = {
    kind: processingJobKind,
    settled,
    wants,
    next,
    activities: {
      announce,
      collect: collect(objects),
      explain: explain(engine),
      feed: feed(objects),
      prepare: prepare(objects),
      sync: sync(objects),
    },
  };

  return {
    job,
    stateChanges,
    tracked,
    operations: {
      CreateProcessingJob: {
        permissions: (input, call) => [onResource(call, "processing-job", input.ProcessingJobName)],
        run: async (input, call) => {
          await checkProcessingJob(input, { engine, quotas }, call);
          checkVpc(networks, call, input.NetworkConfig?.VpcConfig);
          await checkRole(roles, input.RoleArn);
          await checkVolumeKey(parts, call, volumeKeyOf(input));
          await engine.needDisk();
          const key = keyOf(call, input.ProcessingJobName);
          const arn = arnOf(key, "processing-job");
          const now = clock.now();
          const { Tags: tags, ...request } = input;
          const document: ProcessingDocument = { request, arn, id: newId(), attempt: 1, phase: "Preparing" };
          const config = input.ExperimentConfig;
          const along = (taken: readonly RowKey[]) =>
            trackJob(rows, call, { key, arn, tags, now, sourceType: "SageMakerProcessingJob", config, taken });
          const running = () =>
            runningInstances<ProcessingDocument>(rows, key.kind, key.scope, (each) => instancesOf(each.request));
          const place = quotas.within(key.scope, quotas.instances("processing job", [instancesOf(request)], running));
          await createJob(place, {
            key,
            status: "InProgress",
            document,
            arn,
            tags,
            now,
            noun: "processing job",
            along,
          });
          return { ProcessingJobArn: arn };
        },
      },
      DescribeProcessingJob: {
        permissions: ({ ProcessingJobName }, call) => [onResource(call, "processing-job", ProcessingJobName)],
        run: async ({ ProcessingJobName }, call) =>
          describe(await needJob<ProcessingDocument>(rows, keyOf(call, ProcessingJobName))),
      },
      ListProcessingJobs: {
        run: async (input, call) => {
          const { rows: found, ...more } = await listRows<ProcessingDocument>(
            rows,
            { kind: processingJobKind, scope: scopeOf(call), sortBy: "CreationTime", sortOrder: "Ascending" },
            input,
          );
          return { ProcessingJobSummaries: found.map(summarize), ...more };
        },
      },
      StopProcessingJob: {
        permissions: ({ ProcessingJobName }, call) => [onResource(call, "processing-job", ProcessingJobName)],
        run: async ({ ProcessingJobName }, call) => {
          await changeJob<ProcessingDocument>(rows, keyOf(call, ProcessingJobName), clock.now(), stop);
          return {};
        },
      },
    },
  };
}

const volumeKeyOf = ({ ProcessingResources, RoleArn }: CreateProcessingJobRequest) => ({
  member: "ProcessingResources.ClusterConfig.VolumeKmsKeyId",
  keyId: ProcessingResources.ClusterConfig.VolumeKmsKeyId,
  roleArn: RoleArn,
  instanceTypes: [ProcessingResources.ClusterConfig.InstanceType],
});

const instancesOf = ({ ProcessingResources: { ClusterConfig } }: ProcessingDocument["request"]): Instances => ({
  type: ClusterConfig.InstanceType ?? "",
  count: ClusterConfig.InstanceCount ?? 1,
});

/** @throws ApiError Validation for a job that is over */
function stop({ document, status }: ProcessingRow): { readonly status: string; readonly document: ProcessingDocument } {
  if (status === "Stopping") return { status, document };
  if (status !== "InProgress")
    throw errors.validation(`The request was rejected because the processing job is in status ${status}.`);
  return { status: "Stopping", document: toldToEnd(document, "user") };
}
