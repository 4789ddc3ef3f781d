// Transform jobs: CreateTransformJob, DescribeTransformJob, ListTransformJobs, StopTransformJob.
// Gap: one instance.
// Gap: models of several containers (inference pipelines) are refused by name.
// Gap: MaxConcurrentTransforms × MaxPayloadInMB is held to 100 as AWS does; the product of defaults and the container's
// own wishes is not.
// Gap: a KMS key of the volumes has to be there and open to the caller or the role; the disk is not encrypted by it.
import type { CreateTransformJobRequest } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { newId } from "../../../core/ids.ts";
import type { JobKind } from "../../../engine/job-kind.ts";
import type { RowKey } from "../../../store/rows/rows.ts";
import { trackJob } from "../shared/experiments/track.ts";
import { changeJob, createJob, needJob } from "../shared/job-rows.ts";
import { listRows } from "../shared/list.ts";
import { containersOf, type ModelDocument, needModel } from "../shared/model.ts";
import { fillModelFolder } from "../shared/model-files.ts";
import { arnOf, type Noun, onResource, type Parts, scopeOf } from "../shared/noun.ts";
import { type Instances, runningInstances } from "../shared/quotas.ts";
import { checkVolumeKey } from "../shared/volume-key.ts";
import { tracked } from "./component.ts";
import { describe, summarize } from "./describe.ts";
import { type TransformDocument, type TransformRow, transformJobKind, unitIdOf } from "./document.ts";
import { next, settled, wants } from "./job.ts";
import { stateChanges } from "./state-changes.ts";
import { transform } from "./transform.ts";
import { checkTransformJob } from "./validate.ts";

export function transformJob(parts: Parts): Noun {
  const { rows, clock, objects, engine, quotas } = parts;
  const keyOf = (call: Call, name: string) => ({ kind: transformJobKind, scope: scopeOf(call), name });
  const job: JobKind<TransformDocument> = {
    kind: transformJobKind,
    settled,
    wants,
    next,
    activities: {
      prepare: (work) => {
        const { model } = work.row.document;
        const files = {
          url: model.container.ModelDataUrl,
          roleArn: model.roleArn,
          unitId: unitIdOf(work.row.document),
        };
        return fillModelFolder(objects, work, files);
      },
      transform: transform(objects),
    },
  };

  return {
    job,
    stateChanges,
    tracked,
    operations: {
      CreateTransformJob: {
        permissions: (input, call) => [onResource(call, "transform-job", input.TransformJobName)],
        run: async (input, call) => {
          checkTransformJob(input);
          const model = modelOf((await needModel(rows, call, input.ModelName)).document);
          await checkVolumeKey(parts, call, volumeKeyOf(input, model.roleArn));
          await engine.needDisk();
          const key = keyOf(call, input.TransformJobName);
          const arn = arnOf(key, "transform-job");
          const now = clock.now();
          const { Tags: tags, ...request } = input;
          const document: TransformDocument = { request, model, arn, id: newId(), attempt: 1, phase: "preparing" };
          const config = input.ExperimentConfig;
          const along = (taken: readonly RowKey[]) =>
            trackJob(rows, call, { key, arn, tags, now, sourceType: "SageMakerTransformJob", config, taken });
          const running = () =>
            runningInstances<TransformDocument>(rows, key.kind, key.scope, (each) => instancesOf(each.request));
          const place = quotas.within(key.scope, quotas.instances("transform job", [instancesOf(request)], running));
          await createJob(place, { key, status: "InProgress", document, arn, tags, now, noun: "transform job", along });
          return { TransformJobArn: arn };
        },
      },
      DescribeTransformJob: {
        permissions: ({ TransformJobName }, call) => [onResource(call, "transform-job", TransformJobName)],
        run: async ({ TransformJobName }, call) =>
          describe(await needJob<TransformDocument>(rows, keyOf(call, TransformJobName))),
      },
      ListTransformJobs: {
        run: async (input, call) => {
          const { rows: found, ...more } = await listRows<TransformDocument>(
            rows,
            { kind: transformJobKind, scope: scopeOf(call), sortBy: "CreationTime", sortOrder: "Descending" },
            input,
          );
          return { TransformJobSummaries: found.map(summarize), ...more };
        },
      },
      StopTransformJob: {
        permissions: ({ TransformJobName }, call) => [onResource(call, "transform-job", TransformJobName)],
        run: async ({ TransformJobName }, call) => {
          await changeJob<TransformDocument>(rows, keyOf(call, TransformJobName), clock.now(), stop);
          return {};
        },
      },
    },
  };
}

const volumeKeyOf = ({ TransformResources }: CreateTransformJobRequest, roleArn: string) => ({
  member: "TransformResources.VolumeKmsKeyId",
  keyId: TransformResources.VolumeKmsKeyId,
  roleArn,
  instanceTypes: [TransformResources.InstanceType],
});

const instancesOf = ({ TransformResources }: TransformDocument["request"]): Instances => ({
  type: TransformResources.InstanceType,
  count: TransformResources.InstanceCount,
});

/** @throws ApiError Validation for a model that a transform job cannot run */
function modelOf(model: ModelDocument): TransformDocument["model"] {
  const [container, ...others] = containersOf(model);
  const { ExecutionRoleArn: roleArn, ModelName, EnableNetworkIsolation } = model.request;
  if (!container || others.length > 0)
    throw errors.validation(`Model "${ModelName}": inference pipelines are not yet available in Sagebrush.`);
  if (roleArn === undefined)
    throw errors.validation(
      `Model "${ModelName}" has no ExecutionRoleArn, under which a transform job could read its data.`,
    );
  return { container, roleArn, isolated: EnableNetworkIsolation ?? false };
}

/** @throws ApiError Validation for a job that is over */
function stop({ document, status }: TransformRow): { readonly status: string; readonly document: TransformDocument } {
  if (status !== "InProgress" && status !== "Stopping")
    throw errors.validation(`The request was rejected because the transform job is in status ${status}.`);
  return { status: "Stopping", document };
}
